"""Several runs side by side: their figures, what differs in their specs, their ledgers, and why energies differ."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chipsim.errors import RunError
from chipsim.ledger.core import Bounds
from chipsim.ledger.ledger import LedgerRow
from chipsim.report.headline import dominant_price, percent, show_bounds
from chipsim.report.sections import show_value
from chipsim.results.columns import csv_cell
from chipsim.results.diff import ByPrices, Diff, diff
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.units import show, show_area, show_count, show_interval
from chipsim.workloads.sections import Facts


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs by the names that tell them apart; the first is the one that others are compared with."""

    runs: dict[str, Run]

    @property
    def first(self) -> str:
        """Name of the run that others are compared with."""
        return next(iter(self.runs))


@dataclass(frozen=True)
class Line:
    """One line of a table: what it is about, and a cell for each run."""

    label: str
    cells: tuple[str, ...]


def read_runs(paths: list[str]) -> Comparison:
    """Results of runs, named by their files, or by their whole paths where file names repeat.

    Raises:
        RunError: a result cannot be read, or is named twice.
    """
    for path in paths:
        if sum(Path(path).resolve() == Path(other).resolve() for other in paths) > 1:
            raise RunError(f"{path}: named twice; a run is compared with others", code="result.not-comparable")
    stems = [Path(path).stem for path in paths]
    names = [path if stems.count(stem) > 1 else stem for path, stem in zip(paths, stems, strict=True)]
    return Comparison({name: load(path) for name, path in zip(names, paths, strict=True)})


def figure_lines(compared: Comparison) -> list[Line]:
    """The figures of each run; lines that no run has are left out."""
    cells = [_labelled(run.summary) for run in compared.runs.values()]
    labels = dict.fromkeys(label for found in cells for label in found)
    lines = [Line(label, tuple(found.get(label) or "-" for found in cells)) for label in labels]
    return [line for line in lines if set(line.cells) != {"-"}]


def _labelled(summary: Summary) -> dict[str, str]:
    """Figures by their labels; a fact of the workload does not take the place of one of the run."""
    own = dict(_figures(summary))
    return {**own, **{f"{name} (workload)" if name in own else name: text for name, text in _facts(summary)}}


def _figures(summary: Summary) -> Iterator[tuple[str, str]]:
    request, work, answers, priced = summary.core.request, summary.core.work, summary.core.answers, summary.priced
    low, high = priced.energy_price_range_j
    yield "chip", request.chip
    yield "workload", summary.workload.name
    yield "prices", priced.prices
    yield "scope", priced.scope
    yield "lanes, seed", f"{request.lanes:,}, {request.seed}"
    yield "energy per repetition", _with_interval(priced.energy_j, priced.energy_ci95_j, "J")
    yield "range by prices", f"{show(low, 'J')} to {show(high, 'J')}"
    main = dominant_price(summary)
    yield "widest price range", f"{main.name} ({percent(main.share)})" if main else "-"
    if not answers.is_training:
        yield "energy of an answer, 10,000 a load", show(priced.answer.energy_per_job_j["10000"], "J")
    yield "time per repetition", show(work.elapsed_s, "s")
    yield "bottleneck", f"{work.limit.waits_for} ({show(work.limit.gain_s, 's', 3)})" if work.limit.steps else "-"
    samples, cost = answers.effective_samples, priced.sample
    yield "effective samples", show_count(round(samples)) if samples else answers.sampling
    energy, energy_ci95 = cost.joules_per_effective_sample, cost.joules_per_effective_sample_ci95_j
    yield "joules per effective sample", _with_interval(energy, energy_ci95, "J")
    time, time_ci95 = cost.seconds_per_effective_sample, cost.seconds_per_effective_sample_ci95_s
    yield "seconds per effective sample", _with_interval(time, time_ci95, "s")
    yield "joules per delivered sample", show(cost.joules_per_delivered_sample, "J")
    yield "success probability", _chance(answers.success_probability)
    yield "energy to solution", _bounds(priced.answer.energy_to_solution_j, "J")
    yield "time to solution", _bounds(answers.time_to_solution_s, "s")
    yield "area", show_area(priced.area.area_m2)
    yield "lint", ", ".join(dict.fromkeys(found.rule for found in priced.lint)) or "-"


def _facts(summary: Summary) -> Iterator[tuple[str, str]]:
    """What the workload states, without the notes."""
    for section in summary.workload.sections:
        if isinstance(section, Facts):
            yield from ((fact.name, show_value(fact.value, fact.unit, fact.digits)) for fact in section.facts)


def _chance(bounds: Bounds | None) -> str:
    return (
        "-"
        if bounds is None
        else f"{rounded(bounds.value, '.1%')} ({rounded(bounds.low, '.1%')} to {rounded(bounds.high, '.1%')})"
    )


def _bounds(bounds: Bounds | None, unit: str) -> str:
    return "-" if bounds is None else show_bounds(bounds, unit)


def _with_interval(value: float | None, width: float | None, unit: str) -> str:
    return show(value, unit) + show_interval(width, value, unit)


def spec_lines(compared: Comparison) -> list[Line]:
    """What differs between the resolved specs, in SI; "-" is not there."""
    flat = [dict(_leaves(run.summary)) for run in compared.runs.values()]
    paths = dict.fromkeys(path for found in flat for path in found)
    lines = [Line(path, tuple(str(found.get(path, "-")) for found in flat)) for path in paths]
    return [line for line in lines if len(set(line.cells)) > 1]


def _leaves(summary: Summary) -> Iterator[tuple[str, Any]]:
    specs = summary.core.specs
    yield from _flat(specs.technology, "technology")
    yield from _flat(specs.fabric, "fabric")
    for name, values in specs.components.items():
        yield from _flat(values, name)
    for path, value in _flat(specs.workload_resolved, "workload"):
        if path not in ("workload.name", "workload.description"):
            yield path, value
    yield "nets", ", ".join(specs.nets)


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value))
    elif value is not None:
        yield path, value


def ledger_lines(compared: Comparison) -> list[Line]:
    """Energy of each component's actions in each run, the largest first."""
    ledgers = [
        {f"{row.component}.{row.action}": row for row in run.summary.priced.ledger} for run in compared.runs.values()
    ]
    names = dict.fromkeys(name for ledger in ledgers for name in ledger)

    def largest(name: str) -> float:
        return max(ledger[name].energy_j or 0.0 for ledger in ledgers if name in ledger)

    ordered = sorted(names, key=largest, reverse=True)
    lines = [Line(name, tuple(_energy(ledger.get(name)) for ledger in ledgers)) for name in ordered]
    return [*lines, Line("total", tuple(show(run.energy_j, "J") for run in compared.runs.values()))]


def _energy(row: LedgerRow | None) -> str:
    if row is None:
        return "-"
    return show(row.energy_j, "J") if row.energy_j is not None else row.note.split(" ")[0]


def change_lines(compared: Comparison) -> list[Line]:
    """Why the energy of each run differs from the first, exactly: by counts, by powered time, by prices."""
    first = compared.runs[compared.first]
    found = [diff(first, run) for run in compared.runs.values()]
    causes = [each.causes_j() for each in found]
    labels = {"counts": "by counts", "time": "by powered time", "prices": "by prices"}
    lines = [Line(label, tuple(_change(each[cause]) for each in causes)) for cause, label in labels.items()]
    lines.append(Line("in all", tuple(_change(each.energy_b_j - each.energy_a_j) for each in found)))
    lines.append(Line("+- (95 %, over lanes)", tuple(show(each.ci95_j, "J", 2) for each in found)))
    lines.append(Line("at any prices in bounds", tuple(_between(each.by_prices) for each in found)))
    return [*lines, Line("prices that could reverse it", tuple(_reversers(each) for each in found))]


def _between(found: ByPrices) -> str:
    return f"{_change(found.low_j)} to {_change(found.high_j)}" if found.low_j or found.high_j else "0 J"


def _reversers(compared: Diff) -> str:
    found = compared.by_prices
    if compared.ci95_j is not None and not compared.is_resolved:
        return "not resolved by sampling" if compared.ci95_j else "none"
    if found.certain or not (found.low_j or found.high_j):
        return "none"
    return ", ".join(found.reversing) or "several together"


def _change(value: float) -> str:
    return "0 J" if not value else f"{'-' if value < 0 else '+'}{show(abs(value), 'J')}"


def ledgers_csv(compared: Comparison) -> str:
    """The ledgers one after the other, a column for the run in front; raw SI values."""
    out = io.StringIO()
    rows = [{"run": name, **asdict(row)} for name, run in compared.runs.items() for row in run.summary.priced.ledger]
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["run"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()
