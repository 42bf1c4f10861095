"""Parse a YAML spec file into plain values with their places.

The spec language is a subset of YAML 1.2: mappings, lists and scalars. `1e-9` is a number, `no` is a word, `010` is
rejected, keys are unique, and anchors, aliases and tags are not supported, so a file can neither construct objects nor
expand exponentially. The file is read as a stream of events, so nesting is bounded before values are built.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from chipsim.errors import Place, SpecError
from chipsim.files import TooLargeError, read_bounded

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 32
# Number of cached parsed files, so that a table used by many points or comparisons is parsed once.
MAX_KEPT = 64

# Keys that name other files; spec/compose.py replaces them by the content of those files.
COMPOSITION = ("extends", "include")

KeyPath = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_OCTAL_TRAP = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A spec as plain dicts, lists and scalars, with the place of each value and key.

    `texts` holds the text of every source file, by name.
    """

    source: str
    value: Any
    places: dict[KeyPath, Place] = field(default_factory=dict)
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def key_place(self, path: KeyPath) -> Place:
        """The place of a key, for errors about its name."""
        return self.keys.get(path) or self.place(path)

    def place(self, path: KeyPath) -> Place:
        """The place of a value, or of the nearest enclosing entry of the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.source))


def read_document(path: Path) -> Document:
    """Read a spec file; parsing is cached by file and text. Documents must not be modified.

    Raises:
        SpecError: the file is missing, unreadable, too large, or not in the spec language.
    """
    source = str(path)
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8-sig")
    except TooLargeError as error:
        complaint = f"{error.strerror}; put large data into a separate file"
        raise SpecError(Place(source), "", complaint, code="file.too-large") from None
    except UnicodeDecodeError:
        raise SpecError(Place(source), "", "not a UTF-8 text file", code="file.unreadable") from None
    except OSError as error:
        raise SpecError(Place(source), "", f"cannot be read: {error.strerror}", code="file.unreadable") from None
    return _parsed(text, source)


@lru_cache(MAX_KEPT)
def _parsed(text: str, source: str) -> Document:
    return parse_document(text, source)


def has_control(text: str) -> bool:
    """Whether a text holds a control character other than tabs and line ends."""
    return any(unicodedata.category(letter) == "Cc" and letter not in "\t\n\r" for letter in text)


def parse_document(text: str, source: str) -> Document:
    """Parse spec text; `source` is the name used in messages."""
    builder = _Builder(source)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
        if "nesting depth" in str(error.problem):
            # The YAML library reads ahead: some versions reach their own bound before ours.
            raise SpecError(place, "", f"nested deeper than {MAX_DEPTH} levels", code="spec.too-large") from None
        raise SpecError(place, "", f"not valid YAML: {error.problem}", code="spec.not-yaml") from None
    except yaml.YAMLError as error:
        raise SpecError(
            Place(source), "", f"not valid YAML: {str(error).splitlines()[0]}", code="spec.not-yaml"
        ) from None
    if not builder.documents:
        raise SpecError(Place(source), "", "the file is empty", code="spec.not-yaml")
    return Document(source, builder.root, builder.places, builder.keys, {source: text})


def parse_value(text: str, source: str) -> Any:
    """Parse one value in spec syntax, for example the right-hand side of `--set`."""
    return parse_document(text, source).value


def dotted(path: KeyPath) -> str:
    """A path as shown in messages: `problem.edges[3]`."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else (f".{part}" if out else part)
    return out


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """All scalars of a parsed spec with their paths."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


class _Builder:
    """Build values from YAML events, with a stack of open collections."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.root: Any = None
        self.documents = 0
        self.places: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}
        self.stack: list[tuple[KeyPath, dict[str, Any] | list[Any]]] = []
        self.pending_key: list[str | None] = []

    def place_of(self, event: Any) -> Place:
        return Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def fail(self, event: Any, complaint: str, code: str) -> SpecError:
        path = self.stack[-1][0] if self.stack else ()
        return SpecError(self.place_of(event), dotted(path), complaint, code=code)

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.fail(event, "a second YAML document; a spec file contains one", code="spec.not-in-language")
        elif isinstance(event, yaml.AliasEvent):
            raise self.fail(
                event,
                "aliases (*name) are not part of the spec language; write the value out",
                code="spec.not-in-language",
            )
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.refuse_extras(event)
            self.open({} if isinstance(event, yaml.MappingStartEvent) else [], event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
            self.pending_key.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self.refuse_extras(event)
            self.scalar(event)

    def refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            raise self.fail(
                event,
                "anchors (&name) are not part of the spec language; write the value out",
                code="spec.not-in-language",
            )
        if event.tag is not None:
            raise self.fail(
                event, f"tags ({event.tag}) are not part of the spec language; remove it", code="spec.not-in-language"
            )

    def open(self, collection: dict[str, Any] | list[Any], event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self.fail(event, f"nested deeper than {MAX_DEPTH} levels", code="spec.too-large")
        if self.stack and isinstance(self.stack[-1][1], dict) and self.pending_key[-1] is None:
            raise self.fail(event, "a key must be a word", code="spec.not-in-language")
        path = self.add(collection, event)
        self.stack.append((path, collection))
        self.pending_key.append(None)

    def scalar(self, event: Any) -> None:
        if has_control(event.value):
            complaint = f"{event.value!r} holds a control character, which terminals obey; remove it"
            raise self.fail(event, complaint, code="spec.not-in-language")
        if self.stack and isinstance(self.stack[-1][1], dict) and self.pending_key[-1] is None:
            path, mapping = self.stack[-1]
            if event.value in mapping:
                first = self.keys.get((*path, event.value))
                raise self.fail(
                    event,
                    f'duplicate key "{event.value}"; first given in line {first.line if first else "?"}',
                    code="spec.duplicate",
                )
            mapping[event.value] = None
            self.pending_key[-1] = event.value
            self.keys[(*path, event.value)] = self.place_of(event)
            return
        self.add(self.resolve(event), event)

    def add(self, value: Any, event: Any) -> KeyPath:
        if not self.stack:
            self.root = value
            self.places[()] = self.place_of(event)
            return ()
        parent, collection = self.stack[-1]
        if isinstance(collection, list):
            path: KeyPath = (*parent, len(collection))
            collection.append(value)
        else:
            key = self.pending_key[-1]
            assert key is not None
            self.pending_key[-1] = None
            path = (*parent, key)
            collection[key] = value
        self.places[path] = self.place_of(event)
        return path

    def resolve(self, event: Any) -> Any:
        text: str = event.value
        if event.style in ("'", '"', "|", ">"):
            return text
        if text in ("", "null", "~"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text):
            if len(text) > 20:
                raise self.fail(event, "an integer of more than 20 digits", code="spec.bad-number")
            return int(text)
        if _OCTAL_TRAP.fullmatch(text):
            raise self.fail(
                event,
                f"{text} could be read as octal; write {text.lstrip('+-0') or '0'} or quote it",
                code="spec.bad-number",
            )
        if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        if _SPECIAL.fullmatch(text) or _FLOAT.fullmatch(text):
            raise self.fail(event, f"{text} is not a finite number", code="spec.bad-number")
        return text
