"""Pricing a stored run again, without simulating: the activity stays, every figure that depends on prices is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from chipsim.errors import Place, RunError, SpecError
from chipsim.ledger.cost import priced
from chipsim.ledger.sheet import PricedComponent
from chipsim.prices.row import unit_of_price
from chipsim.prices.scopes import Scope
from chipsim.prices.table import PriceTable, PriceTableModel, load_prices, overridden
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.spec.compose import Given, as_source, called
from chipsim.spec.dicts import plain_set, with_unit
from chipsim.spec.document import COMPOSITION


def reprice(
    run: Run,
    prices: Given | PriceTable | None = None,
    *,
    set: Mapping[str, Any] | None = None,
    scope: Scope | None = None,
) -> Run:
    """The run under other prices, equal to a fresh run with them. Simulates nothing and loads no kernel.

    Args:
        run: whose counts are priced.
        prices: price table: preset name, file or dict, or one that was read; None for that of the run. A dict without
            the keys of a table changes that of the run: `{"link.transfer.energy": "4 pJ"}`.
        set: path -> value, as `--set` takes them; all inside `prices`; floats are in SI.
        scope: what totals count: "fabric", "chip" or "system"; None for what those of the run count.

    Raises:
        ChipsimError: a price is missing, breaks a rule or gives no physical energy, or a change is not one of a price.

    Example:
        >>> import chipsim
        >>> run = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> dear = chipsim.reprice(run, set={"prices.link.transfer.energy": "4 pJ"})
        >>> dear.energy_j > run.energy_j, dear.summary["toggles"] == run.summary["toggles"]
        (True, True)
        >>> chipsim.reprice(run, prices={"link.transfer.energy": "4 pJ"}).energy_j == dear.energy_j
        True
    """
    changes = dict(set or {})
    if isinstance(prices, Mapping) and not {*PriceTableModel.model_fields, *COMPOSITION} & {*prices}:
        changes = {**{f"prices.{path}": new for path, new in prices.items()}, **changes}
        prices = None
    held = {path: with_unit(value, unit_of_price(path)) for path, value in plain_set(changes).items()}
    return _repriced(run, prices, held, scope)


def _repriced(run: Run, prices: Given | PriceTable | None, changes: dict[str, Any], scope: Scope | None) -> Run:
    """`reprice` with values as a spec file would hold them: quantities have units."""
    table = _table(run, prices, changes, scope)
    run.sheet.check_equations(table)
    if run.native is not None:
        run.native.check_equations(table)
    core, request = run.summary.core, run.summary.core.request
    kept = {path: value for path, value in request.set.items() if not path.startswith("prices.")}
    changes = {**kept, **{f"prices.{path}": v for path, v in table.changes.items()}}
    core = replace(core, request=replace(request, set=changes))
    figures = priced(core, run.trace, run.sheet, table, run.comparisons, run.use, run.native)
    return replace(run, summary=replace(run.summary, core=core, priced=figures), prices=table)


def _table(run: Run, prices: Given | PriceTable | None, overrides: dict[str, Any], scope: Scope | None) -> PriceTable:
    """The requested table, with the rows of the run's chip and the changes to it."""
    for path in overrides:
        if not path.startswith("prices."):
            complaint = "is not a price (prices.KIND.ACTION.FIELD); only prices can change without a simulation"
            raise SpecError(Place("--set"), path, f"{complaint}; run it again with this --set", code="result.needs-run")
    changes = {path.removeprefix("prices."): value for path, value in overrides.items()}
    kinds = {component.name: component.kind for component in run.sheet.components.values()}
    if prices is None or isinstance(prices, PriceTable):
        known = run.prices if prices is None else prices
        return replace(overridden(known, changes, kinds) if changes else known, scope=scope or known.scope)
    source = as_source("price table", prices)
    _check_host_words(run, called(source))
    table = load_prices(source, changes, run.prices.of_chip, kinds, run.sheet.actions_by_kind())
    return replace(table, requested_name=called(source), scope=scope or run.prices.scope)


def _check_host_words(run: Run, table: str) -> None:
    """Results of earlier versions do not say where the words of their host lived, which other tables ask."""
    old = [c.name for c in run.sheet.components.values() if c.is_host and c.kind == "host" and _counts_words(c)]
    if old:
        complaint = f"was counted in words wherever they live, which {table} does not price"
        again = f"run it again: {run.summary.priced.command}"
        raise RunError(f"{old[0]}: {complaint}; {again}", code="result.needs-run")


def _counts_words(component: PricedComponent) -> bool:
    return any(action.name == "word" for action in component.actions)


def repriced(
    results: Path, prices: Given | None, set: Mapping[str, Any], scope: Scope | None = None
) -> dict[Path, Run]:
    """A stored run, or every run of a folder, under other prices: by path, in the order of names.

    Raises:
        ChipsimError: a file is not a result, or the prices break a rule; nothing is written here.
    """
    paths = sorted(results.glob("*.h5")) if results.is_dir() else [results]
    if not paths:
        raise RunError(f"{results}: no result (*.h5) in this folder", code="result.none")
    runs = {path: load(path) for path in paths}
    return {path: _repriced(run, prices, dict(set), scope) for path, run in runs.items()}
