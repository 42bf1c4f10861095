"""Matrices J and vectors h, or Q: `.npy`, `.npz`, `.mat` and MatrixMarket, dense or sparse, read by numpy and scipy.

Arrays named `J` (and `h`) are ising unless a convention is stated, `Q` is x'Qx; a matrix of no name needs a convention.
Entries [i, j] and [j, i] of a symmetric J are one pair. MatrixMarket counts from 1, and so do its labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chipsim.problems.array_files import MATRIX_MARKET, named_arrays
from chipsim.problems.conventions import Convention
from chipsim.problems.models import of_matrix
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

_FIELDS = ("h", "b")


def read(file: ProblemFile) -> Problem:
    """Read a problem from a matrix.

    Raises:
        ProblemError: damaged file; complex, not square or not symmetric matrix; no convention stated.
    """
    arrays = named_arrays(file.path, file.content)
    fields = next((arrays.pop(name) for name in _FIELDS if name in arrays), None)
    if len(arrays) != 1:
        named = ", ".join(sorted(arrays)) or "none"
        file.fail(f"expected one matrix, named J or Q, and a vector h; found {named}", code="data.missing")
    ((name, matrix),) = arrays.items()
    convention = _convention(file, name)
    labels = None
    if file.content.startswith(MATRIX_MARKET):
        labels = np.arange(1, matrix.shape[0] + 1)
    source = str(file.path) if not name else f"{file.path}, {name}"
    return of_matrix(matrix, _dense(fields), convention, file.path.stem, source, labels)


def _convention(file: ProblemFile, name: str) -> Convention:
    own: dict[str, Convention] = {"J": "ising", "Q": "qubo"}
    if name == "Q" and file.convention not in (None, "qubo"):
        file.fail(f"a matrix named Q is convention: qubo, not {file.convention}; rename it", code="data.bad-header")
    convention = file.convention or own.get(name)
    if convention is None:
        file.fail("a matrix alone states no convention; state convention: ising, dimod, maxcut or qubo",
                  code="data.bad-header")  # fmt: skip
    return convention


def _dense(fields: Any) -> Any:
    return fields if fields is None or isinstance(fields, np.ndarray) else fields.toarray()
