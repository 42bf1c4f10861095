"""What a value in a spec may be: measured (`Quantity`), real (`Number`) or counted (`Whole`), within bounds; a file.

relaxation_time: Annotated[float, Quantity("s", gt=0)]
coupling: Annotated[float, Number(ge=0, le=1)]
bits: Annotated[int, Whole(ge=1, le=24)]

file: Annotated[str, FileName()]

`ge` and `le` are the least and the largest value that is taken; `gt` and `lt` are themselves refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from chipsim import units
from chipsim.errors import RuleError


@dataclass(frozen=True, kw_only=True)
class Number:
    """A real number without unit."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def read(self, value: object) -> object:
        """The value as the bounds see it.

        Raises:
            RuleError: it is no number; truth values are none.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RuleError(f"{value!r} is not a number", code="spec.wrong-type")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.float_schema(ge=self.ge, gt=self.gt, le=self.le, lt=self.lt)
        return core_schema.no_info_before_validator_function(self.read, bounded)


@dataclass(frozen=True, kw_only=True)
class Whole:
    """An integer; `true`, `"3"` and 3.0 are none."""

    ge: int | None = None
    gt: int | None = None
    le: int | None = None
    lt: int | None = None

    def read(self, value: object) -> object:
        """The value as the bounds see it.

        Raises:
            RuleError: it is no integer.
        """
        if isinstance(value, bool) or not isinstance(value, int):
            raise RuleError(f"{value!r} is not a whole number", code="spec.wrong-type")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        bounded = core_schema.int_schema(ge=self.ge, gt=self.gt, le=self.le, lt=self.lt)
        return core_schema.no_info_before_validator_function(self.read, bounded)


@dataclass(frozen=True)
class FileName:
    """A file, or one of some words that stand for what ships with chipsim; see `chipsim.spec.named_files`.

    With `suffixes`, a name that ends with none of them is such a word.
    """

    words: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()

    def is_file(self, name: str) -> bool:
        """Whether a name is that of a file."""
        return name not in self.words and (not self.suffixes or name.endswith(self.suffixes))


# A spec file, or the name of a preset.
SpecFile = Annotated[str, FileName(suffixes=(".yaml", ".yml"))]


@dataclass(frozen=True)
class Quantity(Number):
    """What has a unit: written as a string, such as "100 ns", held in SI, in which the bounds are."""

    unit: str

    def read(self, value: object) -> object:
        """The number in SI.

        Raises:
            RuleError: it is no quantity of this unit.
        """
        return units.parse(value, self.unit)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "examples": [units.EXAMPLES.get(self.unit, f"1 {self.unit}")], "unit": self.unit}
