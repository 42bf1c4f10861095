"""The page of several runs side by side."""

from __future__ import annotations

from chipsim.report.comparison import Comparison, change_lines, figure_lines, ledger_lines, spec_lines
from chipsim.report.comparison_figures import figures_of
from chipsim.report.comparison_findings import findings
from chipsim.report.drawing import drawings
from chipsim.report.pages import render


def comparison_page(compared: Comparison) -> str:
    """The page as text."""
    figures = drawings(figures_of(compared))
    contents = [("figures", "Figures"), ("energy", "Energy"), ("time", "Time")]
    contents += [("samples", "Samples")] if "samples" in figures else []
    contents += [("why", "Why"), ("ledger", "Ledger"), ("specs", "Specs"), ("again", "Reproduce")]
    return render(
        "comparison_page.html.j2",
        page_title=", ".join(compared.runs),
        contents=contents,
        names=list(compared.runs),
        findings=findings(compared),
        summaries={name: run.summary for name, run in compared.runs.items()},
        figure_lines=figure_lines(compared),
        change_lines=change_lines(compared),
        ledger_lines=ledger_lines(compared),
        spec_lines=spec_lines(compared),
        figures=figures,
    )
