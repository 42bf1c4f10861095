"""The result of a sweep: its points as rows, the best one, the Pareto front, and tables of other libraries."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chipsim.results.columns import Table, optional
from chipsim.results.metric_names import unit_of_metric
from chipsim.results.notebook import html
from chipsim.sweeps.table import read_table
from chipsim.units import show, show_number

if TYPE_CHECKING:
    import xarray

Row = dict[str, Any]


class SweepResult(Table):
    """The table of a sweep: a row a point, with the values of its axes and of its metrics.

    Columns of a metric M are M itself, `M_ci95` (half width of its 95 % interval over lanes), `M_price_low` and
    `M_price_high` (by the bounds of the prices), and `M_minus_reference` with the same of the difference. In a sweep
    with replicates, M is the mean over them, and every metric has 95 % t-intervals.

    Args:
        table: as `chipsim.sweeps.table.build_table` makes it.
        folder: where the sweep is kept.

    Attributes:
        name, description: of the sweep.
        rows: one a point, column -> value; quantities as they are written, metrics in SI, None for what is not known.
        axes: paths that are varied.
        metrics: names, the first of which decides what is best.
        folder: where the sweep is kept.

    Example:
        >>> import chipsim
        >>> result = chipsim.sweep(
        ...     {
        ...         "chipsim": 1, "name": "swing", "chip": "tiny", "workload": "spin-glass",
        ...         "set": {"schedule.sweeps": 50},
        ...         "axes": {"couplers.swing": ["100 mV", "200 mV"], "clock.phase": ["100 ns", "200 ns"]},
        ...         "metrics": ["energy_j", "elapsed_s"],
        ...     },
        ...     executor="inline",
        ... )
        >>> result
        <SweepResult swing: 4 of 4 points, axes couplers.swing, clock.phase, best energy_j 2.771 nJ>
        >>> result.best["couplers.swing"], [row["point"] for row in result.front]
        ('100 mV', [0])
        >>> result.units["energy_j"], result.units["couplers.swing"]
        ('J', 'mV')
        >>> data = result.to_xarray()  # doctest: +SKIP
        >>> data.energy_j.sel({"couplers.swing": 200}).plot()  # doctest: +SKIP
    """

    def __init__(self, table: dict[str, Any], folder: Path) -> None:
        self.table, self.folder = table, folder
        self.name: str = table["name"]
        self.description: str = table["description"]
        self.rows: list[Row] = table["rows"]
        self.axes: list[str] = [axis["path"] for axis in table["axes"]]
        self.metrics: list[str] = table["metrics"]

    @property
    def best(self) -> Row | None:
        """The row that is best in the first metric, of those that keep the constraints; None where there is none."""
        index = self.table["best"]
        return None if index is None else self.rows[index]

    @property
    def front(self) -> list[Row]:
        """Rows on the Pareto front of the first two metrics, by the first."""
        return [self.rows[index] for index in self.table["front"]]

    @property
    def reference(self) -> Row | None:
        """The row that others are compared with; None where it is not known."""
        return next((row for row in self.rows if row["point"] == self.table["reference"]), None)

    @property
    def replicates(self) -> list[Row]:
        """A row for each replicate of each point, with its seeds and metrics; none in a sweep without replicates."""
        rows: list[Row] = self.table.get("replicates", {}).get("rows", [])
        return rows

    @property
    def units(self) -> dict[str, str]:
        """Column -> unit, of the columns that have one: SI of metrics; of an axis the unit in which it is written."""
        found = {axis["path"]: axis["unit"] for axis in self.table["axes"] if self._numbers(axis) and axis["unit"]}
        for column in self._names:
            metric = max((m for m in self.metrics if column == m or column.startswith(f"{m}_")), key=len, default="")
            if metric and unit_of_metric(metric):
                found[column] = unit_of_metric(metric)
        return found

    @property
    def columns(self) -> dict[str, list[Any]]:
        """Column -> values of all points; axes that are quantities as numbers in their unit."""
        numbers = {axis["path"]: self._numbers(axis) for axis in self.table["axes"]}
        out = {}
        for name in self._names:
            values = [row[name] for row in self.rows]
            known = numbers.get(name)
            out[name] = [known[json.dumps(value)] for value in values] if known else _uniform(values)
        return out

    @property
    def _names(self) -> list[str]:
        return list(self.rows[0]) if self.rows else ["point", *self.axes]

    @staticmethod
    def _numbers(axis: dict[str, Any]) -> dict[str, float]:
        """The values of an axis as numbers in its unit, by their JSON; empty where they are not all numbers."""
        numbers: dict[str, float] = axis["numbers"]
        return {} if None in numbers.values() else numbers

    def to_xarray(self) -> xarray.Dataset:
        """The columns as variables of a dataset, with their units in the attribute `units`.

        The dimensions are the axes where the points are all combinations of their values; else there is one dimension
        `point`, with the axes as coordinates of it.

        Raises:
            RunError: xarray is not installed.
        """
        columns, units = self.columns, self.units
        values = {path: list(dict.fromkeys(map(_hashable, columns[path]))) for path in self.axes}
        places = [
            tuple(values[path].index(_hashable(columns[path][n])) for path in self.axes) for n in range(len(self.rows))
        ]
        shape = tuple(len(values[path]) for path in self.axes)
        grid = bool(places) and len(places) == len(set(places)) == math.prod(shape)
        order = sorted(range(len(places)), key=places.__getitem__) if grid else list(range(len(places)))
        dims = tuple(self.axes) if grid else ("point",)
        described: dict[str, Any] = {}
        for name, column in columns.items():
            attributes = {"units": units[name]} if name in units else {}
            if name in self.axes and grid:
                described[name] = (name, _array(values[name]), attributes)
            elif name != "point" or grid:
                array = _array([column[n] for n in order])
                described[name] = (dims, array.reshape(shape) if grid else array, attributes)
            else:
                described[name] = ("point", np.array(column, int), {})
        inner = {*self.axes, *self.table["follow"], *(() if grid else ("point",))}
        dataset: xarray.Dataset = optional("xarray").Dataset(
            {name: held for name, held in described.items() if name not in inner},
            {name: held for name, held in described.items() if name in inner},
            {"name": self.name, "chip": self.table["chip"], "workload": self.table["workload"]},
        )
        return dataset

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        metric, best = self.metrics[0], self.best
        unit = unit_of_metric(metric)
        shown = "" if best is None else show(best[metric], unit) if unit else show_number(best[metric])
        found = shown and f", best {metric} {shown}"
        points = f"{len(self.rows)} of {self.table['total']} points"
        return f"<SweepResult {self.name}: {points}, axes {', '.join(self.axes)}{found}>"

    def _repr_html_(self) -> str:
        return html("sweep_html", self.table)


def load_sweep(folder: str | PathLike[str]) -> SweepResult:
    """Read the result of a sweep from the folder that `chipsim.sweep` or `chipsim sweep -o` filled.

    Args:
        folder: of the sweep; results of single runs are read by `chipsim.load`.

    Raises:
        RunError: there is no sweep, or its table is damaged.

    Example:
        >>> import chipsim
        >>> settings = {"chipsim": 1, "name": "beta", "chip": "tiny", "workload": "spin-glass"}
        >>> axes = {"schedule.beta": {"from": 0.1, "to": 0.4, "points": 3}}
        >>> spec = {**settings, "set": {"schedule.sweeps": 50}, "axes": axes, "metrics": ["energy_j"]}
        >>> made = chipsim.sweep(spec, "beta", executor="inline")
        >>> chipsim.load_sweep("beta").rows == made.rows
        True
    """
    return SweepResult(read_table(Path(folder)), Path(folder))


def _uniform(values: list[Any]) -> list[Any]:
    """Values of one type: numbers where all are, else words; lists and truth values as JSON, as in `sweep.csv`."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        mixed = any(isinstance(value, float) for value in known)
        return [float(value) if mixed and value is not None else value for value in values]
    return [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]


def _hashable(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def _array(values: list[Any]) -> Any:
    """Numbers with NaN for what is not known, or objects."""
    if all(value is None or isinstance(value, int | float) for value in values):
        return np.array([math.nan if value is None else value for value in values])
    return np.array(values, object)
