"""The page of a sweep."""

from __future__ import annotations

from typing import Any

from chipsim.report.drawing import drawings
from chipsim.report.pages import render
from chipsim.report.sweep_bounds import left_out, rows_of_page
from chipsim.report.sweep_figures import figures_of
from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_terminal import headline, show_with_interval


def sweep_page(table: dict[str, Any]) -> str:
    """The page as text."""
    rows, reference = table["rows"], table["reference"]
    drawn = drawings(figures_of(table))
    curves = {
        metric: [text for name, text in drawn.items() if name.startswith(f"{metric} by ")]
        for metric in table["metrics"][:2]
    }
    return render(
        "sweep_page.html.j2",
        t=table,
        headline=headline(table),
        findings=findings(table),
        curves=curves.items(),
        heat=drawn.get("heat map"),
        pareto=drawn.get("pareto"),
        with_interval=show_with_interval,
        shown=rows_of_page(table),
        left_out=left_out(table),
        on_front={rows[i]["point"] for i in table["front"]},
        reference=next((row for row in rows if row["point"] == reference), None),
    )
