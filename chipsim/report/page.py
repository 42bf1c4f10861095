"""The page of a run."""

from __future__ import annotations

from chipsim.report.drawing import drawings
from chipsim.report.figures import curve_name, figures_of
from chipsim.report.headline import headline, title
from chipsim.report.images import pictures
from chipsim.report.pages import render
from chipsim.report.sections import cell, head
from chipsim.report.terminal import notes
from chipsim.results.result import Run
from chipsim.workloads.sections import Curve, Table


def html_page(run: Run) -> str:
    """The page as text."""
    summary = run.summary
    sections = summary.workload.sections
    return render(
        "page.html.j2",
        core=summary.core,
        priced=summary.priced,
        workload=summary.workload.name,
        title=title(summary),
        headline=headline(summary),
        notes=notes(summary),
        figures=drawings(figures_of(run)),
        curves=[(section.title, curve_name(section)) for section in sections if isinstance(section, Curve)],
        tables=[_table(section) for section in sections if isinstance(section, Table)],
        pictures=pictures(sections, run.arrays),
        sources=run.sources,
    )


def _table(section: Table) -> tuple[str, list[str], list[list[tuple[str, bool]]]]:
    """(title, heads, rows) of a workload's table; each cell with whether it is a number."""
    rows = [
        [(cell(value, column), not isinstance(value, str)) for value, column in zip(row, section.columns, strict=True)]
        for row in section.rows
    ]
    return section.title, [head(column) for column in section.columns], rows
