"""One chip that runs the lanes of a batch one after another: lanes become time."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from chipsim.engine.activity import WHOLE_RUN, Activity, Row, summed
from chipsim.engine.occupancy import covered_fs, without_picture
from chipsim.engine.timeline import Operation
from chipsim.engine.timing import Timing, in_turn
from chipsim.engine.trace import Trace


def serial(trace: Trace, once: Sequence[Operation], digital: Collection[str]) -> Trace:
    """The trace of one chip that runs all lanes in turn, as a single repetition.

    Phases keep their lengths and follow one another. Occupancy and bottlenecks are not kept: a training consists of
    thousands of similar steps.

    Args:
        trace: of a device whose operations followed each other without overlap.
        once: operations that serve all lanes and happen once, for example the load of the weights.
        digital: names of the digital parts and links around the array.
    """
    seen = trace.observations
    timing = _in_turn(trace.timing, trace.lanes, once, digital)
    return replace(
        trace,
        lanes=1,
        activity=_of_one_lane(trace, timing.elapsed_fs),
        timing=timing,
        observations=replace(seen.without_states(), reads=trace.lanes * seen.reads),
    )


def _in_turn(timing: Timing, lanes: int, once: Sequence[Operation], digital: Collection[str]) -> Timing:
    """The total time of all lanes in sequence; operations in `once` take their time once."""
    once_fs = sum(op.end_fs - op.start_fs for op in once)
    elapsed = lanes * (timing.elapsed_fs - once_fs) + once_fs
    once_digital_fs = covered_fs(
        (op.start_fs + hold.offset_fs, op.start_fs + hold.offset_fs + hold.duration_fs)
        for op in once
        for hold in op.holds
        if hold.resource in digital
    )
    once_busy: Counter[str] = Counter()
    for hold in (hold for op in once for hold in op.holds):
        once_busy[hold.resource] += hold.duration_fs
    return Timing(
        elapsed,
        in_turn(_lengths(timing, lanes, once), elapsed),
        {name: lanes * (busy - once_busy[name]) + once_busy[name] for name, busy in timing.busy_fs.items()},
        without_picture(lanes * (timing.occupancy.digital_fs - once_digital_fs) + once_digital_fs),
    )


def _lengths(timing: Timing, lanes: int, once: Sequence[Operation]) -> Iterator[tuple[str, int]]:
    """(name, length) of each phase of all lanes in sequence."""
    starts = [phase.start_fs for phase in timing.phases]
    once_fs = [0] * len(starts)
    for operation in once:
        once_fs[bisect_right(starts, operation.start_fs) - 1] += operation.end_fs - operation.start_fs
    for phase, alone in zip(timing.phases, once_fs, strict=True):
        yield phase.name, lanes * (phase.length_fs - alone) + alone


def _of_one_lane(trace: Trace, elapsed_fs: int) -> Activity:
    """The counts of all lanes as those of one lane of this duration."""
    activity, lanes = trace.activity, trace.lanes

    def powered(row: Row) -> Row:
        return replace(row, count=row.count // (lanes * trace.timing.elapsed_fs) * elapsed_fs)

    def done(row: Row) -> Row:
        return replace(row, once=False, count=row.count // lanes if row.once else row.count)

    all_the_time = summed(replace(row, once=False) for row in activity.rows if row.phase == WHOLE_RUN)
    others = (done(row) for row in activity.rows if row.phase != WHOLE_RUN)
    rows = summed([*map(powered, all_the_time), *others])
    return replace(activity, rows=rows, lane_toggles=activity.lane_toggles.sum(axis=1, keepdims=True))
