"""Ranges of comparisons under uncertain prices.

Each price lies between its bounds and is the same in both designs, so its contribution cancels to the extent that both
designs use it. The range of a difference is therefore not the difference of the ranges:

    difference    sum over prices of (cost in a) - (cost in b), each price at the bound that gives the extreme
    ratio         extremes are at bounds of prices too; found by Dinkelbach's iteration (Management Science 13, 1967)

A price by an equation is a factor of the equation, the same for both designs. A price that differs between the designs
(an axis of a sweep, another table) counts as two independent prices.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.multiples import Multiple, factor
from chipsim.prices.table import PriceTable

ONE = Multiple(1, 1)
# Dinkelbach's iteration converges in a few steps, each at another corner.
MAX_STEPS = 100


@dataclass(slots=True)
class Paid:
    """Cost of one price at its value and at its bounds; `price` distinguishes prices of the same name.

    Treat as immutable. Tables of large sweeps create millions, and frozen classes take three times as long to create.
    """

    energy_j: float
    low_j: float
    high_j: float
    price: tuple[str, float, float | None, float | None]

    def __mul__(self, factor: float) -> Paid:
        return Paid(self.energy_j * factor, self.low_j * factor, self.high_j * factor, self.price)

    def __add__(self, other: Paid) -> Paid:
        energy, low, high = self.energy_j + other.energy_j, self.low_j + other.low_j, self.high_j + other.high_j
        return Paid(energy, low, high, self.price)


Bill = Mapping[str, Paid]


def bill_of(rows: Sequence[LedgerRow], table: PriceTable, multiple: Multiple = ONE) -> dict[str, Paid]:
    """Cost by price of a table, for a multiple of the rows of a ledger."""
    bill: dict[str, Paid] = {}
    for row in rows:
        price = table.find(row.component, row.kind, row.action)
        if price is None or row.energy_j is None:
            continue
        known = (price.form, price.value, price.bound(price.low), price.bound(price.high))
        paid = Paid(row.energy_j, row.low_j, row.high_j, known) * factor(row, multiple)
        bill[row.price] = bill[row.price] + paid if row.price in bill else paid
    return bill


def bill_of_run(rows: Sequence[LedgerRow], multiple: Multiple = ONE) -> dict[str, Paid]:
    """Cost by price, of rows of one ledger: their prices are of one table, where a name is one price."""
    bill: dict[str, Paid] = {}
    for row in rows:
        if row.energy_j is not None:
            paid = Paid(row.energy_j, row.low_j, row.high_j, one_price(row.price)) * factor(row, multiple)
            bill[row.price] = bill[row.price] + paid if row.price in bill else paid
    return bill


def one_price(name: str) -> tuple[str, float, float | None, float | None]:
    """A price of which only its name in the one table of a comparison is known."""
    return name, 0.0, None, None


def plain(bill: Bill) -> dict[str, list[Any]]:
    """A bill as plain JSON."""
    return {name: [paid.energy_j, paid.low_j, paid.high_j, list(paid.price)] for name, paid in bill.items()}


def of_plain(held: Mapping[str, Sequence[Any]]) -> dict[str, Paid]:
    """The inverse of `plain`."""
    return {name: Paid(energy, low, high, tuple(price)) for name, (energy, low, high, price) in held.items()}


def together(repetition: Bill, load: Bill, multiple: Multiple) -> dict[str, Paid]:
    """The bill of a multiple, from those of a repetition without its load and of the load."""
    often, loads = multiple.repetitions, multiple.loads
    return {
        name: Paid(
            paid.energy_j * often + load[name].energy_j * loads,
            paid.low_j * often + load[name].low_j * loads,
            paid.high_j * often + load[name].high_j * loads,
            paid.price,
        )
        for name, paid in repetition.items()
    }


@dataclass(frozen=True)
class Compared:
    """A difference or a ratio between two designs, with the bounds of all prices."""

    value: float
    low: float
    high: float


def _ends(a: Bill, b: Bill) -> list[tuple[str, tuple[float, float], tuple[float, float]]]:
    """(name, (a, b) at one bound, (a, b) at the other) of each independent price."""
    out = []
    for name in dict.fromkeys([*a, *b]):
        mine, other = a.get(name), b.get(name)
        if mine is not None and other is not None and mine.price == other.price:
            out.append((name, (mine.low_j, other.low_j), (mine.high_j, other.high_j)))
            continue
        if mine is not None:
            out.append((name, (mine.low_j, 0.0), (mine.high_j, 0.0)))
        if other is not None:
            out.append((name, (0.0, other.low_j), (0.0, other.high_j)))
    return out


def _total(bill: Bill) -> float:
    return math.fsum(paid.energy_j for paid in bill.values())


def difference(a: Bill, b: Bill) -> Compared:
    """A - b."""
    changes = [(low[0] - low[1], high[0] - high[1]) for _, low, high in _ends(a, b)]
    low, high = (math.fsum(extreme(ends) for ends in changes) for extreme in (min, max))
    return Compared(_total(a) - _total(b), low, high)


def ratio(a: Bill, b: Bill) -> Compared | None:
    """A / b; None if b may be 0."""
    ends = _ends(a, b)
    least = math.fsum(min(low[1], high[1]) for _, low, high in ends)
    if least <= 0:
        return None
    return Compared(_total(a) / _total(b), _extreme(ends, lowest=True), _extreme(ends, lowest=False))


def _extreme(ends: list[tuple[str, tuple[float, float], tuple[float, float]]], lowest: bool) -> float:
    choose = min if lowest else max
    found = math.fsum(low[0] for _, low, _ in ends) / math.fsum(low[1] for _, low, _ in ends)
    for _ in range(MAX_STEPS):
        at = found
        corner = [choose((low, high), key=lambda end: end[0] - at * end[1]) for _, low, high in ends]
        found = math.fsum(end[0] for end in corner) / math.fsum(end[1] for end in corner)
        if found == at:
            break
    return found


def reversing(a: Bill, b: Bill) -> tuple[str, ...]:
    """Prices that individually, at one of their bounds, reverse which design is cheaper; most decisive first."""
    here = _total(a) - _total(b)
    found: dict[str, float] = {}
    for name, low, high in _ends(a, b):
        # If a price counts as two, one of them varies and the other is fixed.
        mine = a[name].energy_j if name in a and (low[0], high[0]) != (0.0, 0.0) else 0.0
        other = b[name].energy_j if name in b and (low[1], high[1]) != (0.0, 0.0) else 0.0
        there = [here - (mine - other) + (end[0] - end[1]) for end in (low, high)]
        extreme = min(there) if here > 0 else max(there)
        if here * extreme < 0:
            found[name] = max(abs(extreme), found.get(name, 0.0))
    return tuple(sorted(found, key=lambda name: -found[name]))
