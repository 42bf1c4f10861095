"""What a run counted: integers for each component, action and phase.

Counts are totals over all lanes; divide by the number of lanes for one repetition. Times of power are in femtoseconds
times instances, Python integers, so nothing overflows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

WHOLE_RUN = -1


@dataclass(frozen=True, eq=False)
class Row:
    """One entry of the activity: how often a component did something in a phase.

    Attributes:
        component, action: who did what.
        phase: index into `Timing.phases`; `WHOLE_RUN` for all of them together.
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
class Activity:
    """Everything that prices ask for.

    Attributes:
        rows: the counts, each of a component, action, phase and `once` of its own, sorted by these.
        lane_toggles: (classes, lanes) int64, for intervals.
        class_capacitance_f: (classes,) what a toggle of each class charges.
        cell_toggles: (sites,) int64, total over lanes, for maps.
    """

    rows: tuple[Row, ...]
    lane_toggles: NDArray[np.int64]
    class_capacitance_f: NDArray[np.float64]
    cell_toggles: NDArray[np.int64]

    def __add__(self, other: Activity) -> Activity:
        """What both counted, in the same phases and lanes of the same chip. The order does not matter."""
        return replace(
            self,
            rows=summed((*self.rows, *other.rows)),
            lane_toggles=self.lane_toggles + other.lane_toggles,
            cell_toggles=self.cell_toggles + other.cell_toggles,
        )

    def in_lanes(self, first: int, lanes: int) -> Activity:
        """The same as the activity of more lanes, in which the others do nothing."""
        classes, own = self.lane_toggles.shape
        lane_toggles = np.zeros((classes, lanes), np.int64)
        lane_toggles[:, first : first + own] = self.lane_toggles
        return replace(self, lane_toggles=lane_toggles)

    def in_phases(self, numbers: Sequence[int]) -> Activity:
        """The same with each phase under its new number; phases of one number become one."""
        rows = (row if row.phase == WHOLE_RUN else replace(row, phase=numbers[row.phase]) for row in self.rows)
        return replace(self, rows=summed(rows))

    def total(self, action: str, component: str | None = None) -> int:
        """Total count of an action over lanes and phases, of one component or of all."""
        return sum(r.count for r in self.rows if r.action == action and component in (None, r.component))


def summed(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows of one component, action, phase and `once` added up; sorted, whichever happened first in which lanes."""
    sums: dict[tuple[int, str, str, bool], Row] = {}
    for row in rows:
        key = (row.phase, row.component, row.action, row.once)
        sums[key] = _sum(sums[key], row) if key in sums else row
    return tuple(sums[key] for key in sorted(sums))


def _sum(a: Row, b: Row) -> Row:
    classes = b.by_class if a.by_class is None else a.by_class if b.by_class is None else a.by_class + b.by_class
    return replace(a, count=a.count + b.count, by_class=classes)
