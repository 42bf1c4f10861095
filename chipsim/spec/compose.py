"""Specs composed of several files: `extends` one base, `include` fragments, one rule to merge them.

    extends: dtca-70                 a preset, or a file relative to this one
    include: [parts/readout.yaml]    fragments, relative to this file; later ones take precedence

Own keys take precedence over included ones, and those over the base. Blocks merge key by key; all other values,
including lists and nets, are replaced. `key: null` removes a key. Components merge by name without range, and the last
range applies; a component of another kind is replaced, and so is a row of `prices`, since its source belongs to its
value. `name` and `description` are not inherited. Every value keeps its place.

A spec can only read presets and files in the folder (or below) of the file that the user names.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from chipsim.errors import ChipsimError
from chipsim.spec.dicts import document_of
from chipsim.spec.document import COMPOSITION, MAX_BYTES, MAX_KEPT, Document, KeyPath, read_document
from chipsim.spec.model import errors_located_at, fail
from chipsim.spec.presets import SUFFIXES, existing, find

MAX_FILES = 32
_OWN = ("name", "description")


# A spec that is read already, or the preset or file that holds it.
SpecSource: TypeAlias = str | Document
# How a user may give a spec: a preset name or a file, or a dict with the keys of a file.
Given: TypeAlias = str | PathLike[str] | Mapping[str, Any] | Document


def read_spec(what: str, source: SpecSource) -> Document:
    """A chip, a workload or a price table, with all that it extends and includes.

    Args:
        what: "chip", "workload" or "price table".
        source: preset name or file, or the document that `as_source` made.

    Raises:
        SpecError, ChipsimError: a file is missing, malformed, in another folder, or the references are circular.
    """
    if isinstance(source, Document):
        return source
    path = find(what, source)
    known = _composed.get((what, path))
    if known is not None and known.holds():
        return known.document
    composer = _Composer(what)
    document = composer.read(path, None, ())
    if len(_composed) >= MAX_KEPT:
        _composed.clear()
    _composed[what, path] = _Composed(what, document, composer.parts, composer.presets)
    return document


def as_source(what: str, given: Given) -> SpecSource:
    """A spec as `read_spec` takes it: a dict is read, with all that it extends and includes.

    Files that a dict names are relative to the working directory.

    Raises:
        SpecError, ChipsimError: a value of the dict cannot stand in a spec, or as `read_spec`.
    """
    if isinstance(given, str | Document):
        return given
    if not isinstance(given, Mapping):
        return fspath(given)
    document = document_of(what, given)
    return _Composer(what).compose(document, Path(document.source), None, ())


def called(source: SpecSource) -> str:
    """What a command calls a spec: its preset or file, and `NAME.yaml` where it was given as a dict."""
    if isinstance(source, str):
        return source
    return f"{source.value.get('name') if isinstance(source.value, dict) else None}.yaml"


class _Composed(NamedTuple):
    """A composition, its source documents, and the files of its presets."""

    what: str
    document: Document
    parts: list[tuple[Path, Document]]
    presets: list[tuple[str, Path]]

    def holds(self) -> bool:
        """Whether composing again would read the same files."""
        try:
            led = all(find(self.what, name) == path for name, path in self.presets)
            return led and all(read_document(path) is document for path, document in self.parts)
        except ChipsimError:
            return False


# The last compositions, by type of spec and first file.
_composed: dict[tuple[str, Path], _Composed] = {}


class _Composer:
    """One composition: files read so far, and limits."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.files = 0
        self.bytes = 0
        self.parts: list[tuple[Path, Document]] = []
        self.presets: list[tuple[str, Path]] = []

    def read(self, path: Path, folder: Path | None, chain: tuple[Path, ...]) -> Document:
        """A file merged onto the files that it names; `folder` confines it, `chain` is the path of references to it."""
        document = read_document(path)
        self.parts.append((path, document))
        return self.compose(document, path, folder, chain)

    def compose(self, document: Document, path: Path, folder: Path | None, chain: tuple[Path, ...]) -> Document:
        """A document that stands at a path, merged onto what it names."""
        self.files += 1
        self.bytes += len(document.texts[document.source])
        if self.files > MAX_FILES or self.bytes > MAX_BYTES:
            limit = f"more than {MAX_FILES} files or {MAX_BYTES // 2**20} MiB in all"
            raise ChipsimError(f"{limit}; merge some of the files", code="spec.too-large")
        if not isinstance(document.value, dict):
            return document
        folder, chain = folder or path.parent, (*chain, path)
        below: Document | None = None
        if document.value.get("extends") is not None:
            base = self.named(document, ("extends",), document.value["extends"], folder, chain)
            below = merged(base, None, drop=_OWN)
        included = document.value.get("include") or []
        if not isinstance(included, list):
            raise fail(
                document,
                ("include",),
                "expected a list of files, for example [readout.yaml]",
                code="spec.bad-include",
            )
        for index, name in enumerate(included):
            fragment = self.named(document, ("include", index), name, folder, chain)
            below = fragment if below is None else merged(below, fragment)
        own = merged(document, None, drop=COMPOSITION)
        return own if below is None else merged(below, own)

    def named(self, document: Document, path: KeyPath, name: object, folder: Path, chain: tuple[Path, ...]) -> Document:
        """The document that `extends` or an entry of `include` names."""
        if not isinstance(name, str) or not name:
            raise fail(
                document,
                path,
                f"{name!r} is not a file name; write for example base.yaml",
                code="spec.bad-include",
            )
        with errors_located_at(document, path):
            if path == ("extends",) and Path(name).suffix not in SUFFIXES:
                file = find(self.what, name)
                self.presets.append((name, file))
                folder = file.parent
            else:
                file = _relative_to(chain[-1], name, folder)
            if file.resolve() in [link.resolve() for link in chain]:
                raise ChipsimError(
                    f"circular reference: {' -> '.join(map(str, (*chain, file)))}", code="spec.bad-include"
                )
            found = self.read(file, folder, chain)
            if not isinstance(found.value, dict):
                raise ChipsimError(f"{file} is not a block of keys", code="spec.bad-include")
            return found


def _relative_to(file: Path, name: str, folder: Path) -> Path:
    """A file relative to another one, inside the folder."""
    if Path(name).suffix not in SUFFIXES:
        raise ChipsimError(f'"{name}" is not a .yaml file', code="spec.bad-include")
    if Path(name).is_absolute():
        raise ChipsimError(f'"{name}" is an absolute path; write it relative to this file', code="spec.bad-include")
    found = file.parent / name
    if not found.resolve().is_relative_to(folder.resolve()):
        raise ChipsimError(
            f'"{name}" lies outside {folder.resolve()}; copy it beside this file', code="spec.bad-include"
        )
    return existing(found)


class _Part(NamedTuple):
    """A value inside a document."""

    document: Document
    path: KeyPath
    value: Any

    def child(self, key: str | int) -> _Part:
        return _Part(self.document, (*self.path, key), self.value[key])


def merged(below: Document, above: Document | None, drop: tuple[str, ...] = ()) -> Document:
    """A document merged over another one, or a copy without some top-level keys."""
    texts = {**below.texts, **(above.texts if above else {})}
    out = Document((above or below).source, None, {}, {}, texts)
    part = _Part(below, (), {key: value for key, value in below.value.items() if key not in drop})
    value = _take(out, part, ()) if above is None else _lay(out, part, _Part(above, (), above.value), ())
    return Document(out.source, value, out.places, out.keys, texts)


def _mark(out: Document, part: _Part, to: KeyPath) -> None:
    for source, target in ((part.document.places, out.places), (part.document.keys, out.keys)):
        if part.path in source:
            target[to] = source[part.path]


def _take(out: Document, part: _Part, to: KeyPath) -> Any:
    """Copy a value with its places."""
    _mark(out, part, to)
    if isinstance(part.value, dict):
        return {key: _take(out, part.child(key), (*to, key)) for key in part.value}
    if isinstance(part.value, list):
        return [_take(out, part.child(index), (*to, index)) for index in range(len(part.value))]
    return part.value


def _lay(out: Document, below: _Part, above: _Part, to: KeyPath) -> Any:
    """Merge two values; keys keep the order of the lower one."""
    if not isinstance(below.value, dict) or not isinstance(above.value, dict) or _replaces(below, above, to):
        return _take(out, above, to)
    _mark(out, above, to)
    components = to[-1:] == ("components",)
    upper = {(key.split("[")[0] if components else key): key for key in reversed(above.value)}
    result: dict[str, Any] = {}
    met = set()
    for key in below.value:
        written = upper.get(key.split("[")[0] if components else key)
        if written is None:
            result[key] = _take(out, below.child(key), (*to, key))
            continue
        met.add(written)
        if above.value[written] is not None:
            result[written] = _lay(out, below.child(key), above.child(written), (*to, written))
    for key in above.value:
        # A null that removes nothing stays, so that its key is validated.
        if key not in met:
            result[key] = _take(out, above.child(key), (*to, key))
    return result


def _replaces(below: _Part, above: _Part, to: KeyPath) -> bool:
    row = len(to) == 2 and to[0] == "prices"
    kind = to[-2:-1] == ("components",) and "kind" in above.value and above.value["kind"] != below.value.get("kind")
    return row or kind
