"""Pages: self-contained HTML from the templates beside this file, readable without the script inside; no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from chipsim.report.headline import percent
from chipsim.report.sweep_terminal import show_metric
from chipsim.report.words import metric_words
from chipsim.rounding import rounded
from chipsim.units import show, show_area, show_count, show_ratio

HERE = Path(__file__).parent


def render(template: str | Path, **values: Any) -> str:
    """The page that a template makes of these values.

    Args:
        template: one beside this file by name, or any by its path; it may include those beside this file.
        values: what the template names.
    """
    path = HERE / template
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([path.parent, HERE]),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        rounded=rounded,
        si=show,
        count=show_count,
        metric=show_metric,
        area=show_area,
        ratio=show_ratio,
        share=_share,
        words=metric_words,
    )
    return environment.get_template(path.name).render(**values)


def _share(part: float, whole: float) -> str:
    """A part of a whole in percent; "" where there is no whole."""
    return percent(part / whole) if whole else ""
