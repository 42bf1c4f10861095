"""Conjugate gradients (Hestenes & Stiefel 1952), step by step, so that who uses them decides when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def conjugate_gradients(times: Callable[[Vector], Vector], right: Vector, start: Vector) -> Iterator[Vector]:
    """Approximations of A^-1 times a vector, the next one better; they end where one is as good as numbers are.

    Args:
        times: the product of A, symmetric and positive definite, with a vector (n,). Called once a step, and once
            before the first where `start` is not 0.
        right: (n,).
        start: (n,) where to begin.

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
