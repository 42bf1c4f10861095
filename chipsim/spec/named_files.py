"""Files named by a spec, resolved relative to the spec file and never to the working directory.

A key that names a file is marked in its model, `rudy: Annotated[str, FileName()] | None`. Names from `--set` or Python
are relative to the working directory; those set by a sweep, to the sweep file. The identity of a run depends on the
content of a file, not on its path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from chipsim.files import check_readable
from chipsim.spec.document import Document, KeyPath
from chipsim.spec.fields import FileName
from chipsim.spec.model import fail

# Wildcard for list indices in the path of a key.
ANY = "*"


@cache
def file_keys(model: type[BaseModel]) -> dict[KeyPath, FileName]:
    """The keys of a model that name files, including nested ones."""
    return dict(_keys_of_model(model))


def located(document: Document, model: type[BaseModel]) -> Document:
    """The document with each file name resolved to a path."""
    value = document.value
    for path, name in list(named(value, model)):
        place = document.place(path)
        if place.line is not None:
            value = _with(value, path, beside(Path(place.source), name))
    return Document(document.source, value, document.places, document.keys, document.texts)


def check_named(document: Document, model: type[BaseModel]) -> None:
    """Check that what stands at the place of each file that a document names is one that can be read.

    Files that are missing are left to whoever needs them: a training may be about to write them.

    Raises:
        SpecError: a folder, a device, or a file that the user may not read.
    """
    for path, name in named(located(document, model).value, model):
        if os.path.lexists(name):
            try:
                check_readable(Path(name))
            except OSError as error:
                raise fail(document, path, f"{name}: {error.strerror}", code="file.unreadable") from None


def located_override(spec_file: Path, path: KeyPath, value: Any, models: Sequence[type[BaseModel]]) -> Any:
    """A value that a spec file sets in specs of these models, with file names resolved to paths."""
    for model in models:
        for key, mark in file_keys(model).items():
            if key[: len(path)] == path:
                for found, leaf in list(_at(value, key[len(path) :])):
                    if isinstance(leaf, str) and mark.is_file(leaf):
                        value = _with(value, found, beside(spec_file, leaf))
    return value


def beside(spec_file: Path, name: str) -> str:
    """The path of a file named in a spec file."""
    return str(spec_file.parent / name)


def named(value: Any, model: type[BaseModel]) -> Iterator[tuple[KeyPath, str]]:
    """(path, name) of the files that a parsed spec names, without words for data that ship with chipsim."""
    for path, mark in file_keys(model).items():
        for found, leaf in _at(value, path):
            if isinstance(leaf, str) and mark.is_file(leaf):
                yield found, leaf


def with_portable_names(value: Any, model: type[BaseModel]) -> Any:
    """A parsed spec whose files go by their names alone."""
    for path, name in list(named(value, model)):
        value = _with(value, path, Path(name).name)
    return value


def without_files(value: Any, model: type[BaseModel]) -> Any:
    """A parsed spec with file names replaced by placeholders."""
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
    """(path, value) of all entries at a path, which may contain `ANY`."""
    if not path:
        yield so_far, value
    elif path[0] == ANY and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _at(item, path[1:], (*so_far, index))
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:], (*so_far, path[0]))


def _with(value: Any, path: KeyPath, new: str) -> Any:
    """Replace the value at a path; the rest is shared, not copied."""
    if not path:
        return new
    inside = _with(value[path[0]], path[1:], new)
    if isinstance(value, dict):
        return {**value, path[0]: inside}
    index = int(path[0])
    return [*value[:index], inside, *value[index + 1 :]]
