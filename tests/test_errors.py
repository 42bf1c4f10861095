"""Errors carry codes that a program can rely on."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support_chips import chip_spec, chip_text
from support_errors import refused

import chipsim
from chipsim.compiler.netlist import elaborate
from chipsim.errors import CODES, ChipsimError, Place, ProblemError, RuleError, RunError, SpecError, SpecErrors

PACKAGE = Path(chipsim.__file__).parent


def package_nodes() -> Iterator[ast.AST]:
    """The syntax of all modules but that of the table of codes."""
    for path in PACKAGE.rglob("*.py"):
        if path.name != "errors.py":
            yield from ast.walk(ast.parse(path.read_text()))


def test_codes_are_dotted_words_with_a_meaning() -> None:
    for code, meaning in CODES.items():
        assert re.fullmatch(r"(spec|kind|chip|problem|data|price|result|file|sweep|run)\.[a-z]+(-[a-z]+)*", code)
        assert meaning
        assert len(meaning) <= 110
        assert not meaning.endswith(".")
    assert len(set(CODES.values())) == len(CODES)


def test_an_unknown_code_is_a_fault_of_the_program() -> None:
    for kind in (ChipsimError, ProblemError, RunError, RuleError):
        with pytest.raises(KeyError, match=r"unknown error code spec\.unknown-kee"):
            kind("words", code="spec.unknown-kee")
    with pytest.raises(KeyError, match=r"unknown error code spec\.unknown-kee"):
        SpecError(None, "", "words", code="spec.unknown-kee")


def test_the_code_is_not_in_the_text() -> None:
    error = SpecError(Place("a.yaml", 3, 7), "cells.gian", "unknown", code="spec.unknown-key")
    assert (str(error), error.code) == ("a.yaml:3:7: cells.gian: unknown", "spec.unknown-key")


def test_several_errors_have_the_code_of_the_first() -> None:
    text = chip_text().replace("cycle: 1 ns, word_bits: 64", "cycle: 1, word_bits: 0").replace("law: ideal", "law: x")
    with refused("spec.no-unit") as caught:
        elaborate(chip_spec(text))
    assert caught.value.codes == (
        *("spec.no-unit", "spec.out-of-range", "spec.no-unit", "spec.out-of-range", "spec.unknown-word"),
    )


@pytest.mark.parametrize(
    "error",
    [
        RunError("words", code="file.missing"),
        SpecError(Place("a.yaml", 3, 7), "cells.gian", "unknown", code="spec.unknown-key"),
        SpecErrors([SpecError(None, "a", "b", code="spec.duplicate"), SpecError(None, "c", "d", code="spec.rule")]),
    ],
)
def test_errors_travel_between_processes(error: ChipsimError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.code) == (type(error), str(error), error.code)
    assert back.__dict__.keys() == error.__dict__.keys()


def test_every_code_is_used_and_no_other() -> None:
    constants = {
        node.value for node in package_nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert CODES.keys() - constants == set()
    calls = [node for node in package_nodes() if isinstance(node, ast.Call)]
    given = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "code"]
    words = {value.value for value in given if isinstance(value, ast.Constant)}
    assert words - CODES.keys() == set()
    assert len(given) > 200
