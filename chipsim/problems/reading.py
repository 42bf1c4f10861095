"""Formats of problem files by name, and the format of a file by its content where that is safe."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from chipsim.errors import ProblemError
from chipsim.problems.array_files import MAGICS
from chipsim.problems.conventions import Convention
from chipsim.problems.entries import is_number
from chipsim.problems.formats.bqm import MAGIC as BQM
from chipsim.problems.formats.coo import vartype
from chipsim.problems.formats.edges import separator_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import Line, ProblemFile, opened

Format = Literal[
    "auto",
    "rudy",
    "edges",
    "coo",
    "qubo",
    "biqmac",
    "mqlib",
    "bqpjson",
    "bqm",
    "matrix",
    "dimacs",
    "graph",
    "cnf",
    "hubo",
    "lp",
]


@dataclass(frozen=True)
class Rules:
    """Which keys a format takes: the conventions that leave no contradiction, whether spins may count from 0 or 1."""

    conventions: tuple[Convention, ...]
    indexed: bool = False


_ANY: tuple[Convention, ...] = get_args(Convention)
FORMATS: dict[str, Rules] = {
    "rudy": Rules(_ANY, indexed=True),
    "edges": Rules(_ANY, indexed=True),
    "coo": Rules(("dimod", "qubo")),
    "qubo": Rules(("qubo",), indexed=True),
    "biqmac": Rules(("qubo",), indexed=True),
    "mqlib": Rules(("qubo",), indexed=True),
    "bqpjson": Rules(()),
    "bqm": Rules(()),
    "matrix": Rules(_ANY),
    "dimacs": Rules(_ANY, indexed=True),
    "graph": Rules(_ANY),
    "cnf": Rules(()),
    "hubo": Rules(("dimod", "ising", "qubo")),
    "lp": Rules(()),
}
# Suffixes that state what content does not.
_SUFFIXES = {".sparse": "biqmac", ".wel": "edges", ".lp": "lp"}


def read_problem(
    path: str | Path,
    format: Format = "auto",
    convention: Convention | None = None,
    first_index: int | None = None,
    directed: bool = False,
) -> Problem:
    """Read a problem from a file.

    Args:
        path: of the file; its stem becomes the name of the problem.
        format: of the file; `auto` decides by content.
        convention: what its numbers mean; None for what the format or its header states.
        first_index: 0 or 1, number of its first spin; None for that of the format.
        directed: whether a line `i j J` of a list is the action of spin i on spin j only.

    Raises:
        ProblemError: the file cannot be read, breaks its format or contradicts an argument; the message starts with the
            path, and with `path:line` for everything that is wrong inside a text file.
        ChipsimError: the format needs a package that is not installed.
    """
    file = opened(path, convention, first_index, directed)
    name = format_of(file) if format == "auto" else format
    rules = FORMATS[name]
    if convention is not None and convention not in rules.conventions:
        own = f"convention: {' or '.join(rules.conventions)}" if rules.conventions else "a convention of its own"
        file.fail(f"format {name} has {own}, not {convention}; remove the key", code="data.bad-header")
    if first_index is not None and not rules.indexed:
        file.fail(f"first_index has no effect on format {name}; remove it", code="data.bad-header")
    if directed and name != "edges":
        file.fail(f"directed belongs to lists of edges, not to format {name}", code="data.bad-header")
    try:
        problem: Problem = importlib.import_module(f"chipsim.problems.formats.{name}").read(file)
    except ProblemError as error:
        _hint_at_another(file, name, error)
        raise
    return problem


def format_of(file: ProblemFile) -> str:
    """The format of a file by its first bytes, its header, or a suffix that is used for one format only.

    Raises:
        ProblemError: content cannot tell.
    """
    if file.content.startswith(MAGICS):
        return "matrix"
    if file.content.startswith(BQM):
        return "bqm"
    begin = file.text.lstrip()
    if begin.startswith("{"):
        return _of_json(file)
    if begin.startswith("<") or begin.startswith("graph"):
        return "graph"
    if vartype(file) is not None:
        return "coo"
    if file.path.suffix in _SUFFIXES:
        return _SUFFIXES[file.path.suffix]
    return _of_lines(file)


def _of_json(file: ProblemFile) -> str:
    if '"variable_domain"' in file.text:
        return "bqpjson"
    if '"BinaryQuadraticModel"' not in file.text:
        file.fail("neither bqpjson nor a binary quadratic model of dimod", code="data.malformed")
    return "bqm"


def _of_lines(file: ProblemFile) -> str:
    lines = list(_first_lines(file))
    kinds = {line.words[0].lower(): line.words[1].lower() for line in lines if len(line.words) > 1}
    if "p" in kinds:
        return {"qubo": "qubo", "cnf": "cnf", "wcnf": "cnf"}.get(kinds["p"], "dimacs")
    if separator_of(file) is not None:
        return "edges"
    header = lines[0].words
    if len(lines) > 1 and len(header) == 1 and lines[1].words[0].lower() in ("unipolar", "bipolar"):
        return "rudy"
    counted = len(header) >= 2 and header[0].isdigit() and header[1].isdigit() and not any(map(is_number, header[2:]))
    if not counted or (len(lines) > 1 and all(len(line.words) == 2 for line in lines) and not _counts(file, header)):
        return "edges"
    return "rudy"


def _counts(file: ProblemFile, header: list[str]) -> bool:
    """Whether a header `n m` gives the number of the lines below it."""
    return int(header[1]) == sum(1 for _ in file.lines()) - 1


def _first_lines(file: ProblemFile, many: int = 100) -> list[Line]:
    """The first lines that say something; comments of DIMACS and qbsolv are among them only if nothing else is."""
    found: list[Line] = []
    for line in file.lines():
        if line.words[0].lower() != "c" or not found:
            found.append(line)
        if len(found) == many:
            break
    return found


def _hint_at_another(file: ProblemFile, name: str, error: ProblemError) -> None:
    """Add the format that the content suggests to an error about another one."""
    if error.code not in ("data.wrong-fields", "data.bad-header", "data.bad-number", "data.malformed", "data.not-text"):
        return
    try:
        other = format_of(file)
    except ProblemError:
        return
    if other not in (name, "edges", "rudy"):
        error.args = (f"{error.args[0]}; the file looks like format: {other}",)
