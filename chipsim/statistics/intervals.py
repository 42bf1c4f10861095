"""95 % intervals: of means over lanes and replicates, and of estimates by the jackknife over blocks of lanes."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# 97.5 % quantile of the normal distribution: half width of a 95 % interval in standard deviations.
NORMAL_95 = NormalDist().inv_cdf(0.975)


def student_t(degrees: float, probability: float = 0.975) -> float:
    """Quantile of Student's t."""
    # Imported lazily: it takes a third of a second.
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))


def mean_ci95(lanes: NDArray[np.float64]) -> float | None:
    """Half width of the 95 % interval of the mean of independent values; None for a single one."""
    if len(lanes) < 2:
        return None
    if not np.ptp(lanes):
        return 0.0
    return student_t(len(lanes) - 1) * float(lanes.std(ddof=1)) / math.sqrt(len(lanes))


def replicates_ci95(values: NDArray[np.float64]) -> float:
    """Half width of the 95 % t-interval of the mean over replicates.

    Each dimension is a random factor, such as the die or the first weights, with at least two levels. With one factor
    this is `mean_ci95`. Replicates of several crossed factors are not independent of each other: the squared standard
    errors of the means over the levels of each factor add up, with degrees of freedom by Welch and Satterthwaite
    (Biometrics Bulletin 2, 110, 1946). What two factors do together counts once for each, so the interval is at least
    as wide as that of the exact components of variance.

    Args:
        values: a metric of all replicates, (levels of the first factor, ...).
    """
    squares = squared_errors(values)
    total = math.fsum(squares)
    if not total:
        return 0.0
    degrees = total**2 / math.fsum(s**2 / (n - 1) for s, n in zip(squares, values.shape, strict=True))
    return student_t(degrees) * math.sqrt(total)


def squared_errors(values: NDArray[np.float64]) -> list[float]:
    """Squared standard error of the mean by each factor, from the means over its levels; `values` as above."""
    if not np.ptp(values):
        return [0.0] * values.ndim
    out = []
    for factor, levels in enumerate(values.shape):
        means = values.mean(axis=tuple(other for other in range(values.ndim) if other != factor))
        out.append(float(means.var(ddof=1)) / levels)
    return out


def without_blocks(lanes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over lanes without each block of lanes, (blocks,), for the jackknife."""
    starts = block_starts(len(lanes))
    sums = np.add.reduceat(lanes, starts)
    kept = len(lanes) - np.diff(starts, append=len(lanes))
    means: NDArray[np.float64] = (sums.sum() - sums) / np.maximum(kept, 1)
    return means


def jackknife_ci95(without_block: NDArray[np.float64]) -> float:
    """Half width of the 95 % interval of an estimate, from its values without each of at least two blocks of lanes."""
    blocks = len(without_block)
    return student_t(blocks - 1) * float(without_block.std()) * math.sqrt(blocks - 1)


def jackknife_log_ci95(value: float, without_block: NDArray[np.float64]) -> float:
    """Half width of the 95 % interval of a positive estimate whose spread grows with its size, such as a tau_int.

    The jackknife is applied to its logarithm, whose spread is the same for small and large values (Miller,
    Biometrika 61, 1, 1974; Cressie, J. R. Stat. Soc. B 43, 177, 1981). Of the arms of value * e^(+-h) the upper, longer
    one counts for both: where few lanes happen to give too small a value they give too small a spread too, and a plain
    interval misses the truth above it five times as often as below.
    """
    if not (without_block > 0).all():
        return jackknife_ci95(without_block)
    return value * math.expm1(jackknife_ci95(np.log(without_block)))


MAX_BLOCKS = 32


def block_starts(lanes: int) -> NDArray[np.int64]:
    """First lane of each block: at most 32 blocks of nearly equal size."""
    blocks = min(lanes, MAX_BLOCKS)
    return np.arange(blocks) * lanes // blocks
