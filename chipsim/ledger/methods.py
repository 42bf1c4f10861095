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
    arithmetic = None if method.unit is None else _price(method.unit, "mac", sheet, table)
    if arithmetic is None or method.unit is None:
        return PricedMethod(**vars(method), energy_j=None)
    energy, covers = [arithmetic * method.macs], "multiply-adds"
    if table.scope == "system":
        energy += [*_around(method, method.unit, sheet, table)]
        covers += " and host words" if method.host is not None else ""
        unpriced = [
            f"{method.host}.{name}" for name in method.host_counts if not _has_row(method.host, name, sheet, table)
        ]
        covers += f"; {', '.join(unpriced)} unpriced" if unpriced else ""
    return PricedMethod(**vars(method), energy_j=math.fsum(energy), covers=covers)


def _around(method: Method, unit: str, sheet: Sheet, table: PriceTable) -> Iterator[float]:
    """Joules of the host's work and of static power during the method, as far as priced."""
    if method.host is not None:
        yield from (
            count * (_price(method.host, name, sheet, table) or 0.0) for name, count in method.host_counts.items()
        )
    for name in (unit, method.host):
        if name is not None and method.time_s is not None:
            yield method.time_s * (_price(name, "on", sheet, table) or 0.0)


def _has_row(component: str | None, action: str, sheet: Sheet, table: PriceTable) -> bool:
    return component is not None and table.find(component, sheet.components[component].kind, action) is not None


def _price(component: str, action: str, sheet: Sheet, table: PriceTable) -> float | None:
    """Joules per count, or watts for `on`; None without a price of its own."""
    part = sheet.components[component]
    row = table.find(part.name, part.kind, action)
    if row is None or row.form == "included_in":
        return None
    return part.action(action).model_j[0] if row.form == "model" else row.value
