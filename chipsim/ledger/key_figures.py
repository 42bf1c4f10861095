"""The figures without which a claim of low power means little, each with what it means or why it is not defined."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chipsim.engine.timing import Limit
from chipsim.engine.trace import Trace
from chipsim.ledger.ledger import Ledger
from chipsim.ledger.sheet import Sheet
from chipsim.units import to_seconds
from chipsim.workloads.outcome import Outcome, Quality

if TYPE_CHECKING:
    # Pricing a stored run loads no kernels.
    from chipsim.compiler.netlist import Netlist


@dataclass(frozen=True)
class MappingCost:
    """Cells and couplers of the chip for each spin and coupling of the problem, None where there is none."""

    cells_per_spin: float | None
    couplers_per_edge: float | None
    meaning: str


@dataclass(frozen=True)
class BusyShare:
    """Share of the time in which one of the auxiliary digital parts is busy; None where no time passes."""

    time_share: float | None


@dataclass(frozen=True)
class AuxiliaryDigital(BusyShare):
    """The same, and their share of the energy."""

    energy_share: float | None
    meaning: str


@dataclass(frozen=True)
class KeyFigures:
    """Samples per answer, quality of a single sample, cost of mapping, share of auxiliary digital parts.

    Each holds its values (None where not defined) and `meaning`: one sentence on what was computed, or
    "not defined: why".
    """

    samples_per_answer: Quality
    single_sample_quality: Quality
    mapping_cost: MappingCost
    auxiliary_digital: BusyShare


@dataclass(frozen=True)
class PricedKeyFigures(KeyFigures):
    """The same with shares of the energy."""

    auxiliary_digital: AuxiliaryDigital


@dataclass(frozen=True)
class Limits:
    """What the run waits for, what leaving it out gains, and the next limit, down the list; see `engine.limits`."""

    waits_for: str
    gain_s: float
    without_it_s: float
    steps: tuple[Limit, ...]


def key_figures(netlist: Netlist, trace: Trace, outcome: Outcome) -> KeyFigures:
    """The key figures, as far as they need no price.

    Args:
        netlist: the chip.
        trace: of its run.
        outcome: of the workload.
    """
    reads, timing = trace.observations.reads / outcome.answers, trace.timing
    meaning = "states read by the host per answer" if reads else "not defined: nothing was read"
    return KeyFigures(
        samples_per_answer=Quality(reads or None, meaning),
        single_sample_quality=outcome.single_sample,
        mapping_cost=_mapping(netlist, outcome),
        auxiliary_digital=BusyShare(timing.occupancy.digital_fs / timing.elapsed_fs if timing.elapsed_fs else None),
    )


def _mapping(netlist: Netlist, outcome: Outcome) -> MappingCost:
    spins, edges = outcome.problem_size or (0, 0)
    if not spins or not edges:
        why = "the workload does not map a problem" if not spins else "the problem has no couplings"
        return MappingCost(None, None, f"not defined: {why}")
    fabric = netlist.fabric
    meaning = "cells and couplers of the chip per spin and coupling of the problem; 1 is native"
    return MappingCost(fabric.sites / spins, len(fabric.edges) / edges, meaning)


def auxiliary_digital(busy: BusyShare, sheet: Sheet, ledger: Ledger) -> AuxiliaryDigital:
    """What the digital parts and links around the array take of the energy, and what that means."""
    inside = {row.component for row in ledger.rows}
    auxiliary = [component.name for component in sheet.components.values() if component.auxiliary]
    names = [name for name in auxiliary if name in inside]
    if not auxiliary:
        return AuxiliaryDigital(busy.time_share, None, "not defined: the chip has no host, controller or link")
    if not names:
        return AuxiliaryDigital(busy.time_share, None, "not defined: outside the scope of the energy")
    energy = math.fsum(row.energy_j or 0.0 for row in ledger.rows if row.component in names)
    missing = [action for action in ledger.unpriced if action.rpartition(".")[0] in names]
    unpriced = f"; {', '.join(missing)} unpriced" if missing else ""
    meaning = f"share of {', '.join(names)} in the energy, and of the time in which one of them is busy{unpriced}"
    return AuxiliaryDigital(busy.time_share, energy / ledger.energy_j if ledger.energy_j else None, meaning)


def limits(trace: Trace) -> Limits:
    """What the trace says about what the run waits for."""
    first = trace.timing.limits[0] if trace.timing.limits else Limit((), (), 0.0, to_seconds(trace.timing.elapsed_fs))
    return Limits(" and ".join(first.resources), first.gain_s, first.elapsed_s, trace.timing.limits)
