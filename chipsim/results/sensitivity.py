"""What the total owes to each price, from the counts alone: nothing is simulated and nothing priced again.

Energy is linear in every price, so d ln(total) / d ln(price) is the share of the total that the price pays, and moving
one price to its low or high end moves the total by what the ledger says of its rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chipsim.ledger.ledger import LedgerRow
from chipsim.prices.row import PriceRow
from chipsim.results.result import Run


@dataclass(frozen=True)
class Sensitivity:
    """One price and the total.

    Attributes:
        price: its key in the table.
        row: the row itself.
        pays: component.action of the ledger rows that it pays.
        elasticity: d ln(total) / d ln(price).
        low_j, high_j: the total with this price at its low and high end, all others as they are.
    """

    price: str
    row: PriceRow
    pays: tuple[str, ...]
    elasticity: float
    low_j: float
    high_j: float

    @property
    def swing_j(self) -> float:
        """How far the total moves between the ends."""
        return self.high_j - self.low_j


def sensitivities(run: Run) -> list[Sensitivity]:
    """All prices that pay for something, the largest swing first."""
    paid: dict[tuple[bool, str], list[LedgerRow]] = {}
    names: dict[tuple[bool, str], list[str]] = {}
    for line in run.summary.priced.ledger:
        if line.energy_j is None:
            continue
        mine = f"{line.component}.{line.action}"
        own = mine in run.prices.own
        key = (own, mine if own else f"{line.kind}.{line.action}")
        paid.setdefault(key, []).append(line)
        names.setdefault(key, []).append(mine)
    out = [_of_price(run, key, lines, tuple(names[key])) for key, lines in paid.items()]
    return sorted(out, key=lambda s: s.swing_j, reverse=True)


def _of_price(run: Run, key: tuple[bool, str], lines: list[LedgerRow], names: tuple[str, ...]) -> Sensitivity:
    energy = math.fsum(line.energy_j or 0.0 for line in lines)
    low, high = math.fsum(line.low_j for line in lines), math.fsum(line.high_j for line in lines)
    total = run.energy_j
    row = (run.prices.own if key[0] else run.prices.rows)[key[1]]
    share = energy / total if total else 0.0
    return Sensitivity(key[1], row, names, share, total - (energy - low), total + (high - energy))
