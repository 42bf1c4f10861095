"""Symmetric positive definite matrices and right-hand sides: seeded, or from files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.files import MAX_INPUT_BYTES, TooLargeError, read_bounded
from chipsim.problems.array_files import MAGICS, named_arrays
from chipsim.problems.models import ROUNDING, real
from chipsim.rounding import rounded


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
    """A symmetric matrix A, (n, n), from a file.

    Files are `.npy`, `.npz`, `.mat` or MatrixMarket, dense or sparse, or text with one row per line. Of several arrays
    in a file it is the one named `A`.

    Raises:
        ProblemError: it cannot be read, or is not real, square and symmetric.
    """
    matrix = _numbers(name, ("A",))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise ProblemError(
            f"{name}: shape {matrix.shape}; a square matrix of 2 or more rows is required",
            code="problem.not-square",
        )
    uneven = np.argwhere(np.abs(matrix - matrix.T) > ROUNDING * np.abs(matrix).max())
    if len(uneven):
        i, j = uneven[0]
        raise ProblemError(
            f"{name}: not symmetric: [{i}, {j}] is {matrix[i, j]:g}, [{j}, {i}] is {matrix[j, i]:g}",
            code="problem.not-symmetric",
        )
    return (matrix + matrix.T) / 2


def check_definite(matrix: NDArray[np.float64], name: str) -> None:
    """Raise unless a symmetric matrix can be the potential of a network.

    Raises:
        ProblemError: it is singular, or has a negative eigenvalue.
    """
    values = np.linalg.eigvalsh(matrix)
    smallest, largest = float(values[0]), float(np.abs(values).max())
    rounding = len(matrix) * np.finfo(float).eps * largest
    if abs(smallest) <= rounding:
        raise ProblemError(
            f"{name}: singular: its smallest eigenvalue is 0 within rounding ({rounded(rounding, '.2g')}), so there is "
            "no inverse",
            code="problem.singular",
        )
    if smallest < 0:
        raise ProblemError(
            f"{name}: not positive definite: its smallest eigenvalue is {rounded(smallest, '.4g')}; the network would "
            "be unstable",
            code="problem.indefinite",
        )


def read_right_side(name: str, size: int) -> NDArray[np.float64]:
    """Right-hand sides, one per column, (size, k), from a file of the same formats.

    Of several arrays in a file they are the one named `b` or `B`.

    Raises:
        ProblemError: it cannot be read, its number of rows is not `size`, or a column is 0.
    """
    columns = _numbers(name, ("b", "B"))
    if columns.ndim == 1 or columns.shape == (1, size):
        columns = columns.reshape(-1, 1)
    if columns.ndim != 2 or len(columns) != size or not columns.size:
        raise ProblemError(
            f"{name}: shape {columns.shape}; {size:,} rows are required, one column for each right-hand side",
            code="data.wrong-shape",
        )
    empty = np.flatnonzero(~columns.any(axis=0))
    if len(empty):
        raise ProblemError(
            f"{name}: column {empty[0]} is 0, and so is its solution; remove it", code="data.wrong-values"
        )
    return columns


def read_rows(name: str) -> NDArray[np.float64]:
    """Rows of finite numbers, (rows, columns), from a file of the same formats; a single line is one row.

    Raises:
        ProblemError: it cannot be read, or has more than two dimensions.
    """
    rows = np.atleast_2d(_numbers(name, ("A",)))
    if rows.ndim != 2 or not rows.size:
        raise ProblemError(f"{name}: shape {rows.shape}; rows of numbers are required", code="data.wrong-shape")
    return rows


class _Places(Sequence[tuple[int, ...]]):
    """Indices of the elements of an array of this shape, in their order."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def __len__(self) -> int:
        return math.prod(self.shape)

    def __getitem__(self, index: Any) -> Any:
        return tuple(int(part) for part in np.unravel_index(index, self.shape))


def _numbers(name: str, known: tuple[str, ...]) -> NDArray[np.float64]:
    """The only array of a file, or the one of a known name, as finite real numbers."""
    path = Path(name)
    try:
        content = read_bounded(path)
    except TooLargeError as error:
        raise ProblemError(f"{name}: {error.strerror}", code="file.too-large") from None
    except OSError as error:
        raise ProblemError(f"{name}: cannot be read: {error.strerror or error}", code="file.unreadable") from None
    is_binary = content.startswith(MAGICS)
    found = _chosen(name, named_arrays(path, content), known) if is_binary else _of_text(name, content)
    return real(found.ravel(), name, _Places(found.shape)).reshape(found.shape)


def _chosen(name: str, arrays: dict[str, Any], known: tuple[str, ...]) -> NDArray[Any]:
    own = [key for key in known if key in arrays] if len(arrays) > 1 else list(arrays)
    if len(own) != 1:
        named = ", ".join(sorted(arrays)) or "none"
        raise ProblemError(f"{name}: expected one array, or one named {known[0]}; found {named}", code="data.missing")
    found = arrays[own[0]]
    if isinstance(found, np.ndarray):
        return found
    bytes_needed = 8 * math.prod(found.shape)
    if bytes_needed > MAX_INPUT_BYTES:
        raise ProblemError(
            f"{name}: shape {found.shape} takes {rounded(bytes_needed / 2**30, '.3g')} GiB as a dense array; "
            f"at most {MAX_INPUT_BYTES // 2**30} GiB are supported",
            code="file.too-large",
        )
    return np.asarray(found.toarray())


def _of_text(name: str, content: bytes) -> NDArray[np.float64]:
    if not content.strip():
        raise ProblemError(f"{name}: empty", code="data.empty")
    try:
        return np.loadtxt(BytesIO(content), delimiter="," if b"," in content else None, ndmin=1)
    except ValueError as error:
        told = str(error).splitlines()[0]
        raise ProblemError(f"{name}: not a matrix of numbers: {told}", code="data.bad-number") from None
