"""Operations on the elements of a large array, each in one pass through memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels.jit import kernel


class Sizes(NamedTuple):
    """Sums of |elements| of each row and of each column, and the largest."""

    rows: NDArray[Any]
    columns: NDArray[Any]
    largest: float


@kernel
def largest(elements):  # type: ignore[no-untyped-def]
    """The largest of |elements|, 0 for empty arrays."""
    out = 0.0
    for i in range(elements.shape[0]):
        for j in range(elements.shape[1]):
            out = max(out, abs(elements[i, j]))
    return out


@kernel
def _row_sizes(row, columns, largest_seen):  # type: ignore[no-untyped-def]
    """(sum, largest or `largest_seen`) of |elements| of a row; they are added to `columns`."""
    # A local sum stays in a register.
    total = 0.0
    for j in range(len(row)):
        size = abs(row[j])
        total += size
        columns[j] += size
        largest_seen = max(largest_seen, size)
    return total, largest_seen


@kernel
def sizes(elements):  # type: ignore[no-untyped-def]
    """Sizes of elements (rows, columns)."""
    rows, columns, largest_seen = np.zeros(elements.shape[0]), np.zeros(elements.shape[1]), 0.0
    for i in range(elements.shape[0]):
        rows[i], largest_seen = _row_sizes(elements[i], columns, largest_seen)
    return Sizes(rows, columns, largest_seen)


@kernel
def rounded(elements, step, out):  # type: ignore[no-untyped-def]
    """Write the nearest multiples of a step to `out`, both (rows, columns), and return their sizes."""
    rows, columns, largest_seen, per = np.zeros(elements.shape[0]), np.zeros(elements.shape[1]), 0.0, 1 / step
    for i in range(elements.shape[0]):
        for j in range(elements.shape[1]):
            out[i, j] = np.rint(elements[i, j] * per) * step
        # While the row is still in the cache.
        rows[i], largest_seen = _row_sizes(out[i], columns, largest_seen)
    return Sizes(rows, columns, largest_seen)
