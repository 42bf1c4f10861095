"""Passes over the elements of a large array, each once through memory."""

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
    """The largest of |elements|, 0 where there are none."""
    out = 0.0
    for i in range(elements.shape[0]):
        for j in range(elements.shape[1]):
            out = max(out, abs(elements[i, j]))
    return out


@kernel
def sizes(elements):  # type: ignore[no-untyped-def]
    """Sizes of elements (rows, columns)."""
    rows, columns, largest = np.zeros(elements.shape[0]), np.zeros(elements.shape[1]), 0.0
    for i in range(elements.shape[0]):
        # A local sum stays in a register.
        total = 0.0
        for j in range(elements.shape[1]):
            size = abs(elements[i, j])
            total += size
            columns[j] += size
            largest = max(largest, size)
        rows[i] = total
    return Sizes(rows, columns, largest)


@kernel
def rounded(elements, step, out):  # type: ignore[no-untyped-def]
    """Put the nearest multiples of a step into `out`, both (rows, columns), and say their sizes."""
    rows, columns, largest, per = np.zeros(elements.shape[0]), np.zeros(elements.shape[1]), 0.0, 1 / step
    for i in range(elements.shape[0]):
        total = 0.0
        for j in range(elements.shape[1]):
            out[i, j] = np.rint(elements[i, j] * per) * step
            size = abs(out[i, j])
            total += size
            columns[j] += size
            largest = max(largest, size)
        rows[i] = total
    return Sizes(rows, columns, largest)
