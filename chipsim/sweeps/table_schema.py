"""What the stored table of a sweep must be: it may come from a stranger, like any result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chipsim.ledger.multiples import PRICED
from chipsim.prices.scopes import Scope
from chipsim.results.metric_names import is_known
from chipsim.rounding import rounded
from chipsim.sweeps.metrics import INTERVALS

# Beyond these, squares of numbers in figures overflow.
_LARGEST = 1e150
_LARGEST_WHOLE = 2**63 - 1
_WORDS = ("lint", "status", "stopped", "problem", "failure", "activity_id", "run_id")


class _Axis(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    path: str
    unit: str | None
    spacing: Literal["list", "linear", "log"]
    values: list[Any]
    numbers: dict[str, float | None]


class _ByPrices(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    low: float
    value: float
    high: float
    reversing: list[str]


class _Replicates(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    seeds: dict[str, int] = Field(min_length=1)
    rows: list[dict[str, Any]]
    # Tables of earlier versions have none.
    tied: list[int] = []


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    description: str
    chip: str
    workload: str
    axes: list[_Axis]
    metrics: list[str] = Field(min_length=1)
    maximise: list[str]
    follow: dict[str, Any]
    constraints: list[str]
    reference: int
    total: int
    rows: list[dict[str, Any]]
    front: list[int]
    fit: list[int]
    left_out: dict[str, int]
    scope: Scope
    best: int | None
    by_prices: _ByPrices | None
    replicates: _Replicates | None = None


_TABLE = TypeAdapter(_Table)


def check_table(table: Any) -> dict[str, Any]:
    """The table, once it is one as `build_table` makes it.

    Raises:
        ValueError: an entry is missing, of another type, or refers to a row that is not there.
    """
    found = _TABLE.validate_python(table)
    tied = [] if found.replicates is None else found.replicates.tied
    for index in (*found.front, *found.fit, *tied, *(() if found.best is None else (found.best,))):
        if not 0 <= index < len(found.rows):
            raise ValueError(f"row {index} of {len(found.rows)}")
    columns = list(found.rows[0]) if found.rows else []
    replicated = found.replicates is not None
    wanted = {"point", "lanes", *_WORDS, *(axis.path for axis in found.axes)}
    wanted |= {*_metric_columns(found.metrics, replicated), *(["replicates"] if replicated else [])}
    if found.rows and not wanted <= set(columns):
        raise ValueError(f"no column {', '.join(sorted(wanted - set(columns)))}")
    _check_chosen(found, tied)
    for axis, held in zip(found.axes, table["axes"], strict=True):
        # As they are held: the model makes floats of them.
        _check_numbers({f"{axis.path} at {text}": number for text, number in held["numbers"].items()})
        known = {json.dumps(json.loads(text)) for text in axis.numbers}
        if not {json.dumps(row[axis.path]) for row in found.rows} <= known:
            raise ValueError(f"a value of {axis.path} that is not one of the axis")
    singles = [] if found.replicates is None else found.replicates.rows
    for rows in (found.rows, singles):
        if any(list(row) != list(rows[0]) for row in rows):
            raise ValueError("rows with different columns")
    for row in found.rows:
        _check_row(row, found.metrics)
    checked: dict[str, Any] = table
    return checked


def _check_chosen(table: _Table, tied: list[int]) -> None:
    """Rows that are best, on the front or tied are among those that may be, and have the metrics compared."""
    fit = set(table.fit)
    for name, chosen, metrics in (
        ("best", [] if table.best is None else [table.best], table.metrics[:1]),
        ("front", table.front, table.metrics[:2]),
        ("tied", tied, table.metrics[:1]),
    ):
        for index in chosen:
            if index not in fit or not all(is_known(table.rows[index].get(metric)) for metric in metrics):
                raise ValueError(f"{name}: row {index} is not one that can be compared")
    if any(len(set(rows)) < len(rows) for rows in (table.front, table.fit, tied)):
        raise ValueError("the same row twice in front, fit or tied")


def _metric_columns(metrics: list[str], replicated: bool) -> set[str]:
    out = {*metrics, *(f"{metric}_minus_reference" for metric in metrics)}
    for metric in metrics:
        ends = ["_ci95", "_minus_reference_ci95"] if replicated or metric in INTERVALS else []
        ends += [f"{part}_price_{end}" for part in ("", "_minus_reference") for end in ("low", "high")] * (
            metric in PRICED
        )
        out |= {metric + end for end in ends}
    return out


def _check_row(row: dict[str, Any], metrics: list[str]) -> None:
    if not all(isinstance(row[name], str) for name in _WORDS) or type(row["point"]) is not int:
        raise ValueError("a row whose status or number is none")
    counted = [name for name in ("lanes", "replicates") if name in row]
    if row["status"] == "done" and any(type(row[name]) is not int for name in counted):
        raise ValueError("a point without lanes or replicates")
    _check_numbers(row)
    for name, value in row.items():
        if (
            value is not None
            and isinstance(value, str | list | dict)
            and any(name.startswith(f"{m}_") for m in metrics)
        ):
            raise ValueError(f"{name} is no number")
        if name in metrics and isinstance(value, str | list | dict) and f"{name}_ci95" in row:
            raise ValueError(f"{name} is no number")
        if name.endswith("_ci95") and value is not None and value < 0:
            raise ValueError(f"{name} is negative")


def _check_numbers(values: Mapping[str, Any]) -> None:
    """Figures hold numbers as floats or as 64 bits."""
    for name, value in values.items():
        if isinstance(value, int | float) and abs(value) > (_LARGEST if isinstance(value, float) else _LARGEST_WHOLE):
            raise ValueError(f"{name} is {rounded(value, '.3g')}")
