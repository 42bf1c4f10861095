"""Why a row costs what it costs: count x price in numbers, and where each was written; and what limits the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chipsim.engine.activity import Row
from chipsim.engine.timing import Limit
from chipsim.errors import RunError, did_you_mean
from chipsim.ledger.ledger import LedgerRow
from chipsim.prices.row import PriceRow
from chipsim.results.notebook import html
from chipsim.results.result import Run
from chipsim.results.sensitivity import Sensitivity, sensitivities
from chipsim.rounding import rounded
from chipsim.units import FEMTOSECONDS, show, show_amount


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a run, or a row of its ledger, costs what it costs.

    Attributes:
        lines: the explanation in words, as `chipsim explain` prints it.
        prices: the prices that pay for it with their effect on the total in J, the largest first.
        limits: what limits the time of the run, in s; none for a single row.
        row: the row of the ledger; None for the whole run.
    """

    lines: tuple[str, ...]
    prices: tuple[Sensitivity, ...]
    limits: tuple[Limit, ...]
    row: LedgerRow | None = None

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return html("explanation_html", self)


def explain(run: Run, row: str | None = None) -> Explanation:
    """Explain the total of a run price by price and what limits its time, or one row of its ledger.

    Args:
        run: whose energy is explained.
        row: `component.action`, such as "couplers.toggle"; None for the whole run.

    Raises:
        RunError: there is no such row.

    Example:
        >>> import chipsim
        >>> run = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> chipsim.explain(run, "cells.update").row.count  # 50 sweeps of 16 p-bits
        800.0
        >>> whole = chipsim.explain(run)
        >>> low_j, high_j = whole.prices[0].low_j, whole.prices[0].high_j  # the most uncertain price alone
        >>> low_j < run.energy_j < high_j
        True
    """
    prices = sensitivities(run)
    if row is None:
        return Explanation(tuple(explain_all(run)), tuple(prices), run.summary.core.work.limit.steps)
    lines = tuple(explain_row(run, row))
    return Explanation(lines, tuple(price for price in prices if row in price.pays), (), run.ledger[row])


def explain_all(run: Run) -> Iterator[str]:
    """Every price with what the total owes to it, the largest swing first; what has no price; what limits the time."""
    total, lanes = run.energy_j, run.trace.lanes
    sampling = run.summary.priced.energy_ci95_j
    spread = "unknown" if sampling is None else f"+- {show(sampling, 'J', 2)} (95 %)"
    low, high = run.summary.priced.energy_price_range_j
    yield f"total {show(total, 'J')} per repetition, scope {run.prices.scope}"
    yield f"  by sampling: {spread}, from {lanes} lanes under these prices"
    yield f"  by prices: {show(low, 'J')} to {show(high, 'J')}, for these counts"
    yield "each price moved alone from its low to its high end:"
    for one in sensitivities(run):
        span = f"{show(one.low_j, 'J')} to {show(one.high_j, 'J')}"
        share = f"d ln total / d ln price {rounded(one.elasticity, '.4f')}"
        yield f"  {', '.join(one.pays)}: total {span}; {share}; {one.row.grade}, seen {one.row.seen}"
    for line in run.summary.priced.ledger:
        if line.note:
            yield f"  {line.component}.{line.action}: {line.note}"
    steps = run.summary.core.work.limit.steps
    bottlenecks = "; bottlenecks, removed one after the other:" if steps else ""
    yield f"time {show(run.summary.core.work.elapsed_s, 's')} per repetition{bottlenecks}"
    for step in steps:
        yield f"  {limit_step(step)}"


def limit_step(step: Limit) -> str:
    """One step down the list of what limits the time."""
    where = f"{' and '.join(step.resources)} ({', '.join(step.operations)})"
    if not step.gain_s:
        return f"{where}: removing it alone saves nothing, another takes as long ({show(step.elapsed_s, 's')} remain)"
    them = "it" if len(step.resources) == 1 else "them"
    return f"{where}: removing {them} saves {show(step.gain_s, 's')} ({show(step.elapsed_s, 's')} remain)"


def explain_row(run: Run, wanted: str) -> Iterator[str]:
    """Formula, counts, price, source and places of one row `component.action`.

    Raises:
        RunError: there is no such row.
    """
    rows = {f"{line.component}.{line.action}": line for line in run.summary.priced.ledger}
    if wanted not in rows:
        complaint = f'unknown row of the ledger "{wanted}"; {did_you_mean(wanted, rows)}'
        raise RunError(complaint, code="result.no-such-row")
    line = rows[wanted]
    done = run.sheet.components[line.component].action(line.action)
    price = run.prices.find(line.component, line.kind, line.action)
    yield f"{wanted}: {done.meaning} (kind {line.kind}, group {line.group}, {line.instances:,} instances)"
    yield from _formula(run, line, price)
    yield from _counts(run, line)
    yield from _price(run, line, price)
    yield from _parameters(run, line.component, technology=price is not None and price.form == "model")


def _entries(run: Run, line: LedgerRow) -> list[Row]:
    return [r for r in run.trace.activity.rows if (r.component, r.action) == (line.component, line.action)]


def _amount(line: LedgerRow, count: float) -> str:
    if line.action == "on":
        return f"{show(count, 's')} of one instance"
    return " ".join(filter(None, show_amount(count, line.unit)))


def _formula(run: Run, line: LedgerRow, price: PriceRow | None) -> Iterator[str]:
    if price is None or line.energy_j is None:
        yield f"energy: none of its own, {line.note}; it is not in the total as itself"
        return
    energy, lanes = show(line.energy_j, "J"), run.trace.lanes
    if price.form == "power":
        yield f"energy = powered time x power = {_amount(line, line.count)} x {show(price.value, 'W')} = {energy}"
        return
    model = run.sheet.components[line.component].action(line.action).model_j
    unit_j = model if price.form == "model" else (price.value,)
    entries = _entries(run, line)
    if len(unit_j) == 1:
        yield f"energy = count x price = {_amount(line, line.count)} x {show(unit_j[0], 'J')} = {energy}"
        return
    yield f"energy = sum over price classes of count x price = {energy}"
    classes = [row.by_class for row in entries if row.by_class is not None]
    counts = np.sum(classes, axis=0) / lanes
    for index, (count, joules) in enumerate(zip(counts, unit_j, strict=True)):
        if count:
            wire = show(float(run.trace.activity.class_capacitance_f[index]), "F")
            cost = f"{_amount(line, float(count))} x {show(joules, 'J')} = {show(float(count) * joules, 'J')}"
            yield f"  class {index} ({wire} a {line.unit}): {cost}"


def _counts(run: Run, line: LedgerRow) -> Iterator[str]:
    names = [phase.name for phase in run.trace.timing.phases]
    by_phase: dict[str, float] = {}
    for row in _entries(run, line):
        name = names[row.phase] if row.phase >= 0 else "the whole run"
        by_phase[name] = by_phase.get(name, 0) + row.count / run.trace.lanes
    scale = FEMTOSECONDS if line.action == "on" else 1
    parts = ", ".join(f"{name} {_amount(line, count / scale)}" for name, count in by_phase.items())
    yield f"count: mean over {run.trace.lanes} lanes: {_amount(line, line.count)}; by phase: {parts}"


def _price(run: Run, line: LedgerRow, price: PriceRow | None) -> Iterator[str]:
    if price is None:
        yield f"price: none in {run.prices.name} for {line.kind}.{line.action}"
        return
    if price.included_in:
        payers = ", ".join(price.included_in)
        yield f"price: included in {payers}, by {price.place}"
    else:
        written = "the kind's own equation" if price.form == "model" else show(price.value, price.unit)
        ends = ", ".join(f"{name} {end}" for name, end in (("low", price.low), ("high", price.high)) if end is not None)
        factor = " (factors of the equation)" if price.form == "model" and ends else ""
        yield f"price: {written}; {ends or 'no bounds'}{factor}; {price.place}"
        yield f"range by the price: {show(line.low_j, 'J')} to {show(line.high_j, 'J')}"
    node = "" if price.node is None else f", of {price.node * 1e9:g} nm"
    yield f"grade {price.grade}, seen {price.seen}{node}; source: {price.source}"


def _parameters(run: Run, component: str, technology: bool) -> Iterator[str]:
    """What was written about the component, with its places."""
    for path, value, place in (*run.sheet.components[component].written, *(run.sheet.technology if technology else ())):
        yield f"  {path} = {value} ({place})"
