"""Conjugate gradients (Hestenes & Stiefel 1952) as a generator, so that the caller decides when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def conjugate_gradients(times: Callable[[Vector], Vector], right: Vector, start: Vector) -> Iterator[Vector]:
    """Successive approximations of A^-1 times a vector, until the accuracy of floating point.

    Args:
        times: the product of A, symmetric and positive definite, with a vector (n,). Called once per step, and once
            before the first where `start` is not 0.
        right: (n,).
        start: (n,) initial vector.

    Yields:
        (n,) after each step.
    """
    found = start
    residual = right - times(start) if start.any() else right
    direction, square = residual, float(residual @ residual)
    least = np.finfo(float).eps ** 2 * float(right @ right)
    while square > least:
        product = times(direction)
        length = square / float(direction @ product)
        found = found + length * direction
        residual = residual - length * product
        yield found
        before, square = square, float(residual @ residual)
        direction = residual + square / before * direction
