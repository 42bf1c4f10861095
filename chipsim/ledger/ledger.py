"""The ledger: activity x prices, per repetition.

energy of a row = count x price, or powered time x power; `model` prices are the kind's equation, evaluated for each
price class. This is the only module that multiplies counts and prices.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import ENERGY_GROUPS
from chipsim.engine.activity import Row
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.ledger.sheet import PricedAction, PricedComponent, Sheet
from chipsim.prices.row import GRADES, PriceRow
from chipsim.prices.scopes import is_inside
from chipsim.prices.table import PriceTable
from chipsim.statistics.intervals import mean_ci95
from chipsim.units import FEMTOSECONDS, to_seconds

JOBS = (1, 100, 10_000)


@dataclass(frozen=True)
class LedgerRow:
    """One line of the ledger, per repetition.

    Attributes:
        component, kind, action, group, unit: of the count; powered time is in instance-seconds.
        instances: of the component on the chip.
        count: mean over lanes.
        energy_j: None if the action is unpriced or included in others.
        low_j, high_j: with the bounds of the price.
        busy_s: busy time of one instance of the component.
        once_j: the part of the energy that one load serves for many jobs.
        price: name of the row of the price table, "" if unpriced.
        grade, seen, source: of the price.
        note: "", "unpriced" or "included in ...".
    """

    component: str
    kind: str
    action: str
    group: str
    unit: str
    instances: int
    count: float
    energy_j: float | None
    low_j: float
    high_j: float
    busy_s: float
    once_j: float
    price: str
    grade: str
    seen: str
    source: str
    note: str


@dataclass(frozen=True, eq=False)
class Ledger:
    """All rows under one price table.

    Attributes:
        table: name of the price table.
        rows: of everything in the table's scope, in the order of components.
        lane_energy_j: (lanes,) energy of each repetition.
        phase_energy_j: energy by phase; the last entry is static energy.
        phase_shares: (rows, phases + 1) share of each row in each phase; the last entry is static.
        area_m2: of all priced instances.
        area_range_m2: with the bounds of the prices.
        unpriced: counted actions without a price.
        without_area: components without an area.
    """

    table: str
    rows: tuple[LedgerRow, ...]
    lane_energy_j: NDArray[np.float64]
    phase_energy_j: NDArray[np.float64]
    phase_shares: NDArray[np.float64]
    area_m2: float
    area_range_m2: tuple[float, float]
    unpriced: tuple[str, ...]
    without_area: tuple[str, ...]

    @property
    def energy_j(self) -> float:
        """Energy of one repetition."""
        return math.fsum(row.energy_j or 0.0 for row in self.rows)

    @property
    def ci95_j(self) -> float | None:
        """Half width of the 95 % interval of the mean over lanes; None with a single lane."""
        return mean_ci95(self.lane_energy_j)

    def by_group(self) -> dict[str, float]:
        """Energy by group, including empty groups."""
        return {g: math.fsum(r.energy_j or 0.0 for r in self.rows if r.group == g) for g in ENERGY_GROUPS}

    def share_by_grade(self) -> dict[str, float]:
        """Fraction of the energy by grade of price."""
        total = self.energy_j
        sums = {g: math.fsum(r.energy_j or 0.0 for r in self.rows if r.grade == g) for g in GRADES}
        return {g: value / total if total else 0.0 for g, value in sums.items()}


def price_trace(trace: Trace, sheet: Sheet, table: PriceTable) -> Ledger:
    """Price a trace. Pure: the same trace can be priced again under another table.

    Raises:
        ChipsimError: a price gives a negative or non-finite energy.
    """
    pricing = _Pricing(trace, sheet, table)
    rows = tuple(pricing.line(component, action) for component, action in pricing.happened())
    missing = [f"{r.component}.{r.action}" for r in rows if r.note == "unpriced"]
    (low, area, high), without = pricing.area()
    return Ledger(
        table.name, rows, pricing.lane_energies(), pricing.phase_energies(), pricing.phase_shares(), area, (low, high),
        tuple(missing), tuple(without),
    )  # fmt: skip


class _Pricing:
    """The prices of one trace under one table."""

    def __init__(self, trace: Trace, sheet: Sheet, table: PriceTable) -> None:
        self.trace = trace
        self.sheet = sheet
        self.table = table
        self.entries: dict[tuple[str, str], list[Row]] = {}
        for row in trace.activity.rows:
            self.entries.setdefault((row.component, row.action), []).append(row)
        self._check_declared()
        self.inside = tuple(row for row in trace.activity.rows if self._is_inside(row.component, row.action))

    def _is_inside(self, name: str, action: str) -> bool:
        component = self.sheet.components[name]
        return is_inside(self.table.scope, component.action(action).group, component.on_chip)

    def _check_declared(self) -> None:
        """Reject counts of undeclared actions, which no row would show."""
        sheet = self.sheet
        declared = {(name, action.name) for name, part in sheet.components.items() for action in part.actions}
        for name, action in self.entries.keys() - declared:
            complaint = f"{name}: {action} was counted, but {sheet.components[name].kind} does not declare it"
            raise ChipsimError(f"{complaint}; add it to the actions of the kind", code="kind.broken")

    def happened(self) -> Iterable[tuple[PricedComponent, PricedAction]]:
        """Actions in scope with a count, in the order of components and their actions."""
        for component in self.sheet.components.values():
            for action in component.actions:
                if (component.name, action.name) in self.entries and self._is_inside(component.name, action.name):
                    yield component, action

    def price(self, component: PricedComponent, action: str) -> PriceRow | None:
        return self.table.find(component.name, component.kind, action)

    def unit_prices(self, name: str, action: str) -> NDArray[np.float64]:
        """Joules per count (watts for `on`), one for each price class or a single one.

        0 for unpriced actions and those included in others.
        """
        component = self.sheet.components[name]
        row = self.price(component, action)
        if row is None or row.form == "included_in":
            return np.zeros(1)
        return np.array(component.action(action).model_j if row.form == "model" else (row.value,))

    def energy_j(self, row: Row) -> float:
        """Energy of an activity row, total over lanes."""
        prices = self.unit_prices(row.component, row.action)
        if len(prices) > 1 and row.by_class is not None:
            return float(row.by_class @ prices)
        amount = row.count / FEMTOSECONDS if row.action == "on" else row.count
        return amount * float(prices[0])

    def line(self, component: PricedComponent, action: PricedAction) -> LedgerRow:
        entries = self.entries[component.name, action.name]
        price = self.price(component, action.name)
        lanes = self.trace.lanes
        energy = math.fsum(self.energy_j(row) for row in entries) / lanes
        once = math.fsum(self.energy_j(row) for row in entries if row.once) / lanes
        count = sum(row.count for row in entries) / lanes
        amount = count / FEMTOSECONDS if action.name == "on" else count
        low, high = (0.0, 0.0) if price is None else price.between(energy, amount)
        if not (amount >= 0 and 0 <= low <= energy <= high < math.inf):
            complaint = f"{amount:g} counts cost {energy:g} J ({low:g} to {high:g} J)"
            raise ChipsimError(
                f"{component.name}.{action.name}: the price gives a negative or non-finite energy: {complaint}",
                code="price.not-physical",
            )
        note = "unpriced" if price is None else ""
        if price is not None and price.included_in:
            note = "included in " + ", ".join(price.included_in)
        return LedgerRow(
            component.name, component.kind, action.name, action.group, action.unit, component.instances,
            amount, None if note else energy, low, high,
            to_seconds(self.trace.timing.busy_fs.get(component.name, 0)), once,
            self.table.key(component.name, component.kind, action.name),
            "unpriced" if price is None else price.grade,
            "-" if price is None else price.seen,
            "" if price is None else price.source,
            note,
        )  # fmt: skip

    def phase_energies(self) -> NDArray[np.float64]:
        """Energy by phase; static energy is the last entry."""
        energies = np.zeros(len(self.trace.timing.phases) + 1)
        for row in self.inside:
            energies[row.phase] += self.energy_j(row) / self.trace.lanes
        return energies

    def phase_shares(self) -> NDArray[np.float64]:
        """Share of each row of the ledger in each phase: by energy, or by count where it has none."""
        shares = [self._shares(self.entries[component.name, action.name]) for component, action in self.happened()]
        return np.array(shares).reshape(len(shares), len(self.trace.timing.phases) + 1)

    def _shares(self, entries: Sequence[Row]) -> NDArray[np.float64]:
        energies, counts = np.zeros((2, len(self.trace.timing.phases) + 1))
        for row in entries:
            energies[row.phase] += self.energy_j(row)
            counts[row.phase] += row.count
        amounts = energies if energies.any() else counts
        return amounts / (amounts.sum() or 1.0)

    def lane_energies(self) -> NDArray[np.float64]:
        """Energy of each repetition: the shared part plus the toggles of its lane."""
        own = np.zeros(self.trace.lanes)
        shared = 0.0
        toggles = next((row for row in self.inside if row.by_class is not None), None)
        if toggles is not None:
            prices = self.unit_prices(toggles.component, toggles.action)
            own = np.broadcast_to(prices, len(self.trace.activity.lane_toggles)) @ self.trace.activity.lane_toggles
        for row in self.inside:
            shared += self.energy_j(row) if row.by_class is None else 0.0
        lanes: NDArray[np.float64] = own + shared / self.trace.lanes
        return lanes

    def area(self) -> tuple[tuple[float, float, float], list[str]]:
        """Total area without the host (low, value, high), and the components without an area."""
        areas, without = [(0.0, 0.0, 0.0)], []
        for component in self.sheet.components.values():
            if component.is_host:
                continue
            row = self.price(component, "area")
            if row is None:
                without.append(component.name)
            else:
                value = component.units * row.value
                low, high = row.between(value, component.units)
                areas.append((low, value, high))
        low, value, high = (math.fsum(column) for column in zip(*areas, strict=True))
        return (low, value, high), without
