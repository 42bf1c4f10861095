"""Physics lint: prices that violate physical bounds or surpass every published component.

Findings do not change results. This module has the rules for prices, `lint_parameters.py` those for parameters,
`lint_consistency.py` those for mismatched parts; workloads have their own. docs/lint.md lists every rule with its
formula and the origin of its bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chipsim.components.facts import Finding
from chipsim.ledger.sheet import PricedComponent, Sheet
from chipsim.prices.table import PriceTable
from chipsim.rounding import rounded
from chipsim.units import parse, show

if TYPE_CHECKING:
    from chipsim.ledger.ledger import Ledger

WRITTEN_DIGITS = 1e-3
BEST_STEP_J = 0.35e-15
DENSEST_W_PER_M2 = 1e6
BY_PRICES = ("landauer", "thermal", "converter", "node", "power-density", "one-assumed-price")
# Largest share of a repetition's energy that may depend on one assumed price.
MOST_OF_ONE = 0.5


def of_prices(sheet: Sheet, table: PriceTable) -> list[Finding]:
    """Findings about prices, whether or not the actions are counted."""
    node = _chip_node(sheet)
    return [
        finding
        for component in sheet.components.values()
        for finding in (*_of_priced(component, sheet, table), *_of_node(component, node, table))
    ]


def _chip_node(sheet: Sheet) -> float | None:
    """The process node of the chip in metres; None if it is a word, such as undisclosed."""
    written = next((value for path, value, _ in sheet.technology if path == "technology.node"), "")
    try:
        return parse(written, "m")
    except ValueError:
        return None


def _of_node(component: PricedComponent, node: float | None, table: PriceTable) -> Iterator[Finding]:
    for action in (*(each.name for each in component.actions), "area"):
        row = table.find(component.name, component.kind, action)
        if node is None or row is None or row.node is None or math.isclose(row.node, node, rel_tol=WRITTEN_DIGITS):
            continue
        text = f"the price is for {row.node * 1e9:g} nm, the chip is {node * 1e9:g} nm"
        yield Finding("node", f"{component.name}.{action}", row.node, node, text)


def _of_priced(component: PricedComponent, sheet: Sheet, table: PriceTable) -> Iterator[Finding]:
    erased = sheet.thermal_energy_j * math.log(2)
    for action in component.actions:
        row = table.find(component.name, component.kind, action.name)
        if row is None or row.form not in ("energy", "model"):
            continue
        # Cells without wires have a toggle energy of 0.
        by_class = [energy for energy in action.model_j if energy] or [math.inf]
        cost = min(by_class) if row.form == "model" else row.value
        where = f"{component.name}.{action.name}"
        if cost < erased:
            text = f"{show(cost, 'J')} is below kT ln 2 = {show(erased, 'J')}"
            yield Finding("landauer", where, cost, erased, text)
        if action.name == "convert" and action.group in ("readout", "program") and component.bits is not None:
            least = 12 * sheet.thermal_energy_j * 4**component.bits
            if cost < least:
                bits = rounded(component.bits, ".3g")
                text = f"{show(cost, 'J')} for {bits} bits is below 8 kT SNR = {show(least, 'J')}"
                yield Finding("thermal", where, cost, least, text)
        if action.group == "readout" and action.name == "convert" and component.bits is not None:
            step = cost / 2**component.bits
            if step < BEST_STEP_J:
                text = f"{show(step, 'J')} per step is below the best published part ({show(BEST_STEP_J, 'J')})"
                yield Finding("converter", where, step, BEST_STEP_J, text)


def of_power(ledger: Ledger, sheet: Sheet, elapsed_s: float) -> list[Finding]:
    """Whether the power density exceeds forced-air cooling: mean power of components with an area, over that area."""
    with_area = {name for name, component in sheet.components.items() if not component.is_host} - set(
        ledger.without_area
    )
    energy = math.fsum(row.energy_j or 0.0 for row in ledger.rows if row.component in with_area)
    if not (ledger.area_m2 and elapsed_s):
        return []
    density = energy / elapsed_s / ledger.area_m2
    if density <= DENSEST_W_PER_M2:
        return []
    text = f"{rounded(density * 1e-4, '.3g')} W/cm^2 is above {DENSEST_W_PER_M2 * 1e-4:g} W/cm^2"
    return [Finding("power-density", "chip", density, DENSEST_W_PER_M2, text)]


def of_ledger(ledger: Ledger, table: PriceTable) -> list[Finding]:
    """Whether most of the total depends on one assumed price, summed over its components."""
    costs: dict[str, float] = {}
    for row in ledger.rows:
        if row.grade == "assumed" and row.energy_j:
            key = table.key(row.component, row.kind, row.action)
            costs[key] = costs.get(key, 0.0) + row.energy_j
    total = ledger.energy_j
    return [
        Finding("one-assumed-price", key, cost / total, MOST_OF_ONE, _rests_on(key, cost, total))
        for key, cost in costs.items()
        if cost > MOST_OF_ONE * total
    ]


def _rests_on(key: str, cost: float, total: float) -> str:
    part = f"{show(cost, 'J')} of {show(total, 'J')} ({rounded(cost / total, '.1%')})"
    return f"{part} depends on this assumed price; use a better source, or quote the total as a range"
