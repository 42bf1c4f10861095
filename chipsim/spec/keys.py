"""The keys of a spec file: type, bounds and default of each."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chipsim.spec.fields import SMALLEST, FileName, Number, Quantity, Whole
from chipsim.units import show

REQUIRED = "required"
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_WORDS = {str: "text", bool: "true or false", int: "whole number", float: "number"}


@dataclass(frozen=True)
class Key:
    """A key of a spec file.

    Attributes:
        path: in the file, for example `schedule.beta.start`.
        takes: type of value, with its unit or allowed words.
        bounds: in SI, "" if there are none.
        default: in SI; "required" if there is none, "" if the key is optional.
    """

    path: str
    takes: str
    bounds: str
    default: str


def keys_of(model: type[BaseModel], path: str = "") -> Iterator[Key]:
    """Every key of a spec model, including nested blocks.

    Args:
        model: of a file or of a part of it.
        path: of the part in its file.
    """
    for name, field in model.model_fields.items():
        where = f"{path}{field.alias or name}"
        choices = list(_choices(field.annotation, tuple(field.metadata)))
        plain = [choice for choice in choices if not _is_block(choice[0])]
        if plain:
            takes = " or ".join(dict.fromkeys(_takes(*choice) for choice in plain))
            bounds = " or ".join(dict.fromkeys(filter(None, (_bounds(marks) for _, marks in plain))))
            yield Key(where, takes, bounds, _default(field, plain))
        for kind, _ in choices:
            if _is_block(kind):
                yield from keys_of(kind, f"{where}.")


def _is_block(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _choices(kind: Any, marks: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """(type, annotations) of the alternatives of a key; None means that it is optional."""
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        yield from _choices(inner, (*marks, *more))
    elif get_origin(kind) in (Union, types.UnionType):
        for choice in get_args(kind):
            yield from _choices(choice, marks)
    elif kind is not type(None):
        yield kind, marks


def _takes(kind: Any, marks: tuple[Any, ...]) -> str:
    for mark in marks:
        if isinstance(mark, Quantity):
            return f"quantity in {mark.unit}"
        if isinstance(mark, Whole):
            return "whole number"
        if isinstance(mark, Number):
            return "number"
        if isinstance(mark, FileName):
            return "file"
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(map(str, inside))
    if origin in (list, tuple):
        return "list of " + " or ".join(_takes(*choice) for each in inside[:1] for choice in _choices(each, ()))
    if origin is dict or kind is dict:
        return "block"
    return _WORDS.get(kind, "value")


def _bounds(marks: tuple[Any, ...]) -> str:
    for mark in marks:
        if isinstance(mark, Number | Whole):
            unit = mark.unit if isinstance(mark, Quantity) else ""
            held = {sign: getattr(mark, name) for name, sign in _SIGNS.items() if getattr(mark, name) is not None}
            if unit and held.get(">") == 0:
                held = {">=": SMALLEST[unit], **{sign: bound for sign, bound in held.items() if sign != ">"}}
            return ", ".join(f"{sign} {_number(bound, unit)}" for sign, bound in held.items())
    return ""


def _number(value: float, unit: str) -> str:
    if unit and 0 < abs(value) < 1e-18:  # below the prefixes
        return f"{value:g} {unit}"
    return show(value, unit, 3) if unit else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _default(field: FieldInfo, choices: list[tuple[Any, tuple[Any, ...]]]) -> str:
    if field.is_required():
        return REQUIRED
    value = field.get_default(call_default_factory=True)
    if value is None:
        return ""
    unit = next((mark.unit for _, marks in choices for mark in marks if isinstance(mark, Quantity)), "")
    if unit and isinstance(value, float):
        return _number(value, unit)
    return value if isinstance(value, str) else json.dumps(value, default=str)
