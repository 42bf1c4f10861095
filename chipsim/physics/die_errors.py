"""Range of the error of a single die around the rms over dies: samples of its error to first order.

The squared error of a run is a sum of squares of normal numbers of unequal weight. A die is drawn from a fixed
seed, so a prediction is always the same; of the sum only mean and variance are used, and its range is that of a gamma
distribution with these (Satterthwaite, Biometrics Bulletin 2, 110, 1946).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import ou
from chipsim.physics.held_matrix import FactorErrors
from chipsim.physics.laws import Reduced
from chipsim.physics.low_rank import LowRank
from chipsim.physics.part_errors import factor_code_error, factor_mismatch_error, solved

# Number of sampled dies, and limit of random numbers in memory.
DIES, LEAST_DIES = 600, 16
MAX_NUMBERS = 2**23
# Readings sampled for the fourth moments of their products.
READINGS = 20_000

Matrix = NDArray[np.float64]


def dies_of(numbers: int) -> int:
    """Number of dies to sample if each takes `numbers` random numbers."""
    return max(LEAST_DIES, min(DIES, MAX_NUMBERS // numbers))


def generator() -> np.random.Generator:
    """Generator with a fixed seed."""
    return np.random.default_rng(1946)


def range95(mean: float, variance: float) -> tuple[float, float]:
    """95 % range of the root of a sum of squares of this mean and variance."""
    if mean <= 0 or variance <= 0:
        return math.sqrt(max(mean, 0.0)), math.sqrt(max(mean, 0.0))
    # Imported lazily: it takes a third of a second.
    from scipy.special import gammaincinv

    shape = mean**2 / variance
    low, high = (math.sqrt(float(gammaincinv(shape, p)) / shape * mean) for p in (0.025, 0.975))
    return low, high


def solution_errors(
    inverse: Matrix, solutions: Matrix, variance: Matrix, passive: bool, random: np.random.Generator
) -> NDArray[np.float64]:
    """(dies, n, k) errors -A^-1 dA X of k solutions, (n, k), where parts err by normal numbers of these variances."""
    return np.asarray(inverse @ (_errors_of_parts(variance, passive, random) @ solutions))


def factor_errors(
    law: Reduced, matrix: LowRank, solutions: Matrix, errors: FactorErrors, random: np.random.Generator
) -> NDArray[np.float64]:
    """The same of a matrix of low rank: codes and mismatch together. Codes that both copies share are drawn as if they
    were two; the rms is that of the closed forms.
    """
    n, many = solutions.shape
    dies = dies_of(n * many)
    images = matrix.right @ solutions
    mixed, back = matrix.middle @ images, matrix.left @ matrix.middle
    of_die = [
        matrix.left**2 @ _squares(mixed),
        matrix.middle**2 @ _squares(images),
        matrix.right**2 @ _squares(solutions),
    ]
    of_codes = [
        np.broadcast_to(sum(_squares(part)), (size, many * many))
        for part, size in ((mixed, n), (images, len(mixed)), (solutions, len(mixed)))
    ]
    out = np.zeros((dies, n, many))
    for parts, weights, law_of_squares in (
        (of_die, (errors.mismatch**2,) * 3, factor_mismatch_error),
        (of_codes, (errors.code, errors.middle_code, errors.code), factor_code_error),
    ):
        first, middle, last = (
            _correlated(weight * part, many, dies, random) for weight, part in zip(weights, parts, strict=True)
        )
        for column in range(many):
            moved = first[column] + matrix.left @ middle[column] + back @ last[column]
            drawn = solved(law, moved).T
            square = float((drawn**2).sum(axis=1).mean())
            predicted = law_of_squares(law, matrix, solutions[:, column], errors)
            out[:, :, column] += drawn * math.sqrt(max(predicted, 0.0) / square) if square else 0.0
    return out


def _squares(values: Matrix) -> Matrix:
    """(m, k^2) products of all pairs of the k columns of (m, k)."""
    return np.asarray((values[:, :, None] * values[:, None]).reshape(len(values), -1))


def _correlated(covariances: Matrix, many: int, dies: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(k, m, dies) normal numbers, the k of each row with its covariance, (m, k^2)."""
    values, vectors = np.linalg.eigh(covariances.reshape(-1, many, many))
    roots = vectors * np.sqrt(np.maximum(values, 0.0))[:, None]
    return np.asarray((roots @ random.standard_normal((len(roots), many, dies))).swapaxes(0, 1))


def inverse_errors(inverse: Matrix, variance: Matrix, passive: bool, random: np.random.Generator) -> Matrix:
    """(dies, n, n) errors -X dA X of an inverse X, where parts err by normal numbers of these variances."""
    # A product of matrices takes n times as long as its numbers.
    parts = _errors_of_parts(variance, passive, random, max(1, len(inverse) // 32))
    return np.asarray(inverse @ parts @ inverse)


def _errors_of_parts(variance: Matrix, passive: bool, random: np.random.Generator, effort: int = 1) -> Matrix:
    """(dies, n, n) errors dA of a network; the fewer dies, the more `effort` a number of them takes later."""
    n = len(variance)
    parts = np.triu(random.standard_normal((dies_of(n**2 * effort), n, n)))
    parts = (parts + np.triu(parts, 1).transpose(0, 2, 1)) * np.sqrt(variance)
    if passive:
        own = parts.sum(axis=2)
        parts *= np.eye(n) - 1
        parts[:, np.arange(n), np.arange(n)] = own
    return np.asarray(parts)


def spread_of_products(covariance: Matrix, away: Matrix, error: float, random: np.random.Generator) -> float:
    """Variance, over lanes, of the squared error of averaged products of normal readings, by noise.

    The average is that of so many independent readings as give the mean squared error. With X what products of one
    are off, its square is a sum of <X_k, X_l> over pairs: of a reading with itself, whose variance is drawn, and
    of two, <X, X'>^2 being 2 ((tr C^2)^2 + tr C^4).

    Args:
        covariance: (n, n) C of one reading.
        away: (n, n) by how far its expectation is from what is wanted.
        error: mean squared Frobenius error by noise.
        random: of the draws.
    """
    readings = independent_readings(covariance, error)
    volts = random.standard_normal((READINGS, len(covariance))) @ ou.root(covariance).T
    squares = (volts**2).sum(axis=1)
    own = squares**2 - 2 * (volts @ covariance * volts).sum(axis=1)
    shifted = 2 * (volts @ away * volts).sum(axis=1)
    fourth = float(((covariance @ covariance) ** 2).sum() + (covariance**2).sum() ** 2)
    alone, mixed = float(own.var()), float(2 * ((own - own.mean()) * shifted).mean())
    return (alone / readings + 4 * (1 - 1 / readings) * fourth + mixed) / readings**2 + float(shifted.var()) / readings


def independent_readings(covariance: Matrix, error: float) -> float:
    """How many readings of this covariance average to this mean squared error of their products, at least 1."""
    one = float(np.trace(covariance) ** 2 + (covariance**2).sum())
    return max(1.0, one / error) if error > 0 else math.inf
