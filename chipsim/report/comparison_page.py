"""The page of several runs side by side."""

from __future__ import annotations

from chipsim.report.comparison import Comparison, change_lines, figure_lines, ledger_lines, spec_lines
from chipsim.report.comparison_figures import figures_of
from chipsim.report.drawing import drawings
from chipsim.report.pages import render


def comparison_page(compared: Comparison) -> str:
    """The page as text."""
    return render(
        "comparison_page.html.j2",
        names=list(compared.runs),
        summaries={name: run.summary for name, run in compared.runs.items()},
        figure_lines=figure_lines(compared),
        change_lines=change_lines(compared),
        ledger_lines=ledger_lines(compared),
        spec_lines=spec_lines(compared),
        figures=drawings(figures_of(compared)),
    )
