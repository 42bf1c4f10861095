"""Axes of a sweep: a list of values, or a range with linear or logarithmic steps, whose ends may have units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from chipsim import units
from chipsim.errors import RuleError
from chipsim.spec.document import Document
from chipsim.spec.fields import Whole
from chipsim.spec.model import SpecModel, fail, validate

# Digits of a value made from a range: enough for any physics, few enough to be read.
DIGITS = 6


class AxisRange(SpecModel):
    """A range of an axis, both ends included."""

    first: Any = Field(alias="from")
    last: Any = Field(alias="to")
    points: Annotated[int, Whole(ge=1, le=100_000)] | None = None
    spacing: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Axis:
    """One thing that is varied.

    Attributes:
        path: as `--set` takes it.
        values: in order; the two ends for a range that is drawn from.
        unit: of values that are quantities, else None.
        spacing: "list" for single values, else how values are spaced and drawn between the first and the last.
        whole_numbers: whether a range was written with whole numbers, so that only those are drawn.
    """

    path: str
    values: tuple[Any, ...]
    unit: str | None
    spacing: Literal["list", "linear", "log"]
    whole_numbers: bool = False

    def number(self, value: Any) -> float | None:
        """A value as a number in the axis' unit, for plots; None where values are words or lists."""
        if self.unit is not None:
            return units.parse(value, self.unit)
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if plain else None

    def draw(self, random: np.random.Generator) -> Any:
        """A value: one of the list, or one between the ends, uniform in the axis' spacing."""
        if self.spacing == "list":
            return self.values[int(random.integers(len(self.values)))]
        low, high = (self.number(value) for value in (self.values[0], self.values[-1]))
        assert low is not None
        assert high is not None
        share = float(random.random())
        if self.whole_numbers and self.spacing == "linear":
            return int(low) + int(share * (high - low + 1))
        drawn = low * (high / low) ** share if self.spacing == "log" else low + (high - low) * share
        return _written(drawn, self.unit, self.whole_numbers)


def read_axis(document: Document, path: str, sampled: bool) -> Axis:
    """An axis of a sweep file; `sampled` when points are drawn, so that ranges need no number of points.

    Raises:
        SpecError, SpecErrors: it is empty, contradictory, or mixes units.
    """
    where = ("axes", path)
    written = document.value["axes"][path]
    if isinstance(written, list):
        return _list_axis(document, path, written)
    if not isinstance(written, dict):
        raise fail(
            document,
            where,
            "needs a list of values, or {from: 50 ns, to: 400 ns, points: 5, spacing: log}",
            code="spec.wrong-type",
        )
    spec = validate(AxisRange, document, where)
    unit = units.unit_of(spec.first)
    low, high = (_end(document, path, key, unit) for key in ("from", "to"))
    whole_numbers = isinstance(spec.first, int) and isinstance(spec.last, int)
    if spec.spacing == "log" and min(low, high) <= 0:
        raise fail(
            document, where, f"a log range needs ends above 0, not {spec.first} and {spec.last}", code="sweep.bad-range"
        )
    if low >= high and spec.points != 1:
        raise fail(
            document,
            where,
            f"the range from {spec.first} to {spec.last} is empty; from is less than to",
            code="sweep.bad-range",
        )
    if sampled:
        if spec.points is not None:
            raise fail(
                document,
                (*where, "points"),
                "random points are drawn from the range; remove points",
                code="spec.no-effect",
            )
        return Axis(path, (spec.first, spec.last), unit, spec.spacing, whole_numbers)
    if spec.points is None:
        raise fail(
            document, where, "needs points, the number of values, for example points: 5", code="spec.missing-key"
        )
    space = np.geomspace if spec.spacing == "log" else np.linspace
    values = tuple(_written(float(value), unit, whole_numbers) for value in space(low, high, spec.points))
    if any(a == b for a, b in pairwise(values)):
        raise fail(
            document,
            (*where, "points"),
            f"{spec.points} values do not fit into {spec.first} to {spec.last}",
            code="sweep.too-many-values",
        )
    return Axis(path, values, unit, spec.spacing, whole_numbers)


def _list_axis(document: Document, path: str, values: list[Any]) -> Axis:
    where = ("axes", path)
    if not values:
        raise fail(document, where, "has no values", code="sweep.no-values")
    for index, value in enumerate(values):
        if value in values[:index]:
            raise fail(document, (*where, index), f"{value!r} stands twice", code="spec.duplicate")
    unit = units.unit_of(values[0])
    if unit is not None:
        for index, value in enumerate(values):
            try:
                units.parse(value, unit)
            except RuleError as error:
                raise fail(document, (*where, index), str(error), code=error.code) from None
    return Axis(path, tuple(values), unit, "list")


def _end(document: Document, path: str, key: str, unit: str | None) -> float:
    value = document.value["axes"][path][key]
    if unit is None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise fail(
                document,
                ("axes", path, key),
                f"{value!r} is not a number, or a quantity such as 50 ns",
                code="spec.wrong-type",
            )
        return float(value)
    try:
        return units.parse(value, unit)
    except RuleError as error:
        raise fail(document, ("axes", path, key), str(error), code=error.code) from None


def _written(value: float, unit: str | None, whole_numbers: bool) -> Any:
    """A number as it would stand in a file."""
    rounded = float(f"{value:.{DIGITS}g}")
    if unit is not None:
        return f"{rounded:.{DIGITS}g} {unit}"
    if whole_numbers and math.isclose(value, round(value), rel_tol=1e-9):
        return round(value)
    return round(value) if whole_numbers else rounded
