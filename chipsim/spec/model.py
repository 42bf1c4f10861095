"""The base of every spec model, and the translation of pydantic's errors into ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from chipsim.errors import ChipsimError, Place, RuleError, SpecError, SpecErrors, did_you_mean
from chipsim.spec.document import COMPOSITION, Document, KeyPath, dotted


class SpecModel(BaseModel):
    """A frozen part of a spec: unknown keys are errors, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=False)


# By pydantic's error types; all others mean a value of the wrong type.
_CODES = {
    "extra_forbidden": "spec.unknown-key",
    "missing": "spec.missing-key",
    "literal_error": "spec.unknown-word",
    "finite_number": "spec.bad-number",
    **dict.fromkeys(
        ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "too_short", "too_long"),
        "spec.out-of-range",
    ),
}
# What values must be, by pydantic's kind of error, with its context.
_RULES = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be less than or equal to {le}",
    "literal_error": "must be {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "finite_number": "must be finite",
    "too_short": "needs at least {min_length} entries, has {actual_length}",
    "string_too_short": "needs at least {min_length} characters",
    "string_too_long": "takes at most {max_length} characters",
    "too_long": "takes at most {max_length} entries, has {actual_length}",
}

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], document: Document, path: KeyPath = (), shown: KeyPath | None = None) -> Model:
    """Validate the part of a document at `path`.

    Args:
        model: of the part.
        document: the parsed file.
        path: of the part in the document.
        shown: the path shown in messages, if it differs.

    Raises:
        SpecErrors: every violated rule with its place, path, value and remedy.
    """
    value = document.value
    for part in path:
        value = value[part]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise SpecErrors(translate(error, model, document, path, path if shown is None else shown)) from None


def translate(
    error: ValidationError, model: type[BaseModel], document: Document, path: KeyPath, shown: KeyPath
) -> list[SpecError]:
    """Translate pydantic's errors into ours, in file order."""
    out = []
    entries = [(_written(entry, document, path), entry) for entry in error.errors(include_url=False)]
    for inner, entry in entries:
        if _is_of_another_form(inner, entry, entries):
            continue
        unknown = entry["type"] == "extra_forbidden"
        place = document.key_place(path + inner) if unknown else document.place(path + inner)
        complaint = _complaint(entry, model) + _remedy(entry, document, path + inner, shown + inner)
        out.append(SpecError(place, dotted(shown + inner), complaint, code=_code(entry)))
    unique = {(str(e.place), e.path, e.complaint): e for e in out}
    return sorted(unique.values(), key=lambda e: (e.place.line or 0, e.place.column or 0) if e.place else (0, 0))


def _is_of_another_form(inner: KeyPath, entry: Any, entries: list[tuple[KeyPath, Any]]) -> bool:
    """Whether a value may have several forms, and this entry is about another than that of the value.

    Of a number, a list or a block, only what is wrong with it or inside it is of interest, not that it is no block, no
    number or no list.
    """
    deeper = any(len(other) > len(inner) == _shared(other, inner) for other, _ in entries)
    if isinstance(entry["input"], dict) and deeper:
        return True
    beside = any(other == inner and not _is_of_wrong_form(one) for other, one in entries)
    return _is_of_wrong_form(entry) and (deeper or beside)


def _is_of_wrong_form(entry: Any) -> bool:
    number_for_word = entry["type"] == "literal_error" and not isinstance(entry["input"], str)
    return number_for_word or _code(entry) == "spec.wrong-type"


def _shared(a: KeyPath, b: KeyPath) -> int:
    """How many keys two paths begin with together."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _written(entry: Any, document: Document, path: KeyPath) -> KeyPath:
    """The part of pydantic's location that exists in the file, without names of union members, or a missing key."""
    kept: list[str | int] = []
    value, location = document.value, entry["loc"]
    for part in path:
        value = value[part]
    for index, part in enumerate(location):
        missing = entry["type"] == "missing" and index == len(location) - 1
        if isinstance(value, dict) and (part in value or missing):
            kept.append(part)
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            kept.append(part)
            value = value[part]
    return tuple(kept)


def _complaint(entry: Any, model: type[BaseModel]) -> str:
    kind, value = entry["type"], entry["input"]
    if kind == "extra_forbidden":
        known = _fields_at(model, entry["loc"][:-1])
        if "chipsim" in known:
            known += COMPOSITION
        return f'unknown key "{entry["loc"][-1]}"; {did_you_mean(str(entry["loc"][-1]), known)}'
    if kind == "missing":
        return "is required and missing"
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"expected a block of keys, got {_short(value)}"
    if kind == "literal_error" and isinstance(value, str):
        choices = [word.strip("'\" ") for word in entry["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return f'"{value}" is not one of {entry["ctx"]["expected"]}; {did_you_mean(value, choices)}'
    if kind in ("list_type", "tuple_type"):
        return f"expected a list in brackets, got {_short(value)}"
    if kind == "string_type":
        return f"expected a word, got {_short(value)}; quote it if it is meant as a word"
    rule = _RULES.get(kind)
    said = entry["msg"] if rule is None else rule.format(**entry.get("ctx", {}))
    return f"{_short(value)}: {said[0].lower()}{said[1:]}"


def _remedy(entry: Any, document: Document, path: KeyPath, shown: KeyPath) -> str:
    """What to remove of alternatives that are all given: all but those that were set last. "" for other errors."""
    error = entry.get("ctx", {}).get("error") if entry["type"] == "value_error" else None
    groups = error.alternatives if isinstance(error, RuleError) else ()
    if len(groups) < 2:
        return ""
    order = {place: number for number, place in enumerate(document.places)}

    def when(group: tuple[str, ...]) -> tuple[int, int]:
        """`--set` comes after the file, and the file after those that it extends."""
        places = [document.place((*path, key)) for key in group]
        ranks = [2 if place.source == "--set" else int(place.source == document.source) for place in places]
        latest = max(ranks)
        # The order of keys in a file says nothing.
        numbers = [order.get((*path, key), 0) for key, rank in zip(group, ranks, strict=True) if rank == latest == 2]
        return latest, max(numbers, default=0)

    last = max(groups, key=when)
    others = [key for group in groups if group != last for key in group]
    if sum(when(group) == when(last) for group in groups) > 1:
        return f"; remove {' or '.join(', '.join(group) for group in groups)}"
    set_last = f"; {', '.join(last)} {'was' if len(last) == 1 else 'were'} set last"
    if when(last)[0] < 2:
        return f"{set_last}, so write {', '.join(f'{key}: null' for key in others)}"
    names = [str(part).split("[")[0] for part in shown if part != "components"]
    commands = " ".join(f"--set {'.'.join([*names, key])}=null" for key in others)
    return f"{set_last}, so add {commands}"


def _code(entry: Any) -> str:
    kind = entry["type"]
    if kind == "value_error":
        error = entry["ctx"]["error"]
        return error.code if isinstance(error, RuleError) else "spec.rule"
    return _CODES.get(kind, "spec.wrong-type")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fields_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    current: Any = model
    for part in location:
        field = next((f for name, f in _fields(current) if part in (name, f.alias)), None)
        # Pydantic names a member of a union by its class, inside the names of its validators.
        members = (
            kind for kind in get_args(current) if re.search(rf"\b{getattr(kind, '__name__', None)}\b", str(part))
        )
        current = next(members, current) if field is None else field.annotation
    return [field.alias or name for name, field in _fields(current)]


def _fields(model: Any) -> list[tuple[str, FieldInfo]]:
    return list(getattr(model, "model_fields", {}).items())


def fail(document: Document, path: KeyPath, complaint: str, *, code: str) -> SpecError:
    """A `SpecError` at a path of a document."""
    return SpecError(document.place(path), dotted(path), complaint, code=code)


@contextmanager
def errors_located_at(document: Document, path: KeyPath) -> Iterator[None]:
    """Context that adds a place to errors without one."""
    try:
        yield
    except (SpecError, SpecErrors):
        raise
    except ChipsimError as error:
        raise fail(document, path, str(error), code=error.code) from None


def origin(place: Place | None) -> str:
    """Origin of a value as shown by `elaborate`."""
    return "default" if place is None else str(place)
