"""Intervals and effective samples from their definitions: "Effective samples" of docs/physics.md."""

from __future__ import annotations

import math
from itertools import pairwise, takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
BLOCKS = 32


def mean_ci95(values: Floats) -> float | None:
    """Student's t of the mean of independent values."""
    if len(values) < 2:
        return None
    return float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))


def blocks_of(lanes: int) -> list[range]:
    """At most 32 blocks of lanes of nearly equal size."""
    many = min(lanes, BLOCKS)
    starts = [k * lanes // many for k in range(many)] + [lanes]
    return [range(a, b) for a, b in pairwise(starts)]


def means_without(values: Floats) -> Floats:
    """Mean without each block."""
    return np.array([np.delete(values, block).mean() for block in blocks_of(len(values))])


def jackknife(without: Floats) -> float:
    """Half width of the 95 % interval from values without each block."""
    blocks = len(without)
    variance = (blocks - 1) / blocks * ((without - without.mean()) ** 2).sum()
    return float(stats.t.ppf(0.975, blocks - 1) * math.sqrt(variance))


def jackknife_log(value: float, without: Floats) -> float:
    """The longer arm of the interval on the scale of logarithms."""
    return value * math.expm1(jackknife(np.log(without)))


def wilson(successes: int, lanes: int) -> tuple[float, float]:
    """95 % interval of a probability: the roots of (p - q)^2 = z^2 q (1 - q) / n."""
    z2, share = stats.norm.ppf(0.975) ** 2, successes / lanes
    low, high = sorted(np.roots([1 + z2 / lanes, -(2 * share + z2 / lanes), share**2]).real.tolist())
    return (0.0 if successes == 0 else low), (1.0 if successes == lanes else high)


def repeats(chance: float) -> float | None:
    """To succeed once with 99 %."""
    if chance <= 0:
        return None
    return max(1.0, math.log(0.01) / math.log1p(-chance)) if chance < 1 else 1.0


def to_solution(successes: int, lanes: int, first: float, again: float) -> dict[str, float | None]:
    """Cost of one success, and its interval."""
    low, high = wilson(successes, lanes)
    many = {"value": repeats(successes / lanes), "low": repeats(high), "high": repeats(low)}
    return {name: None if n is None else first + (n - 1) * again for name, n in many.items()}


def pairs_of(correlate: Any, longest: int) -> int:
    """Pairs of neighbouring lags while their sums are positive (Geyer)."""
    positive = (correlate(lag) + correlate(lag + 1) > 0 for lag in range(0, longest - 1, 2))
    return sum(1 for _ in takewhile(bool, positive))


def geyer(correlate: Any, pairs: int) -> float:
    """1 + 2 sum of correlations over so many pairs of lags, made monotone."""
    first, total, before = correlate(0), 0.0, math.inf
    for lag in range(0, 2 * pairs, 2):
        before = min(before, (correlate(lag) + correlate(lag + 1)) / first)
        total += before
    return max(2 * total - 1, 1e-3)


def tau_int(series: Floats, without: range = range(0)) -> float:
    """Of records (n, lanes), about the mean of all of them, over the lags that all lanes choose; without a block of
    lanes where one is named.
    """
    n, centred = len(series), series - series.mean()

    def correlation(values: Floats) -> Any:
        return lambda lag: float((values[: n - lag] * values[lag:]).sum()) / (n - lag)

    return geyer(correlation(np.delete(centred, without, axis=1)), pairs_of(correlation(centred), n))


def split_rhat(series: Floats) -> float:
    """Of the halves of all lanes."""
    half = len(series) // 2
    parts = np.concatenate([series[:half], series[half : 2 * half]], axis=1)
    within = parts.var(axis=0, ddof=1).mean()
    return math.sqrt((half - 1) / half + parts.mean(axis=0).var(ddof=1) / within)


def thinned(tau: float, spacing: float) -> float:
    """tau_int of every `spacing`-th record of an exponential correlation."""
    return 1.0 if tau <= 1 else float(1 / math.tanh(spacing * math.atanh(1 / tau)))
