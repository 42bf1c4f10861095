"""One self-contained HTML page of a sweep: no network, no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from chipsim.report import sweep_figures
from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_terminal import headline, show_metric

TEMPLATE = Path(__file__).with_name("sweep_page.html.j2")


def sweep_page(table: dict[str, Any]) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["metric"] = show_metric
    first = table["metrics"][0]
    rows, reference = table["rows"], table["reference"]
    front = [rows[i] for i in table["front"]]
    return environment.from_string(TEMPLATE.read_text()).render(
        t=table,
        headline=headline(table),
        findings=findings(table),
        curves=[(metric, sweep_figures.response_curves(table, metric)) for metric in table["metrics"][:2]],
        heat=sweep_figures.heat_map(table, first),
        pareto=sweep_figures.pareto(table),
        front=front,
        on_front={row["point"] for row in front},
        reference=next((row for row in rows if row["point"] == reference), None),
    )
