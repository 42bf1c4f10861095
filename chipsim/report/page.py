"""The page of a run."""

from __future__ import annotations

from chipsim.ledger.scopes import scope_costs
from chipsim.report.drawing import drawings
from chipsim.report.figures import figures_of
from chipsim.report.images import pictures
from chipsim.report.pages import render
from chipsim.report.terminal import headline, notes
from chipsim.results.result import Run


def html_page(run: Run) -> str:
    """The page as text."""
    lines = [str(line) for line in headline(run.summary)]
    return render(
        "page.html.j2",
        s=run.summary,
        title=lines[0],
        headline=[line.split(maxsplit=1) for line in lines[1:]],
        notes=[str(note) for note in notes(run.summary)],
        figures=drawings(figures_of(run)),
        pictures=pictures(run.arrays),
        scopes=scope_costs(run.summary["ledger"], run.summary["answers_per_repetition"]),
        sources=run.sources,
    )
