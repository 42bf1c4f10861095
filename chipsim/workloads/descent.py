"""Optimisation steps: Adam, and decaying learning rates."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

DECAYS = (0.9, 0.999)


def adam(
    gradient: NDArray[np.float64], first: NDArray[np.float32], second: NDArray[np.float32], number: int, rate: float
) -> NDArray[np.float32]:
    """A step along the gradient (Kingma & Ba 2015, epsilon 1e-8).

    Args:
        gradient: of any shape.
        first: mean of the gradients so far, initially 0; updated in place.
        second: mean of their squares, likewise.
        number: of the step, from 0.
        rate: size of the step.
    """
    slow, slower = DECAYS
    first += (1 - slow) * (gradient - first)
    second += (1 - slower) * (gradient**2 - second)
    mean = first / (1 - slow ** (number + 1))
    spread = np.sqrt(second / (1 - slower ** (number + 1)))
    change: NDArray[np.float32] = (rate * mean / (spread + 1e-8)).astype(np.float32)
    return change


def cosine_rate(rate: float, last: float, number: int, total: int) -> float:
    """Rate of step `number` (from 0) of `total`: half a cosine from `rate` to `last` times `rate`."""
    share = (1 + math.cos(math.pi * number / total)) / 2
    return float(rate * (last + (1 - last) * share))
