"""95 % intervals: of means over lanes, and of estimates by the jackknife over blocks of lanes."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# 97.5 % quantile of the normal distribution: half width of a 95 % interval in standard deviations.
NORMAL_95 = NormalDist().inv_cdf(0.975)


def student_t(degrees: int, probability: float = 0.975) -> float:
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
