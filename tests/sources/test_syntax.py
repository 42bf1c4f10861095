"""Two sources have one hash when they mean the same, under every version of Python."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import chipsim
from chipsim.sources.syntax import FIELDS, UnknownSyntax, syntax_hash

DATA = Path(__file__).parent / "data"
# Trees as other versions make them; data/dump_trees.py and dump_trees.mjs say how they were made.
STORED: dict[str, Any] = {v: json.loads((DATA / f"trees-{v}.json").read_text()) for v in ("3.12", "3.14")}
SNIPPETS = (DATA / "snippets.txt").read_text().split("-----\n")


def hash_of(source: str) -> str:
    return syntax_hash(ast.parse(source))


def rebuilt(stored: Any) -> Any:
    """A stored value as the version that made it had it: nodes with all its fields, of classes that it had."""
    if stored is None:
        return None
    if isinstance(stored, list):
        kind, text = stored
        # Infinity is the only constant whose text is no literal.
        return ... if kind == "ellipsis" else float(text) if kind == "float" else ast.literal_eval(text)
    if "list" in stored:
        return [rebuilt(item) for item in stored["list"]]
    fields = {name: rebuilt(value) for name, value in stored.items() if name != "class"}
    known = getattr(ast, stored["class"], None)
    node = known() if known is not None else type(stored["class"], (ast.AST,), {})()
    for name, value in fields.items():
        setattr(node, name, value)
    return node


@pytest.mark.parametrize("version", STORED)
@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_another_python_finds_the_same(version: str, number: int) -> None:
    assert syntax_hash(rebuilt(STORED[version]["snippets"][number])) == hash_of(SNIPPETS[number])


def test_plain_dumps_differ() -> None:
    """Or the form of our own would not be needed."""
    older, newer = (stored["snippets"] for stored in STORED.values())
    same = [ast.dump(rebuilt(a)) == ast.dump(rebuilt(b)) for a, b in zip(older, newer, strict=True)]
    assert not all(same)


@pytest.mark.parametrize("version", STORED)
def test_the_stored_trees_are_those_of_another_python_and_of_these_snippets(version: str) -> None:
    trees = STORED[version]["snippets"]
    assert STORED[version]["python"].startswith(f"{version}.")
    assert len(trees) == len({hash_of(snippet) for snippet in SNIPPETS}) == len(SNIPPETS)
    functions = [node for node in ast.walk(rebuilt(trees[1])) if isinstance(node, ast.FunctionDef)]
    assert [getattr(node, "type_params", None) for node in functions] == [[]]


def test_syntax_that_only_newer_versions_have_is_known() -> None:
    trees = STORED["3.14"]["newer_snippets"]
    assert len({syntax_hash(rebuilt(tree)) for tree in trees}) == len(trees) == 6


def test_a_function_without_type_parameters_is_the_same_with_an_empty_list_of_them() -> None:
    tree = ast.parse("def f(): return 1")
    vars(tree.body[0])["type_params"] = []
    assert syntax_hash(tree) == hash_of("def f(): return 1")


def test_every_class_of_node_is_known() -> None:
    """Fails on a Python whose grammar has grown: its nodes need their fields in the list."""

    def classes(base: type) -> list[type]:
        return [base, *(found for below in base.__subclasses__() for found in classes(below))]

    whole = {"mod", "stmt", "expr", "expr_context", "boolop", "operator", "unaryop", "cmpop", "AST", "slice", "pattern"}
    whole |= {"excepthandler", "type_ignore", "type_param"}
    # Other things to parse than modules; contexts, which follow from the place; and what older versions made.
    apart = {"Expression", "Interactive", "FunctionType", "TypeIgnore", "Load", "Store", "Del"}
    older = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice", "Suite", "AugLoad", "AugStore"}
    here = {found.__name__ for found in classes(ast.AST) if found.__module__ in ("ast", "_ast")}
    assert here - whole - apart - older - {"Param"} <= set(FIELDS)


def test_a_field_of_a_node_is_known_or_says_nothing() -> None:
    """Left out on purpose: contexts, comments that are types, and whether a text was written with a u."""
    silent = {"ctx", "type_comment", "type_ignores", "kind"}
    for name, fields in FIELDS.items():
        here = getattr(ast, name, None)
        assert here is None or set(here._fields) - silent <= set(fields), name


def test_an_unknown_node_is_refused() -> None:
    tree = ast.parse("x")
    tree.body.append(type("Teleport", (ast.stmt,), {})())
    with pytest.raises(UnknownSyntax, match="Teleport"):
        syntax_hash(tree)


@pytest.mark.parametrize("path", sorted(Path(chipsim.__file__).parent.rglob("*.py")), ids=lambda path: path.stem)
def test_every_module_of_chipsim_has_a_hash(path: Path) -> None:
    assert len(syntax_hash(ast.parse(path.read_bytes()))) == 16


SAME = [
    ('def f():\n    """A text."""\n    return 1', 'def f():\n    """Another."""\n    return 1'),
    ('"""A text."""\nx = 1', "x = 1"),
    ('class A:\n    """A text."""\n    x = 1\n    """Of x."""', "class A:\n    x = 1"),
    ("x = 1  # a comment", "\n\nx  =  (1)"),
    ("x = 'a'", 'x = "a"'),
    ("x = 'a' 'b'", "x = 'ab'"),
    ("x = f'a{y}' 'b'", "x = f'a{y}b' f''"),
    ("x = f'{y:}'", "x = f'{y}'"),
    ("x = 0x10", "x = 1_6"),
]
OTHER = [
    ("x = 1", "x = 2"),
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = True"),
    ("x = 'a'", "x = b'a'"),
    ("x = 1", "y = 1"),
    ("x: int = 1", "x: float = 1"),
    ("f(a, b)", "f(b, a)"),
    ("def f(a, /): pass", "def f(a): pass"),
    ("a - b - c", "a - (b - c)"),
    ("if a:\n    b\nc", "if a:\n    b\n    c"),
    ("x = f'{y!r}'", "x = f'{y}'"),
    ("x = f'{y:>3}'", "x = f'{y:<3}'"),
    ("x = f'a{b}'", "x = f'{b}a'"),
    ("@a\ndef f(): pass", "def f(): pass"),
    ("import a.b", "import a.b as b"),
    ("from . import a", "from .. import a"),
    ("x = ['', 'ab']", "x = ['a', 'b']"),
    ("try:\n    a\nexcept A:\n    b", "try:\n    a\nexcept* A:\n    b"),
    ("async def f(): pass", "def f(): pass"),
    ("x = (yield)", "x = (yield None)\ny"),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_what_means_the_same_has_one_hash(a: str, b: str) -> None:
    assert hash_of(a) == hash_of(b)


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_what_means_something_else_has_another(a: str, b: str) -> None:
    assert hash_of(a) != hash_of(b)
