"""What prices must know of the chip, and the price tables, as JSON of a result file and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter

from chipsim.ledger.sheet import PricedComponent, Sheet, Written
from chipsim.prices.row import PriceRow
from chipsim.prices.scopes import Scope
from chipsim.prices.table import PriceTable

_BLOCKS = ("rows", "own", "of_chip")
_COMPONENTS = TypeAdapter(list[PricedComponent])
_WRITTEN = TypeAdapter(Written)
_POSITIVE = TypeAdapter(Annotated[float, Field(gt=0)])


@dataclass(frozen=True)
class _Names:
    """What a price table says of itself."""

    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    requested_name: str | None = None
    scope: Scope = "system"


_NAMES = TypeAdapter(_Names)


class Pricing(NamedTuple):
    """What a trace is priced with: see `Run` for its parts."""

    sheet: Sheet
    prices: PriceTable
    comparisons: tuple[PriceTable, ...]
    native: Sheet | None = None


def to_json(pricing: Pricing) -> dict[str, Any]:
    """Plain values."""
    native = {} if pricing.native is None else {"native": _sheet_to_json(pricing.native)}
    return {
        **_sheet_to_json(pricing.sheet),
        "prices": _table_to_json(pricing.prices),
        "comparisons": [_table_to_json(table) for table in pricing.comparisons],
        **native,
    }


def _sheet_to_json(sheet: Sheet) -> dict[str, Any]:
    return {
        "components": [asdict(component) for component in sheet.components.values()],
        "thermal_energy_j": sheet.thermal_energy_j,
        "technology": sheet.technology,
    }


def of_json(held: dict[str, Any]) -> Pricing:
    """What `to_json` was given.

    Raises:
        ValueError, KeyError, TypeError: an entry is missing, or not what it should be.
        ChipsimError: a table prices by an equation that a kind does not define.
    """
    sheet, native = _sheet(held), _sheet(held["native"]) if "native" in held else None
    prices, *comparisons = (_table(table) for table in (held["prices"], *held["comparisons"]))
    for table in (prices, *comparisons):
        sheet.check_equations(table)
    if native is not None:
        native.check_equations(prices)
    return Pricing(sheet, prices, tuple(comparisons), native)


def _sheet(held: dict[str, Any]) -> Sheet:
    components = _COMPONENTS.validate_python(held["components"])
    thermal, technology = (
        _POSITIVE.validate_python(held["thermal_energy_j"]),
        _WRITTEN.validate_python(held["technology"]),
    )
    for component in components:
        _check_component(component)
    return Sheet({component.name: component for component in components}, thermal, technology)


def _check_component(component: PricedComponent) -> None:
    energies = [energy for action in component.actions for energy in action.model_j]
    if component.instances < 1 or component.units < 0 or min(energies, default=0.0) < 0:
        raise ValueError(f"{component.name}: a number is negative")
    if len({action.name for action in component.actions}) < len(component.actions):
        raise ValueError(f"{component.name}: an action is declared twice")


def _table_to_json(table: PriceTable) -> dict[str, Any]:
    def rows(block: dict[str, PriceRow]) -> dict[str, Any]:
        return {key: [row.place, row.model_dump(exclude_unset=True)] for key, row in block.items()}

    names = {name: getattr(table, name) for name in ("name", "changes", "requested_name", "scope")}
    return {**names, **{block: rows(getattr(table, block)) for block in _BLOCKS}}


def _table(held: dict[str, Any]) -> PriceTable:
    def rows(block: dict[str, Any]) -> dict[str, PriceRow]:
        return {str(key): PriceRow.of_si(row).at(str(place)) for key, (place, row) in block.items()}

    names = _NAMES.validate_python({name: held[name] for name in held if name not in _BLOCKS})
    by_kind, own, of_chip = (rows(held[block]) for block in _BLOCKS)
    return PriceTable(names.name, by_kind, own, names.changes, of_chip, names.requested_name, names.scope)
