"""The page of a sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chipsim.report.drawing import drawings
from chipsim.report.pages import render
from chipsim.report.sweep_bounds import left_out, rows_of_page
from chipsim.report.sweep_figures import figures_of
from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_terminal import (
    best_row,
    headline,
    interval_over,
    replicates_of,
    sampled_width,
    show_metric,
    show_signed,
    show_values,
    show_with_interval,
)
from chipsim.report.tiles import Tile
from chipsim.report.words import metric_words


def sweep_page(table: dict[str, Any]) -> str:
    """The page as text."""
    rows, reference = table["rows"], table["reference"]
    drawn = drawings(figures_of(table))
    curves = {
        metric: [text for name, text in drawn.items() if name.startswith(f"{metric} by ")]
        for metric in table["metrics"][:2]
    }
    known = next((row for row in rows if row["point"] == reference), None)
    contents = {
        "findings": "Findings",
        "front": "Pareto front" if "pareto" in drawn else "",
        "response": "Response" if known else "",
        "heat": "Heat map" if "heat map" in drawn else "",
        "points": "Points",
    }
    return render(
        "sweep_page.html.j2",
        page_title=table["name"],
        contents=[(id_, name) for id_, name in contents.items() if name],
        t=table,
        tiles=list(_tiles(table)),
        headline=headline(table),
        findings=findings(table),
        curves=curves.items(),
        heat=drawn.get("heat map"),
        pareto=drawn.get("pareto"),
        with_interval=show_with_interval,
        interval_over=interval_over(table) if any(key.endswith("_ci95") for row in rows for key in row) else "",
        key=json.dumps,
        shown=rows_of_page(table),
        left_out=left_out(table),
        on_front={rows[i]["point"] for i in table["front"]},
        reference=known,
    )


def _tiles(table: dict[str, Any]) -> Iterator[Tile]:
    """The best point, the front, how many points there are, and whether prices could reverse the best."""
    rows, best, metric = table["rows"], best_row(table), table["metrics"][0]
    if best is not None:
        among = f"best of {len(table['fit'])} points that are compared: {show_values(table, best)}"
        yield Tile(metric_words(metric).capitalize(), show_metric(best[metric], metric), (among,))
    if len(table["metrics"]) > 1:
        plane = " and ".join(map(metric_words, table["metrics"][:2]))
        yield Tile("Pareto front", f"{len(table['front'])} points", (f"of {plane}",))
    counts = {status: sum(row["status"] == status for row in rows) for status in ("skipped", "failed")}
    broken = tuple(f"{count} {status}" for status, count in counts.items() if count)
    scope = f"{table['chip']} on {table['workload']}, scope {table['scope']}"
    several = [replicates] if (replicates := replicates_of(table)) else []
    yield Tile("Points", f"{len(rows)} of {table['total']}", (scope, *several, *broken))
    found = table["by_prices"]
    if found is not None:
        width = sampled_width(table)
        known = "resolved" if width is None or abs(found["value"]) > width else "not resolved"
        sampled = () if width is None else (f"{known} by sampling, +- {show_metric(width, metric, 3)} (95 %)",)
        low, high = (show_signed(found[end], metric) for end in ("low", "high"))
        prices = f"{low} to {high} at any prices within their bounds"
        yield Tile("Best minus reference", show_signed(found["value"], metric), (*sampled, prices))
