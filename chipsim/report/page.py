"""One self-contained HTML page of a run: no network, no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from chipsim.ledger.result import Run
from chipsim.report import figures
from chipsim.report.images import pictures
from chipsim.report.terminal import headline, notes
from chipsim.units import show, show_count

TEMPLATE = Path(__file__).with_name("page.html.j2")


def html_page(run: Run) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["si"] = show
    environment.filters["count"] = show_count
    summary: dict[str, Any] = run.summary
    drawings = {
        "energy": figures.energy_bars(summary),
        "phases": figures.phase_bars(summary),
        "timeline": figures.timeline(run.trace),
        "toggles": figures.toggle_map(summary, run.trace),
        "busy": figures.busy_bars(summary),
        "trace": figures.energy_trace(run.trace),
    }
    lines = [str(line) for line in headline(summary)]
    return environment.from_string(TEMPLATE.read_text()).render(
        s=summary,
        title=lines[0],
        headline=[line.split(maxsplit=1) for line in lines[1:]],
        notes=[str(note) for note in notes(summary)],
        figures=drawings,
        pictures=pictures(run.arrays),
        sources=run.sources,
    )
