"""Symmetric positive definite matrices: seeded, or from a file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.files import TooLargeError, read_bounded
from chipsim.problems.npy import read_npy


def spectrum_matrix(size: int, condition: float, seed: int) -> NDArray[np.float64]:
    """Eigenvalues evenly spaced in the logarithm from 1/condition to 1, in seeded random directions."""
    directions, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))
    matrix = (directions * np.geomspace(1 / condition, 1, size)) @ directions.T
    return (matrix + matrix.T) / 2


def m_matrix(size: int, condition: float, seed: int) -> NDArray[np.float64]:
    """A network of seeded resistors between all cells and one to ground at each, of this condition and largest
    eigenvalue 1.
    """
    weights = np.triu(np.random.default_rng(seed).random((size, size)), 1)
    weights += weights.T
    network = np.diag(weights.sum(axis=1)) - weights
    largest = float(np.linalg.eigvalsh(network)[-1])
    # The smallest eigenvalue of a network is that of its resistors to ground alone.
    ground = largest / (condition - 1)
    return (network + ground * np.eye(size)) / (largest + ground)


def low_rank_factor(size: int, rank: int, condition: float, seed: int) -> NDArray[np.float64]:
    """K of shape (rank, size) in seeded random directions, orthogonal rows, such that K^T K + 1/(condition - 1) I has
    its largest eigenvalues spaced evenly in the logarithm from 1 + 1/(condition - 1) down, and this condition.
    """
    rows = np.random.default_rng(seed).standard_normal((rank, size))
    values, vectors = np.linalg.eigh(rows @ rows.T)
    orthogonal = (vectors / np.sqrt(values)).T @ rows
    return np.sqrt(np.geomspace(1 / (condition - 1), 1, rank))[:, None] * orthogonal


def read_matrix(name: str) -> NDArray[np.float64]:
    """A matrix from a .npy file, or from text with one row per line.

    Raises:
        ProblemError: it cannot be read, or is not a symmetric positive definite matrix.
    """
    path = Path(name)
    try:
        content = read_bounded(path)
        matrix = read_npy(content) if path.suffix == ".npy" else np.loadtxt(BytesIO(content), ndmin=2)
        matrix = np.asarray(matrix, np.float64)
    except TooLargeError as error:
        raise ProblemError(f"{name}: {error.strerror}", code="file.too-large") from None
    except OSError as error:
        raise ProblemError(f"{name}: cannot be read: {error.strerror or error}", code="file.unreadable") from None
    except (ValueError, TypeError) as error:
        raise ProblemError(
            f"{name}: not a matrix of numbers: {str(error).splitlines()[0]}", code="data.bad-number"
        ) from None
    check_definite(matrix, name)
    return matrix


def check_definite(matrix: NDArray[np.float64], name: str) -> None:
    """Raise unless the matrix can be the potential of a network.

    Raises:
        ProblemError: it is not square, finite, symmetric or positive definite.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise ProblemError(
            f"{name}: shape {matrix.shape}; a square matrix of 2 or more rows is required",
            code="problem.not-square",
        )
    if not np.isfinite(matrix).all():
        raise ProblemError(f"{name}: not all elements are finite", code="data.bad-number")
    uneven = np.argwhere(np.abs(matrix - matrix.T) > 1e-9 * np.abs(matrix).max())
    if len(uneven):
        i, j = uneven[0]
        raise ProblemError(
            f"{name}: not symmetric: [{i}, {j}] is {matrix[i, j]:g}, [{j}, {i}] is {matrix[j, i]:g}",
            code="problem.not-symmetric",
        )
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if smallest <= 0:
        raise ProblemError(
            f"{name}: not positive definite: its smallest eigenvalue is {smallest:.4g}; the network would be unstable",
            code="problem.indefinite",
        )
