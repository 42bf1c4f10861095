"""Closed forms of what averages over a continuous array miss: noise, mismatch, quantisation, settling.

An average over T samples spaced h of a mode with rate l and variance v has variance
v / T ((1 + q) / (1 - q) - 2 q (1 - q^T) / (T (1 - q)^2)), q = e^(-l h): exact. A covariance averages products of two
modes, whose q is the product of theirs (Wick). Errors of the elements of a matrix act to first order:
dx = -A^-1 dA x for the solution, dX = -X dA X for the inverse.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def averaging(rates: NDArray[np.float64], spacing: float, samples: int) -> NDArray[np.float64]:
    """Variance of the average of so many samples, in units of the variance of one."""
    q = np.exp(-rates * spacing)
    return (1 + q) / (1 - q) / samples - 2 * q * (1 - q**samples) / (samples * (1 - q)) ** 2


def mean_error(rates: NDArray[np.float64], variances: NDArray[np.float64], spacing: float, samples: int) -> float:
    """Expected squared error of an averaged vector, from the variances of its modes."""
    return float((variances * averaging(rates, spacing, samples)).sum())


def covariance_error(rates: NDArray[np.float64], variances: NDArray[np.float64], spacing: float, samples: int) -> float:
    """Expected squared Frobenius error of an averaged covariance of a vector whose mean is known to be 0."""
    sums = averaging(np.add.outer(rates, rates), spacing, samples)
    products = np.outer(variances, variances) * (1 + np.eye(len(rates)))
    return float((products * sums).sum())


def remaining(rates: NDArray[np.float64], settle: float, spacing: float, samples: int) -> NDArray[np.float64]:
    """Share of the way from the start that an average over the samples still misses, by mode."""
    q = np.exp(-rates * spacing)
    return np.exp(-rates * settle) * q * (1 - q**samples) / (1 - q) / samples


def solution_error(
    inverse: NDArray[np.float64], solution: NDArray[np.float64], variance: NDArray[np.float64], resistors: bool
) -> float:
    """Expected squared error of A^-1 b when each element of A (and its mirror image), or each resistor between two
    cells or from one to ground, has this variance.
    """
    gram = inverse.T @ inverse
    norms, squares = np.diag(gram), solution**2
    if resistors:
        between = np.add.outer(norms, norms) - 2 * gram
        pairs = between * np.subtract.outer(solution, solution) ** 2
    else:
        pairs = np.outer(norms, squares) + np.outer(squares, norms) + 2 * gram * np.outer(solution, solution)
    return float(np.triu(variance * pairs, 1).sum() + (np.diag(variance) * norms * squares).sum())


def inverse_error(inverse: NDArray[np.float64], variance: NDArray[np.float64], resistors: bool) -> float:
    """Expected squared Frobenius error of A^-1 under the same variances."""
    gram = inverse.T @ inverse
    norms = np.diag(gram)
    between = np.add.outer(norms, norms) - 2 * gram
    pairs = between**2 if resistors else 2 * np.outer(norms, norms) + 2 * gram**2
    return float(np.triu(variance * pairs, 1).sum() + (np.diag(variance) * norms**2).sum())
