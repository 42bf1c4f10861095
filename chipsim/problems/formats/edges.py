"""Lists of lines `i j value`, and `i i value` for linear terms: plain text, CSV with or without a header, `.wel`.

The convention is ising unless stated by the key, by the last column of a CSV header (`J`, `weight`, `q`), or by the
suffix `.wel` (graphs). A first line of one number is the number of spins. Otherwise each index that occurs is a spin.
Indices stay as labels, and may be written as floats. Under maxcut, a line `i j` has weight 1.
"""

from __future__ import annotations

from itertools import chain

from chipsim.problems.conventions import Convention, problem_of
from chipsim.problems.counted import spins_of
from chipsim.problems.entries import Entries, entries_of, holes, is_number, terms_of
from chipsim.problems.formats.coo import refuse_header
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import Line, ProblemFile

# Name of the last column -> the conventions that it may have, its default first.
_COLUMNS: dict[str, tuple[Convention, ...]] = {
    **dict.fromkeys(("j", "j_ij", "coupling"), ("ising", "dimod")),
    **dict.fromkeys(("w", "weight"), ("maxcut", "ising", "dimod", "qubo")),
    **dict.fromkeys(("q", "q_ij", "qubo"), ("qubo",)),
}
_SEPARATORS = ",;"


def read(file: ProblemFile) -> Problem:
    """Read a list; edges are in the order of the file, those of value 0 are left out.

    Raises:
        ProblemError: the file breaks the format; the message starts with `path:line`.
    """
    refuse_header(file)
    lines = file.lines(separator_of(file))
    first = next(lines)
    convention, spins = file.convention, None
    if not any(map(is_number, first.words)):
        convention = _stated(file, first)
    elif len(first.words) == 1 and is_number(first.words[0]):
        spins = spins_of(file, first)
    else:
        lines = chain([first], lines)
    convention = convention or ("maxcut" if file.path.suffix == ".wel" else "ising")
    graph = convention == "maxcut"
    expected = EXPECTED_OF_A_GRAPH if graph else EXPECTED
    entries = entries_of(file, lines, 1.0 if graph else None, expected)
    if graph:
        entries.refuse_loops("a cut has none")
    spins = spins and _counted_from(entries, spins)
    if file.first_index and spins is None:
        _refuse_zero(entries)
    terms, labels = terms_of(entries, spins)
    return problem_of(terms, convention, file.path.stem, labels=labels, notes=holes(labels))


EXPECTED = "`i j J`, or `i i b` for a bias (pairs of spins only; format: hubo reads longer terms)"
EXPECTED_OF_A_GRAPH = "`i j` or `i j w`"


def separator_of(file: ProblemFile) -> str | None:
    """The separator of a CSV file, by its first line; None for blanks."""
    first = " ".join(next(file.lines()).words)
    return next((separator for separator in _SEPARATORS if separator in first), None)


def _stated(file: ProblemFile, header: Line) -> Convention:
    """The convention that a CSV header states, or leaves to the key."""
    name = header.words[-1]
    known = _COLUMNS.get(name.lower())
    if len(header.words) not in (2, 3) or (known is None and file.convention is None):
        complaint = f'column "{name}" states no convention; state convention: ising, dimod, maxcut or qubo'
        file.fail(complaint, header.row, code="data.bad-header")
    if known is None or file.convention in known:
        assert file.convention is not None
        return file.convention
    if file.convention is not None:
        complaint = f'column "{name}" contradicts convention: {file.convention}; it states {known[0]}'
        file.fail(complaint, header.row, code="data.bad-header")
    return known[0]


def _counted_from(entries: Entries, spins: range) -> range:
    """All indices of a list that starts with the number of spins: from `first_index`, or from 1 if that is needed."""
    if entries.file.first_index is None and not (len(entries.ends) and entries.ends.max() == len(spins)):
        return range(len(spins))
    return spins


def _refuse_zero(entries: Entries) -> None:
    zeros = (entries.ends == 0).any(axis=1)
    if zeros.any():
        row = int(entries.rows[zeros.argmax()])
        entries.file.fail("index 0 in a list with first_index: 1", row, code="problem.bad-index")
