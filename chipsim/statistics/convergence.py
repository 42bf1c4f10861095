"""Convergence of chains: autocorrelation at a lag, and split R-hat.

Both compare the chains of one input with each other. The autocorrelation E[(y_t - mu)(y_{t+K} - mu)] / Var(y) uses the
mean mu of all chains of the input: about its own mean a frozen chain would appear mixed, about the common mean it gives
1.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def autocorrelation(series: NDArray[np.float64], lag: int) -> float:
    """Autocorrelation at a lag, pooled over chains and inputs.

    Args:
        series: (times, inputs, chains).
        lag: in steps of the series, less than `times`.

    Returns:
        The correlation; 1 for constant series.
    """
    centred = series - series.mean(axis=(0, 2), keepdims=True)
    variance = float((centred**2).mean())
    if variance == 0:
        return 1.0
    return float((centred[: len(series) - lag] * centred[lag:]).mean()) / variance


def split_rhat(series: NDArray[np.float64]) -> float:
    """Split R-hat (Gelman et al. 2013) of the chains of each input, variances pooled over inputs; infinite if frozen.

    Args:
        series: (times, inputs, chains), at least 4 times.
    """
    half = len(series) // 2
    parts = np.concatenate([series[:half], series[half : 2 * half]], axis=2)
    within = float(parts.var(axis=0, ddof=1).mean())
    between = float(parts.mean(axis=0).var(axis=1, ddof=1).mean())
    return math.inf if within == 0 else math.sqrt((half - 1) / half + between / within)
