"""How far a sampled distribution is from that of a reference run, by first and second moments of observables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chipsim.statistics.intervals import block_starts, jackknife_ci95

# Fewest lanes for an interval.
MIN_LANES = 4


@dataclass(frozen=True, eq=False)
class Observables:
    """What samples of a distribution are compared by.

    Attributes:
        values: (records, lanes, observables) after the warm-up; the first observable is the energy.
        beta: inverse temperature that was asked for.
    """

    values: NDArray[np.float64]
    beta: float


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Deviation:
    """Distance of a distribution from its reference.

    Attributes:
        error: root mean square, over the observables, of the differences of first and second moments, each in
            standard deviations of a single sample of the reference; the part that the finite number of lanes adds is
            taken off. 0 where noise explains all.
        temperature: relative change of the inverse temperature that would shift the mean energy of the reference as
            much, to first order: d<E> / d beta = -Var(E). None where the shift is more than a standard deviation.
    """

    error: Interval
    temperature: Interval | None

    @property
    def is_resolved(self) -> bool:
        """Whether there is a difference beyond the noise."""
        return self.error.low > 0


def deviation(sampled: Observables, reference: Observables) -> Deviation | None:
    """Distance of samples from those of a reference with the same lanes and observables.

    Lanes are taken in pairs: runs with the same seed may share random numbers. Intervals are by the jackknife over
    blocks of lanes. None with fewer than `MIN_LANES` lanes or two records, or where nothing varies.
    """
    records, lanes, _ = reference.values.shape
    if lanes < MIN_LANES or records < 2:
        return None
    centre, spread = reference.values.mean(axis=(0, 1)), reference.values.std(axis=(0, 1))
    varies = spread > 0
    if not varies.any():
        return None
    scaled = [(found.values[..., varies] - centre[varies]) / spread[varies] for found in (sampled, reference)]
    # The square of a normal variable has a standard deviation of sqrt(2).
    moments = [np.concatenate([z.mean(axis=0), (z**2).mean(axis=0) / math.sqrt(2)], axis=1) for z in scaled]
    differences = moments[0] - moments[1]
    squared = _with_blocks_left_out(differences, _squared_error)
    width = jackknife_ci95(squared[1:])
    error = Interval(*(math.sqrt(max(0.0, squared[0] + sign * width)) for sign in (0, -1, 1)))
    if not varies[0] or not reference.beta:
        return Deviation(error, None)
    shifts = _with_blocks_left_out(differences[:, 0], np.mean)
    if abs(shifts[0]) > 1:
        return Deviation(error, None)
    # <E> falls by Var(E) per unit of beta.
    relative = -1 / (float(spread[0]) * reference.beta)
    middle, half = relative * float(shifts[0]), abs(relative) * jackknife_ci95(shifts[1:])
    return Deviation(error, Interval(middle, middle - half, middle + half))


def _squared_error(differences: NDArray[np.float64]) -> float:
    """Mean square of the mean differences of (lanes, moments), without what their standard errors add."""
    lanes = len(differences)
    return float((differences.mean(axis=0) ** 2 - differences.var(axis=0, ddof=1) / lanes).mean())


def _with_blocks_left_out(
    values: NDArray[np.float64], estimate: Callable[[NDArray[np.float64]], float]
) -> NDArray[np.float64]:
    """The estimate from all lanes, then without each block of lanes."""
    return np.array([estimate(kept) for kept in _kept(values)])


def _kept(values: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    yield values
    starts = [*block_starts(len(values)), len(values)]
    for begin, end in pairwise(starts):
        yield np.delete(values, slice(begin, end), axis=0)
