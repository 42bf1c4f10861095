"""Price tables: what one count of an action costs, with bounds, grade and source.

A row is keyed `kind.action`, or `component.action` for one component of a chip, which goes first. It says one of

    energy: 10 fJ              per count
    power: 3.5 nW              for the action `on`, per instance
    area: 36 um^2              for the entry `area`, per instance
    model: true                the kind's own equation with the chip's parameters
    included_in: [pbit.update] paid for by those rows

or, with `hwcomponents: {model: ..., action: ..., attributes: ...}`, that an outside model says one, see `hwcomponents`.
`low` and `high` are quantities like the value, or factors of it for a model. `node: 28 nm` says which process a figure
is of. An action without a row is unpriced and reported as such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from chipsim import units
from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import RuleError, SpecErrors, did_you_mean
from chipsim.prices.ert import ert_rows, is_ert
from chipsim.prices.hwcomponents import imported
from chipsim.spec.chip import ChipSpec
from chipsim.spec.compose import read_spec
from chipsim.spec.document import Document, KeyPath, read_document
from chipsim.spec.fields import Quantity
from chipsim.spec.model import SpecModel, errors_located_at, fail, validate
from chipsim.spec.presets import find

Grade = Literal["measured", "simulated", "derived", "assumed"]
GRADES: tuple[Grade, ...] = ("measured", "simulated", "derived", "assumed")

_UNITS = {"energy": "J", "power": "W", "area": "m**2"}
_FORMS = (*_UNITS, "model", "included_in")


class PriceRow(SpecModel):
    """One row of a price table; `low` and `high` are quantities like the value, or factors of it for a model; `node` is
    the process that the figure is of, where the source says it.
    """

    energy: Annotated[float, Quantity("J", ge=0)] | None = None
    power: Annotated[float, Quantity("W", ge=0)] | None = None
    area: Annotated[float, Quantity("m**2", ge=0)] | None = None
    model: Literal[True] | None = None
    included_in: list[str] | None = Field(default=None, min_length=1)
    low: Any = None
    high: Any = None
    grade: Grade
    seen: Literal["primary", "quoted", "recalled", "none"]
    source: str = Field(min_length=3)
    node: Annotated[float, Quantity("m", gt=0, le=1e-3)] | None = None
    _place: str = PrivateAttr("")

    @model_validator(mode="after")
    def _one_form(self) -> PriceRow:
        forms = [name for name in _FORMS if getattr(self, name) is not None]
        if len(forms) != 1:
            raise RuleError(
                f"needs exactly one of {', '.join(_FORMS)}; got {', '.join(forms) or 'none'}", code="spec.one-of"
            )
        low, high = self.bound(self.low), self.bound(self.high)
        centre = 1.0 if self.model else self.value
        if low is not None and low < 0:
            raise RuleError(f"low is {self.low!r}; a price is not negative", code="price.bad-bounds")
        for name, bound, wrong in (("low", low, "below"), ("high", high, "above")):
            if bound is not None and (centre - bound) * (1 if name == "low" else -1) < 0:
                unit = _UNITS.get(forms[0], "")
                value = f"{forms[0]} {units.show(centre, unit)}" if unit else "the equation"
                told = f"{value} is {wrong} {name}, {units.show(bound, unit) if unit else f'{bound:g} times it'}"
                raise RuleError(f"{told}; give {name} a value that fits", code="price.bad-bounds")
        return self

    @property
    def place(self) -> str:
        """Where the row was written: file:line:column, or `--set`."""
        return self._place

    def at(self, place: str) -> PriceRow:
        """The same row, written elsewhere."""
        copy = self.model_copy()
        copy._place = place
        return copy

    @property
    def form(self) -> str:
        """The name of the form it takes."""
        return next(name for name in _FORMS if getattr(self, name) is not None)

    @property
    def unit(self) -> str:
        """SI unit of the value; empty for rows without one."""
        return _UNITS.get(self.form, "")

    @property
    def value(self) -> float:
        """Value in SI; 1 for a model, 0 for a row included in others."""
        if self.model:
            return 1.0
        return float(getattr(self, self.form)) if self.form in _UNITS else 0.0

    def bound(self, written: Any) -> float | None:
        """A bound as a number."""
        if written is None:
            return None
        if self.form in _UNITS:
            return units.parse(written, _UNITS[self.form])
        if self.form != "model":
            raise RuleError("a row that is included in others has no bounds of its own", code="price.bad-bounds")
        if isinstance(written, bool) or not isinstance(written, int | float) or written < 0:
            raise RuleError(
                f"{written!r} is not a factor; low and high of a model are factors of its value",
                code="price.bad-bounds",
            )
        return float(written)

    def between(self, cost: float, amount: float) -> tuple[float, float]:
        """Lowest and highest of `cost` = price x amount: a bound is another price, or a factor of a model's cost."""
        unit = cost if self.form == "model" else amount
        low, high = self.bound(self.low), self.bound(self.high)
        return (cost if low is None else min(cost, low * unit)), (cost if high is None else max(cost, high * unit))


class PriceTableModel(SpecModel):
    """Keys of a price table file."""

    chipsim: Literal[1]
    name: str
    description: str = ""
    prices: dict[str, Any]


@dataclass(frozen=True)
class PriceTable:
    """Prices of kinds, and of single components of a chip.

    They are kept apart, because a component may have the name of another kind: `rng: {kind: my_noise}` must not get
    the price of kind `rng`.

    Attributes:
        name: of the table.
        rows: by kind.action, from one file and those that it extends.
        own: by component.action, from the chip file.
        changes: what `--set` changed: path inside `prices` -> value.
        requested_name: what the user called it, a preset or a file; None for the table that the chip names.
        of_chip: the rows of the chip file, by kind or component: they go before those of any table.
    """

    name: str
    rows: dict[str, PriceRow]
    own: dict[str, PriceRow] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    of_chip: dict[str, PriceRow] = field(default_factory=dict)
    requested_name: str | None = None

    def find(self, component: str, kind: str, action: str) -> PriceRow | None:
        """The row for an action of a component: its own, else its kind's."""
        return self.own.get(f"{component}.{action}") or self.rows.get(f"{kind}.{action}")

    def key(self, component: str, kind: str, action: str) -> str:
        """The name of that row."""
        own = f"{component}.{action}"
        return own if own in self.own else f"{kind}.{action}"


def load_prices(
    name: str,
    overrides: dict[str, Any] | None = None,
    own_rows: dict[str, PriceRow] | None = None,
    components: Mapping[str, str] | None = None,
    actions: Mapping[str, Sequence[str]] | None = None,
) -> PriceTable:
    """Read a price table by preset name or file, with everything that it extends.

    Args:
        name: preset or file.
        overrides: values from `--set prices...`: path inside `prices` -> value.
        own_rows: rows of the chip itself, which go before those of the table.
        components: component name -> kind of the chip, where rows may name components.
        actions: kind -> names of its actions, as far as they are known; other kinds are loaded.

    Raises:
        SpecError, SpecErrors, ChipsimError: it does not exist or breaks a rule.
    """
    kinds = components or {}
    first = read_document(find("price table", name))
    named = {key: row for key, row in (own_rows or {}).items() if key.rpartition(".")[0] in kinds}
    by_kind = {key: row for key, row in (own_rows or {}).items() if key not in named}
    if is_ert(first):
        # It names components, as the chip's own rows do, and those of the chip go before it.
        own = {**_rows_of_ert(first, kinds, actions or {}), **named}
        table = PriceTable(Path(first.source).stem, by_kind, own, of_chip=dict(own_rows or {}))
        return overridden(table, overrides or {}, kinds, first)
    document = read_spec("price table", name)
    model = validate(PriceTableModel, document)
    rows = read_rows(document, ("prices",), actions=actions)
    table = PriceTable(model.name, {**rows, **by_kind}, named, of_chip=dict(own_rows or {}))
    return overridden(table, overrides or {}, kinds, document)


def _rows_of_ert(
    document: Document, components: Mapping[str, str], known: Mapping[str, Sequence[str]]
) -> dict[str, PriceRow]:
    """Prices of components from an Accelergy file."""
    names = {c: _actions_of(kind, known) for c, kind in components.items()}
    rows = {}
    for key, (path, fields) in ert_rows(document, names).items():
        text = {**fields, "grade": "assumed", "seen": "primary", "source": f"Accelergy ERT {document.source}"}
        rows[key] = validate(PriceRow, Document(document.source, text)).at(str(document.place(path)))
    return rows


def _actions_of(kind: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return known[kind] if kind in known else [action.name for action in find_kind(kind).actions]


def prices_of_chip(chip: ChipSpec, name: str | None = None, overrides: dict[str, Any] | None = None) -> PriceTable:
    """The price table of a chip, or the one named instead, with the rows that the chip file has for its own components.

    Raises:
        SpecError, SpecErrors, ChipsimError: the table does not exist, or a row breaks a rule.
    """
    kinds = {c.name: c.kind for c in chip.components if c.kind != "container"}
    own_rows = read_rows(chip.document, ("prices",), kinds) if chip.model.prices else {}
    with errors_located_at(chip.document, ("price_table",)) if name is None else nullcontext():
        return replace(load_prices(name or chip.model.price_table, overrides, own_rows, kinds), requested_name=name)


def read_rows(
    document: Document,
    path: KeyPath,
    components: dict[str, str] | None = None,
    actions: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, PriceRow]:
    """Validate the rows of a table, or those that stand in a chip file.

    Args:
        document: the file.
        path: where its rows stand.
        components: component name -> kind, where rows may name components.
        actions: kind -> names of its actions, as far as they are known; other kinds are loaded.
    """
    block = document.value
    for part in path:
        block = block[part]
    rows, errors = {}, []
    for key in block:
        _check_key(document, (*path, key), key, components or {}, actions or {})
        try:
            row = validate(PriceRow, imported(document, (*path, key), _FORMS), (*path, key))
            rows[key] = row.at(str(document.key_place((*path, key))))
        except SpecErrors as error:
            errors.extend(error.errors)
            continue
        _check_form(document, (*path, key), key, rows[key])
    if errors:
        raise SpecErrors(errors)
    return rows


def _check_paid(document: Document, table: PriceTable, key: str, through: tuple[str, ...]) -> None:
    """An action that is included in others must be paid for by rows that exist and have a price in the end."""
    row = table.own.get(key) or table.rows.get(key)
    place = ("prices", (*through, key)[0])
    if row is None:
        known = did_you_mean(key, [*table.rows, *table.own])
        raise fail(document, place, f'included in "{key}", which has no price; {known}', code="price.unknown-row")
    if key in through:
        raise fail(
            document,
            place,
            f"prices go in a circle: {' is included in '.join([*through[through.index(key) :], key])}",
            code="price.nobody-pays",
        )
    for other in row.included_in or ():
        _check_paid(document, table, other, (*through, key))


def _check_key(
    document: Document, path: KeyPath, key: str, components: dict[str, str], known: Mapping[str, Sequence[str]]
) -> None:
    owner, _, action = key.rpartition(".")
    kinds = kind_names()
    if owner not in kinds and owner not in components:
        raise fail(
            document,
            path,
            f'"{owner}" is no kind; {did_you_mean(owner, [*kinds, *components])}',
            code="price.unknown-action",
        )
    kind = components.get(owner, owner)
    actions = _actions_of(kind, known)
    if action not in [*actions, "area"]:
        raise fail(
            document,
            path,
            f'{owner} has no action "{action}"; {did_you_mean(action, [*actions, "area"])}',
            code="price.unknown-action",
        )


def _check_form(document: Document, path: KeyPath, key: str, row: PriceRow) -> None:
    action = key.rpartition(".")[2]
    wanted = {"on": ("power",), "area": ("area",)}.get(action, ("energy", "model"))
    if row.form not in (*wanted, "included_in"):
        raise fail(
            document,
            (*path, row.form),
            f"{key} is priced by {' or '.join(wanted)}, not by {row.form}",
            code="price.bad-row",
        )


def overridden(
    table: PriceTable,
    overrides: dict[str, Any],
    components: Mapping[str, str] | None = None,
    document: Document | None = None,
) -> PriceTable:
    """Apply `--set prices.rng.on.power=5 nW`: change fields of a row, all of one row at once.

    The name of a component wins over that of a kind: a component without a row of its own gets that of its kind.

    Args:
        table: the prices before.
        overrides: path inside `prices` -> value.
        components: component name -> kind of the chip that is priced; none where the table is for any chip.
        document: the file of the table, for complaints.

    Raises:
        SpecError, SpecErrors: there is no such row, the new one breaks a rule, or nobody pays for an action.
    """
    rows, own = dict(table.rows), dict(table.own)
    changes: dict[str, dict[str, Any]] = {}
    for path, value in overrides.items():
        key, _, field_name = path.rpartition(".")
        if not key:
            complaint = (
                f'prices{path and "." + path} names no field of a row; write for example "prices.rng.on.power=5 nW"'
            )
            raise fail(Document("--set", {}), (), complaint, code="spec.unknown-path")
        _give_own_row(key, rows, own, components or {})
        _check_pays(key, path, rows, own, components or {})
        changes.setdefault(key, {})[field_name] = value
    for key, changed in changes.items():
        block = own if key in own else rows
        written = _written(block[key])
        if set(changed) & set(_FORMS):
            # Another form replaces the old one, and the old bounds with it.
            dropped = {block[key].form} if block[key].form in changed else {block[key].form, "low", "high"}
            written = {name: value for name, value in written.items() if name not in dropped}
        changed_row = Document("--set", {key: {**written, **changed}})
        block[key] = validate(PriceRow, changed_row, (key,), ("prices", key)).at("--set")
        _check_form(changed_row, (key,), key, block[key])
    result = PriceTable(table.name, rows, own, {**table.changes, **overrides}, table.of_chip, table.requested_name)
    for key in {**rows, **own}:
        _check_paid(document or Document(table.name, {}), result, key, ())
    return result


def _give_own_row(key: str, rows: dict[str, PriceRow], own: dict[str, PriceRow], components: Mapping[str, str]) -> None:
    """A component of another name than its kind is priced by a row of its own, which begins as that of its kind."""
    owner, _, action = key.rpartition(".")
    kind = components.get(owner, owner)
    if kind != owner and key not in own and f"{kind}.{action}" in rows:
        own[key] = rows[f"{kind}.{action}"]


def _check_pays(
    key: str, path: str, rows: dict[str, PriceRow], own: dict[str, PriceRow], components: Mapping[str, str]
) -> None:
    """There is such a row, and something on the chip that it prices."""
    owner = key.rpartition(".")[0]
    here = Document("--set", {})
    if key not in {**rows, **own}:
        priced = [*own, *(row for row in rows if not components or row.rpartition(".")[0] in components.values())]
        raise fail(here, (), f'prices.{path}: no row "{key}"; {did_you_mean(key, priced)}', code="price.unknown-row")
    if components and owner not in components and owner not in components.values():
        known = did_you_mean(owner, [*components, *components.values()])
        complaint = f"prices.{path}: the chip has no {owner}, so this price pays for nothing; {known}"
        raise fail(here, (), complaint, code="price.unknown-row")


def _written(row: PriceRow) -> dict[str, Any]:
    """A row as it could be written."""
    out = row.model_dump(exclude_none=True)
    for name, unit in {**_UNITS, "node": "m"}.items():
        if name in out:
            out[name] = f"{out[name]!r} {unit.replace('**', '^')}"
    return out
