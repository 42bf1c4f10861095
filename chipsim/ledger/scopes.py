"""Energy per answer in successively wider scopes, from the array alone to the complete system.

Published energies of probabilistic chips mostly refer to the first scope. The appropriate scope of a comparison depends
on that of the other side, so all are reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chipsim.components.base import ENERGY_GROUPS, EnergyGroup
from chipsim.ledger.ledger import JOBS, LedgerRow
from chipsim.ledger.multiples import Multiple, cost

LOADS: Mapping[int, float] = {jobs: jobs for jobs in JOBS}
# Each scope includes the groups of the previous ones.
SCOPES: tuple[tuple[str, tuple[EnergyGroup, ...]], ...] = (
    ("sampling in the array", ("fabric",)),
    ("and its inputs and read-out", ("clamp", "readout")),
    ("and the loads of weights", ("program", "memory")),
    ("and the links", ("link",)),
    ("and host and controller", ("digital",)),
    ("and what is always on", ("static",)),
)
assert tuple(group for _, groups in SCOPES for group in groups) == ENERGY_GROUPS


@dataclass(frozen=True)
class ScopeCost:
    """Energy per answer in one scope.

    Attributes:
        scope: its name.
        groups: all energy groups included.
        energy_j: by number of jobs per load of the chip.
        range_j: (low, high) of the same with the bounds of the prices.
    """

    scope: str
    groups: tuple[EnergyGroup, ...]
    energy_j: dict[int, float]
    range_j: dict[int, tuple[float, float]]


def scope_costs(rows: Sequence[LedgerRow], answers: int = 1, per_load: Mapping[int, float] = LOADS) -> list[ScopeCost]:
    """The scopes of a run, from the narrowest to the widest.

    Args:
        rows: of a ledger, per repetition.
        answers: per repetition.
        per_load: repetitions per load of the weights, by the number as which the result gives them.
    """
    costs: list[ScopeCost] = []
    groups: tuple[EnergyGroup, ...] = ()
    for scope, more in SCOPES:
        groups = (*groups, *more)
        inside = [row for row in rows if row.group in groups]
        sums = {name: cost(inside, Multiple(1 / answers, 1 / jobs / answers)) for name, jobs in per_load.items()}
        costs.append(ScopeCost(scope, groups, {j: s[0] for j, s in sums.items()}, {j: s[1:] for j, s in sums.items()}))
    return costs
