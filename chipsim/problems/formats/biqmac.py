"""Sparse QUBO files of the Biq Mac library: minimise x'Qx with symmetric Q, so that a listed pair counts twice.

A header `n m`, then m lines `i j q` with i <= j, variables from 1; `i i q` is the linear term q x_i.
A. Wiegele, Biq Mac Library - A collection of Max-Cut and quadratic 0-1 programming instances of medium size (2007).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chipsim.problems.conventions import Terms, problem_of
from chipsim.problems.counted import counted_entries
from chipsim.problems.entries import terms_of
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile


def read(file: ProblemFile) -> Problem:
    """Read a QUBO.

    Raises:
        ProblemError: the file breaks the format; the message starts with `path:line`.
    """
    terms, labels = symmetric_terms(file)
    return problem_of(terms, "qubo", file.path.stem, labels=labels)


def symmetric_terms(file: ProblemFile) -> tuple[Terms, NDArray[np.int64]]:
    """Terms of x'Qx from the diagonal and one triangle of a symmetric matrix, and the label of each variable."""
    lines = file.lines()
    spins, entries = counted_entries(file, next(lines), lines, None, "`i j q`")
    terms, labels = terms_of(entries, spins)
    return replace(terms, values=2 * terms.values), labels
