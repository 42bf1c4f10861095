"""Runs on disk: one HDF5 file each, complete or absent.

/              attributes: schema, chipsim_version, activity_id, run_id
/summary       JSON of the summary
/sources/*     texts of the specs
/ledger/*      one dataset a column, for readers without chipsim
/trace/*       activity, counters, phases: enough to price the run again
/records/*     observables at recorded instants
/arrays/*      what the workload made, for example images
/samples/*     states read by the host, and the last state, 64 lanes to a word
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chipsim.engine.trace import Phase, Records, Row, Trace
from chipsim.errors import RunError
from chipsim.ledger.run import Run

SCHEMA = "chipsim-run-1"

_ARRAYS = ("lane_toggles", "class_capacitance_f", "cell_toggles")
_RECORDS = ("energies", "projections", "times_s", "sweeps")


def check_writable(path: Path) -> None:
    """Raise before a long run when its result could not be stored.

    Raises:
        RunError: the folder does not exist or cannot be written, or the path is a folder.
    """
    folder = path.parent
    if path.is_dir():
        raise RunError(f"{path}: is a folder; name a file, for example {path / 'run.h5'}")
    if not folder.is_dir():
        raise RunError(f"{path}: the folder {folder} does not exist; create it or choose another -o")
    probe = folder / f".chipsim-{os.getpid()}.tmp"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise RunError(f"{path}: the folder {folder} cannot be written: {error.strerror}; choose another -o") from None


def save_run(run: Run, path: Path) -> None:
    """Write to a temporary file, sync it, and give it its name: an earlier result survives any failure.

    Raises:
        RunError: the file cannot be written, for example because the disk is full.
    """
    partial = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        with h5py.File(partial, "w") as file:
            _write(run, file)
        with open(partial, "rb+") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:
        # h5py reports a full disk as OSError or RuntimeError, depending on where it noticed.
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise RunError(f"{path}: the result cannot be written: {reason}; what was there before is untouched") from None
    finally:
        partial.unlink(missing_ok=True)


def load(path: str | Path) -> Run:
    """Read a result.

    Raises:
        RunError: it does not exist, is damaged, or was written by another version's schema.
    """
    name = Path(path)
    if not name.is_file():
        raise RunError(f"{name}: there is no such file")
    try:
        with h5py.File(name, "r") as file:
            schema = file.attrs.get("schema")
            if schema != SCHEMA:
                raise RunError(
                    f"{name}: not a result of this version (schema {schema!r}, wanted {SCHEMA!r}); run it again"
                )
            return _read(file)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError, IndexError):
        raise RunError(f"{name}: not a chipsim result, or damaged; run it again") from None


def _strings(group: Any, name: str, values: Iterable[str]) -> None:
    group.create_dataset(name, data=list(values), dtype=h5py.string_dtype())


def _packed(group: Any, name: str, data: Any) -> None:
    group.create_dataset(name, data=data, compression="gzip", compression_opts=1, shuffle=True)


def _write(run: Run, file: Any) -> None:
    summary, trace = run.summary, run.trace
    file.attrs["schema"] = SCHEMA
    for key in ("chipsim_version", "activity_id", "run_id"):
        file.attrs[key] = summary[key]
    file.create_dataset("summary", data=json.dumps(summary), dtype=h5py.string_dtype())
    sources = file.create_group("sources")
    _strings(sources, "names", run.sources)
    _strings(sources, "texts", run.sources.values())
    _write_ledger(summary["ledger"], file.create_group("ledger"))
    _write_trace(trace, file.create_group("trace"))
    if trace.records is not None:
        records = file.create_group("records")
        for key in _RECORDS:
            _packed(records, key, getattr(trace.records, key))
    arrays = file.create_group("arrays")
    for key, array in run.arrays.items():
        _packed(arrays, key, array)
    samples = file.create_group("samples")
    _packed(samples, "states", trace.states)
    _packed(samples, "final_state", trace.final_state)


def _write_ledger(rows: list[dict[str, Any]], group: Any) -> None:
    for key in rows[0] if rows else ():
        column = [row[key] for row in rows]
        if isinstance(rows[0][key], str):
            _strings(group, key, column)
        else:
            group.create_dataset(key, data=np.array([np.nan if v is None else v for v in column], float))
    for key in ("energy_j", "low_j", "high_j", "once_j"):
        if key in group:
            group[key].attrs["unit"] = "J"


def _write_trace(trace: Trace, group: Any) -> None:
    for key in ("lanes", "wall_s", "kernel_s"):
        group.attrs[key] = getattr(trace, key)
    group.attrs["elapsed_fs"] = str(trace.elapsed_fs)
    # Counts can exceed 64 bits (femtoseconds times instances times lanes), so integers are stored as decimal text.
    _strings(group, "row_component", (r.component for r in trace.rows))
    _strings(group, "row_action", (r.action for r in trace.rows))
    _strings(group, "row_count", (str(r.count) for r in trace.rows))
    group.create_dataset("row_phase", data=np.array([r.phase for r in trace.rows], np.int64))
    group.create_dataset("row_once", data=np.array([r.once for r in trace.rows], bool))
    with_classes = [i for i, r in enumerate(trace.rows) if r.by_class is not None]
    group.create_dataset("class_rows", data=np.array(with_classes, np.int64))
    classes = np.array([trace.rows[i].by_class for i in with_classes], np.int64)
    group.create_dataset("class_counts", data=classes.reshape(len(with_classes), len(trace.class_capacitance_f)))
    _strings(group, "phase_name", (p.name for p in trace.phases))
    _strings(group, "phase_start_fs", (str(p.start_fs) for p in trace.phases))
    _strings(group, "phase_end_fs", (str(p.end_fs) for p in trace.phases))
    _strings(group, "busy_component", trace.busy_fs)
    _strings(group, "busy_fs", (str(v) for v in trace.busy_fs.values()))
    for key in _ARRAYS:
        _packed(group, key, getattr(trace, key))


def _read(file: Any) -> Run:
    summary = json.loads(file["summary"].asstr()[()])
    names, texts = (file["sources"][key].asstr()[:] for key in ("names", "texts"))
    arrays = {key: held[:] for key, held in file["arrays"].items()}
    return Run(summary, _read_trace(file), dict(zip(names, texts, strict=True)), arrays)


def _read_trace(file: Any) -> Trace:
    group = file["trace"]

    def words(name: str) -> list[str]:
        return list(group[name].asstr()[:])

    classes = dict(zip(group["class_rows"][:].tolist(), group["class_counts"][:], strict=True))
    columns = (
        words("row_component"),
        words("row_action"),
        group["row_phase"][:],
        group["row_once"][:],
        words("row_count"),
    )
    rows = tuple(
        Row(component, action, int(phase), bool(once), int(count), classes.get(index))
        for index, (component, action, phase, once, count) in enumerate(zip(*columns, strict=True))
    )
    phases = zip(words("phase_name"), words("phase_start_fs"), words("phase_end_fs"), strict=True)
    records = None
    if "records" in file:
        held = file["records"]
        records = Records(*(held[key][:] for key in _RECORDS))
    return Trace(
        lanes=int(group.attrs["lanes"]),
        elapsed_fs=int(group.attrs["elapsed_fs"]),
        phases=tuple(Phase(name, int(start), int(end)) for name, start, end in phases),
        rows=rows,
        busy_fs={k: int(v) for k, v in zip(words("busy_component"), words("busy_fs"), strict=True)},
        records=records,
        states=file["samples"]["states"][:],
        final_state=file["samples"]["final_state"][:],
        wall_s=float(group.attrs["wall_s"]),
        kernel_s=float(group.attrs["kernel_s"]),
        **{key: group[key][:] for key in _ARRAYS},
    )
