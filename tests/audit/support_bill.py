"""The ledger of a run made again: counts x prices, row by row, with bounds and the load's share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from support_kinds_of_parts import ACTIONS, AUXILIARY, BESIDE_THE_CHIP, Equations
from support_price_rows import Price, Table
from support_quantities import FEMTOSECONDS
from support_spec import Specs
from support_stored_run import Count, Stored

GRADES = ("measured", "simulated", "derived", "assumed")


@dataclass(frozen=True)
class Line:
    """One row of a ledger, for a repetition."""

    component: str
    kind: str
    action: str
    group: str
    unit: str
    count: float
    energy: float | None
    low: float
    high: float
    once: float
    key: str
    price: Price | None

    @property
    def share(self) -> float:
        """Of the load."""
        return self.once / self.energy if self.energy else 0.0


class Ends(NamedTuple):
    """An energy with the bounds of the prices."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Bill:
    """Counts, specs and prices together, in one scope."""

    stored: Stored
    specs: Specs
    table: Table
    equations: Equations
    scope: str
    cache: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def within(self, scope: str) -> Bill:
        """The same counted in another scope."""
        return replace(self, scope=scope)

    def priced_by(self, table: Table) -> Bill:
        """The same at other prices."""
        return replace(self, table=table, cache={})

    def holds(self, count: Count) -> bool:
        """Whether the scope counts it."""
        kind = self.specs.components[count.component].kind
        if self.scope == "fabric":
            return next(group for action, group, _ in ACTIONS[kind] if action == count.action) == "fabric"
        return self.scope == "system" or kind not in BESIDE_THE_CHIP

    def prices(self, component: str, action: str) -> list[float]:
        """Joules of a count or watts, one or one a class of wires; 0 where nothing is paid."""
        if (component, action) not in self.cache:
            part = self.specs.components[component]
            _, price = self.table.find(component, part.kind, action)
            found = [0.0] if price is None or price.payers else [price.value]
            if price is not None and price.form == "model":
                found = self.equations.joules(part.kind, action, part.keys)
            self.cache[component, action] = found
        return self.cache[component, action]

    def joules(self, count: Count) -> float:
        """Of all lanes."""
        prices = self.prices(count.component, count.action)
        if len(prices) > 1:
            assert count.by_class is not None
            return math.fsum(a * b for a, b in zip(count.by_class, prices, strict=True))
        return prices[0] * (count.count / FEMTOSECONDS if count.action == "on" else count.count)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """What happened, in the order of the chip file and of a kind's actions."""
        counts: dict[tuple[str, str], list[Count]] = {}
        for count in self.stored.counts:
            if self.holds(count):
                counts.setdefault((count.component, count.action), []).append(count)
        return tuple(
            self._line(part.name, part.kind, entry, counts[part.name, entry[0]])
            for part in self.specs.components.values()
            for entry in ACTIONS[part.kind]
            if (part.name, entry[0]) in counts
        )

    def _line(self, name: str, kind: str, entry: tuple[str, str, str], counts: list[Count]) -> Line:
        action, group, unit = entry
        lanes = self.stored.lanes
        energy = math.fsum(map(self.joules, counts)) / lanes
        once = math.fsum(self.joules(count) for count in counts if count.once) / lanes
        amount = sum(count.count for count in counts) / lanes / (FEMTOSECONDS if action == "on" else 1)
        key, price = self.table.find(name, kind, action)
        low, high = (0.0, 0.0) if price is None else price.between(energy, amount)
        free = price is None or bool(price.payers)
        paid = None if free else energy
        return Line(name, kind, action, group, unit, amount, paid, low, high, once, key, price)

    @property
    def energy(self) -> float:
        """Of a repetition."""
        return math.fsum(line.energy or 0.0 for line in self.lines)

    def made_of(self, repetitions: float, loads: float, lines: Sequence[Line] | None = None) -> Ends:
        """So many repetitions without their load, and so many loads."""
        rows = self.lines if lines is None else lines
        factors = [(1 - line.share) * repetitions + line.share * loads for line in rows]

        def sum_of(values: list[float]) -> float:
            return math.fsum(value * factor for value, factor in zip(values, factors, strict=True))

        energies = [line.energy or 0.0 for line in rows]
        return Ends(sum_of(energies), sum_of([line.low for line in rows]), sum_of([line.high for line in rows]))

    def lane_energies(self) -> NDArray[np.float64]:
        """Of each repetition: its own toggles, and its share of all else."""
        own = np.zeros(self.stored.lanes)
        split = [count for count in self.stored.counts if self.holds(count) and count.by_class is not None]
        if split:
            prices = np.array(self.prices(split[0].component, split[0].action))
            own = np.array([float((prices * lane).sum()) for lane in self.stored.lane_toggles.T])
        rest = [count for count in self.stored.counts if self.holds(count) and count.by_class is None]
        return own + math.fsum(map(self.joules, rest)) / self.stored.lanes

    def by_phase(self) -> list[float]:
        """Energy of each phase, then of what is on all the time."""
        out: list[list[float]] = [[] for _ in range(len(self.stored.phases) + 1)]
        for count in self.stored.counts:
            if self.holds(count):
                out[count.phase].append(self.joules(count))
        return [math.fsum(part) / self.stored.lanes for part in out]

    def auxiliary(self) -> float | None:
        """Share of host, links, controllers and digital units; None where the scope holds none."""
        inside = [line for line in self.lines if line.kind in AUXILIARY]
        return math.fsum(line.energy or 0.0 for line in inside) / self.energy if inside and self.energy else None
