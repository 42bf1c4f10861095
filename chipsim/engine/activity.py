"""Activity of a run: integer counts for each component, action and phase.

Counts are totals over all lanes; divide by the number of lanes for one repetition. Powered time is in femtoseconds
times instances, as Python integers that cannot overflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

WHOLE_RUN = -1


@dataclass(frozen=True, eq=False)
class Row:
    """One entry of the activity: count of an action of a component in a phase.

    Attributes:
        component, action: names.
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
    """All counts that pricing requires.

    Attributes:
        rows: the counts, unique by component, action, phase and `once`, and sorted by them.
        lane_toggles: (classes, lanes) int64, for intervals.
        class_capacitance_f: (classes,) capacitance charged per toggle of each class.
        cell_toggles: (sites,) int64, total over lanes, for maps.
    """

    rows: tuple[Row, ...]
    lane_toggles: NDArray[np.int64]
    class_capacitance_f: NDArray[np.float64]
    cell_toggles: NDArray[np.int64]

    def __add__(self, other: Activity) -> Activity:
        """Sum of two activities in the same phases and lanes of the same chip; commutative."""
        return replace(
            self,
            rows=summed((*self.rows, *other.rows)),
            lane_toggles=self.lane_toggles + other.lane_toggles,
            cell_toggles=self.cell_toggles + other.cell_toggles,
        )

    def in_lanes(self, first: int, lanes: int) -> Activity:
        """The same activity embedded in more lanes; the others are idle."""
        classes, own = self.lane_toggles.shape
        lane_toggles = np.zeros((classes, lanes), np.int64)
        lane_toggles[:, first : first + own] = self.lane_toggles
        return replace(self, lane_toggles=lane_toggles)

    def in_phases(self, numbers: Sequence[int]) -> Activity:
        """The same with phases renumbered; phases with equal numbers are merged."""
        rows = (row if row.phase == WHOLE_RUN else replace(row, phase=numbers[row.phase]) for row in self.rows)
        return replace(self, rows=summed(rows))

    def total(self, action: str, component: str | None = None) -> int:
        """Total count of an action over lanes and phases, of one component or of all."""
        return sum(r.count for r in self.rows if r.action == action and component in (None, r.component))


def summed(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Sum rows of equal component, action, phase and `once`; sorted, independent of the input order."""
    sums: dict[tuple[int, str, str, bool], Row] = {}
    for row in rows:
        key = (row.phase, row.component, row.action, row.once)
        sums[key] = _sum(sums[key], row) if key in sums else row
    return tuple(sums[key] for key in sorted(sums))


def _sum(a: Row, b: Row) -> Row:
    classes = b.by_class if a.by_class is None else a.by_class if b.by_class is None else a.by_class + b.by_class
    return replace(a, count=a.count + b.count, by_class=classes)
