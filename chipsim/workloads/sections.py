"""Sections of a workload's report, rendered by terminal, page, JSON and comparison independently of the workload.

They are created at the end of a run and stored with it, so reports need no code of the workload. Sections must not
depend on prices, since a run can be repriced.
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
        value: None if there is only a note.
        unit: an SI unit, "%" for a fraction of one, "times" for a ratio, or a word such as "sweeps".
        note: text after the value.
        digits: significant digits.
        vital: the short form has it, too, whatever stands before it.
    """

    name: str
    value: Value
    unit: str = ""
    note: str = ""
    digits: int = 4
    vital: bool = False


@dataclass(frozen=True)
class Facts:
    """Lines of the headline; comparisons show facts of equal names side by side."""

    facts: tuple[Fact, ...]
    form: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Column:
    """A column of a table, with the unit of its values as in `Fact`."""

    name: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of values, one for each column, below a title; `note` says how to read them."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
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
        right: whether its values belong to the right axis.
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
        x, y, right: labels of the axes with their units; "" without a right axis.
        series: the lines.
        levels: (label, value) of horizontal lines on the left axis.
    """

    title: str
    x: str
    y: str
    series: tuple[Series, ...]
    right: str = ""
    levels: tuple[tuple[str, float], ...] = ()
    form: Literal["curve"] = "curve"

    def arrays(self) -> set[str]:
        """Names of the arrays that it uses."""
        return {name for series in self.series for name in (series.x, series.y) if name}


@dataclass(frozen=True)
class Claim:
    """What a published figure counts of an answer, to be shown beside all that it leaves out.

    Attributes:
        name: of that part.
        energy_j: of it in this run, per repetition; heat, which has no price.
        published: the figure, with its place and how it was seen.
    """

    name: str
    energy_j: float
    published: str
    form: Literal["claim"] = "claim"


@dataclass(frozen=True)
class Images:
    """Grey images.

    Attributes:
        caption: above them.
        array: name of a stored array of bytes: (images, rows, columns), or (lines, images per line, rows, columns).
        across: images per line, if the array has no lines.
        classes: name of a stored array (images,) of the class of each image, from 0 on, by which they are grouped; ""
            if they have none.
        names: of the classes.
    """

    caption: str
    array: str
    across: int = 16
    classes: str = ""
    names: tuple[str, ...] = ()
    form: Literal["images"] = "images"


Section = Facts | Table | Curve | Images | Claim


def drawn_arrays(section: Section) -> set[str]:
    """Names of the stored arrays that a section uses."""
    if isinstance(section, Curve):
        return section.arrays()
    return {section.array, section.classes} - {""} if isinstance(section, Images) else set()


@dataclass(frozen=True, eq=False)
class Assessment:
    """Assessment of a result: sections, and their arrays in addition to those of the result."""

    sections: tuple[Section, ...]
    arrays: Mapping[str, NDArray[Any]]


def facts_of(figures: Mapping[str, Any]) -> Facts:
    """All scalar figures of a workload, by name."""
    single = {name: value for name, value in figures.items() if isinstance(value, str | int | float)}
    return Facts(tuple(Fact(name, value) for name, value in single.items()))
