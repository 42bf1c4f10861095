"""`--set path=value`: changes of a spec from the command line.

A path is written as shown in messages: `schedule.sweeps`, `cells.relaxation_time`, `core.link.rate`, `fabric.size[0]`.
The first word is a key of the file or the name of a component.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from chipsim.errors import Place, SpecError, did_you_mean
from chipsim.spec.document import Document, KeyPath, leaves, parse_value

# First words of paths outside the chip, for any workload.
WORKLOAD_KEYS = frozenset({"problem", "schedule", "clamp", "target", "jobs_per_load", "chips"})
ELSEWHERE = WORKLOAD_KEYS | {"prices", "platforms"}

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def parse_assignment(text: str) -> tuple[str, Any]:
    """("schedule.sweeps", 250) for "schedule.sweeps=250"."""
    path, equals, value = text.partition("=")
    if not equals or not _PART.match(path.strip()) or not value.strip():
        raise SpecError(
            Place("--set"),
            "",
            f'"{text}" is not path=value; write for example schedule.sweeps=250',
            code="spec.bad-set",
        )
    return path.strip(), parse_value(value, f"--set {path.strip()}")


def path_of(text: str) -> KeyPath:
    """("fabric", "size", 0) for "fabric.size[0]"."""
    return tuple(m[1] if m[1] else int(m[2]) for m in _PART.finditer(text))


def split_overrides(overrides: dict[str, Any], workload_keys: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """Group `--set` paths by prices, workload (with these keys) and chip."""
    parts: dict[str, dict[str, Any]] = {"chip": {}, "workload": {}, "prices": {}, "platforms": {}}
    for path, value in overrides.items():
        head = re.split(r"[.\[]", path)[0]
        if head in ("prices", "platforms"):
            parts[head][path.partition(".")[2]] = value
        elif head in WORKLOAD_KEYS or head in workload_keys:
            parts["workload"][path] = value
        else:
            parts["chip"][path] = value
    return parts


def apply_overrides(document: Document, overrides: dict[str, Any], what: str) -> Document:
    """The document with values replaced or added, with place "--set"."""
    if not overrides:
        return document
    value = document.value
    places, keys = dict(document.places), dict(document.keys)
    for text, new in overrides.items():
        path, value = overridden_value(value, text, new, what)
        places, keys = ({p: v for p, v in held.items() if p[: len(path)] != path} for held in (places, keys))
        for inner, _ in leaves(new):
            places[path + inner] = Place("--set")
        places[path] = Place("--set")
    return Document(document.source, value, places, keys, document.texts)


def located_path(value: Any, text: str, what: str) -> KeyPath:
    """The path of a value in a parsed spec, with component names resolved.

    Raises:
        SpecError: unknown component, or the path is empty.
    """
    if not path_of(text):
        complaint = f'"{text}" is not a path of a value; write for example schedule.sweeps'
        raise SpecError(Place("--set"), "", complaint, code="spec.unknown-path")
    return _locate(value, list(path_of(text)), text, what)


def overridden_value(value: Any, text: str, new: Any, what: str) -> tuple[KeyPath, Any]:
    """Resolve a `--set` path in a parsed spec, and replace the value there; the rest is shared, not copied.

    Raises:
        SpecError: the path does not exist.
    """
    path = located_path(value, text, what)
    return path, _with(value, path, new, text)


def _locate(value: Any, parts: list[str | int], text: str, what: str) -> KeyPath:
    """Resolve component names to their paths under `components`."""
    if not isinstance(value, dict):
        return tuple(parts)
    path: list[str | int] = []
    block: Any = value
    rest = list(parts)
    while rest and isinstance(block, dict) and rest[0] not in block and "components" in block:
        by_name = {written.split("[")[0]: written for written in block["components"]}
        if rest[0] not in by_name:
            if path or len(rest) > 1:
                known = [*by_name, *(k for k in block if k != "components"), *(ELSEWHERE if what == "chip" else ())]
                raise SpecError(
                    Place("--set"),
                    text,
                    f'the {what} has no "{rest[0]}"; {did_you_mean(str(rest[0]), known)}',
                    code="spec.unknown-path",
                )
            break
        path += ["components", by_name[str(rest.pop(0))]]
        block = block["components"][path[-1]]
    return (*path, *rest)


def _with(value: Any, path: KeyPath, new: Any, text: str) -> Any:
    """Replace the value at a path; blocks along the path are copied, so the original is unchanged."""
    part, rest = path[0], path[1:]
    if isinstance(value, dict):
        # A missing block starts empty.
        return {**value, str(part): _with(value.get(str(part), {}), rest, new, text) if rest else new}
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        inside = _with(value[part], rest, new, text) if rest else new
        return [*value[:part], inside, *value[part + 1 :]]
    raise SpecError(Place("--set"), text, f'"{part}" does not exist', code="spec.unknown-path")
