"""Phases of a run in groups: a training has thousands of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chipsim.ledger.priced import PhaseCost

# With more groups than these, phases are grouped by operation; then the smallest are summed.
MAX_GROUPS = 14


@dataclass(frozen=True)
class PhaseGroup:
    """Phases of one name, or of one operation.

    Attributes:
        name: "sample", or "layer 4 sample".
        count: how many there are.
        start_s: of the first.
        end_s: of the last.
        busy_s: sum of their lengths; independent phases overlap.
        energy_j: their energy a repetition.
    """

    name: str
    count: int
    start_s: float
    end_s: float
    busy_s: float
    energy_j: float


def phase_groups(phases: Iterable[PhaseCost], most: int = MAX_GROUPS) -> list[PhaseGroup]:
    """Phases by name, in order of time; by their last word where there are more than `most` names."""
    phases = list(phases)
    groups = _grouped(phases, lambda phase: phase.name)
    if len(groups) > most:
        groups = _grouped(phases, _operation)
    if len(groups) > most:
        largest = {g.name for g in sorted(groups, key=lambda g: -g.energy_j)[: most - 1]}
        others = f"{len(groups) - len(largest)} others"
        groups = _grouped(phases, lambda phase: _operation(phase) if _operation(phase) in largest else others)
    return groups


def _operation(phase: PhaseCost) -> str:
    """What was done, without the words of the workload before it."""
    return phase.name.rpartition(" ")[2]


def _grouped(phases: list[PhaseCost], name_of: Callable[[PhaseCost], str]) -> list[PhaseGroup]:
    found: dict[str, list[PhaseCost]] = {}
    for phase in phases:
        found.setdefault(name_of(phase), []).append(phase)
    return [
        PhaseGroup(
            name,
            len(each),
            min(p.start_s for p in each),
            max(p.end_s for p in each),
            sum(p.end_s - p.start_s for p in each),
            sum(p.energy_j for p in each),
        )
        for name, each in found.items()
    ]
