"""One chip that does the lanes of a batch one after another: lanes become time, and traces of stretches add up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from chipsim.engine.occupancy import BINS, Occupancy, covered_fs
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Phase, Row, Trace, in_order


def serial(trace: Trace, once: Sequence[Operation], digital: Collection[str]) -> Trace:
    """The trace of one chip that does all lanes in turn, as a single repetition.

    When who was busy and what was waited for is not kept: a training is thousands of steps that look alike.

    Args:
        trace: of a device whose operations followed each other without overlap.
        once: operations that serve all lanes and happen once, for example the load of the weights.
        digital: names of the digital parts and links around the array.
    """
    lanes = trace.lanes
    once_fs = sum(op.end_fs - op.start_fs for op in once)
    elapsed = lanes * (trace.elapsed_fs - once_fs) + once_fs
    once_digital_fs = covered_fs(
        (op.start_fs + hold.offset_fs, op.start_fs + hold.offset_fs + hold.duration_fs)
        for op in once
        for hold in op.holds
        if hold.resource in digital
    )
    digital_fs = lanes * (trace.occupancy.digital_fs - once_digital_fs) + once_digital_fs
    once_busy: dict[str, int] = {}
    for hold in (hold for op in once for hold in op.holds):
        once_busy[hold.resource] = once_busy.get(hold.resource, 0) + hold.duration_fs

    def count(row: Row) -> int:
        if row.phase < 0:  # powered all the time
            return row.count // (lanes * trace.elapsed_fs) * elapsed
        return row.count // lanes if row.once else row.count

    return Trace(
        lanes=1,
        elapsed_fs=elapsed,
        phases=tuple(Phase(p.name, 0, elapsed) for p in trace.phases),
        rows=in_order(Row(r.component, r.action, r.phase, False, count(r), r.by_class) for r in trace.rows),
        busy_fs={k: lanes * (v - once_busy.get(k, 0)) + once_busy.get(k, 0) for k, v in trace.busy_fs.items()},
        occupancy=_without_picture(digital_fs),
        limits=(),
        lane_toggles=trace.lane_toggles.sum(axis=1, keepdims=True),
        class_capacitance_f=trace.class_capacitance_f,
        cell_toggles=trace.cell_toggles,
        records=None,
        states=trace.states[:0],
        final_state=trace.final_state[:, :0],
        wall_s=trace.wall_s,
        kernel_s=trace.kernel_s,
        weight_error=trace.weight_error,
        beta_error=trace.beta_error,
        stretch=trace.stretch,
        reads=lanes * trace.reads,
    )


def _without_picture(digital_fs: int) -> Occupancy:
    return Occupancy((), np.zeros((0, BINS), np.float32), 0, digital_fs)


def joined(traces: Iterable[Trace]) -> Trace:
    """Serial traces of one chip after each other, as one: rows of one component, action and name of phase add up."""
    parts = list(traces)
    elapsed = sum(part.elapsed_fs for part in parts)
    names = list(dict.fromkeys(phase.name for part in parts for phase in part.phases))
    rows: dict[tuple[str, str, int], Row] = {}
    for part in parts:
        for row in part.rows:
            phase = names.index(part.phases[row.phase].name) if row.phase >= 0 else -1
            key = (row.component, row.action, phase)
            rows[key] = _sum(rows[key], row) if key in rows else Row(*key, False, row.count, row.by_class)
    busy: dict[str, int] = {}
    for part in parts:
        for name, value in part.busy_fs.items():
            busy[name] = busy.get(name, 0) + value
    return Trace(
        lanes=1,
        elapsed_fs=elapsed,
        phases=tuple(Phase(name, 0, elapsed) for name in names),
        rows=in_order(rows.values()),
        busy_fs=busy,
        occupancy=_without_picture(sum(part.occupancy.digital_fs for part in parts)),
        limits=(),
        lane_toggles=np.sum([part.lane_toggles for part in parts], axis=0),
        class_capacitance_f=parts[0].class_capacitance_f,
        cell_toggles=np.sum([part.cell_toggles for part in parts], axis=0),
        records=None,
        states=parts[0].states,
        final_state=parts[0].final_state,
        wall_s=sum(part.wall_s for part in parts),
        kernel_s=sum(part.kernel_s for part in parts),
        weight_error=max(part.weight_error for part in parts),
        beta_error=max(part.beta_error for part in parts),
        stretch=max(part.stretch for part in parts),
        reads=sum(part.reads for part in parts),
    )


def _sum(a: Row, b: Row) -> Row:
    classes = b.by_class if a.by_class is None else a.by_class if b.by_class is None else a.by_class + b.by_class
    return Row(a.component, a.action, a.phase, False, a.count + b.count, classes)
