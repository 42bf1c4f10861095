"""Observers of an array, each with parameters for the kernel.

An observer is anything with `parameters(group)`, a NamedTuple with a stage `after_colour` or `after_sweep`
(`chipsim.kernels.observers`). Observers are not billed, and decisions of workloads must not use them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.packing import bits_of_words, words_of_lanes
from chipsim.kernels import observers as eyes
from chipsim.kernels.observe import ENERGY_BLOCK
from chipsim.problems.problem import Problem

PROJECTION_SEED = 20251028
# A free cell is constant over this many independent records with probability 2**-31, negligible for 10**6 cells x 64
# lanes.
MIN_RECORDS = 32


class Observer(Protocol):
    """Interface of observers."""

    def parameters(self, group: int) -> Any:
        """Buffers that the kernel fills for a group of 64 lanes, numbered from 0 in this array."""


@dataclass(frozen=True)
class Pace:
    """Observation times: every `every` sweeps, counted from sweep `origin` of the array; `records` times."""

    every: int
    origin: int
    records: int


@dataclass(frozen=True, eq=False)
class ProblemArrays:
    """A problem's edges in slot order, each at its lower slot, in the layout of the energy kernels.

    first: (cells + 1,) int64; neighbour: (edges,) int32; coupling: (edges,) and base: (cells,), b - sum J, both float32
    where sums of them are exact in it, else both float64; offset: to be added to what the kernels return.
    """

    first: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    coupling: NDArray[np.floating]
    base: NDArray[np.floating]
    offset: float


def problem_arrays(program: Program, problem: Problem) -> ProblemArrays:
    """A problem on the cells of a program."""
    ends = program.slot_of.astype(np.int32)[problem.edges]
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.argsort(low, kind="stable")
    couplings = problem.couplings[order]
    base = problem.biases[program.site_of] - np.bincount(low[order], couplings, program.cells)
    # Bound of the contribution of a cell to an energy, and of each partial sum.
    largest = np.abs(base) + 2 * np.bincount(low[order], np.abs(couplings), program.cells)
    exact = _exact_in_float32(np.concatenate([couplings, base]), ENERGY_BLOCK * float(largest.max(initial=0.0)))
    kind = np.float32 if exact else np.float64
    return ProblemArrays(
        np.concatenate([[0], np.cumsum(np.bincount(low, minlength=program.cells))]).astype(np.int64),
        high[order],
        couplings.astype(kind),
        base.astype(kind),
        problem.offset,
    )


def _exact_in_float32(terms: NDArray[np.float64], largest: float) -> bool:
    """Whether all are multiples of one power of two, and all sums up to the largest are exact in float32."""
    step = 2.0 ** (math.frexp(largest)[1] - 24)
    return bool((np.rint(terms / step) * step == terms).all())


def projection_signs(program: Program, projections: int) -> NDArray[np.int16]:
    """Row 0 all ones (magnetisation), then seeded random signs by site; the same for every run of a size.

    Returns:
        (1 + projections, cells) by slot.
    """
    signs = site_signs(program.cells, projections)
    for row in signs:
        row[:] = row[program.site_of]
    return signs


def site_signs(cells: int, projections: int) -> NDArray[np.int16]:
    """The same by site, (1 + projections, cells)."""
    signs = np.ones((projections + 1, cells), np.int16)
    random = np.random.default_rng(PROJECTION_SEED)
    for row in range(1, projections + 1):
        signs[row] = random.integers(0, 2, cells) * 2 - 1
    return signs


class ChangeObserver:
    """Lanes in which each slot ever differed from its first record, over all stretches."""

    def __init__(self, cells: int, groups: int) -> None:
        self.pace, self.begin = Pace(1, 0, 0), 0
        self._first = np.zeros((groups, cells), np.uint64)
        self._changed = np.zeros((groups, cells), np.uint64)
        self._seen = np.zeros((groups, 1), np.int64)

    def parameters(self, group: int) -> eyes.Changes:
        """Words of a group."""
        pace = self.pace
        first, changed, seen = self._first[group], self._changed[group], self._seen[group]
        return eyes.Changes(pace.every, pace.origin, self.begin, first, changed, seen)

    def stuck(self, lanes: int) -> NDArray[np.int64]:
        """Number of lanes in which a slot was always -1, and +1: (2, cells); empty until there are enough records."""
        if self._seen.min() < MIN_RECORDS:
            return np.zeros((2, self._first.shape[1]), np.int64)
        out = np.zeros((2, self._first.shape[1]), np.int64)
        used = words_of_lanes(np.ones((lanes, 1), np.int8))[0]
        for lanes_in_use, first, changed in zip(used, self._first, self._changed, strict=True):
            for side, word in zip(out, (~first, first), strict=True):
                side += bits_of_words(word & ~changed & lanes_in_use).sum(axis=1, dtype=np.int64)
        return out


class EnergyObserver:
    """Energies of a problem, (records, lanes)."""

    def __init__(self, problem: ProblemArrays, pace: Pace, groups: int) -> None:
        self.problem, self.pace = problem, pace
        self.energies = np.zeros((groups, pace.records, 64))

    def parameters(self, group: int) -> eyes.Energies:
        """Buffer for the energies of a group."""
        arrays = self.problem
        out = self.energies[group]
        pace = self.pace
        return eyes.Energies(pace.every, pace.origin, arrays.first, arrays.neighbour, arrays.coupling, arrays.base, out)

    def by_lane(self, lanes: int) -> NDArray[np.float64]:
        """(records, lanes)."""
        return self.energies.transpose(1, 0, 2).reshape(self.pace.records, -1)[:, :lanes] + self.problem.offset


class ProjectionObserver:
    """Sums over cells of the rows of `signs`, (rows, cells) by slot."""

    def __init__(self, signs: NDArray[np.int16], pace: Pace, groups: int) -> None:
        self.signs, self.pace = signs, pace
        self.sums = np.zeros((groups, pace.records, len(signs) * 64), np.int64)

    def parameters(self, group: int) -> eyes.Projections:
        """Buffer for the sums of a group."""
        return eyes.Projections(self.pace.every, self.pace.origin, self.signs, self.sums[group])

    def by_lane(self, lanes: int) -> NDArray[np.float32]:
        """(records, lanes, rows) of sum_i r_i s_i = 2 sum_i r_i [s_i = +1] - sum_i r_i."""
        records, rows = self.pace.records, len(self.signs)
        out, totals = np.empty((records, lanes, rows), np.float32), self.signs.sum(axis=1, dtype=np.int64)
        # Group by group, whose sums fit into a cache.
        for first, sums in zip(range(0, lanes, 64), self.sums, strict=True):
            mine = sums.reshape(records, rows, 64).transpose(0, 2, 1)[:, : lanes - first]
            out[:, first : first + 64] = 2 * mine - totals
        return out


class MomentObserver:
    """Agreements of pairs of slots, (pairs, 2) int32, and how often each cell is +1, over lanes and records."""

    def __init__(self, pairs: NDArray[np.int32], cells: int, pace: Pace, groups: int) -> None:
        self.pairs, self.pace = pairs, pace
        self.agreements = np.zeros((groups, len(pairs)), np.int64)
        self.ones = np.zeros((groups, cells), np.int64)

    def parameters(self, group: int) -> eyes.Moments:
        """Counters of a group."""
        pace = self.pace
        return eyes.Moments(pace.every, pace.origin, self.pairs, self.agreements[group], self.ones[group])


class HistogramObserver:
    """Counts of configurations, over lanes and records; at most 16 cells."""

    def __init__(self, cells: int, pace: Pace, groups: int) -> None:
        self.cells, self.pace = cells, pace
        self.counts = np.zeros((groups, 2**cells), np.int64)

    def parameters(self, group: int) -> eyes.Histogram:
        """Counters of a group."""
        return eyes.Histogram(self.pace.every, self.pace.origin, self.cells, self.counts[group])
