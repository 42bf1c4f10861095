"""The table of a sweep: one row per point, with intervals, differences to the reference and the Pareto front.

Columns, after one for each axis: each metric M, `M_ci95` (half width of its 95 % interval, if it has one),
`M_minus_reference` and `M_minus_reference_ci95`. Energies also have `M_price_low` and `M_price_high`, by the bounds of
the prices, and the same for the difference, whose two points share their prices. Then lanes, status, reason of stopping
or failure (`failure`), and ids.

In a sweep with replicates, metrics are means over them, every metric has intervals, `replicates` is their number, and
`replicates.csv` has a line for each.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from chipsim.errors import RunError, did_you_mean
from chipsim.hdf5 import opened
from chipsim.ledger.multiples import PRICED
from chipsim.ledger.price_ranges import Bill, reversing
from chipsim.ledger.price_ranges import difference as difference_of_bills
from chipsim.results.columns import csv_cell
from chipsim.results.layout import attribute, from_json, put_attribute, put_json, put_strings
from chipsim.results.metric_names import is_known
from chipsim.results.store import DAMAGE, reason
from chipsim.sweeps.front import pareto_front
from chipsim.sweeps.metrics import INTERVALS, bill, difference, half_width, price_difference, price_range
from chipsim.sweeps.points import Point, set_by
from chipsim.sweeps.pooled import by_index, record_of, single_rows
from chipsim.sweeps.spec import SweepSpec
from chipsim.sweeps.store import SweepFolder
from chipsim.sweeps.table_schema import check_table

SCHEMA = "chipsim-sweep-2"
OTHER_PROBLEM = "another problem"


def build_table(
    spec: SweepSpec, points: list[Point], records: Mapping[str, dict[str, Any]], reference: int
) -> dict[str, Any]:
    """The table of the available points, in plain values.

    Args:
        spec: the sweep.
        points: all of them, with all replicates.
        records: of finished and failed points, by key.
        reference: index of the reference point.

    Returns:
        name, chip, workload, axes, follow, metrics, maximise, constraints, reference, total, scope, rows; fit: numbers
        of the rows that may be best or on a front; left_out: how many others, by reason; front: numbers of the rows on
        the Pareto front of the first two metrics; best: number of the row that is best in the first metric; by_prices:
        its difference to the reference at any prices within their bounds; with replicates, `replicates`: the number of
        values of each seed to begin with (`seeds`), a row of each replicate (`rows`), and the numbers of the rows
        that these do not resolve from the best (`tied`).
    """
    model, replicates = spec.model, by_index(points)
    base = record_of(spec, replicates[reference], records) if points else None
    bills = {metric: None if base is None else bill(base, metric) for metric in model.metrics if metric in PRICED}
    rows, reasons = [], []
    for index, present in replicates.items():
        # Read once from its file.
        record = record_of(spec, present, records)
        if record is not None:
            rows.append({"point": index, **_row(spec, present[0], record, base, bills)})
            reasons.append(_why_not(spec, record, base))
    fit = [i for i, why in enumerate(reasons) if not why and rows[i]["status"] == "done"]
    left_out = Counter(reason for why in reasons for reason in why)
    best = _best(rows, fit, model.metrics[0], model.maximise)
    table = {
        "name": model.name,
        "description": model.description,
        "chip": model.chip,
        "workload": model.workload,
        "axes": _axes(spec, rows),
        "metrics": model.metrics,
        "maximise": model.maximise,
        "follow": {each.path: spec.model.follow[each.path] for each in spec.followers},
        "constraints": [each.text for each in spec.constraints],
        "reference": reference,
        "total": len(replicates),
        "rows": rows,
        "front": [fit[i] for i in pareto_front([rows[i] for i in fit], model.metrics[:2], model.maximise)],
        "fit": fit,
        "left_out": dict(left_out),
        "scope": model.scope,
        "best": best,
        "by_prices": None
        if best is None or rows[best]["point"] == reference or (model.points != "grid" and model.reference is None)
        else _by_prices(model.metrics[0], record_of(spec, replicates[rows[best]["point"]], records), base),
    }
    if spec.replicates:
        seeds = {factor.path: factor.count for factor in spec.replicates}
        tied = [] if best is None else _tied(spec, [(i, replicates[rows[i]["point"]]) for i in fit], best, records)
        table["replicates"] = {"seeds": seeds, "rows": single_rows(spec, points, records), "tied": tied}
    return table


def _axes(spec: SweepSpec, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The axes, with their values in the rows as numbers."""
    axes: list[dict[str, Any]] = [
        {"path": axis.path, "unit": axis.unit, "spacing": axis.spacing, "values": list(axis.values)}
        for axis in spec.axes
    ]
    for entry, axis in zip(axes, spec.axes, strict=True):
        values = {json.dumps(row[axis.path]): row[axis.path] for row in rows}
        entry["numbers"] = {text: axis.number(value) for text, value in values.items()}
    return axes


def _why_not(spec: SweepSpec, record: dict[str, Any], base: dict[str, Any] | None) -> list[str]:
    """Reasons that exclude a point from best and front; empty if it is admitted or has no run.

    Only points with the problem of the reference are comparable.
    """
    if record["status"] != "done":
        return []
    why = [each.text for each in spec.constraints if not each.kept_by(record["figures"].get(each.metric))]
    wanted = None if base is None else base.get("problem")
    return why + [OTHER_PROBLEM] * (wanted is not None and record.get("problem") != wanted)


def _best(rows: list[dict[str, Any]], fit: list[int], metric: str, maximise: list[str]) -> int | None:
    """Index of the row that is best in a metric; None if no row has it."""
    known = [i for i in fit if is_known(rows[i][metric])]
    sign = -1.0 if metric in maximise else 1.0
    return min(known, key=lambda i: sign * rows[i][metric], default=None)


def _tied(
    spec: SweepSpec, fit: Sequence[tuple[int, list[Point]]], best: int, records: Mapping[str, dict[str, Any]]
) -> list[int]:
    """Numbers of the rows whose difference to the best, over common replicates, is within its interval."""
    metric, present = spec.model.metrics[0], dict(fit)
    top = record_of(spec, present[best], records)
    out = []
    for number, points in fit:
        record = record_of(spec, points, records) if number != best else None
        if record is not None and top is not None:
            change, width = difference(record, top, metric)
            out += [number] if change is not None and width is not None and abs(change) <= width else []
    return out


def _by_prices(metric: str, best: dict[str, Any] | None, base: dict[str, Any] | None) -> dict[str, Any] | None:
    """Range of the best point's difference to the reference within the bounds of the prices; None if not applicable."""
    if best is None or base is None or "figures" not in base:
        return None
    mine, other = bill(best, metric), bill(base, metric)
    if mine is None or other is None:
        return None
    found = difference_of_bills(mine, other)
    return {"low": found.low, "value": found.value, "high": found.high, "reversing": list(reversing(mine, other))}


def check_metrics(metrics: list[str], known: set[str]) -> None:
    """Reject unknown metrics once there is a run; `known` are the names of figures so far.

    Raises:
        RunError: with the closest names.
    """
    for metric in metrics:
        if known and metric not in known:
            named = f"{metric}.value"
            closest = f'did you mean "{named}"?' if named in known else did_you_mean(metric, known)
            raise RunError(f'no run has a metric "{metric}"; {closest}', code="sweep.unknown-metric")


def _plain(value: Any) -> Any:
    """A value as plain JSON: NaN and infinities become None."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _row(
    spec: SweepSpec, point: Point, record: dict[str, Any], base: dict[str, Any] | None, bills: dict[str, Bill | None]
) -> dict[str, Any]:
    """A row; `bills` are those of the reference, by metric."""
    row = set_by(spec, point.values)
    found = record.get("figures", {})
    for metric in spec.model.metrics:
        row[metric] = _plain(found.get(metric))
        if metric.endswith(".value") and not spec.replicates:
            ends = [_plain(found.get(f"{metric.removesuffix('.value')}.{end}")) for end in ("low", "high")]
            row[f"{metric}_low"], row[f"{metric}_high"] = ends
        mine = bill(record, metric) if metric in PRICED else None
        if metric in PRICED:
            row[f"{metric}_price_low"], row[f"{metric}_price_high"] = price_range(mine)
        if metric in INTERVALS or spec.replicates:
            row[f"{metric}_ci95"] = _plain(half_width(record, metric))
        compared = base is not None and "figures" in base and "figures" in record
        change, width = difference(record, base, metric) if compared and base is not None else (None, None)
        row[f"{metric}_minus_reference"] = change
        if metric in INTERVALS or spec.replicates:
            row[f"{metric}_minus_reference_ci95"] = width
        by_prices = price_difference(mine, bills.get(metric)) if compared else None
        if metric in PRICED:
            row[f"{metric}_minus_reference_price_low"] = None if by_prices is None else by_prices.low
            row[f"{metric}_minus_reference_price_high"] = None if by_prices is None else by_prices.high
    if any("effective_sample" in metric for metric in spec.model.metrics):
        row |= {name: found.get(name) for name in ("effective_samples", "delivered_samples")}
    row["lint"] = " ".join(record.get("lint", []))
    row["lanes"] = found.get("lanes")
    if spec.replicates:
        row["replicates"] = record.get("replicates")
    row["status"], row["stopped"] = record["status"], record.get("stopped", "")
    row["problem"], row["failure"] = record.get("problem", ""), record.get("error", "")
    row["activity_id"], row["run_id"] = found.get("activity_id", ""), found.get("run_id", "")
    return row


def save_table(table: dict[str, Any], folder: SweepFolder) -> None:
    """Write sweep.csv and sweep.h5, and replicates.csv in a sweep with replicates."""
    folder.write_table("sweep.csv", table_csv(table).encode())
    if "replicates" in table:
        folder.write_table("replicates.csv", replicates_csv(table).encode())
    folder.write_table("sweep.h5", _hdf5(table))


def table_csv(table: dict[str, Any]) -> str:
    """One line per point, in SI; unknown values are empty fields."""
    return _csv(table["rows"], ["point", *(axis["path"] for axis in table["axes"])])


def replicates_csv(table: dict[str, Any]) -> str:
    """One line per replicate, of a sweep that has some."""
    return _csv(table["replicates"]["rows"], ["point", *(axis["path"] for axis in table["axes"])])


def _csv(rows: list[dict[str, Any]], of_none: list[str]) -> str:
    """The rows of a table; `of_none` are the columns of one without rows."""
    out = io.StringIO()
    columns = list(rows[0]) if rows else of_none
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(csv_cell, columns))
    for row in rows:
        writer.writerow(_cell(row[column]) for column in columns)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else csv_cell(value)


def _hdf5(table: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        put_attribute(file, "schema", SCHEMA)
        put_json(file, "table", table)
        columns = file.create_group("columns")
        for name in table["rows"][0] if table["rows"] else ():
            values = [row[name] for row in table["rows"]]
            if all(value is None or isinstance(value, int | float) for value in values):
                columns[name] = np.array([np.nan if value is None else value for value in values], float)
            else:
                texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
                put_strings(columns, name, texts)
    return buffer.getvalue()


def read_table(folder: Path) -> dict[str, Any]:
    """The table of a sweep's folder.

    Raises:
        RunError: it is missing or damaged.
    """
    path = folder / "sweep.h5"
    if not path.is_file():
        raise RunError(f"{folder}: no sweep found; run chipsim sweep SWEEP.yaml -o {folder}", code="result.none")
    try:
        with opened(path) as file:
            if attribute(file, "schema") == SCHEMA:
                return check_table(from_json(file, "table"))
    except DAMAGE as error:
        raise RunError(
            f"{path}: not the table of a sweep, or damaged{reason(error)}; repeat the sweep", code="result.damaged"
        ) from None
    raise RunError(f"{path}: written by another version; repeat the sweep", code="result.other-schema")
