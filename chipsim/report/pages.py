"""Pages: self-contained HTML from the templates beside this file; no network, no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from chipsim.report.sweep_terminal import show_metric
from chipsim.units import show, show_area, show_count


def render(template: str, **values: Any) -> str:
    """The page that a template makes of these values."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(si=show, count=show_count, metric=show_metric, area=show_area)
    return environment.get_template(template).render(**values)
