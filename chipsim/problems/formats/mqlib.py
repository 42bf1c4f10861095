"""QUBO files of MQLib: maximise x'Qx with symmetric Q, so that a listed pair counts twice.

A header `n m`, then m lines `i j q`, variables from 1, `#` comments. The sample of its documentation, diagonal 5, 3, 1
with Q_12 = -6 and Q_23 = -1, has the maximum 6 at x = (1, 0, 1). Max-Cut files of MQLib are rudy. MQLib, bin/README.md.
"""

from __future__ import annotations

from chipsim.problems.conventions import problem_of
from chipsim.problems.formats.biqmac import symmetric_terms
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile


def read(file: ProblemFile) -> Problem:
    """Read a QUBO to be maximised.

    Raises:
        ProblemError: the file breaks the format; the message starts with `path:line`.
    """
    terms, labels = symmetric_terms(file)
    return problem_of(terms, "qubo", file.path.stem, maximise=True, labels=labels)
