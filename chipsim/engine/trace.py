"""What a run counted: integers per component, action and phase, and what the simulator's eye saw.

Counts are totals over all lanes; divide by `lanes` for one repetition. Times of power are in femtoseconds times
instances, Python integers, so nothing overflows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.occupancy import Occupancy


@dataclass(frozen=True)
class Phase:
    """A stretch of the run: consecutive operations of one name."""

    name: str
    start_fs: int
    end_fs: int


@dataclass(frozen=True, eq=False)
class Row:
    """One entry of the activity: how often a component did something in a phase.

    Attributes:
        component, action: who did what.
        phase: index into `Trace.phases`; -1 for the whole run.
        once: whether one load serves many jobs (programming).
        count: total over lanes; for `on`, femtoseconds times instances.
        by_class: the same split over price classes, shape (classes,), or None.
    """

    component: str
    action: str
    phase: int
    once: bool
    count: int
    by_class: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Records:
    """Observables at recorded instants, one column a lane.

    Attributes:
        energies: (records, lanes) float64, of the problem as given.
        projections: (records, lanes, 1 + P) float32: magnetisation and P random projections, as sums over cells.
        times_s: (records,) simulated time.
        sweeps: (records,) int64, sweeps that the device had done, all sampling calls together.
    """

    energies: NDArray[np.float64]
    projections: NDArray[np.float32]
    times_s: NDArray[np.float64]
    sweeps: NDArray[np.int64]


@dataclass(frozen=True)
class Limit:
    """One step down the list of what a run waits for, see `engine.limits`.

    Attributes:
        resources: who is waited for; several where only all of them together gain.
        operations: names of the operations that they work in.
        gain_s: how much earlier the run ends without them, when those of the steps before are left out already. 0 where
            something else takes as long, which is then the next step.
        elapsed_s: how long the run takes then.
    """

    resources: tuple[str, ...]
    operations: tuple[str, ...]
    gain_s: float
    elapsed_s: float


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a run produced, before any price.

    Attributes:
        lanes: number of repetitions.
        elapsed_fs: simulated time of one repetition.
        phases: in the order in which the workload asked; independent ones overlap.
        rows: the activity.
        busy_fs: time that each component (one instance of it) was held.
        occupancy: who was held when.
        limits: what the run waits for, and what it would wait for without that, and so on.
        lane_toggles: (classes, lanes) int64, for intervals.
        class_capacitance_f: (classes,) what a toggle of each class charges.
        cell_toggles: (sites,) int64, total over lanes, for maps.
        records: what was recorded, or None.
        states: (reads, sites read, groups) uint64, states that the host read and kept.
        final_state: (sites, groups) uint64.
        wall_s, kernel_s: seconds of this machine, all and in kernels.
        weight_error: largest deviation of a held coupling or bias from the one asked for, over all writes.
        beta_error: the same for beta.
        reads: how often a repetition was read out to the host.
        stretch: full scale that the weights asked for, in units of the range that the couplers were built for.
        answers: what the host found, by name: (lanes, ...).
        shared: what all lanes have in common, by name, for reports.
    """

    lanes: int
    elapsed_fs: int
    phases: tuple[Phase, ...]
    rows: tuple[Row, ...]
    busy_fs: dict[str, int]
    occupancy: Occupancy
    limits: tuple[Limit, ...]
    lane_toggles: NDArray[np.int64]
    class_capacitance_f: NDArray[np.float64]
    cell_toggles: NDArray[np.int64]
    records: Records | None
    states: NDArray[np.uint64]
    final_state: NDArray[np.uint64]
    wall_s: float
    kernel_s: float
    weight_error: float = 0.0
    beta_error: float = 0.0
    stretch: float = 1.0
    reads: int = 0
    answers: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    shared: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def total(self, action: str, component: str | None = None) -> int:
        """Total count of an action over lanes and phases."""
        return sum(r.count for r in self.rows if r.action == action and component in (None, r.component))


@dataclass
class TraceBuilder:
    """Adds up activity while a device works."""

    counts: dict[tuple[str, str, int, bool], int] = field(default_factory=dict)
    classes: dict[tuple[str, str, int, bool], NDArray[np.int64]] = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    section: str = ""

    def phase(self, name: str, start_fs: int, end_fs: int) -> int:
        """Index of the phase that an operation belongs to; consecutive operations of one name share it."""
        name = f"{self.section} {name}".strip()
        if self.phases and self.phases[-1].name == name:
            last = self.phases[-1]
            self.phases[-1] = Phase(name, min(last.start_fs, start_fs), max(last.end_fs, end_fs))
        else:
            self.phases.append(Phase(name, start_fs, end_fs))
        return len(self.phases) - 1

    def add(
        self,
        component: str,
        action: str,
        phase: int,
        count: int,
        once: bool = False,
        by_class: NDArray[np.int64] | None = None,
    ) -> None:
        """Add to a row; actions that did not happen leave no row."""
        if count == 0:
            return
        key = (component, action, phase, once)
        self.counts[key] = self.counts.get(key, 0) + count
        if by_class is not None:
            self.classes[key] = self.classes[key] + by_class if key in self.classes else by_class

    def rows(self) -> tuple[Row, ...]:
        """The rows so far."""
        return in_order(Row(*key, count, self.classes.get(key)) for key, count in self.counts.items())


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows by phase and name: an order that does not tell in which lanes something happened first."""
    return tuple(sorted(rows, key=_row_key))


def _row_key(row: Row) -> tuple[int, str, str, bool]:
    return row.phase, row.component, row.action, row.once


def merge(traces: Sequence[Trace]) -> Trace:
    """One trace of the lanes of several, which are consecutive groups of one run: what one run of all of them gives.

    All but the last must have whole groups of 64 lanes.

    Raises:
        ValueError: they are not parts of one run.
    """
    first = traces[0]
    for other in traces[1:]:
        if (other.elapsed_fs, other.phases, other.busy_fs) != (first.elapsed_fs, first.phases, first.busy_fs):
            raise ValueError("traces of different runs cannot be merged")
    if any(trace.lanes % 64 for trace in traces[:-1]):
        raise ValueError("only the last of merged traces may have a group of fewer than 64 lanes")
    return Trace(
        lanes=sum(trace.lanes for trace in traces),
        elapsed_fs=first.elapsed_fs,
        phases=first.phases,
        rows=_merged_rows(traces),
        busy_fs=first.busy_fs,
        lane_toggles=np.concatenate([trace.lane_toggles for trace in traces], axis=1),
        class_capacitance_f=first.class_capacitance_f,
        cell_toggles=np.sum([trace.cell_toggles for trace in traces], axis=0),
        records=_merged_records(traces),
        states=np.concatenate([trace.states for trace in traces], axis=2),
        final_state=np.concatenate([trace.final_state for trace in traces], axis=1),
        occupancy=first.occupancy,
        limits=first.limits,
        wall_s=sum(trace.wall_s for trace in traces),
        kernel_s=sum(trace.kernel_s for trace in traces),
        weight_error=first.weight_error,
        beta_error=first.beta_error,
        stretch=first.stretch,
        reads=first.reads,
        answers={name: np.concatenate([trace.answers[name] for trace in traces]) for name in first.answers},
        shared=first.shared,
    )


def _merged_rows(traces: Sequence[Trace]) -> tuple[Row, ...]:
    merged: dict[tuple[int, str, str, bool], Row] = {}
    for row in (row for trace in traces for row in trace.rows):
        key = _row_key(row)
        known = merged.get(key)
        if known is not None:
            classes = [part for part in (known.by_class, row.by_class) if part is not None]
            by_class = np.sum(classes, axis=0) if classes else None
            row = replace(row, count=known.count + row.count, by_class=by_class)
        merged[key] = row
    return in_order(merged.values())


def _merged_records(traces: Sequence[Trace]) -> Records | None:
    parts = [trace.records for trace in traces if trace.records is not None]
    if not parts:
        return None
    energies = np.concatenate([part.energies for part in parts], axis=1)
    projections = np.concatenate([part.projections for part in parts], axis=1)
    return replace(parts[0], energies=energies, projections=projections)
