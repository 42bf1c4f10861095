"""Price tables: cost per count of an action, with bounds, grade and source.

A row is keyed `kind.action`, or `component.action` for one component of a chip, which takes precedence. It has one of

    energy: 10 fJ              per count
    power: 3.5 nW              for the action `on`, per instance
    area: 36 um^2              for the entry `area`, per instance
    model: true                the kind's own equation with the chip's parameters
    included_in: [pbit.update] part of the prices of those rows

or, with `hwcomponents: {model: ..., action: ..., attributes: ...}`, a value from an external model, see `hwcomponents`.
`low` and `high` are quantities like the value, or factors of it for a model. `node: 28 nm` gives the process node of a
figure. An action without a row is unpriced and reported as such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import ChipsimError, SpecErrors, did_you_mean
from chipsim.prices.ert import ert_rows, is_ert
from chipsim.prices.hwcomponents import imported
from chipsim.prices.row import FORMS, PriceRow, in_spec_syntax
from chipsim.prices.scopes import SCOPES, Scope
from chipsim.spec.chip import ChipSpec
from chipsim.spec.compose import SpecSource, read_spec
from chipsim.spec.document import Document, KeyPath, read_document
from chipsim.spec.memory import ByDocument
from chipsim.spec.model import SpecModel, errors_located_at, fail, validate
from chipsim.spec.presets import find, portable, portable_place

# Cache of tables: kinds at that time, name and rows.
_TABLES: ByDocument[tuple[Mapping[str, str], str, dict[str, PriceRow]]] = ByDocument()


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
        changes: of `--set`: path inside `prices` -> value.
        requested_name: preset or file requested by the user; None for the table named by the chip.
        of_chip: the rows of the chip file, by kind or component, which take precedence over any table.
        scope: of totals.
    """

    name: str
    rows: dict[str, PriceRow]
    own: dict[str, PriceRow] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    of_chip: dict[str, PriceRow] = field(default_factory=dict)
    requested_name: str | None = None
    scope: Scope = "system"

    def __post_init__(self) -> None:
        if self.scope not in SCOPES:
            complaint = f"scope must be {', '.join(SCOPES)}; got {self.scope!r}"
            raise ChipsimError(complaint, code="run.argument")

    def find(self, component: str, kind: str, action: str) -> PriceRow | None:
        """The row for an action of a component: that of the component, else that of its kind."""
        return self.own.get(f"{component}.{action}") or self.rows.get(f"{kind}.{action}")

    def key(self, component: str, kind: str, action: str) -> str:
        """The name of that row; "" if there is none."""
        names = ((f"{component}.{action}", self.own), (f"{kind}.{action}", self.rows))
        return next((name for name, rows in names if name in rows), "")


def load_prices(
    source: SpecSource,
    overrides: dict[str, Any] | None = None,
    own_rows: dict[str, PriceRow] | None = None,
    components: Mapping[str, str] | None = None,
    actions: Mapping[str, Sequence[str]] | None = None,
) -> PriceTable:
    """Read a price table by preset name or file, with all files that it extends.

    Args:
        source: preset name or file, or the document of a dict.
        overrides: values from `--set prices...`: path inside `prices` -> value.
        own_rows: rows of the chip file, which take precedence over those of the table.
        components: component name -> kind of the chip, if rows may name components.
        actions: kind -> names of its actions, if known; other kinds are loaded.

    Raises:
        SpecError, SpecErrors, ChipsimError: unknown table, or a violated rule.
    """
    kinds = components or {}
    first = source if isinstance(source, Document) else read_document(find("price table", source))
    named = {key: row for key, row in (own_rows or {}).items() if key.rpartition(".")[0] in kinds}
    by_kind = {key: row for key, row in (own_rows or {}).items() if key not in named}
    if is_ert(first):
        # It names components, like the rows of the chip, which take precedence.
        own = {**_rows_of_ert(first, kinds, actions or {}), **named}
        table = PriceTable(Path(first.source).stem, by_kind, own, of_chip=dict(own_rows or {}))
        return overridden(table, overrides or {}, kinds, first)
    document = read_spec("price table", source)
    name, rows = _rows_of_table(document, actions)
    table = PriceTable(name, {**rows, **by_kind}, named, of_chip=dict(own_rows or {}))
    return overridden(table, overrides or {}, kinds, document)


def _rows_of_table(document: Document, actions: Mapping[str, Sequence[str]] | None) -> tuple[str, dict[str, PriceRow]]:
    """The name of a table and its rows, cached while file and kinds are unchanged."""

    def read() -> tuple[Mapping[str, str], str, dict[str, PriceRow]]:
        model = validate(PriceTableModel, document)
        return kind_names(), model.name, read_rows(document, ("prices",), actions=actions)

    block = document.value.get("prices") if isinstance(document.value, dict) else None
    rows = block.values() if isinstance(block, dict) else ()
    # Not cached: tables with external models, and those that depend on given actions.
    if actions is not None or any(isinstance(row, dict) and "hwcomponents" in row for row in rows):
        return read()[1:]
    kinds, name, known = _TABLES.get(document, read)
    return (name, known) if kinds is kind_names() else read()[1:]


def _rows_of_ert(
    document: Document, components: Mapping[str, str], known: Mapping[str, Sequence[str]]
) -> dict[str, PriceRow]:
    """Prices of components from an Accelergy file."""
    names = {c: _actions_of(kind, known) for c, kind in components.items()}
    rows = {}
    for key, (path, fields) in ert_rows(document, names).items():
        text = {**fields, "grade": "assumed", "seen": "primary", "source": f"Accelergy ERT {portable(document.source)}"}
        rows[key] = validate(PriceRow, Document(document.source, text)).at(portable_place(document.place(path)))
    return rows


def _actions_of(kind: str, known: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return known[kind] if kind in known else [action.name for action in find_kind(kind).actions]


def prices_of_chip(
    chip: ChipSpec, source: SpecSource | None = None, overrides: dict[str, Any] | None = None
) -> PriceTable:
    """The price table of a chip, or another one instead, with the rows that the chip file has for its own components.

    Raises:
        SpecError, SpecErrors, ChipsimError: unknown table, or a row that violates a rule.
    """
    kinds = {c.name: c.kind for c in chip.components if c.kind != "container"}
    own_rows = read_rows(chip.document, ("prices",), kinds) if chip.model.prices else {}
    with errors_located_at(chip.document, ("price_table",)) if source is None else nullcontext():
        return load_prices(chip.model.price_table if source is None else source, overrides, own_rows, kinds)


def read_rows(
    document: Document,
    path: KeyPath,
    components: dict[str, str] | None = None,
    actions: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, PriceRow]:
    """Validate the rows of a table or of a chip file.

    Args:
        document: the file.
        path: of its rows.
        components: component name -> kind, if rows may name components.
        actions: kind -> names of its actions, if known; other kinds are loaded.
    """
    block = document.value
    for part in path:
        block = block[part]
    rows, errors = {}, []
    for key in block:
        _check_key(document, (*path, key), key, components or {}, actions or {})
        try:
            row = validate(PriceRow, imported(document, (*path, key), FORMS), (*path, key))
            rows[key] = row.at(portable_place(document.key_place((*path, key))))
        except SpecErrors as error:
            errors.extend(error.errors)
            continue
        _check_form(document, (*path, key), key, rows[key])
    if errors:
        raise SpecErrors(errors)
    return rows


def _check_included(document: Document, table: PriceTable, key: str, through: tuple[str, ...]) -> None:
    """Check that included_in entries exist and lead to a price without a cycle."""
    row = table.own.get(key) or table.rows.get(key)
    place = ("prices", (*through, key)[0])
    if row is None:
        known = did_you_mean(key, [*table.rows, *table.own])
        raise fail(document, place, f'included_in names "{key}", which has no price; {known}', code="price.unknown-row")
    if key in through:
        raise fail(
            document,
            place,
            f"circular included_in: {' -> '.join([*through[through.index(key) :], key])}",
            code="price.circular",
        )
    for other in row.included_in or ():
        _check_included(document, table, other, (*through, key))


def _check_key(
    document: Document, path: KeyPath, key: str, components: dict[str, str], known: Mapping[str, Sequence[str]]
) -> None:
    owner, _, action = key.rpartition(".")
    kinds = kind_names()
    if owner not in kinds and owner not in components:
        raise fail(
            document,
            path,
            f'unknown kind or component "{owner}"; {did_you_mean(owner, [*kinds, *components])}',
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

    Components take precedence over kinds: a component without its own row starts from that of its kind.

    Args:
        table: to change.
        overrides: path inside `prices` -> value.
        components: component name -> kind of the chip; empty if the table is for any chip.
        document: the file of the table, for errors.

    Raises:
        SpecError, SpecErrors: unknown row, a violated rule, or circular included_in.
    """
    rows, own = dict(table.rows), dict(table.own)
    changes: dict[str, dict[str, Any]] = {}
    for path, value in overrides.items():
        key, _, field_name = path.rpartition(".")
        if not key:
            complaint = (
                f'prices{path and "." + path} is not a field of a row; write for example "prices.rng.on.power=5 nW"'
            )
            raise fail(Document("--set", {}), (), complaint, code="spec.unknown-path")
        _give_own_row(key, rows, own, components or {})
        _check_used(key, path, rows, own, components or {})
        changes.setdefault(key, {})[field_name] = value
    for key, changed in changes.items():
        block = own if key in own else rows
        written = in_spec_syntax(block[key].model_dump(exclude_none=True))
        if set(changed) & set(FORMS):
            # Another form replaces the old one, together with its bounds.
            dropped = {block[key].form} if block[key].form in changed else {block[key].form, "low", "high"}
            written = {name: value for name, value in written.items() if name not in dropped}
        changed_row = Document("--set", {key: {**written, **changed}})
        block[key] = validate(PriceRow, changed_row, (key,), ("prices", key)).at("--set")
        _check_form(changed_row, (key,), key, block[key])
    result = replace(table, rows=rows, own=own, changes={**table.changes, **overrides})
    for key in {**rows, **own}:
        _check_included(document or Document(table.name, {}), result, key, ())
    return result


def _give_own_row(key: str, rows: dict[str, PriceRow], own: dict[str, PriceRow], components: Mapping[str, str]) -> None:
    """Give a component not named like its kind its own row, initialised from that of its kind."""
    owner, _, action = key.rpartition(".")
    kind = components.get(owner, owner)
    if kind != owner and key not in own and f"{kind}.{action}" in rows:
        own[key] = rows[f"{kind}.{action}"]


def _check_used(
    key: str, path: str, rows: dict[str, PriceRow], own: dict[str, PriceRow], components: Mapping[str, str]
) -> None:
    """Check that the row exists and applies to the chip."""
    owner = key.rpartition(".")[0]
    here = Document("--set", {})
    if key not in {**rows, **own}:
        priced = [*own, *(row for row in rows if not components or row.rpartition(".")[0] in components.values())]
        raise fail(here, (), f'prices.{path}: no row "{key}"; {did_you_mean(key, priced)}', code="price.unknown-row")
    if components and owner not in components and owner not in components.values():
        known = did_you_mean(owner, [*components, *components.values()])
        complaint = f"prices.{path}: the chip has no {owner}, so this price is unused; {known}"
        raise fail(here, (), complaint, code="price.unknown-row")
