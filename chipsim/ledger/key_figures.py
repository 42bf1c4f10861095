"""Key figures that a low-power claim requires, each with its meaning or the reason why it is not defined."""

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
    # Pricing a stored run must not load kernels.
    from chipsim.compiler.netlist import Netlist


@dataclass(frozen=True)
class MappingCost:
    """Cells and couplers of the chip per spin and coupling of the problem, None if not defined."""

    cells_per_spin: float | None
    couplers_per_edge: float | None
    meaning: str


@dataclass(frozen=True)
class BusyShare:
    """Fraction of time in which an auxiliary digital part is busy; None if the run takes no time."""

    time_share: float | None


@dataclass(frozen=True)
class AuxiliaryDigital(BusyShare):
    """The same, with their share of the energy."""

    energy_share: float | None
    meaning: str


@dataclass(frozen=True)
class KeyFigures:
    """Samples per answer, quality of a single sample, cost of mapping, share of auxiliary digital parts.

    Each has its values (None if not defined) and `meaning`: one sentence on what was computed, or
    "not defined: reason".
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
    """Bottlenecks of a run: the first one, the time saved by removing it, and all steps; see `engine.limits`."""

    waits_for: str
    gain_s: float
    without_it_s: float
    steps: tuple[Limit, ...]


def key_figures(netlist: Netlist, trace: Trace, outcome: Outcome) -> KeyFigures:
    """The price-independent part of the key figures.

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
    """Share of the auxiliary digital parts and links in the energy."""
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
    """Bottlenecks of a trace."""
    first = trace.timing.limits[0] if trace.timing.limits else Limit((), (), 0.0, to_seconds(trace.timing.elapsed_fs))
    return Limits(" and ".join(first.resources), first.gain_s, first.elapsed_s, trace.timing.limits)
