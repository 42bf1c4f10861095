"""Realisation of a symmetric matrix by parts of finite resolution on one die, for all kinds of couplers.

The largest part maps to the range, every part is rounded to a code, and each deviates from its code by a fixed relative
mismatch of the die. A passive network consists of parts between two cells and from each cell to ground: an off-diagonal
element is minus the part between two cells, the diagonal the sum of all parts at the cell. It therefore realises only
M-matrices with row sums >= 0. Signed elements realise any symmetric matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.physics.held_matrix import Network, PartErrors
from chipsim.rounding import rounded

# Row sums below this fraction of the diagonal count as 0.
NOTHING = 1e-12


def realise(
    matrix: NDArray[np.float64],
    largest: float,
    bits: int,
    passive: bool,
    mismatch: float,
    die: np.random.Generator,
    scale: float | None = None,
) -> Network:
    """A symmetric (n, n) matrix with parts up to `largest`.

    With a `scale`, a part of 1 takes that value, and the largest one need not reach the range.

    Raises:
        ProblemError: the network is passive, and the matrix requires a negative part; parts exceed `largest`.
    """
    parts = _passive_parts(matrix) if passive else matrix
    peak = float(np.abs(parts).max())
    if scale is None:
        scale = largest / peak
    elif scale * peak > largest:
        raise ProblemError(
            f"an element of {rounded(peak, '.4g')} needs a coupler of {rounded(scale * peak, '.4g')} S, above the "
            f"range of {rounded(largest, '.4g')} S; "
            "raise the range of the couplers, or use smaller weights",
            code="chip.out-of-range",
        )
    step = largest / levels(bits, signed=not passive)
    coded = np.rint(parts * (scale / step)) * step
    numbers = np.triu(die.standard_normal(matrix.shape))
    held = coded * (1 + mismatch * (numbers + np.triu(numbers, 1).T))
    off = coded - parts * scale
    return Network(
        scale,
        matrix * scale,
        _passive_matrix(held) if passive else held,
        passive,
        PartErrors(_passive_matrix(off) if passive else off, (mismatch * parts * scale) ** 2),
    )


def levels(bits: int, signed: bool) -> int:
    """Largest code of a part: of one sign, or with one bit of sign (a single bit is the sign alone)."""
    return max(1, 2 ** (bits - 1) - 1) if signed else 2**bits - 1


def _passive_parts(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parts between cells (off-diagonal) and to ground (diagonal)."""
    off_diagonal = matrix - np.diag(np.diag(matrix))
    positive = np.argwhere(off_diagonal > 0)
    if len(positive):
        i, j = positive[0]
        raise ProblemError(
            f"element [{i}, {j}] is {matrix[i, j]:g}: a passive network realises only M-matrices, whose off-diagonal "
            "elements are <= 0; use couplers of either sign, or another matrix",
            code="chip.not-passive",
        )
    ground = matrix.sum(axis=1)
    ground[np.abs(ground) < NOTHING * np.diag(matrix)] = 0.0
    if (ground < 0).any():
        row = int(np.argmin(ground))
        raise ProblemError(
            f"row {row} sums to {ground[row]:g}: a passive network requires row sums >= 0; "
            "use couplers of either sign, or another matrix",
            code="chip.not-passive",
        )
    return np.diag(ground) - off_diagonal


def _passive_matrix(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix of a network of such parts."""
    off_diagonal = parts - np.diag(np.diag(parts))
    return np.diag(parts.sum(axis=1)) - off_diagonal
