"""Which entries of what two activity ids rest on differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chipsim.results.result import Run

# Blocks whose values are hashes: only that they differ says something. Each with what people call an entry of it.
_HASHES = {"code": "code ", "inputs": "file ", "outside": "code of "}
_SINGLE_HASHES = ("problem", "fabric.graph")
# Blocks that messages and `--set` leave out of a path.
_SILENT = {"components", "parameters", "workload"}


@dataclass(frozen=True)
class EntryDiff:
    """An entry that differs: its name, and both values as people write them; "" where a value is a hash or absent."""

    name: str
    a: str
    b: str


def differing_entries(a: Run, b: Run) -> tuple[EntryDiff, ...]:
    """Why the activity ids of two results differ; nothing where they do not, or where a result does not say."""
    if a.summary.core.request.activity_id == b.summary.core.request.activity_id or not (a.identity and b.identity):
        return ()
    entries = [dict(_entries(run.identity, ())) for run in (a, b)]
    texts = [_written(run) for run in (a, b)]
    out = []
    for path in dict.fromkeys([*entries[0], *entries[1]]):
        values = [held.get(path, _ABSENT) for held in entries]
        if values[0] != values[1]:
            name = _name(path)
            shown = [_text(path, value, held.get(name)) for value, held in zip(values, texts, strict=True)]
            out.append(EntryDiff(name, *shown))
    return tuple(out)


_ABSENT = object()


def _entries(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All values that are not blocks, by path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _entries(inner, (*path, key))
    else:
        yield path, value


def _name(path: tuple[str, ...]) -> str:
    if path[0] in _HASHES:
        return _HASHES[path[0]] + ".".join(path[1:])
    return ".".join(part for part in path if part not in _SILENT)


def _text(path: tuple[str, ...], value: Any, written: str | None) -> str:
    if value is _ABSENT or path[0] in _HASHES or ".".join(path) in _SINGLE_HASHES:
        return ""
    return written if written is not None else str(value)


def _written(run: Run) -> dict[str, str]:
    """Values with their units, as the specs have them."""
    parts = [component.written for component in run.sheet.components.values()]
    return {path: value for written in (*parts, run.sheet.technology) for path, value, _ in written}
