"""Types of values in a spec: `Quantity` with a unit, `Number`, `Whole`, all with bounds; and `FileName`.

relaxation_time: Annotated[float, Quantity("s", gt=0)]
coupling: Annotated[float, Number(ge=0, le=1)]
bits: Annotated[int, Whole(ge=1, le=24)]

file: Annotated[str, FileName()]

`ge` and `le` are inclusive bounds, `gt` and `lt` exclusive ones.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from chipsim import units
from chipsim.errors import RuleError

# By SI unit, "" for plain numbers: magnitudes below these are typing errors, whose reciprocals and products overflow.
# They lie decades below anything that is built: kT ln 2 at 300 K is 3e-21 J, an atom is 1e-10 m wide.
SMALLEST = {
    "": 1e-30,
    "s": 1e-18,
    "J": 1e-30,
    "W": 1e-30,
    "m": 1e-12,
    "m**2": 1e-24,
    "V": 1e-12,
    "K": 1e-6,
    "F": 1e-24,
    "F/m": 1e-18,
    "s/m": 1e-15,
    "ohm": 1e-9,
    "S": 1e-18,
    "A": 1e-24,
    "H": 1e-18,
    "Hz": 1e-3,
    "bit/s": 1.0,
    "B": 1.0,
    "1/K": 1e-12,
    "V/K": 1e-15,
}


# Letters of a value that a message shows.
MAX_SHOWN = 60


def _not_too_small(value: float, unit: str, written: object) -> float:
    """Reject nonzero values below any physical magnitude.

    Raises:
        RuleError: the value is below the limit.
    """
    least = SMALLEST[unit]
    if 0 < abs(value) < least:
        bound = f"{least:g} {unit}".strip()
        raise RuleError(
            f"{written!s:.{MAX_SHOWN}} is closer to 0 than {bound}, the smallest value taken",
            code="spec.out-of-range",
        )
    return value


@dataclass(frozen=True, kw_only=True)
class Number:
    """A real number without unit."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def read(self, value: object) -> object:
        """The value to which the bounds apply.

        Raises:
            RuleError: not a number; true and false are not numbers.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RuleError(f"{value!r} is not a number", code="spec.wrong-type")
        return _not_too_small(value, "", value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.float_schema(ge=self.ge, gt=self.gt, le=self.le, lt=self.lt)
        return core_schema.no_info_before_validator_function(self.read, bounded)


@dataclass(frozen=True, kw_only=True)
class Whole:
    """An integer; `true`, `"3"` and 3.0 are rejected."""

    ge: int | None = None
    gt: int | None = None
    le: int | None = None
    lt: int | None = None

    def read(self, value: object) -> object:
        """The value to which the bounds apply.

        Raises:
            RuleError: not an integer.
        """
        if isinstance(value, bool) or not isinstance(value, int):
            raise RuleError(f"{value!r} is not a whole number", code="spec.wrong-type")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.int_schema(ge=self.ge, gt=self.gt, le=self.le, lt=self.lt)
        return core_schema.no_info_before_validator_function(self.read, bounded)


@dataclass(frozen=True)
class FileName:
    """A file, or a word for data that ship with chipsim; see `chipsim.spec.named_files`.

    With `suffixes`, a name without any of them is such a word.
    """

    words: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def is_file(self, name: str) -> bool:
        """Whether a name is a file name."""
        return name not in self.words and (not self.suffixes or name.endswith(self.suffixes))


# A spec file, or the name of a preset.
SpecFile = Annotated[str, FileName(suffixes=(".yaml", ".yml"))]


@dataclass(frozen=True)
class Quantity(Number):
    """A number with a unit: written as a string such as "100 ns", stored in SI; bounds are in SI."""

    unit: str

    def read(self, value: object) -> object:
        """The number in SI.

        Raises:
            RuleError: not a quantity of this unit, or beyond a bound; with the value as it was written.
        """
        number = units.parse(value, self.unit)
        bounds: tuple[tuple[str, float | None, Callable[[float, float], bool]], ...] = (
            ("greater than", self.gt, operator.gt),
            ("at least", self.ge, operator.ge),
            ("less than", self.lt, operator.lt),
            ("at most", self.le, operator.le),
        )
        for words, bound, keeps in bounds:
            if bound is not None and not keeps(number, bound):
                raise RuleError(
                    f"{value!s:.{MAX_SHOWN}}: must be {words} {bound:g} {self.unit}", code="spec.out-of-range"
                )
        return _not_too_small(number, self.unit, value)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "examples": [units.EXAMPLES.get(self.unit, f"1 {self.unit}")], "unit": self.unit}
