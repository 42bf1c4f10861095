"""A trace in a result file and back, down to the last bit.

A file is untrusted: arrays must have the types and shapes that belong together, and integers their ranges.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import h5py
import numpy as np
from pydantic import TypeAdapter

from chipsim.engine.activity import Activity, Row
from chipsim.engine.observations import Observations, Records
from chipsim.engine.occupancy import BINS, Occupancy
from chipsim.engine.timing import Limit, Phase, Timing
from chipsim.engine.trace import MAX_LANES, Fidelity, MachineTime, Trace
from chipsim.hdf5 import array
from chipsim.results.layout import attribute, from_json, put_attribute, put_json, put_packed, put_strings, strings
from chipsim.rounding import rounded

_COUNTERS = ("lane_toggles", "class_capacitance_f", "cell_toggles")
# Largest count or time in femtoseconds: a million instances of a million lanes for the age of the universe is less.
MAX_COUNT = 2**256
_LIMIT = TypeAdapter(Limit)


def write_trace(trace: Trace, file: Any) -> None:
    """Write all groups that a trace fills; the time of the machine stands in another block."""
    group = file.create_group("trace")
    group.attrs["lanes"] = trace.lanes
    group.attrs.update(asdict(trace.fidelity))
    _write_activity(trace.activity, group)
    _write_timing(trace.timing, group)
    _write_observations(trace.observations, file)
    if trace.beside is not None:
        write_trace(trace.beside, file.create_group("beside"))


def read_trace(file: Any, machine: MachineTime) -> Trace:
    """The trace of a result, and the time that its machine took.

    Raises:
        ValueError, KeyError, TypeError: an entry is missing, or has another type, shape or range.
    """
    group = file["trace"]
    lanes = int(group.attrs["lanes"])
    if not 1 <= lanes <= MAX_LANES:
        raise ValueError(f"{lanes} lanes, expected 1 to {MAX_LANES}")
    return Trace(
        lanes=lanes,
        activity=_read_activity(group, lanes),
        timing=_read_timing(group),
        observations=_read_observations(file, lanes),
        fidelity=Fidelity(*(_measure(group, field.name) for field in fields(Fidelity))),
        machine=machine,
        beside=read_trace(file["beside"], machine) if "beside" in file else None,
    )


def _measure(group: Any, name: str) -> float:
    value = float(group.attrs[name])
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} is {value}")
    return value


def _natural(text: Any) -> int:
    value = int(text)
    if not 0 <= value < MAX_COUNT:
        raise ValueError(f"{rounded(value, '.3g')} is negative or too large")
    return value


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


def _read_activity(group: Any, lanes: int) -> Activity:
    components, actions, counts = (strings(group, f"row_{name}") for name in ("component", "action", "count"))
    phases, once = array(group, "row_phase", np.int64, (len(counts),)), array(group, "row_once", bool, (len(counts),))
    capacitances = array(group, "class_capacitance_f", np.float64, (None,))
    lane_toggles = array(group, "lane_toggles", np.int64, (len(capacitances), lanes))
    with_classes = array(group, "class_rows", np.int64, (None,)).tolist()
    by_class = array(group, "class_counts", np.int64, (len(with_classes), len(capacitances)))
    classes = dict(zip(with_classes, by_class, strict=True))
    cells = array(group, "cell_toggles", np.int64, (None,))
    if any(held.min(initial=0) < 0 for held in (capacitances, lane_toggles, by_class, cells)):
        raise ValueError("negative counts")
    columns = zip(components, actions, phases.tolist(), once.tolist(), counts, strict=True)
    rows = tuple(
        Row(component, action, phase, one, _natural(count), classes.get(index))
        for index, (component, action, phase, one, count) in enumerate(columns)
    )
    return Activity(rows, lane_toggles, capacitances, cells)


def _write_timing(timing: Timing, group: Any) -> None:
    put_attribute(group, "elapsed_fs", str(timing.elapsed_fs))
    put_strings(group, "phase_name", (p.name for p in timing.phases))
    put_strings(group, "phase_start_fs", (str(p.start_fs) for p in timing.phases))
    put_strings(group, "phase_end_fs", (str(p.end_fs) for p in timing.phases))
    put_strings(group, "busy_component", timing.busy_fs)
    put_strings(group, "busy_fs", (str(busy) for busy in timing.busy_fs.values()))
    put_json(group, "limits", [asdict(step) for step in timing.limits])
    put_strings(group, "occupied_component", timing.occupancy.components)
    put_packed(group, "occupied_share", timing.occupancy.share)
    for key in ("loading_fs", "digital_fs"):
        put_attribute(group, key, str(getattr(timing.occupancy, key)))


def _read_timing(group: Any) -> Timing:
    elapsed = _natural(attribute(group, "elapsed_fs"))

    def within(text: Any) -> int:
        if _natural(text) > elapsed:
            raise ValueError(f"{text} fs is beyond the end of the run")
        return int(text)

    phases = zip(*(strings(group, f"phase_{name}") for name in ("name", "start_fs", "end_fs")), strict=True)
    busy = zip(strings(group, "busy_component"), strings(group, "busy_fs"), strict=True)
    occupied = tuple(strings(group, "occupied_component"))
    share = array(group, "occupied_share", np.float32, (len(occupied), BINS))
    timing = Timing(
        elapsed_fs=elapsed,
        phases=tuple(Phase(name, within(start), within(end)) for name, start, end in phases),
        busy_fs={component: within(held) for component, held in busy},
        occupancy=Occupancy(
            occupied, share, *(within(attribute(group, name)) for name in ("loading_fs", "digital_fs"))
        ),
        limits=tuple(_limit(step) for step in from_json(group, "limits")),
    )
    shares = (share.min(initial=0), share.max(initial=0))
    if shares[0] < 0 or shares[1] > 1 or not timing.busy_fs.keys() >= set(occupied) or len(set(occupied)) < len(share):
        raise ValueError("the busy shares do not belong to components of the run")
    if any(phase.start_fs > phase.end_fs for phase in timing.phases):
        raise ValueError("a phase ends before it begins")
    return timing


def _limit(step: Any) -> Limit:
    return _LIMIT.validate_python(step)


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


def _read_observations(file: Any, lanes: int) -> Observations:
    samples = file["samples"]
    return Observations(
        records=_read_records(file["records"], lanes) if "records" in file else None,
        states=array(samples, "states", np.uint64, (None, None, None)),
        final_state=array(samples, "final_state", np.uint64, (None, None)),
        reads=_natural(file["trace"].attrs["reads"]),
        answers={name: array(file["answers"], name, np.float64) for name in file.get("answers", {})},
        findings=_read_findings(file.get("findings", {})),
    )


def _read_records(group: Any, lanes: int) -> Records:
    times = array(group, "times_s", np.float64, (None,))
    energies = array(group, "energies", np.float64, (None, lanes))
    if len(energies) not in (0, len(times)):  # directed couplings have none
        raise ValueError(f"energies has {len(energies):,} records, expected {len(times):,}, or none")
    return Records(
        energies,
        array(group, "projections", np.float32, (len(times), lanes, None)),
        times,
        array(group, "sweeps", np.int64, (len(times),)),
        array(group, "stuck", np.int64, (2, None)),
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
