"""The spec language: a small YAML in which every value has a place and every trap is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_errors import refused

from chipsim.errors import Place, SpecError
from chipsim.spec.document import dotted, leaves, parse_document, parse_value, read_document

VALUES = [
    ("3", 3),
    ("-3", -3),
    ("0", 0),
    ("1e-9", 1e-9),
    ("1.5", 1.5),
    (".5", 0.5),
    ("5.", 5.0),
    ("+2", 2),
    ("no", "no"),
    ("on", "on"),
    ("yes", "yes"),
    ("true", True),
    ("false", False),
    ("True", "True"),
    ("null", None),
    ("~", None),
    ("''", ""),
    ("'010'", "010"),
    ("1:30", "1:30"),
    ("0x10", "0x10"),
    ("100 ns", "100 ns"),
    ("2026-01-01", "2026-01-01"),
    ("[1, [2, x]]", [1, [2, "x"]]),
    ("{a: 1, b: {c: 2}}", {"a": 1, "b": {"c": 2}}),
    ("{from: problem}", {"from": "problem"}),
    ("{}", {}),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: Any) -> None:
    found = parse_value(text, "here")
    assert found == value
    assert type(found) is type(value)


def test_every_value_and_key_has_a_place() -> None:
    document = parse_document("a: 1\nb:\n  c: [x, 100 ns]\n  'd e': {f: 2}\n", "f.yaml")
    assert document.value == {"a": 1, "b": {"c": ["x", "100 ns"], "d e": {"f": 2}}}
    places = {("a",): "1:4", ("b", "c", 0): "3:7", ("b", "c", 1): "3:10", ("b", "d e", "f"): "4:14"}
    assert {path: str(document.place(path)) for path in places} == {k: f"f.yaml:{v}" for k, v in places.items()}
    # What was not written stands where the thing around it stands.
    assert document.place(("b", "d e", "missing")) == document.place(("b", "d e"))
    assert document.place(("nothing",)) == document.place(()) == Place("f.yaml", 1, 1)


REFUSED = [
    ("a: 010\n", "1:4", "spec.bad-number"),
    ("a: -007\n", "1:4", "spec.bad-number"),
    ("a: .inf\n", "1:4", "spec.bad-number"),
    ("a: -.INF\n", "1:4", "spec.bad-number"),
    ("a: .nan\n", "1:4", "spec.bad-number"),
    ("a: 1e400\n", "1:4", "spec.bad-number"),
    ("a: 123456789012345678901\n", "1:4", "spec.bad-number"),
    ("a: 1\na: 2\n", "2:1", "spec.duplicate"),
    ("a: {b: 1, b: 2}\n", "1:11", "spec.duplicate"),
    ("a: &x 1\n", "1:4", "spec.not-in-language"),
    ("a: &x [1]\nb: *x\n", "1:4", "spec.not-in-language"),
    ("b: *x\n", "1:4", "spec.not-in-language"),
    ("a: !!python/object/apply:os.system ['true']\n", "1:4", "spec.not-in-language"),
    ("a: !x 1\n", "1:4", "spec.not-in-language"),
    ("a:\n\tb: 1\n", "2:1", "spec.not-yaml"),
    ("a: [1, 2\n", "2:1", "spec.not-yaml"),
    ("a: 'x\n", "2:1", "spec.not-yaml"),
    ("a: b: c\n", "1:5", "spec.not-yaml"),
    ("a: 1\n---\nb: 2\n", "2:1", "spec.not-in-language"),
    ("[a, b]: 1\n", "1:1", "spec.not-in-language"),
    ("a: " + "[" * 40 + "]" * 40, "1:35", "spec.too-large"),
    ("<<: {a: 1}\nb: *c\n", "2:4", "spec.not-in-language"),
    ("\x00\n", None, "spec.not-yaml"),
]


@pytest.mark.parametrize(("text", "place", "code"), REFUSED)
def test_refused_with_its_place(text: str, place: str | None, code: str) -> None:
    with refused(code) as caught:
        parse_document(text, "f.yaml")
    assert str(caught.value).startswith("f.yaml" if place is None else f"f.yaml:{place}: ")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_says_so(text: str) -> None:
    with refused("spec.not-yaml", "f.yaml: the file is empty"):
        parse_document(text, "f.yaml")


def test_files_that_are_not_text(tmp_path: Path) -> None:
    binary, huge, missing = tmp_path / "b.yaml", tmp_path / "h.yaml", tmp_path / "m.yaml"
    binary.write_bytes(b"\x89HDF\r\n\x1a\n\xff\xfe")
    with huge.open("wb") as file:
        file.truncate(17 * 2**20)
    for path, code in (
        (binary, "file.unreadable"),
        (huge, "file.too-large"),
        (missing, "file.unreadable"),
    ):
        with refused(code) as caught:
            read_document(path)
        assert str(caught.value).startswith(str(path))
    marked = tmp_path / "bom.yaml"
    marked.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read_document(marked).value == {"a": 1}


def test_paths_and_leaves() -> None:
    assert dotted(("a", "b", 3, "c")) == "a.b[3].c"
    assert dotted(()) == ""
    assert list(leaves({"a": [1, {"b": 2}], "c": {}})) == [(("a", 0), 1), (("a", 1, "b"), 2)]


_WORDS = st.text("abcdefgh_", min_size=1, max_size=6).map(lambda word: f"k{word}")
_SCALARS = st.one_of(_WORDS, st.integers(-(10**9), 10**9), st.booleans(), st.floats(-1e6, 1e6, allow_nan=False))
_SPECS = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3))


def flow(value: Any) -> str:
    """A value in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(_SPECS)
def test_what_is_written_is_read(value: Any) -> None:
    assert parse_value(flow(value), "here") == value


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    said = "f.yaml"
    try:
        parse_document(text, "f.yaml")
    except SpecError as error:
        said = str(error)
    assert said.startswith("f.yaml")
