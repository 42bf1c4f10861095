"""rudy, the format of the G-set and of the Max-Cut instances of Biq Mac (`.mc`) and MQLib.

The first line is `n m` (text may follow), then m lines `i j w` with vertices from 1; a missing w is 1. Also read: files
with the four header lines of GPU-pSAv (`n`, `unipolar` or `bipolar`, type of graph, best known cut), without the number
of edges. Only with a convention other than maxcut, a line `i i b` is a linear term.
"""

from __future__ import annotations

from collections.abc import Iterator

from chipsim.problems.conventions import problem_of
from chipsim.problems.counted import counted_entries, spins_of
from chipsim.problems.entries import entries_of, terms_of
from chipsim.problems.formats.coo import refuse_header
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import Line, ProblemFile

EXPECTED = "`i j` or `i j w`"


def read(file: ProblemFile) -> Problem:
    """Read a graph; edges are in the order of the file, those of weight 0 are left out.

    Raises:
        ProblemError: the file breaks the format; the message starts with `path:line`.
    """
    refuse_header(file)
    lines = file.lines()
    header = next(lines)
    known = None
    if len(header.words) == 1:
        spins, known = spins_of(file, header), _best_known_cut(file, header, lines)
        entries = entries_of(file, lines, 1.0, EXPECTED)
    else:
        spins, entries = counted_entries(file, header, lines, 1.0, EXPECTED)
    convention = file.convention or "maxcut"
    if convention == "maxcut":
        entries.refuse_loops("a cut has none; for a QUBO state format: biqmac (minimise x'Qx) or mqlib (maximise)")
    terms, labels = terms_of(entries, spins)
    return problem_of(terms, convention, file.path.stem, labels=labels, best_known_cut=known)


def _best_known_cut(file: ProblemFile, header: Line, lines: Iterator[Line]) -> float:
    """The best known cut of a header of four lines, of which the first is read already."""
    weights, graph, best = next(lines, None), next(lines, None), next(lines, None)
    if not (weights and graph and best) or weights.words[0].lower() not in ("unipolar", "bipolar"):
        complaint = (
            "expected the header `n m`, or `n` followed by three lines: unipolar or bipolar, type, best known cut"
        )
        file.fail(complaint, header.row, code="data.bad-header")
    return float(entries_of(file, [Line(best.row, ["0", "1", best.words[0]])], None, "the best known cut").values[0])
