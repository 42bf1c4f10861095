"""Effect of errors of the parts of a network on its results, to first order: dx = -A^-1 dA x, dX = -X dA X.

Everything is an expected square over independent errors of given variance: of elements and their mirror images, of the
parts of a passive network (one between two cells moves four elements), or of the factors of a matrix of low rank.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.physics.held_matrix import FactorErrors
from chipsim.physics.laws import Reduced
from chipsim.physics.low_rank import LowRank

Square = NDArray[np.float64]


def solution_error(inverse: Square, solution: NDArray[np.float64], variance: Square, passive: bool) -> float:
    """Expected squared error of A^-1 b under independent errors of these variances, (n, n)."""
    gram = inverse.T @ inverse
    norms, squares = np.diag(gram), solution**2
    if passive:
        between = np.add.outer(norms, norms) - 2 * gram
        pairs = between * np.subtract.outer(solution, solution) ** 2
    else:
        pairs = np.outer(norms, squares) + np.outer(squares, norms) + 2 * gram * np.outer(solution, solution)
    return float(np.triu(variance * pairs, 1).sum() + (np.diag(variance) * norms * squares).sum())


def inverse_error(inverse: Square, variance: Square, passive: bool) -> float:
    """Expected squared Frobenius error of A^-1 under the same errors."""
    gram = inverse.T @ inverse
    norms = np.diag(gram)
    between = np.add.outer(norms, norms) - 2 * gram
    pairs = between**2 if passive else 2 * np.outer(norms, norms) + 2 * gram**2
    return float(np.triu(variance * pairs, 1).sum() + (np.diag(variance) * norms**2).sum())


def factor_code_error(law: Reduced, matrix: LowRank, solution: NDArray[np.float64], errors: FactorErrors) -> float:
    """Expected squared error of A^-1 b, A = J^T H J + rest I, where codes of J (of both copies) and of H are rounded.

    `law` is that of the matrix itself.
    """
    assert law.basis is not None
    inside, outside = _inverse_squares(law)
    images, mixed = matrix.right @ solution, matrix.middle @ (matrix.right @ solution)
    back, plain = (solved(law, part) for part in (matrix.left @ matrix.middle, matrix.left))
    trace = inside.sum() + outside * (len(solution) - len(inside))
    first, last = float(mixed @ mixed) * trace, float(solution @ solution) * float((back**2).sum())
    cross = float(solution @ (solved(law, back) @ mixed))
    middle = float((plain**2).sum()) * float(images @ images)
    return float(errors.code * (first + last + 2 * cross) + errors.middle_code * middle)


def factor_mismatch_error(law: Reduced, matrix: LowRank, solution: NDArray[np.float64], errors: FactorErrors) -> float:
    """The same for independent deviations of all resistors of the three arrays."""
    assert law.basis is not None
    inside, outside = _inverse_squares(law)
    images, mixed = matrix.right @ solution, matrix.middle @ (matrix.right @ solution)
    squares = outside + (law.basis**2) @ (inside - outside)  # diagonal of A^-2
    first = float(squares @ (matrix.left**2 @ mixed**2))
    back, plain = (solved(law, part) for part in (matrix.left @ matrix.middle, matrix.left))
    last = float((back**2).sum(axis=0) @ (matrix.right**2 @ solution**2))
    middle = float((plain**2).sum(axis=0) @ (matrix.middle**2 @ images**2))
    return errors.mismatch**2 * (first + last + middle)


def _inverse_squares(law: Reduced) -> tuple[NDArray[np.float64], float]:
    """Eigenvalues of A^-2 in the basis, and outside of it."""
    assert law.rest is not None
    return 1 / np.diag(law.inside.drift) ** 2, 1 / law.rest**2


def solved(law: Reduced, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """A^-1 times columns (n, k)."""
    assert law.basis is not None
    inside, outside = _inverse_squares(law)
    within = law.basis.T @ columns
    out: NDArray[np.float64] = columns * np.sqrt(outside) + law.basis @ (
        within * (np.sqrt(inside) - np.sqrt(outside))[:, None]
    )
    return out
