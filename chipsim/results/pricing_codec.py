"""What prices must know of the chip, and the price tables, as JSON of a result file and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

from chipsim.ledger.sheet import PricedAction, PricedComponent, Sheet, Written
from chipsim.prices.row import PriceRow
from chipsim.prices.table import PriceTable

_BLOCKS = ("rows", "own", "of_chip")


class Pricing(NamedTuple):
    """What a trace is priced with: see `Run` for its parts."""

    sheet: Sheet
    prices: PriceTable
    comparisons: tuple[PriceTable, ...]


def to_json(pricing: Pricing) -> dict[str, Any]:
    """Plain values."""
    sheet = pricing.sheet
    return {
        "components": [asdict(component) for component in sheet.components.values()],
        "thermal_energy_j": sheet.thermal_energy_j,
        "technology": sheet.technology,
        "prices": _table_to_json(pricing.prices),
        "comparisons": [_table_to_json(table) for table in pricing.comparisons],
    }


def of_json(held: dict[str, Any]) -> Pricing:
    """What `to_json` was given."""
    components = [_component(component) for component in held["components"]]
    sheet = Sheet({c.name: c for c in components}, held["thermal_energy_j"], _written(held["technology"]))
    return Pricing(sheet, _table(held["prices"]), tuple(_table(table) for table in held["comparisons"]))


def _table_to_json(table: PriceTable) -> dict[str, Any]:
    def rows(block: dict[str, PriceRow]) -> dict[str, Any]:
        return {key: [row.place, row.model_dump(exclude_unset=True)] for key, row in block.items()}

    names = {name: getattr(table, name) for name in ("name", "changes", "requested_name", "scope")}
    return {**names, **{block: rows(getattr(table, block)) for block in _BLOCKS}}


def _table(held: dict[str, Any]) -> PriceTable:
    def rows(block: dict[str, Any]) -> dict[str, PriceRow]:
        # They were validated before they were stored, and stand here in SI.
        return {key: PriceRow.model_construct(**row).at(place) for key, (place, row) in block.items()}

    return PriceTable(**{**held, **{block: rows(held[block]) for block in _BLOCKS}})


def _component(held: dict[str, Any]) -> PricedComponent:
    actions = tuple(PricedAction(**{**action, "model_j": tuple(action["model_j"])}) for action in held["actions"])
    return PricedComponent(**{**held, "actions": actions, "written": _written(held["written"])})


def _written(held: list[list[str]]) -> Written:
    return tuple((path, value, place) for path, value, place in held)
