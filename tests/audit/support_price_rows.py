"""Price tables: rows of a table, of the chip itself, and what `--set` changes in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support_quantities import si
from support_spec import Specs, find, resolve

FORMS = ("energy", "power", "area", "model", "included_in")


@dataclass(frozen=True)
class Price:
    """One row in SI: bounds of a model are factors of its value, others prices; None where the row gives none."""

    form: str
    value: float
    low: float | None
    high: float | None
    grade: str
    seen: str
    source: str
    payers: tuple[str, ...]

    def between(self, energy: float, amount: float) -> tuple[float, float]:
        """Lowest and highest of an energy that is price x amount."""
        unit = energy if self.form == "model" else amount
        return (energy if self.low is None else self.low * unit), (energy if self.high is None else self.high * unit)


def price_of(row: dict[str, Any]) -> Price:
    """A row as it is written."""
    form = next(name for name in FORMS if row.get(name) is not None)
    value = {"model": 1.0, "included_in": 0.0}[form] if form in ("model", "included_in") else si(row[form])
    low, high = (None if row.get(name) is None else si(row[name]) for name in ("low", "high"))
    payers = tuple(row["included_in"]) if form == "included_in" else ()
    return Price(form, value, low, high, row["grade"], row["seen"], row["source"], payers)


@dataclass(frozen=True)
class Table:
    """Prices by `kind.action`, and by `component.action`, which go first."""

    name: str
    rows: dict[str, Price]
    own: dict[str, Price]

    def find(self, component: str, kind: str, action: str) -> tuple[str, Price | None]:
        """The name of the row, "" without one, and the row."""
        for name, rows in ((f"{component}.{action}", self.own), (f"{kind}.{action}", self.rows)):
            if name in rows:
                return name, rows[name]
        return "", None


def table_of(specs: Specs, name: str | None = None, changed: bool = True) -> Table:
    """The table of a run, or another one of that name, with the chip's own rows before it."""
    table = resolve("prices", find("prices", name or specs.table, specs.folder))
    rows: dict[str, Any] = dict(table["prices"])
    own: dict[str, Any] = {}
    for key, row in (specs.chip.get("prices") or {}).items():
        (own if key.rpartition(".")[0] in specs.components else rows)[key] = row
    for path, value in (specs.price_changes if changed else {}).items():
        _change(rows, own, path, value, specs)
    return Table(table["name"], *({key: price_of(row) for key, row in block.items()} for block in (rows, own)))


def _change(rows: dict[str, Any], own: dict[str, Any], path: str, value: Any, specs: Specs) -> None:
    """One field of a row; another form replaces the old one with its bounds. A component gets a row of its own."""
    key, _, field = path.rpartition(".")
    owner, _, action = key.rpartition(".")
    kind = specs.components[owner].kind if owner in specs.components else owner
    if kind != owner and key not in own:
        own[key] = rows[f"{kind}.{action}"]
    block = own if key in own else rows
    row = dict(block[key])
    if field in FORMS and field not in row:
        row = {name: held for name, held in row.items() if name not in (*FORMS, "low", "high")}
    block[key] = {**row, field: value}
