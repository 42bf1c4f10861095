"""Specs from Python: dicts of plain values, which become documents like those of files.

Numpy arrays and numbers, tuples and paths are taken for the lists, numbers and words that a file would hold.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from chipsim.errors import Place, SpecError
from chipsim.spec.document import MAX_DEPTH, Document, KeyPath, dotted, has_control


def document_of(what: str, value: Mapping[str, Any]) -> Document:
    """The document of a spec that is given as a dict; its text is the dict as JSON, which the spec language includes.

    Raises:
        SpecError: a key or a value cannot stand in a spec.
    """
    source = f"{what} dict"
    held = plain_value(value, source)
    return Document(source, held, texts={source: json.dumps(held, indent=1, ensure_ascii=False)})


def plain_value(value: Any, source: str, path: KeyPath = ()) -> Any:
    """A value from Python as a spec file would hold it: dicts, lists, words, numbers, truth values and None.

    Args:
        value: what was given.
        source: what messages call its origin.
        path: where in the spec it stands.

    Raises:
        SpecError: it is of another type, not finite, or nested too deeply.
    """
    if len(path) > MAX_DEPTH:
        raise SpecError(Place(source), "", f"nested deeper than {MAX_DEPTH} levels", code="spec.too-large")
    if hasattr(value, "tolist"):  # arrays and scalars of numpy
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(Place(source), dotted(path), f"{value} is not a finite number", code="spec.bad-number")
    if isinstance(value, str) and has_control(value):
        complaint = f"{value!r} holds a control character, which terminals obey; remove it"
        raise SpecError(Place(source), dotted(path), complaint, code="spec.not-in-language")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, list | tuple):
        return [plain_value(item, source, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, Mapping):
        complaint = f"{value!r} is a {type(value).__name__}, which cannot stand in a spec"
        raise SpecError(Place(source), dotted(path), complaint, code="spec.wrong-type")
    for key in value:
        if not isinstance(key, str):
            raise SpecError(Place(source), dotted(path), f"the key {key!r} is not a word", code="spec.wrong-type")
    return {key: plain_value(item, source, (*path, key)) for key, item in value.items()}


def plain_set(set: Mapping[str, Any] | None) -> dict[str, Any]:
    """What `set=` says, path -> value, with values as a spec file would hold them.

    Raises:
        SpecError: a value cannot stand in a spec.
    """
    return {path: plain_value(value, f"--set {path}") for path, value in (set or {}).items()}


def with_unit(value: Any, unit: str | None) -> Any:
    """A plain value of a quantity, whose floats are in SI, as a spec file would hold it; others as they are.

    Args:
        value: a number, a list of them, or a dict of them, such as a range of an axis.
        unit: SI unit of the quantity; None for what is none.
    """
    if unit is None:
        return value
    if isinstance(value, list):
        return [with_unit(item, unit) for item in value]
    if isinstance(value, dict):
        return {key: with_unit(item, unit) for key, item in value.items()}
    # A unit of a spec file begins with a letter.
    return f"{value!r} {unit.replace('1/K', 'K^-1')}" if isinstance(value, float) else value
