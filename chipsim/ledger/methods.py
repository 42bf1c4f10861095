"""Digital methods for the same answer, priced in the scope of the run.

In the scopes fabric and chip this is arithmetic only: multiply-adds at the price of the chip's digital unit. The system
adds the host's work to transfer problem and answer, and the static power of both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from chipsim.ledger.priced import PricedMethod
from chipsim.ledger.sheet import Sheet
from chipsim.prices.table import PriceTable
from chipsim.workloads.outcome import Method


def with_cost(method: Method, chip_j: float, sheet: Sheet, table: PriceTable) -> PricedMethod:
    """Add the energy to a method; the chip's own is that of the run.

    Args:
        method: with its multiply-adds and host counts.
        chip_j: energy of a repetition of the run, in the scope of the table.
        sheet: of the chip.
        table: the prices.
    """
    if method.macs is None:
        return PricedMethod(**vars(method), energy_j=chip_j, covers=f"scope {table.scope}")
    if method.unit is None or _cost(method.unit, "mac", 1, sheet, table) is None:
        return PricedMethod(**vars(method), energy_j=None)
    counts, covers = [(method.unit, "mac", float(method.macs))], "multiply-adds"
    if table.scope == "system":
        counts += [*_around(method, method.unit)]
        covers += " and host words" if method.host is not None else ""
        unpriced = [
            f"{method.host}.{name}" for name in method.host_counts if not _has_row(method.host, name, sheet, table)
        ]
        covers += f"; {', '.join(unpriced)} unpriced" if unpriced else ""
    by_price: dict[str, tuple[float, float, float]] = {}
    for component, action, count in counts:
        found = _cost(component, action, count, sheet, table)
        if found is not None:
            key = table.key(component, sheet.components[component].kind, action)
            sums = (before + more for before, more in zip(by_price.get(key, (0.0, 0.0, 0.0)), found, strict=True))
            by_price[key] = (next(sums), next(sums), next(sums))
    energy = math.fsum(each for each, _, _ in by_price.values())
    return PricedMethod(**vars(method), energy_j=energy, covers=covers, by_price_j=by_price)


def _around(method: Method, unit: str) -> Iterator[tuple[str, str, float]]:
    """(component, action, count) of the host's work and of powered time during the method."""
    if method.host is not None:
        yield from ((method.host, name, float(count)) for name, count in method.host_counts.items())
    for name in (unit, method.host):
        if name is not None and method.time_s is not None:
            yield name, "on", method.time_s


def _has_row(component: str | None, action: str, sheet: Sheet, table: PriceTable) -> bool:
    return component is not None and table.find(component, sheet.components[component].kind, action) is not None


def _cost(
    component: str, action: str, count: float, sheet: Sheet, table: PriceTable
) -> tuple[float, float, float] | None:
    """(energy, low, high) in J of a count, or of seconds for `on`; None without a price of its own."""
    part = sheet.components[component]
    row = table.find(part.name, part.kind, action)
    if row is None or row.form == "included_in":
        return None
    energy = count * (part.action(action).model_j[0] if row.form == "model" else row.value)
    return energy, *row.between(energy, count)
