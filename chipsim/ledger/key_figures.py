"""The figures without which a claim of low power means little, each with what it means or why it is not defined."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chipsim.engine.timing import Limit
from chipsim.engine.trace import Trace
from chipsim.ledger.ledger import Ledger
from chipsim.ledger.sheet import Sheet
from chipsim.units import to_seconds

if TYPE_CHECKING:
    # Pricing a stored run loads no kernels.
    from chipsim.compiler.netlist import Netlist
    from chipsim.workloads.base import Outcome


def key_figures(netlist: Netlist, trace: Trace, outcome: Outcome) -> dict[str, Any]:
    """Samples per answer, quality of a single sample, cost of mapping, share of auxiliary digital parts in the time.

    Each entry holds its values (None where not defined) and `meaning`: one sentence on what was computed, or
    "not defined: why".

    Args:
        netlist: the chip.
        trace: of its run.
        outcome: of the workload.
    """
    reads = trace.observations.reads / outcome.answers
    elapsed_fs, digital_fs = trace.timing.elapsed_fs, trace.timing.occupancy.digital_fs
    return {
        "samples_per_answer": {
            "value": reads or None,
            "meaning": "states that the host reads for one answer" if reads else "not defined: nothing was read",
        },
        "single_sample_quality": {"value": outcome.single_sample.value, "meaning": outcome.single_sample.meaning},
        "mapping_cost": _mapping(netlist, outcome),
        "auxiliary_digital": {"time_share": digital_fs / elapsed_fs if elapsed_fs else None},
    }


def _mapping(netlist: Netlist, outcome: Outcome) -> dict[str, Any]:
    spins, edges = outcome.problem_size or (0, 0)
    if not spins or not edges:
        why = "the workload maps no problem" if not spins else "the problem has no couplings"
        return {"cells_per_spin": None, "couplers_per_edge": None, "meaning": f"not defined: {why}"}
    fabric = netlist.fabric
    return {
        "cells_per_spin": fabric.sites / spins,
        "couplers_per_edge": len(fabric.edges) / edges,
        "meaning": "cells and couplers of the chip for each spin and coupling of the problem; 1 is native",
    }


def auxiliary_digital(sheet: Sheet, ledger: Ledger) -> dict[str, Any]:
    """What the digital parts and links around the array take of the energy, and what that means."""
    names = [component.name for component in sheet.components.values() if component.auxiliary]
    if not names:
        return {"energy_share": None, "meaning": "not defined: the chip has no host, controller or link"}
    energy = math.fsum(row.energy_j or 0.0 for row in ledger.rows if row.component in names)
    missing = [action for action in ledger.unpriced if action.rpartition(".")[0] in names]
    unpriced = f"; {', '.join(missing)} unpriced" if missing else ""
    return {
        "energy_share": energy / ledger.energy_j if ledger.energy_j else None,
        "meaning": f"{', '.join(names)}: their energy, and the time in which one of them is busy{unpriced}",
    }


def limit(trace: Trace) -> dict[str, Any]:
    """What the run waits for, what leaving it out gains, and the next limit, down the list; see `engine.limits`."""
    first = trace.timing.limits[0] if trace.timing.limits else Limit((), (), 0.0, to_seconds(trace.timing.elapsed_fs))
    return {
        "waits_for": " and ".join(first.resources),
        "gain_s": first.gain_s,
        "without_it_s": first.elapsed_s,
        "steps": [
            {**asdict(step), "resources": list(step.resources), "operations": list(step.operations)}
            for step in trace.timing.limits
        ],
    }
