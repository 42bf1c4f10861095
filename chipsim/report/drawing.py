"""How figures are drawn and written: colours, frames, SVG inside a page, SVG and PNG files."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# Okabe-Ito colours, readable for colour-blind people on light and on dark; then others for more.
COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
    "#8C6BB1", "#999999", "#B8860B", "#5F9EA0", "#882255", "#DDCC77",
)  # fmt: skip
DOTS_PER_INCH = 200
# A range that spans more than this is drawn on a logarithmic scale.
WIDE = 8.0
# The same figure is the same file, whenever it is drawn.
_STYLE: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "chipsim", "font.family": "sans-serif"}


def svg(figure: Figure, name: str) -> str:
    """A figure as SVG that takes the text colour of the page around it; `name` keeps its ids apart from others'."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    # Black is what matplotlib draws axes and text in; the page decides what that is in the dark.
    text = text.replace("#000000", "currentColor")
    text = text[text.index("<svg") :]
    return re.sub(r'(\bid="|"#|url\(#)', rf"\g<1>{name}-", text)


def drawings(figures: dict[str, Figure]) -> dict[str, str]:
    """Each figure as SVG for a page."""
    return {name: svg(figure, _word(name)) for name, figure in figures.items()}


def files(figures: dict[str, Figure]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each figure as an SVG and as a PNG file, on white."""
    for name, figure in figures.items():
        for form, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": DOTS_PER_INCH})):
            buffer = io.BytesIO()
            with mpl.rc_context(_STYLE):
                figure.savefig(buffer, format=form, facecolor="white", **options)
            yield f"{_word(name)}.{form}", buffer.getvalue()


def _word(name: str) -> str:
    """A name that can stand in an id and be a file's."""
    return re.sub(r"\W+", "-", name)


def bare(axes: Any) -> None:
    """Leave out the frame above and on the right."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
