"""Axes of a sweep: a list of values, or a range with linear or logarithmic steps, whose ends may have units.

Values have the type of their parameter: ranges of integer parameters contain whole numbers, all other ranges are
continuous. Values that are equal in SI are the same value.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from chipsim import units
from chipsim.errors import RuleError
from chipsim.rounding import rounded
from chipsim.spec.document import Document
from chipsim.spec.fields import Whole
from chipsim.spec.model import SpecModel, fail, validate

# Significant digits of generated values; ends of a range keep all digits.
DIGITS = 6


class AxisRange(SpecModel):
    """A range of an axis, both ends included."""

    first: Any = Field(alias="from")
    last: Any = Field(alias="to")
    points: Annotated[int, Whole(ge=1, le=100_000)] | None = None
    spacing: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Axis:
    """One varied parameter.

    Attributes:
        path: as for `--set`.
        values: in order; the two ends of a range for random points.
        unit: of quantities, else None.
        spacing: "list", or the spacing and distribution of values between the first and the last.
        whole_numbers: whether the parameter takes whole numbers only.
    """

    path: str
    values: tuple[Any, ...]
    unit: str | None
    spacing: Literal["list", "linear", "log"]
    whole_numbers: bool = False

    def number(self, value: Any) -> float | None:
        """A value as a number in the axis' unit, for plots; None for words and lists."""
        if self.unit is not None:
            return units.parse(value, self.unit)
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if plain else None

    def key(self, value: Any) -> str:
        """Key of a value: equal for values that are equal in SI.

        Raises:
            RuleError: its unit is not that of the axis.
        """
        number = self.number(value)
        return json.dumps(value) if number is None else repr(number)

    def has(self, value: Any) -> bool:
        """Whether it is one of the values."""
        try:
            return self.key(value) in {self.key(each) for each in self.values}
        except RuleError:
            return False

    @property
    def bounds(self) -> tuple[float, float]:
        """The ends of a range as numbers in the axis' unit.

        Raises:
            RuleError: it is a list of values.
        """
        ends = [self.number(value) for value in (self.values[0], self.values[-1])]
        if self.spacing == "list" or ends[0] is None or ends[1] is None:
            raise RuleError(f"{self.path} is a list of values and has no bounds", code="spec.wrong-type")
        return ends[0], ends[1]

    def taken(self, value: Any) -> Any:
        """A requested value as a spec file would hold it; a bare number is in the axis' unit.

        Raises:
            RuleError: it is not one of the list, or not in the range.
        """
        if self.spacing == "list":
            if not self.has(value):
                raise RuleError(f"{value!r} is not one of {list(self.values)!r}", code="spec.unknown-word")
            return next(each for each in self.values if self.key(each) == self.key(value))
        bare = isinstance(value, int | float) and not isinstance(value, bool)
        number = float(value) if bare else self.number(value)
        low, high = self.bounds
        if number is None or not low <= number <= high:
            complaint = f"{value!r} is not between {self.values[0]} and {self.values[-1]}"
            raise RuleError(complaint, code="spec.out-of-range")
        if self.whole_numbers and number != round(number):
            raise RuleError(f"{value!r} is not a whole number", code="spec.wrong-type")
        return _written(number, self.unit, self.whole_numbers)

    def at(self, share: float) -> Any:
        """The value at a position in [0, 1) of the axis; values of lists and whole numbers have equal shares."""
        if self.spacing == "list":
            return self.values[int(share * len(self.values))]
        low, high = (self.number(value) for value in (self.values[0], self.values[-1]))
        assert low is not None
        assert high is not None
        if self.whole_numbers and self.spacing == "linear":
            return int(low) + int(share * (high - low + 1))
        drawn = low * (high / low) ** share if self.spacing == "log" else low + (high - low) * share
        return _written(drawn, self.unit, self.whole_numbers)

    @property
    def count(self) -> float:
        """Number of distinct values; infinite for continuous ranges."""
        if self.spacing == "list":
            return len(self.values)
        low, high = (self.number(value) for value in (self.values[0], self.values[-1]))
        return high - low + 1 if self.whole_numbers and low is not None and high is not None else math.inf


def read_axis(document: Document, path: str, sampled: bool, whole_numbers: bool) -> Axis:
    """An axis of a sweep file.

    Args:
        document: the file.
        path: of the axis.
        sampled: whether points are random, so that ranges need no number of points.
        whole_numbers: whether its parameter takes whole numbers only.

    Raises:
        SpecError, SpecErrors: it is empty, contradictory, or mixes units.
    """
    written = document.value["axes"][path]
    if isinstance(written, list):
        return _list_axis(document, path, written)
    if not isinstance(written, dict):
        complaint = "needs a list of values, or {from: 50 ns, to: 400 ns, points: 5, spacing: log}"
        raise fail(document, ("axes", path), complaint, code="spec.wrong-type")
    return _range_axis(document, path, sampled, whole_numbers)


def _range_axis(document: Document, path: str, sampled: bool, whole_numbers: bool) -> Axis:
    where = ("axes", path)
    spec = validate(AxisRange, document, where)
    unit = units.unit_of(spec.first)
    low, high = (_end(document, path, key, unit, whole_numbers) for key in ("from", "to"))
    if spec.spacing == "log" and min(low, high) <= 0:
        complaint = f"a log range needs ends above 0; got {spec.first} and {spec.last}"
        raise fail(document, where, complaint, code="sweep.bad-range")
    if low >= high and spec.points != 1:
        complaint = f"the range from {spec.first} to {spec.last} is empty; from must be below to"
        raise fail(document, where, complaint, code="sweep.bad-range")
    if sampled and spec.points is not None:
        complaint = "points has no effect on random sweeps; remove it"
        raise fail(document, (*where, "points"), complaint, code="spec.no-effect")
    if sampled:
        return Axis(path, (spec.first, spec.last), unit, spec.spacing, whole_numbers)
    if spec.points is None:
        complaint = "needs a number of points, for example points: 5"
        raise fail(document, where, complaint, code="spec.missing-key")
    values = _spaced(spec, low, high, unit, whole_numbers)
    if any(a == b for a, b in pairwise(values)):
        kind = "whole numbers" if whole_numbers else "values"
        complaint = f"{spec.points} distinct {kind} do not fit into {spec.first} to {spec.last}"
        raise fail(document, (*where, "points"), complaint, code="sweep.too-many-values")
    return Axis(path, values, unit, spec.spacing, whole_numbers)


def _spaced(spec: AxisRange, low: float, high: float, unit: str | None, whole_numbers: bool) -> tuple[Any, ...]:
    assert spec.points is not None
    space = np.geomspace if spec.spacing == "log" else np.linspace
    between = [_written(float(value), unit, whole_numbers) for value in space(low, high, spec.points)[1:-1]]
    return (spec.first, *between, spec.last)[: spec.points]


def _list_axis(document: Document, path: str, values: list[Any]) -> Axis:
    where = ("axes", path)
    if not values:
        raise fail(document, where, "has no values", code="sweep.no-values")
    unit = units.unit_of(values[0])
    for index, value in enumerate(values if unit is not None else ()):
        try:
            units.parse(value, unit or "")
        except RuleError as error:
            raise fail(document, (*where, index), str(error), code=error.code) from None
    axis, kept = Axis(path, tuple(values), unit, "list"), dict[str, Any]()
    for value in values:
        kept.setdefault(axis.key(value), value)
    return Axis(path, tuple(kept.values()), unit, "list")


def _end(document: Document, path: str, key: str, unit: str | None, whole_numbers: bool) -> float:
    value = document.value["axes"][path][key]
    if unit is None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            complaint = f"{value!r} is not a number, or a quantity such as 50 ns"
            raise fail(document, ("axes", path, key), complaint, code="spec.wrong-type")
        if whole_numbers and not isinstance(value, int):
            complaint = f"{value!r} is not a whole number, which {path} requires"
            raise fail(document, ("axes", path, key), complaint, code="spec.wrong-type")
        return float(value)
    try:
        return units.parse(value, unit)
    except RuleError as error:
        raise fail(document, ("axes", path, key), str(error), code=error.code) from None


def _written(value: float, unit: str | None, whole_numbers: bool) -> Any:
    """A number in spec syntax."""
    digits = rounded(value, f".{DIGITS}g")
    if unit is not None:
        return f"{digits} {unit}"
    return round(value) if whole_numbers else float(digits)
