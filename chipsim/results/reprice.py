"""Pricing a stored run again, without simulating: the activity stays, every figure that depends on prices is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from chipsim.errors import Place, RunError, SpecError
from chipsim.ledger.cost import priced
from chipsim.ledger.sheet import PricedComponent
from chipsim.prices.scopes import Scope
from chipsim.prices.table import PriceTable, load_prices, overridden
from chipsim.results.result import Run
from chipsim.results.store import load


def reprice(run: Run, table: PriceTable) -> Run:
    """The run under other prices, equal to a fresh run with them. Loads no kernel and reads no file.

    Raises:
        ChipsimError: the table asks for an equation that a kind does not have, or a price makes no energy.
    """
    run.sheet.check_equations(table)
    core, request = run.summary.core, run.summary.core.request
    kept = {path: value for path, value in request.set.items() if not path.startswith("prices.")}
    changes = {**kept, **{f"prices.{path}": v for path, v in table.changes.items()}}
    core = replace(core, request=replace(request, set=changes))
    figures = priced(core, run.trace, run.sheet, table, run.comparisons)
    return replace(run, summary=replace(run.summary, core=core, priced=figures), prices=table)


def prices_for(run: Run, name: str | None, overrides: dict[str, Any], scope: Scope | None = None) -> PriceTable:
    """The table by preset name or file, with the rows of the run's chip; or the run's own table; and changes to it.

    Args:
        run: whose chip is priced.
        name: preset or file; None for the table that the run is priced with.
        overrides: path -> value as `--set` takes them; all inside `prices`.
        scope: what totals count; None for what those of the run count.

    Raises:
        SpecError, SpecErrors, ChipsimError: the table breaks a rule, or a change is not one of a price.
    """
    for path in overrides:
        if not path.startswith("prices."):
            complaint = "is no price (prices.KIND.ACTION.FIELD), and only prices change without simulating"
            raise SpecError(Place("--set"), path, f"{complaint}; run it again with this --set", code="result.needs-run")
    changes = {path.removeprefix("prices."): value for path, value in overrides.items()}
    kinds = {component.name: component.kind for component in run.sheet.components.values()}
    _check_host_words(run, name)
    counts = scope or run.prices.scope
    if name is None:
        return replace(overridden(run.prices, changes, kinds), scope=counts)
    table = load_prices(name, changes, run.prices.of_chip, kinds, run.sheet.actions_by_kind())
    return replace(table, requested_name=name, scope=counts)


def _check_host_words(run: Run, name: str | None) -> None:
    """Results of earlier versions do not say where the words of their host lived, which other tables ask."""
    old = [c.name for c in run.sheet.components.values() if c.is_host and c.kind == "host" and _counts_words(c)]
    if name is not None and old:
        complaint = f"was counted in words wherever they live, which {name} does not price"
        again = f"run it again: {run.summary.priced.command}"
        raise RunError(f"{old[0]}: {complaint}; {again}", code="result.needs-run")


def _counts_words(component: PricedComponent) -> bool:
    return any(action.name == "word" for action in component.actions)


def repriced(results: Path, name: str | None, overrides: dict[str, Any], scope: Scope | None = None) -> dict[Path, Run]:
    """A stored run, or every run of a folder, under other prices: by path, in the order of names.

    Raises:
        ChipsimError: a file is no result, or the prices break a rule; nothing is written here.
    """
    paths = sorted(results.glob("*.h5")) if results.is_dir() else [results]
    if not paths:
        raise RunError(f"{results}: there is no result (*.h5) in this folder", code="result.none")
    runs = {path: load(path) for path in paths}
    return {path: reprice(run, prices_for(run, name, overrides, scope)) for path, run in runs.items()}
