"""What a run counted: integers per component, action and phase, and what the simulator's eye saw.

Counts are totals over all lanes; divide by `lanes` for one repetition. Times of power are in femtoseconds times
instances, Python integers, so nothing overflows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


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


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a run produced, before any price.

    Attributes:
        lanes: number of repetitions.
        elapsed_fs: simulated time of one repetition.
        phases: in the order in which the workload asked; independent ones overlap.
        rows: the activity.
        busy_fs: time that each component (one instance of it) was held.
        lane_toggles: (classes, lanes) int64, for intervals.
        class_capacitance_f: (classes,) what a toggle of each class charges.
        cell_toggles: (sites,) int64, total over lanes, for maps.
        records: what was recorded, or None.
        states: (reads, sites, groups) uint64, states that the host read whole.
        final_state: (sites, groups) uint64.
        wall_s, kernel_s: seconds of this machine, all and in kernels.
    """

    lanes: int
    elapsed_fs: int
    phases: tuple[Phase, ...]
    rows: tuple[Row, ...]
    busy_fs: dict[str, int]
    lane_toggles: NDArray[np.int64]
    class_capacitance_f: NDArray[np.float64]
    cell_toggles: NDArray[np.int64]
    records: Records | None
    states: NDArray[np.uint64]
    final_state: NDArray[np.uint64]
    wall_s: float
    kernel_s: float

    def total(self, action: str, component: str | None = None) -> int:
        """Total count of an action over lanes and phases."""
        return sum(r.count for r in self.rows if r.action == action and component in (None, r.component))


@dataclass
class TraceBuilder:
    """Adds up activity while a device works."""

    counts: dict[tuple[str, str, int, bool], int] = field(default_factory=dict)
    classes: dict[tuple[str, str, int, bool], NDArray[np.int64]] = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    stage: str = ""

    def phase(self, name: str, start_fs: int, end_fs: int) -> int:
        """Index of the phase that an operation belongs to; consecutive operations of one name share it."""
        name = f"{self.stage} {name}".strip()
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
        """The rows so far, in order of first appearance."""
        return tuple(Row(*key, count, self.classes.get(key)) for key, count in self.counts.items())


def bits_of_words(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The 64 lanes of each word, 0 or 1: (...) -> (..., 64)."""
    as_bytes = np.ascontiguousarray(words)[..., None].view(np.uint8)
    return np.unpackbits(as_bytes, axis=-1, bitorder="little")


def lanes_of_words(words: NDArray[np.uint64], lanes: int) -> NDArray[np.int8]:
    """Spins of shape (..., lanes, cells), -1 or +1, from words of shape (..., cells, groups)."""
    bits = bits_of_words(np.swapaxes(words, -1, -2))  # (..., groups, cells, 64)
    bits = np.swapaxes(bits, -1, -2)  # (..., groups, 64, cells)
    flat = bits.reshape(*bits.shape[:-3], -1, bits.shape[-1])[..., :lanes, :]
    return (2 * flat.astype(np.int8) - 1).astype(np.int8)


def words_of_lanes(spins: NDArray[np.int8]) -> NDArray[np.uint64]:
    """The inverse of `lanes_of_words`: (lanes, cells) -> (cells, groups); missing lanes are 0."""
    lanes, cells = spins.shape
    groups = -(-lanes // 64)
    bits = np.zeros((groups * 64, cells), np.uint8)
    bits[:lanes] = spins > 0
    packed = np.packbits(bits.reshape(groups, 64, cells).transpose(0, 2, 1), axis=-1, bitorder="little")
    return np.ascontiguousarray(packed).view(np.uint64)[..., 0].T.copy()
