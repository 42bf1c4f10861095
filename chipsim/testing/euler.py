"""The Euler-Maruyama scheme, to demonstrate its bias; chipsim does not use it for linear cells.

For dx = -a x dt + sqrt(2 k0) dW it settles at variance (k0 / a) * 2 / (2 - a dt) instead of k0 / a.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def euler_maruyama(
    drift: NDArray[np.float64],
    target: NDArray[np.float64],
    intensity: float,
    start: NDArray[np.float64],
    step: float,
    steps: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """States (lanes, d) after so many steps of dx = -(A x - b) dt + sqrt(2 k0) dW from `start`, (lanes, d)."""
    state = start
    for _ in range(steps):
        noise = random.standard_normal(state.shape)
        state = state - (state @ drift.T - target) * step + np.sqrt(2 * intensity * step) * noise
    return state


def euler_variance(rate: float, intensity: float, step: float) -> float:
    """The stationary variance of one mode under the scheme."""
    return intensity / rate * 2 / (2 - rate * step)
