"""Files that a spec names: beside the spec file in which the name stands; the working directory is never guessed.

A key that names a file is marked in its model, `rudy: Annotated[str, FileName()] | None`. What comes from `--set` or
from Python has no file around it and is found where the command is called; what a sweep sets, beside the sweep. Where a
file lies is no part of what a run is: its content counts instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from chipsim.spec.document import Document, KeyPath
from chipsim.spec.fields import FileName

# Stands for every index of a list in the path of a key.
ANY = "*"


@cache
def file_keys(model: type[BaseModel]) -> dict[KeyPath, FileName]:
    """The keys of a model that name files, with the parts of it."""
    return dict(_keys_of_model(model))


def located(document: Document, model: type[BaseModel]) -> Document:
    """The document with each name of a file as the path to it."""
    value = document.value
    for path, name in list(named(value, model)):
        place = document.place(path)
        if place.line is not None:
            value = _with(value, path, beside(Path(place.source), name))
    return Document(document.source, value, document.places, document.keys, document.texts)


def located_override(spec_file: Path, path: KeyPath, value: Any, models: Sequence[type[BaseModel]]) -> Any:
    """What a spec file sets elsewhere, in specs of these models: names of files as paths to them."""
    for model in models:
        for key, mark in file_keys(model).items():
            if key[: len(path)] == path:
                for found, leaf in list(_at(value, key[len(path) :])):
                    if isinstance(leaf, str) and mark.is_file(leaf):
                        value = _with(value, found, beside(spec_file, leaf))
    return value


def beside(spec_file: Path, name: str) -> str:
    """The path of a file that is named in a spec file."""
    return str(spec_file.parent / name)


def named(value: Any, model: type[BaseModel]) -> Iterator[tuple[KeyPath, str]]:
    """(path, name) of the files that a parsed spec names; words that stand for what ships with chipsim are none."""
    for path, mark in file_keys(model).items():
        for found, leaf in _at(value, path):
            if isinstance(leaf, str) and mark.is_file(leaf):
                yield found, leaf


def without_files(value: Any, model: type[BaseModel]) -> Any:
    """A parsed spec that says no more than that there are files."""
    for path, _ in list(named(value, model)):
        value = _with(value, path, "FILE")
    return value


def _keys_of_model(model: type[BaseModel]) -> Iterator[tuple[KeyPath, FileName]]:
    for name, field in model.model_fields.items():
        for path, mark in _keys_of_type(field.annotation, field.metadata):
            yield (field.alias or name, *path), mark


def _keys_of_type(kind: Any, metadata: Any = ()) -> Iterator[tuple[KeyPath, FileName]]:
    yield from (((), mark) for mark in metadata if isinstance(mark, FileName))
    if get_origin(kind) is Annotated:
        inside, *marks = get_args(kind)
        yield from _keys_of_type(inside, marks)
    elif get_origin(kind) in (list, tuple):
        for item in get_args(kind):
            yield from (((ANY, *path), mark) for path, mark in _keys_of_type(item))
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _keys_of_model(kind)
    else:
        for choice in get_args(kind):
            yield from _keys_of_type(choice)


def _at(value: Any, path: KeyPath, so_far: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """(path, value) of what stands at a path, which may hold `ANY`."""
    if not path:
        yield so_far, value
    elif path[0] == ANY and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _at(item, path[1:], (*so_far, index))
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:], (*so_far, path[0]))


def _with(value: Any, path: KeyPath, new: str) -> Any:
    """A value with another one at a path; the rest is shared, not copied."""
    if not path:
        return new
    inside = _with(value[path[0]], path[1:], new)
    if isinstance(value, dict):
        return {**value, path[0]: inside}
    index = int(path[0])
    return [*value[:index], inside, *value[index + 1 :]]
