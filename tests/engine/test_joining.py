"""The one sum of activities: in any order, over lanes and over time, it gives what one run of everything counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chipsim.engine.activity import WHOLE_RUN, Activity, Row
from chipsim.engine.joining import join_in_time, merge_lanes
from chipsim.engine.observations import Observations
from chipsim.engine.occupancy import without_picture
from chipsim.engine.serial import serial
from chipsim.engine.timing import Phase, Timing
from chipsim.engine.trace import Fidelity, MachineTime, Trace
from chipsim.runs.plan import plan
from chipsim.runs.simulate import drive

SPLIT = np.array([3, 4])


def plain(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    return [
        (r.phase, r.component, r.action, r.once, r.count, None if r.by_class is None else r.by_class.tolist())
        for r in rows
    ]


def activity(*rows: Row, toggles: int = 0) -> Activity:
    return Activity(rows, np.full((2, 1), toggles), np.array([1e-15, 2e-15]), np.full(5, toggles))


def trace(names: str, *rows: Row, elapsed: int, busy: dict[str, int], reads: int = 0, error: float = 0.0) -> Trace:
    """One repetition with phases of these one-letter names."""
    phases = tuple(Phase(name, 0, elapsed) for name in names)
    nothing = np.zeros((0, 1), np.uint64)
    return Trace(
        1,
        activity(*rows, toggles=elapsed),
        Timing(elapsed, phases, busy, without_picture(elapsed // 2)),
        Observations(None, np.zeros((0, 5, 1), np.uint64), nothing, reads),
        Fidelity(weight_error=error),
        MachineTime(1.0, 0.5),
    )


def test_sums_by_hand() -> None:
    a = activity(Row("x", "do", 0, False, 1, SPLIT), Row("y", "on", WHOLE_RUN, False, 5), toggles=1)
    b = activity(Row("x", "do", 0, False, 2, SPLIT), Row("x", "do", 0, True, 4), Row("x", "do", 1, False, 9), toggles=2)
    both = a + b
    assert plain(both.rows) == [
        (-1, "y", "on", False, 5, None),
        (0, "x", "do", False, 3, [6, 8]),
        (0, "x", "do", True, 4, None),
        (1, "x", "do", False, 9, None),
    ]
    assert both.lane_toggles.tolist() == [[3], [3]]
    assert both.cell_toggles.tolist() == [3] * 5
    assert both.total("do") == 16


def test_a_split_over_classes_stays_where_a_part_has_none() -> None:
    """A frozen group counts no toggles and so no classes; nor does it take away those of others."""
    split, none = (activity(Row("x", "toggle", 0, False, 7, classes)) for classes in (SPLIT, None))
    for both in (split + none, none + split):
        assert plain(both.rows) == [(0, "x", "toggle", False, 14, [3, 4])]


def test_the_order_of_sums_does_not_matter() -> None:
    ready = plan("tiny", "clamped", {"schedule.sweeps": 20})
    a, b, c = (drive(ready, 64, seed).activity for seed in range(3))
    ways = [(a + b) + c, a + (b + c), (c + a) + b]
    for other in ways[1:]:
        assert plain(other.rows) == plain(ways[0].rows)
        assert np.array_equal(other.lane_toggles, ways[0].lane_toggles)
        assert np.array_equal(other.cell_toggles, ways[0].cell_toggles)


def test_traces_after_each_other_by_hand() -> None:
    first = trace(
        "ab", Row("x", "do", 0, False, 1), Row("x", "do", 1, False, 2), Row("x", "on", WHOLE_RUN, False, 10),
        elapsed=10, busy={"x": 4, "idle": 0}, reads=2, error=0.1,
    )  # fmt: skip
    then = trace(
        "cb", Row("x", "do", 0, False, 30), Row("x", "do", 1, False, 40), Row("x", "on", WHOLE_RUN, False, 20),
        elapsed=20, busy={"y": 5, "x": 6}, reads=3, error=0.3,
    )  # fmt: skip
    both = join_in_time([first, then])
    assert [(p.name, p.start_fs, p.end_fs) for p in both.timing.phases] == [("a", 0, 10), ("b", 0, 30), ("c", 10, 30)]
    assert [(r.phase, r.count) for r in both.activity.rows] == [(WHOLE_RUN, 30), (0, 1), (1, 42), (2, 30)]
    assert both.timing.elapsed_fs == 30
    assert both.timing.busy_fs == {"x": 10, "idle": 0, "y": 5}
    assert both.timing.occupancy.digital_fs == 15
    assert both.activity.cell_toggles.tolist() == [30] * 5
    assert both.observations.reads == 5
    assert both.fidelity == Fidelity(weight_error=0.3)
    assert both.machine == MachineTime(2.0, 1.0)


def test_grouping_of_traces_after_each_other_does_not_matter() -> None:
    parts = [
        trace(names, Row("x", "do", 0, False, n), Row("x", "do", 1, False, 10 * n), elapsed=n, busy={"x": n})
        for n, names in enumerate(("ab", "bc", "ca"), start=1)
    ]
    left, right = join_in_time(parts), join_in_time([parts[0], join_in_time(parts[1:])])
    assert left.timing.phases == right.timing.phases
    assert plain(left.activity.rows) == plain(right.activity.rows)
    for timing in (left.timing, right.timing):
        assert (timing.elapsed_fs, timing.busy_fs) == (6, {"x": 6})


def test_lanes_in_turn_are_the_first_of_them_in_turn_and_then_the_others() -> None:
    ready = plan("tiny", "clamped", {"schedule.sweeps": 20})
    groups = [drive(ready, 64, 3, first_group=group) for group in (0, 1)]
    loads = {(row.component, row.action) for row in groups[0].activity.rows if row.once}
    whole = serial(merge_lanes(groups), once=(), digital=("host", "link"))
    parts = join_in_time(serial(group, once=(), digital=("host", "link")) for group in groups)

    def counts(of: Trace) -> Counter[tuple[str, str, str]]:
        # A load serves all lanes that are done in turn: two times of 64 take two.
        names = ["" if row.phase == WHOLE_RUN else of.timing.phases[row.phase].name for row in of.activity.rows]
        out: Counter[tuple[str, str, str]] = Counter()
        for name, row in zip(names, of.activity.rows, strict=True):
            out[name, row.component, row.action] += 0 if (row.component, row.action) in loads else row.count
        return out

    assert counts(whole) == counts(parts)
    assert (whole.timing.elapsed_fs, whole.timing.busy_fs) == (parts.timing.elapsed_fs, parts.timing.busy_fs)
    assert whole.timing.occupancy.digital_fs == parts.timing.occupancy.digital_fs
    assert np.array_equal(whole.activity.lane_toggles, parts.activity.lane_toggles)
    assert np.array_equal(whole.activity.cell_toggles, parts.activity.cell_toggles)
    assert whole.observations.reads == parts.observations.reads > 0


def test_lanes_with_other_findings_are_refused() -> None:
    one = drive(plan("tiny", "spin-glass", {"schedule.sweeps": 5}), 64, 1)
    known, other = (
        replace(one, observations=replace(one.observations, findings={"steps": 3, "losses": np.array([1.0, last])}))
        for last in (np.nan, 2.0)
    )
    assert merge_lanes([known, known]).observations.findings == known.observations.findings
    for wrong in (one, other):
        with pytest.raises(ValueError, match="different findings"):
            merge_lanes([known, wrong])
