"""Records of an array: requests create observers, and observers yield records and moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.latched.observers import (
    ChangeObserver,
    EnergyObserver,
    HistogramObserver,
    MomentObserver,
    Observer,
    Pace,
    ProblemArrays,
    ProjectionObserver,
    problem_arrays,
    projection_signs,
)
from chipsim.engine.observations import Records
from chipsim.problems.problem import Problem
from chipsim.units import FEMTOSECONDS


@dataclass(frozen=True)
class RecordRequest:
    """A request for records (not billed).

    Attributes:
        every: sweeps between records; 0 records nothing.
        energies: record the energy of the watched problem.
        projections: number of random +-1 projections in addition to the magnetisation; -1 records neither.
        projected: sites that these sum over; None for all.
        pairs: (P, 2) sites whose agreements are counted, or None.
        histogram: count configurations (at most 16 cells).
        observers: more observers of an array, see `chipsim.engine.latched.observers`.
        changes_after: sweep of the device from which to detect cells that never change, by lane, or None.
    """

    every: int = 0
    energies: bool = True
    projections: int = 32
    pairs: NDArray[np.int32] | None = None
    histogram: bool = False
    observers: tuple[Observer, ...] = ()
    changes_after: int | None = None
    projected: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of pairs and cells over the lanes and records of one call of `sample`.

    Attributes:
        samples: lanes times records.
        means: (sites,) mean spin.
        correlations: (pairs,) mean of s_i s_j.
        histogram: (2**sites,) counts of configurations, bit i = site i, or empty.
    """

    samples: int
    means: NDArray[np.float64]
    correlations: NDArray[np.float64]
    histogram: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stretch:
    """The observers of one call of `sample`."""

    pace: Pace
    first_sweep: int
    energies: EnergyObserver | None
    projections: ProjectionObserver | None
    moments: MomentObserver | None
    histogram: HistogramObserver | None
    changes: ChangeObserver | None
    others: tuple[Observer, ...]

    @property
    def observers(self) -> Sequence[Observer]:
        """All of them."""
        own = (self.changes, self.energies, self.projections, self.moments, self.histogram)
        return [*(observer for observer in own if observer is not None), *self.others]


class Recording:
    """All records of a device so far, in `lanes` repetitions."""

    def __init__(self, program: Program, lanes: int) -> None:
        self.program, self.lanes, self.groups = program, lanes, -(-lanes // 64)
        self._watched: ProblemArrays | None = None
        self._signs = np.zeros((0, program.cells), np.int16)
        self._every = 0
        self._since_record = 0
        self._records: list[Records] = []
        self._changes: ChangeObserver | None = None

    def watch(self, problem: Problem) -> None:
        """Record energies of this problem from now on."""
        self._watched = problem_arrays(self.program, problem)

    def begin(self, request: RecordRequest, first_sweep: int, sweeps: int) -> Stretch:
        """Observers of a stretch of `sweeps` sweeps; the spacing of records continues across stretches."""
        if not request.every:
            self._every, self._since_record = 0, 0
            return Stretch(Pace(1, 0, 0), first_sweep, None, None, None, None, None, request.observers)
        since = self._since_record if request.every == self._every else 0
        pace = Pace(request.every, first_sweep - since, (since + sweeps) // request.every)
        self._every, self._since_record = request.every, (since + sweeps) % request.every
        program, groups = self.program, self.groups
        energies = projections = moments = histogram = None
        if request.energies and self._watched is not None:
            energies = EnergyObserver(self._watched, pace, groups)
        if request.projections >= 0:
            projections = ProjectionObserver(self._rows(request.projections, request.projected), pace, groups)
        if request.pairs is not None and len(request.pairs):
            pairs = program.slot_of[request.pairs].astype(np.int32)
            moments = MomentObserver(pairs, program.cells, pace, groups)
        if request.histogram:
            histogram = HistogramObserver(program.cells, pace, groups)
        changes = None if request.changes_after is None else self._watch_changes(pace, request.changes_after)
        return Stretch(pace, first_sweep, energies, projections, moments, histogram, changes, request.observers)

    def end(self, stretch: Stretch, start_fs: int) -> Moments:
        """Store the records of a stretch that began at this time."""
        if stretch.pace.records:
            self._keep(stretch, start_fs)
        return self._moments(stretch)

    def _watch_changes(self, pace: Pace, begin: int) -> ChangeObserver:
        """One observer for all stretches."""
        if self._changes is None:
            self._changes = ChangeObserver(self.program.cells, self.groups)
        self._changes.pace, self._changes.begin = pace, begin
        return self._changes

    def records(self) -> Records | None:
        """All records so far."""
        if not self._records:
            return None
        slots = self.program.slot_of
        return Records(
            np.concatenate([r.energies for r in self._records]),
            np.concatenate([r.projections for r in self._records]),
            np.concatenate([r.times_s for r in self._records]),
            np.concatenate([r.sweeps for r in self._records]),
            np.zeros((2, 0), np.int64) if self._changes is None else self._changes.stuck(self.lanes)[:, slots],
        )

    def _rows(self, projections: int, projected: NDArray[np.int64] | None) -> NDArray[np.int16]:
        """Signs, cached across stretches: drawing them takes a second for 10**6 cells."""
        if len(self._signs) != projections + 1:
            self._signs = projection_signs(self.program, projections)
            if projected is not None:
                self._signs[:, np.delete(np.arange(self.program.cells), self.program.slot_of[projected])] = 0
        return self._signs

    def _keep(self, stretch: Stretch, start_fs: int) -> None:
        pace, lanes = stretch.pace, self.lanes
        sweeps = np.arange(1, pace.records + 1) * pace.every + pace.origin
        times_s = (start_fs + (sweeps - stretch.first_sweep) * self.program.sweep_fs) / FEMTOSECONDS
        energies = np.zeros((0, lanes)) if stretch.energies is None else stretch.energies.by_lane(lanes)
        none = np.zeros((pace.records, lanes, 0), np.float32)
        projections = none if stretch.projections is None else stretch.projections.by_lane(lanes)
        self._records.append(Records(energies, projections, times_s, sweeps))

    def _moments(self, stretch: Stretch) -> Moments:
        samples = stretch.pace.records * self.lanes
        slots, cells = self.program.slot_of, self.program.cells
        means = correlations = np.zeros(0)
        if stretch.moments is not None:
            means = 2 * stretch.moments.ones.sum(axis=0)[slots] / max(samples, 1) - 1
            correlations = 2 * stretch.moments.agreements.sum(axis=0) / max(samples, 1) - 1
        histogram = np.zeros(0, np.int64)
        if stretch.histogram is not None:
            index = np.arange(2**cells)
            by_site = sum((((index >> site) & 1) << int(slots[site])) for site in range(cells))
            histogram = stretch.histogram.counts.sum(axis=0)[by_site]
        return Moments(samples, means, correlations, histogram)
