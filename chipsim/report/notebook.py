"""Results in notebooks: a few parts of their pages. Each function makes HTML that can stand in any page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from chipsim.report.comparison import Comparison, Line, change_lines, figure_lines, ledger_lines
from chipsim.report.drawing import svg
from chipsim.report.figures import energy_bars
from chipsim.report.headline import headline, percent, title
from chipsim.report.pages import render
from chipsim.report.sweep_figures import pareto
from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_terminal import headline as sweep_headline
from chipsim.report.sweep_terminal import show_metric
from chipsim.report.terminal import diff_lines
from chipsim.results.diff import Diff
from chipsim.results.explain import Explanation
from chipsim.results.result import Run
from chipsim.results.run_ledger import RunLedger
from chipsim.units import show, show_count

# Rows of a table; the whole is in the frames of other libraries.
MAX_ROWS = 60

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]


def run_html(run: Run) -> str:
    """The headline of a run, its energies as a figure, and its ledger folded."""
    drawn = svg(energy_bars(run), f"energy-{run.summary.priced.run_id}")
    return _fragment(title(run.summary), headline(run.summary), figure=drawn, tables=[_ledger(run.ledger)])


def ledger_html(ledger: RunLedger) -> str:
    """The rows of a ledger."""
    return _fragment(f"ledger, per repetition, scope {ledger.scope}", tables=[_ledger(ledger)])


def diff_html(found: Diff) -> str:
    """The difference of two runs, the largest changes first."""
    first, *rest = diff_lines(found)
    return _fragment(first, sentences=rest)


def explanation_html(found: Explanation) -> str:
    """What was explained, line by line."""
    first, *rest = found.lines
    return _fragment(first, sentences=rest)


def comparison_html(compared: Comparison) -> str:
    """Figures of several runs, and why energies differ; ledgers folded."""
    names = list(compared.runs)
    tables = [
        _lines("figures", names, figure_lines(compared)),
        _lines(f"change of energy against {compared.first}", names, change_lines(compared)),
        _lines("ledgers, per repetition", names, ledger_lines(compared)),
    ]
    return _fragment(f"{len(names)} runs side by side", tables=tables)


def sweep_html(table: dict[str, Any]) -> str:
    """What a sweep says, its Pareto front, and its points folded."""
    first, *rest = sweep_headline(table)
    drawn = pareto(table)
    axes, metrics = [axis["path"] for axis in table["axes"]], table["metrics"]
    rows = [
        [*(str(row[path]) for path in axes), *(show_metric(row[metric], metric) for metric in metrics), row["status"]]
        for row in table["rows"]
    ]
    points: Table = _bounded("points", [*axes, *metrics, "status"], rows)
    return _fragment(first, sentences=[*rest, *findings(table)], figure=_drawn(drawn, table["name"]), tables=[points])


def _fragment(
    heading: str,
    lines: Sequence[tuple[str, str]] = (),
    sentences: Sequence[str] = (),
    figure: str = "",
    tables: Sequence[Table] = (),
) -> str:
    return render("notebook.html.j2", title=heading, lines=lines, sentences=sentences, figure=figure, tables=tables)


def _drawn(figure: Figure | None, name: str) -> str:
    return "" if figure is None else svg(figure, name)


def _ledger(ledger: RunLedger) -> Table:
    total = sum(row.energy_j or 0.0 for row in ledger)
    heads = ["row", "count", "energy", "share", "low", "high", "busy", "grade"]
    ordered = sorted(ledger, key=lambda row: -(row.energy_j or 0.0))
    rows = [
        [
            f"{row.component}.{row.action}",
            show(row.count, "s") if row.unit == "s" else f"{show_count(row.count)} {row.unit}",
            row.note.split(" ")[0] if row.energy_j is None else show(row.energy_j, "J"),
            percent(row.energy_j / total) if row.energy_j and total else "",
            "" if row.energy_j is None else show(row.low_j, "J"),
            "" if row.energy_j is None else show(row.high_j, "J"),
            show(row.busy_s, "s", 3),
            row.grade,
        ]
        for row in ordered
    ]
    return _bounded("ledger, the largest energies first", heads, rows)


def _lines(caption: str, names: list[str], lines: list[Line]) -> Table:
    return _bounded(caption, ["", *names], [[line.label, *line.cells] for line in lines])


def _bounded(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    more = f" ({MAX_ROWS} of {len(rows)} rows)" if len(rows) > MAX_ROWS else ""
    return f"{caption}{more}", heads, rows[:MAX_ROWS]
