"""What a workload hands over to be shown: sections that terminal, page, JSON and comparison draw without knowing it.

They are made when a run is concluded and stored with it, so a report needs no code of the workload. Sections hold
nothing that depends on prices: the same run can be priced again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

Value = str | int | float | None


@dataclass(frozen=True)
class Fact:
    """A named value of the headline.

    Attributes:
        name: a word or two.
        value: None where only the note is to be said.
        unit: an SI unit, "%" for a fraction of one, or a word such as "sweeps".
        note: what belongs to the value, in words.
        digits: that are significant.
    """

    name: str
    value: Value
    unit: str = ""
    note: str = ""
    digits: int = 4


@dataclass(frozen=True)
class Facts:
    """Lines of the headline; a comparison sets facts of one name beside each other."""

    facts: tuple[Fact, ...]
    form: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Column:
    """A column of a table, with the unit of its values as in `Fact`."""

    name: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of values, one for each column."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    form: Literal["table"] = "table"

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {len(row)} values in a row of {len(self.columns)} columns")


@dataclass(frozen=True)
class Series:
    """One line of a curve.

    Attributes:
        label: for the legend.
        y: name of a stored array, (points,).
        x: likewise; "" for 1, 2, 3, ...
        right: whether its values belong to the axis on the right.
    """

    label: str
    y: str
    x: str = ""
    right: bool = False


@dataclass(frozen=True)
class Curve:
    """Lines over one axis.

    Attributes:
        title: of the figure.
        x, y, right: labels of the axes with their units; "" where there is no axis on the right.
        series: the lines.
        levels: (label, value) of horizontal lines at the axis on the left.
    """

    title: str
    x: str
    y: str
    series: tuple[Series, ...]
    right: str = ""
    levels: tuple[tuple[str, float], ...] = ()
    form: Literal["curve"] = "curve"

    def arrays(self) -> set[str]:
        """Names of the arrays that it draws."""
        return {name for series in self.series for name in (series.x, series.y) if name}


@dataclass(frozen=True)
class Images:
    """Grey images.

    Attributes:
        caption: above them.
        array: name of a stored array of bytes: (images, rows, columns), or (lines, images a line, rows, columns).
        across: images in a line, where the array has no lines.
    """

    caption: str
    array: str
    across: int = 32
    form: Literal["images"] = "images"


Section = Facts | Table | Curve | Images


def drawn_arrays(section: Section) -> set[str]:
    """Names of the stored arrays that a section draws."""
    if isinstance(section, Curve):
        return section.arrays()
    return {section.array} if isinstance(section, Images) else set()


@dataclass(frozen=True, eq=False)
class Assessment:
    """How good a result is: sections, and the arrays that they show beside those of the result."""

    sections: tuple[Section, ...]
    arrays: Mapping[str, NDArray[Any]]


def facts_of(figures: Mapping[str, Any]) -> Facts:
    """Every single value of a workload's figures, by its name."""
    single = {name: value for name, value in figures.items() if isinstance(value, str | int | float)}
    return Facts(tuple(Fact(name, value) for name, value in single.items()))
