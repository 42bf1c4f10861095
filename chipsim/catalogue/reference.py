"""Text of `chipsim kinds` and `chipsim metrics`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence

from chipsim.catalogue.metrics import all_metrics, matching
from chipsim.components.base import Action, Kind
from chipsim.components.registry import find_kind, kind_names
from chipsim.errors import ChipsimError, did_you_mean
from chipsim.prices.table import read_rows
from chipsim.results.metric_names import Metric
from chipsim.spec.compose import read_spec
from chipsim.spec.keys import Key, keys_of
from chipsim.spec.presets import preset_names


def kinds_listing() -> Iterator[str]:
    """Every component kind with its summary."""
    rows = []
    for name in sorted(kind_names()):
        try:
            rows.append((name, find_kind(name).summary))
        except ChipsimError as error:  # an external package that cannot be loaded
            rows.append((name, str(error)))
    yield from _columns(rows)
    yield "parameters, actions and prices of one: chipsim kinds KIND"


def kind_page(name: str) -> Iterator[str]:
    """A component kind: its model, parameters, actions and preset prices.

    Raises:
        ChipsimError: no such kind.
    """
    kind = find_kind(name)
    yield f"{name}: {kind.summary}"
    yield ""
    yield (inspect.getdoc(inspect.getmodule(kind)) or "").partition("\n\n")[2] or inspect.getdoc(kind) or ""
    yield ""
    yield "parameters"
    yield from _columns([(key.path, key.takes, key.bounds, _default(key)) for key in parameters(kind)], "  ")
    yield "actions"
    yield from _columns([(a.name, f"per {a.unit}", a.group, a.meaning) for a in kind.actions], "  ")
    yield "prices"
    yield from _columns(list(preset_prices(kind)), "  ")


def parameters(kind: type[Kind]) -> list[Key]:
    """The parameters of a kind."""
    return [key for key in keys_of(kind) if key.path != "kind"]


def preset_prices(kind: type[Kind]) -> Iterator[tuple[str, str, str, str, str]]:
    """(action, price, table, grade, source) of each row for a kind in the preset tables."""
    for table in preset_names("price table"):
        rows = read_rows(read_spec("price table", table), ("prices",))
        for action in (*kind.actions, AREA):
            row = rows.get(f"{kind.name}.{action.name}")
            if row is not None:
                yield action.name, row.text, table, row.grade, row.source


# Every kind may have a price for its area, which is not a counted action.
AREA = Action("area", "static", "instance", "area on the die")


def metrics_listing(pattern: str | None) -> Iterator[str]:
    """Metrics that match a pattern or contain a text, with units and meanings; all without a pattern.

    Raises:
        ChipsimError: no metric matches.
    """
    found = matching(pattern or "*")
    if not found:
        close = did_you_mean(pattern or "", [metric.name for metric in all_metrics()])
        raise ChipsimError(f'no metric matches "{pattern}"; {close}', code="result.no-such-row")
    yield from _columns([(metric.name, metric.unit, _meaning(metric)) for metric in found])


def _meaning(metric: Metric) -> str:
    return f"{metric.meaning} ({metric.workload})" if metric.workload else metric.meaning


def _default(key: Key) -> str:
    return {"required": "required", "": "optional"}.get(key.default, f"default {key.default}")


def _columns(rows: Sequence[Iterable[str]], indent: str = "") -> Iterator[str]:
    """Rows of text in aligned columns."""
    cells = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
