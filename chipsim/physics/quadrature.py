"""Observation times of voltages, and integration of their power between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

# Of a relaxation, whose power falls fast at first: so many looks, closer together towards the start by this power. For
# power that falls exponentially, at any rate, the integral is off by less than 0.2 % of its fall times the duration.
RADAU_POINTS = 6
CROWDING = 3


class QuadratureTimes(NamedTuple):
    """Times from now, and a rule of integration.

    Attributes:
        times_s: (T,) seconds, increasing; the last is the end.
        weights_s: (1 + T,) weights in seconds of the present value and of that at each time.
    """

    times_s: NDArray[np.float64]
    weights_s: NDArray[np.float64]


def trapezoid_times(count: int, spacing_s: float) -> QuadratureTimes:
    """Equidistant times with the trapezoidal rule."""
    weights = np.full(count + 1, spacing_s)
    weights[[0, -1]] /= 2
    return QuadratureTimes(spacing_s * np.arange(1.0, count + 1), weights)


def radau_times(duration_s: float) -> QuadratureTimes:
    """Few times, dense at the start: Gauss-Radau quadrature over the CROWDING-th root of the time."""
    nodes, weights = _radau(RADAU_POINTS)
    share, stretch = nodes**CROWDING, CROWDING * nodes ** (CROWDING - 1)
    return QuadratureTimes(duration_s * share, np.append(0.0, duration_s * stretch * weights))


def _radau(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(nodes, weights) over 0..1 with a node at 1: the roots of P_n - P_(n-1) (Abramowitz and Stegun 25.4.31)."""
    last = np.eye(count + 1)[[count - 1, count]]
    nodes = np.sort(legendre.legroots(last[1] - last[0]).real)
    nodes[-1] = 1.0
    weights = (1 + nodes) / (count * legendre.legval(nodes, last[0])) ** 2
    return (1 + nodes) / 2, weights / 2
