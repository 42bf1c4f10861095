"""Modules and functions stay short enough to be read in one sitting."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import chipsim

PACKAGE = Path(chipsim.__file__).parent
MAX_MODULE = 400
MAX_MEDIAN = 120
MAX_FUNCTION = 60


def lines_of_modules() -> dict[str, int]:
    """Lines of every module."""
    return {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}


def long_functions(source: str, limit: int) -> list[tuple[str, int]]:
    """Names and lines of functions above the limit, their decorators included."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            lines = (node.end_lineno or first) - first + 1
            if lines > limit:
                found.append((node.name, lines))
    return found


def test_no_module_is_long() -> None:
    assert {name: lines for name, lines in lines_of_modules().items() if lines > MAX_MODULE} == {}


def test_most_modules_are_short() -> None:
    assert median(lines_of_modules().values()) <= MAX_MEDIAN


def test_no_function_is_long() -> None:
    found = {path.name: long_functions(path.read_text(), MAX_FUNCTION) for path in PACKAGE.rglob("*.py")}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_a_long_function_is_noticed() -> None:
    source = "class A:\n    @staticmethod\n    def long():\n" + "        pass\n" * 3
    assert long_functions(source, 4) == [("long", 5)]
    assert long_functions(source, 5) == []
