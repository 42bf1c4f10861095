"""`.qubo` of qbsolv: minimise sum q_i x_i + sum q_ij x_i x_j, each listed pair once.

Lines `c ...` are comments, one line `p qubo TOPOLOGY maxNodes nNodes nCouplers` is the header; then `i i q` (nNodes
lines) and `i j q` (nCouplers lines), variables 0 to maxNodes - 1. Format of qbsolv's documentation.
"""

from __future__ import annotations

import numpy as np

from chipsim.problems.conventions import problem_of
from chipsim.problems.entries import MAX_SPINS, entries_of, number, terms_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

_FIELDS = ("maxNodes", "nNodes", "nCouplers")


def read(file: ProblemFile) -> Problem:
    """Read a QUBO.

    Raises:
        ProblemError: the file breaks the format or contradicts its header; the message starts with `path:line`.
    """
    lines = (line for line in file.lines() if line.words[0].lower() != "c")
    header = next(lines, None)
    if header is None or [word.lower() for word in header.words[:2]] != ["p", "qubo"] or len(header.words) != 6:
        row = 1 if header is None else header.row
        file.fail("expected `p qubo TOPOLOGY maxNodes nNodes nCouplers`", row, code="data.bad-header")
    many, nodes, couplers = (number(file, header, place, name) for place, name in enumerate(_FIELDS, start=3))
    if not 1 <= many <= MAX_SPINS:
        file.fail(f"{many} variables; chipsim supports 1 to {MAX_SPINS}", header.row, code="problem.too-large")
    entries = entries_of(file, lines, None, "`i i q` or `i j q`")
    linear = int(np.count_nonzero(entries.is_linear))
    quadratic = len(entries.values) - linear
    if linear < nodes or quadratic != couplers:
        complaint = (
            f"the header specifies {nodes} nodes and {couplers} couplers, but the file has {linear} and {quadratic}"
        )
        file.fail(complaint, header.row, code="data.bad-header")
    notes = (f"the header specifies {nodes} nodes, the file has {linear}",) if linear > nodes else ()
    first = file.first_index or 0
    terms, labels = terms_of(entries, range(first, first + many))
    return problem_of(terms, "qubo", file.path.stem, labels=labels, notes=notes)
