"""95 % intervals: of means over lanes, and of estimates by the jackknife over blocks of lanes."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

# 97.5 % quantile of the normal distribution: half width of a 95 % interval in standard deviations.
NORMAL_95 = NormalDist().inv_cdf(0.975)


def student_t(degrees: int, probability: float = 0.975) -> float:
    """Quantile of Student's t by the Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5); exact for 1 and 2."""
    if degrees == 1:
        return math.tan(math.pi * (probability - 0.5))
    if degrees == 2:
        a = 2 * probability - 1
        return a * math.sqrt(2 / (1 - a * a))
    z = NormalDist().inv_cdf(probability)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / degrees**power for power, term in enumerate(terms))


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


MAX_BLOCKS = 32


def block_starts(lanes: int) -> NDArray[np.int64]:
    """First lane of each block: at most 32 blocks of nearly equal size."""
    blocks = min(lanes, MAX_BLOCKS)
    return np.arange(blocks) * lanes // blocks
