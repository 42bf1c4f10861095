"""How figures are drawn and written: colours, frames, SVG inside a page, SVG and PNG files."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogFormatterMathtext, NullFormatter

# Okabe-Ito colours, readable for colour-blind people on light and on dark; then others for more.
COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
    "#8C6BB1", "#999999", "#B8860B", "#5F9EA0", "#882255", "#DDCC77",
)  # fmt: skip
WIDTH = 9.6  # inches of a figure as wide as a page
DOTS_PER_INCH = 200
# A range that spans more than this is drawn on a logarithmic scale.
WIDE = 8.0
# The same figure is the same file, whenever it is drawn.
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "chipsim",
    "font.family": "sans-serif",
    "text.parse_math": False,  # names may hold dollar signs
}


@contextmanager
def own_style() -> Iterator[None]:
    """Matplotlib's defaults with the style of chipsim, whatever the configuration of the user; also a decorator."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def svg(figure: Figure, name: str) -> str:
    """A figure as SVG that takes the text colour of the page around it; `name` keeps its ids apart from others'."""
    text = _saved(figure).replace("#000000", "currentColor")  # the page decides what black is in the dark
    text = text[text.index("<svg") :]
    text = re.sub(r'(\bid="|"#|url\(#)', rf"\g<1>{name}-", text)
    label = html.escape(name.replace("-", " "))
    return text.replace("<svg ", f'<svg role="img" aria-label="Figure: {label}" ', 1)


def _without_powers(figure: Figure) -> None:
    """Ticks of logarithmic axes as numbers with SI prefixes: powers of ten would need the mathematics of matplotlib."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatterMathtext):
                axis.set_major_formatter(UnitFormatter(sep=""))
                axis.set_minor_formatter(NullFormatter())


def _saved(figure: Figure, **options: Any) -> str:
    """A figure as SVG, transparent by default."""
    _without_powers(figure)
    buffer = io.StringIO()
    with own_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None}, **(options or {"transparent": True}))
    return _with_hovers(buffer.getvalue())


def hover(artist: Any, text: str) -> None:
    """Have browsers show a text while the mouse is over a part of a figure."""
    artist.set_gid(f"hover.{text.encode().hex()}")


def _with_hovers(text: str) -> str:
    """Texts of `hover` as SVG titles; ids are numbers, since texts may be equal."""
    number = itertools.count()

    def titled(match: re.Match[str]) -> str:
        words = html.escape(bytes.fromhex(match[1]).decode())
        return f'<g id="hover{next(number)}"><title>{words}</title>'

    return re.sub(r'<g id="hover\.([0-9a-f]*)">', titled, text)


class UnitFormatter(EngFormatter):
    """Ticks with SI prefixes, micro as the `u` of all texts."""

    ENG_PREFIXES = {**EngFormatter.ENG_PREFIXES, -6: "u"}


def drawings(figures: dict[str, Figure]) -> dict[str, str]:
    """Each figure as SVG for a page."""
    return {name: svg(figure, _word(name)) for name, figure in figures.items()}


def files(figures: dict[str, Figure]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each figure as an SVG and as a PNG file, on white."""
    for name, figure in figures.items():
        yield f"{_word(name)}.svg", _saved(figure, facecolor="white").encode()
        picture = io.BytesIO()
        with own_style():
            figure.savefig(picture, format="png", facecolor="white", dpi=DOTS_PER_INCH)
        yield f"{_word(name)}.png", picture.getvalue()


def _word(name: str) -> str:
    """A name that is valid in an id and as a file name."""
    return re.sub(r"\W+", "-", name)


def bare(axes: Any) -> None:
    """Leave out the frame above and on the right."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
