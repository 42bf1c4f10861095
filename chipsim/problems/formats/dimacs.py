"""DIMACS graphs, `.col` and `.clq`: `c` comments, `p edge n m` (or `p col`), and lines `e i j`, vertices from 1.

Many files of the COLOR instances list each edge in both directions; such an edge counts once. Weights are 1.
"""

from __future__ import annotations

import numpy as np

from chipsim.problems.conventions import Terms, problem_of
from chipsim.problems.entries import MAX_SPINS, entries_of, number, terms_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import Line, ProblemFile


def read(file: ProblemFile) -> Problem:
    """Read a graph.

    Raises:
        ProblemError: the file breaks the format; the message starts with `path:line`.
    """
    lines = (line for line in file.lines() if line.words[0] != "c")
    header = next(lines, None)
    if header is None or header.words[0] != "p" or len(header.words) != 4:
        row = 1 if header is None else header.row
        file.fail("expected `p edge n m`", row, code="data.bad-header")
    if header.words[1] not in ("edge", "edges", "col"):
        complaint = f"p {header.words[1]}: a graph begins with p edge"
        file.fail(complaint, header.row, code="data.bad-header")
    many, edges = (number(file, header, place, what) for place, what in ((2, "vertices"), (3, "edges")))
    if not 1 <= many <= MAX_SPINS:
        file.fail(f"{many} vertices; a graph has 1 to {MAX_SPINS}", header.row, code="problem.too-large")
    entries = entries_of(file, (_edge(file, line) for line in lines), 1.0, "`e i j`")
    entries.refuse_loops("a graph to be cut has none")
    first = 1 if file.first_index is None else file.first_index
    terms, labels = terms_of(entries, range(first, first + many), add=True)
    # An edge in both directions was added up.
    once = Terms(terms.pairs, np.ones(len(terms.pairs)), terms.linear)
    if edges not in (len(entries.values), len(once.pairs)):
        complaint = f"the header specifies {edges} edges, but the file has {len(entries.values)}"
        file.fail(complaint, header.row, code="data.bad-header")
    return problem_of(once, file.convention or "maxcut", file.path.stem, labels=labels)


def _edge(file: ProblemFile, line: Line) -> Line:
    if line.words[0] != "e" or len(line.words) != 3:
        file.fail(f"expected `e i j`, found `{' '.join(line.words[:4])}`", line.row, code="data.wrong-fields")
    return Line(line.row, line.words[1:])
