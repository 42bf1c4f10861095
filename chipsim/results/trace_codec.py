"""A trace in a result file and back, down to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import h5py
import numpy as np

from chipsim.engine.activity import Activity, Row
from chipsim.engine.observations import Observations, Records
from chipsim.engine.occupancy import Occupancy
from chipsim.engine.timing import Limit, Phase, Timing
from chipsim.engine.trace import Fidelity, MachineTime, Trace
from chipsim.results.layout import from_json, put_json, put_packed, put_strings, strings

_COUNTERS = ("lane_toggles", "class_capacitance_f", "cell_toggles")


def write_trace(trace: Trace, file: Any) -> None:
    """Write all groups that a trace fills."""
    group = file.create_group("trace")
    group.attrs["lanes"] = trace.lanes
    for scalars in (trace.fidelity, trace.machine):
        group.attrs.update(asdict(scalars))
    _write_activity(trace.activity, group)
    _write_timing(trace.timing, group)
    _write_observations(trace.observations, file)


def read_trace(file: Any) -> Trace:
    """The trace of a result."""
    group = file["trace"]
    return Trace(
        lanes=int(group.attrs["lanes"]),
        activity=_read_activity(group),
        timing=_read_timing(group),
        observations=_read_observations(file),
        fidelity=Fidelity(*(float(group.attrs[field.name]) for field in fields(Fidelity))),
        machine=MachineTime(*(float(group.attrs[field.name]) for field in fields(MachineTime))),
    )


# Counts can exceed 64 bits (femtoseconds times instances times lanes), so such integers are stored as decimal text.


def _write_activity(activity: Activity, group: Any) -> None:
    rows = activity.rows
    put_strings(group, "row_component", (r.component for r in rows))
    put_strings(group, "row_action", (r.action for r in rows))
    put_strings(group, "row_count", (str(r.count) for r in rows))
    group.create_dataset("row_phase", data=np.array([r.phase for r in rows], np.int64))
    group.create_dataset("row_once", data=np.array([r.once for r in rows], bool))
    with_classes = [index for index, row in enumerate(rows) if row.by_class is not None]
    classes = np.array([rows[index].by_class for index in with_classes], np.int64)
    group.create_dataset("class_rows", data=np.array(with_classes, np.int64))
    group.create_dataset("class_counts", data=classes.reshape(len(with_classes), len(activity.class_capacitance_f)))
    for key in _COUNTERS:
        put_packed(group, key, getattr(activity, key))


def _read_activity(group: Any) -> Activity:
    classes = dict(zip(group["class_rows"][:].tolist(), group["class_counts"][:], strict=True))
    components, actions, counts = (strings(group, f"row_{name}") for name in ("component", "action", "count"))
    columns = zip(components, actions, group["row_phase"][:], group["row_once"][:], counts, strict=True)
    rows = tuple(
        Row(component, action, int(phase), bool(once), int(count), classes.get(index))
        for index, (component, action, phase, once, count) in enumerate(columns)
    )
    return Activity(rows, *(group[key][:] for key in _COUNTERS))


def _write_timing(timing: Timing, group: Any) -> None:
    group.attrs["elapsed_fs"] = str(timing.elapsed_fs)
    put_strings(group, "phase_name", (p.name for p in timing.phases))
    put_strings(group, "phase_start_fs", (str(p.start_fs) for p in timing.phases))
    put_strings(group, "phase_end_fs", (str(p.end_fs) for p in timing.phases))
    put_strings(group, "busy_component", timing.busy_fs)
    put_strings(group, "busy_fs", (str(busy) for busy in timing.busy_fs.values()))
    put_json(group, "limits", [asdict(step) for step in timing.limits])
    put_strings(group, "occupied_component", timing.occupancy.components)
    put_packed(group, "occupied_share", timing.occupancy.share)
    for key in ("loading_fs", "digital_fs"):
        group.attrs[key] = str(getattr(timing.occupancy, key))


def _read_timing(group: Any) -> Timing:
    phases = zip(*(strings(group, f"phase_{name}") for name in ("name", "start_fs", "end_fs")), strict=True)
    busy = zip(strings(group, "busy_component"), strings(group, "busy_fs"), strict=True)
    return Timing(
        elapsed_fs=int(group.attrs["elapsed_fs"]),
        phases=tuple(Phase(name, int(start), int(end)) for name, start, end in phases),
        busy_fs={component: int(held) for component, held in busy},
        occupancy=Occupancy(
            tuple(strings(group, "occupied_component")),
            group["occupied_share"][:],
            int(group.attrs["loading_fs"]),
            int(group.attrs["digital_fs"]),
        ),
        limits=tuple(_limit(step) for step in from_json(group, "limits")),
    )


def _limit(step: dict[str, Any]) -> Limit:
    return Limit(tuple(step["resources"]), tuple(step["operations"]), step["gain_s"], step["elapsed_s"])


def _write_observations(seen: Observations, file: Any) -> None:
    file["trace"].attrs["reads"] = seen.reads
    if seen.records is not None:
        for field in fields(Records):
            put_packed(file.require_group("records"), field.name, getattr(seen.records, field.name))
    for name, values in seen.answers.items():
        put_packed(file.require_group("answers"), name, values)
    write_findings(seen.findings, file)
    put_packed(file.require_group("samples"), "states", seen.states)
    put_packed(file.require_group("samples"), "final_state", seen.final_state)


def _read_observations(file: Any) -> Observations:
    records = file.get("records")
    return Observations(
        records=None if records is None else Records(*(records[field.name][:] for field in fields(Records))),
        states=file["samples"]["states"][:],
        final_state=file["samples"]["final_state"][:],
        reads=int(file["trace"].attrs["reads"]),
        answers={name: held[:] for name, held in file.get("answers", {}).items()},
        findings=_read_findings(file.get("findings", {})),
    )


def write_findings(findings: Mapping[str, Any], file: Any) -> None:
    """Write what a workload found out: arrays as they are, everything else as JSON."""
    group = file.create_group("findings")
    for name, value in findings.items():
        if isinstance(value, np.ndarray):
            group.create_dataset(name, data=value)
        else:
            put_json(group, name, value)


def _read_findings(group: Any) -> dict[str, Any]:
    def value(name: str) -> Any:
        return from_json(group, name) if h5py.check_string_dtype(group[name].dtype) else np.asarray(group[name][()])

    return {name: value(name) for name in group}
