"""Runs on disk: one HDF5 file each, complete or absent.

/              attributes: schema, chipsim_version, activity_id, run_id
/summary       JSON of the summary
/sources/*     texts of the specs
/ledger/*      one dataset a column, for readers without chipsim
/trace/*       activity, counters, phases
/pricing       JSON of what prices must know of the chip, and of the price tables
/records/*     observables at recorded instants
/answers/*     what the host found, lanes first
/shared/*      what all lanes have in common
/arrays/*      what the workload made, for example images
/samples/*     states read by the host, and the last state, 64 lanes to a word
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chipsim.engine.activity import Activity, Row
from chipsim.engine.observations import Observations, Records
from chipsim.engine.occupancy import Occupancy
from chipsim.engine.timing import Limit, Phase, Timing
from chipsim.engine.trace import Fidelity, MachineTime, Trace
from chipsim.errors import RunError
from chipsim.files import probe_folder, write_atomically
from chipsim.ledger.sheet import PricedAction, PricedComponent, Sheet, Written
from chipsim.prices.table import PriceRow, PriceTable
from chipsim.results.result import Run

SCHEMA = "chipsim-run-3"

_ARRAYS = ("lane_toggles", "class_capacitance_f", "cell_toggles")
_BY_NAME = ("answers", "shared")
_RECORDS = ("energies", "projections", "times_s", "sweeps")


def check_writable(path: Path) -> None:
    """Raise before a long run when its result could not be stored.

    Raises:
        RunError: the folder does not exist or cannot be written, or the path is a folder.
    """
    folder = path.parent
    if path.is_dir():
        raise RunError(f"{path}: is a folder; name a file, for example {path / 'run.h5'}")
    if path.exists() and not path.is_file():
        raise RunError(f"{path}: is not a regular file; choose another -o")
    if not folder.is_dir():
        raise RunError(f"{path}: the folder {folder} does not exist; create it or choose another -o")
    try:
        probe_folder(folder)
    except OSError as error:
        raise RunError(f"{path}: the folder {folder} cannot be written: {error.strerror}; choose another -o") from None


def save_run(run: Run, path: Path) -> None:
    """Write a result: an earlier one survives any failure.

    Raises:
        RunError: the file cannot be written, for example because the disk is full.
    """
    # Made in memory: the HDF5 library crashes the process when a disk fills up under it.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        _write(run, file)
    write_atomically(path, image.getbuffer())


def write_all(runs: dict[Path, Run], target: Path, into_folder: bool) -> None:
    """Write one run to a file, or each run under its own file name into a folder, which is made if there is none.

    Raises:
        RunError: a result cannot be written; those written before it are complete.
    """
    if not into_folder:
        check_writable(target)
        return save_run(next(iter(runs.values())), target)
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(f"{target}: the folder cannot be made: {error.strerror}; choose another -o") from None
    for path, run in runs.items():
        check_writable(target / path.name)
        save_run(run, target / path.name)
    return None


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
    file.create_dataset("pricing", data=json.dumps(_pricing(run)), dtype=h5py.string_dtype())
    sources = file.create_group("sources")
    _strings(sources, "names", run.sources)
    _strings(sources, "texts", run.sources.values())
    _write_ledger(summary["ledger"], file.create_group("ledger"))
    _write_trace(trace, file.create_group("trace"))
    if trace.observations.records is not None:
        records = file.create_group("records")
        for key in _RECORDS:
            _packed(records, key, getattr(trace.observations.records, key))
    for name in _BY_NAME:
        for key, values in getattr(trace.observations, name).items():
            file[f"{name}/{key}"] = values
    arrays = file.create_group("arrays")
    for key, array in run.arrays.items():
        _packed(arrays, key, array)
    samples = file.create_group("samples")
    _packed(samples, "states", trace.observations.states)
    _packed(samples, "final_state", trace.observations.final_state)


def _pricing(run: Run) -> dict[str, Any]:
    return {
        "components": [asdict(component) for component in run.sheet.components.values()],
        "thermal_energy_j": run.sheet.thermal_energy_j,
        "technology": run.sheet.technology,
        "prices": _table(run.prices),
        "comparisons": [_table(table) for table in run.comparisons],
    }


def _table(table: PriceTable) -> dict[str, Any]:
    def rows(held: dict[str, PriceRow]) -> dict[str, Any]:
        return {key: [row.place, row.model_dump(exclude_unset=True)] for key, row in held.items()}

    return {
        "name": table.name,
        "rows": rows(table.rows),
        "own": rows(table.own),
        "changes": table.changes,
        "of_chip": rows(table.of_chip),
        "requested_name": table.requested_name,
    }


def _read_table(held: dict[str, Any]) -> PriceTable:
    def rows(stored: dict[str, Any]) -> dict[str, PriceRow]:
        # They were validated before they were stored, and stand here in SI.
        return {key: PriceRow.model_construct(**row).at(place) for key, (place, row) in stored.items()}

    blocks = {name: rows(held[name]) for name in ("rows", "own", "of_chip")}
    return PriceTable(held["name"], **blocks, changes=held["changes"], requested_name=held["requested_name"])


def _read_component(held: dict[str, Any]) -> PricedComponent:
    actions = tuple(PricedAction(**{**action, "model_j": tuple(action["model_j"])}) for action in held["actions"])
    return PricedComponent(**{**held, "actions": actions, "written": _read_written(held["written"])})


def _read_written(held: list[list[str]]) -> Written:
    return tuple((path, value, place) for path, value, place in held)


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
    activity, timing = trace.activity, trace.timing
    group.attrs["lanes"] = trace.lanes
    group.attrs["reads"] = trace.observations.reads
    for scalars in (trace.fidelity, trace.machine):
        for key, value in asdict(scalars).items():
            group.attrs[key] = value
    group.attrs["elapsed_fs"] = str(timing.elapsed_fs)
    # Counts can exceed 64 bits (femtoseconds times instances times lanes), so integers are stored as decimal text.
    _strings(group, "row_component", (r.component for r in activity.rows))
    _strings(group, "row_action", (r.action for r in activity.rows))
    _strings(group, "row_count", (str(r.count) for r in activity.rows))
    group.create_dataset("row_phase", data=np.array([r.phase for r in activity.rows], np.int64))
    group.create_dataset("row_once", data=np.array([r.once for r in activity.rows], bool))
    with_classes = [i for i, r in enumerate(activity.rows) if r.by_class is not None]
    group.create_dataset("class_rows", data=np.array(with_classes, np.int64))
    classes = np.array([activity.rows[i].by_class for i in with_classes], np.int64)
    group.create_dataset("class_counts", data=classes.reshape(len(with_classes), len(activity.class_capacitance_f)))
    _strings(group, "phase_name", (p.name for p in timing.phases))
    _strings(group, "phase_start_fs", (str(p.start_fs) for p in timing.phases))
    _strings(group, "phase_end_fs", (str(p.end_fs) for p in timing.phases))
    _strings(group, "busy_component", timing.busy_fs)
    _strings(group, "busy_fs", (str(v) for v in timing.busy_fs.values()))
    group.create_dataset("limits", data=json.dumps([asdict(step) for step in timing.limits]), dtype=h5py.string_dtype())
    _strings(group, "occupied_component", timing.occupancy.components)
    _packed(group, "occupied_share", timing.occupancy.share)
    for key in ("loading_fs", "digital_fs"):
        group.attrs[key] = str(getattr(timing.occupancy, key))
    for key in _ARRAYS:
        _packed(group, key, getattr(activity, key))


def _read(file: Any) -> Run:
    summary = json.loads(file["summary"].asstr()[()])
    names, texts = (file["sources"][key].asstr()[:] for key in ("names", "texts"))
    pricing = json.loads(file["pricing"].asstr()[()])
    components = [_read_component(held) for held in pricing["components"]]
    return Run(
        summary,
        _read_trace(file),
        Sheet(
            {component.name: component for component in components},
            pricing["thermal_energy_j"],
            _read_written(pricing["technology"]),
        ),
        _read_table(pricing["prices"]),
        tuple(_read_table(held) for held in pricing["comparisons"]),
        dict(zip(names, texts, strict=True)),
        {key: held[:] for key, held in file["arrays"].items()},
    )


def _read_limit(held: dict[str, Any]) -> Limit:
    return Limit(**{**held, **{key: tuple(held[key]) for key in ("resources", "operations")}})


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
    occupied = Occupancy(
        tuple(words("occupied_component")),
        group["occupied_share"][:],
        int(group.attrs["loading_fs"]),
        int(group.attrs["digital_fs"]),
    )
    return Trace(
        lanes=int(group.attrs["lanes"]),
        activity=Activity(rows, *(group[key][:] for key in _ARRAYS)),
        timing=Timing(
            elapsed_fs=int(group.attrs["elapsed_fs"]),
            phases=tuple(Phase(name, int(start), int(end)) for name, start, end in phases),
            busy_fs={k: int(v) for k, v in zip(words("busy_component"), words("busy_fs"), strict=True)},
            occupancy=occupied,
            limits=tuple(_read_limit(held) for held in json.loads(group["limits"].asstr()[()])),
        ),
        observations=Observations(
            records=records,
            states=file["samples"]["states"][:],
            final_state=file["samples"]["final_state"][:],
            reads=int(group.attrs["reads"]),
            **_read_by_name(file),
        ),
        fidelity=Fidelity(*(float(group.attrs[field.name]) for field in fields(Fidelity))),
        machine=MachineTime(*(float(group.attrs[field.name]) for field in fields(MachineTime))),
    )


def _read_by_name(file: Any) -> dict[str, Any]:
    return {name: {key: held[()] for key, held in file.get(name, {}).items()} for name in _BY_NAME}
