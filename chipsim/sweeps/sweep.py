"""Sweeps from Python: all points of a sweep at once, or single points that an optimiser requests."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from chipsim.errors import Place, RuleError, RunError, SpecError, did_you_mean
from chipsim.prices.scopes import Scope
from chipsim.runs.simulate import available_cores
from chipsim.spec.compose import Given
from chipsim.spec.dicts import plain_value
from chipsim.sweeps.axes import Axis
from chipsim.sweeps.driver import Sweep, default_folder
from chipsim.sweeps.points import PointMaker
from chipsim.sweeps.pooled import record_of
from chipsim.sweeps.result import SweepResult
from chipsim.sweeps.spec import read_sweep


def sweep(
    spec: Given,
    folder: str | PathLike[str] | None = None,
    *,
    set: Mapping[str, Any] | None = None,
    scope: Scope | None = None,
    jobs: int | None = None,
    executor: str = "local",
    progress: Callable[[int, int], None] | None = None,
) -> SweepResult:
    """Run every point of a sweep; points that are in the folder already are not computed again.

    Args:
        spec: preset name or file, or a dict with the keys of a file; its `chip`, `workload` and `prices` may be dicts,
            and `Chip` and `Workload` objects, and the floats of axes that are quantities are in SI.
        folder: where points and table are kept; None for `runs/NAME`.
        set: path -> value, as `--set` takes them, in all points; floats of quantities are in SI.
        scope: what totals count; None for what the sweep says.
        jobs: processes of a local executor; None for one per available core.
        executor: "local", "inline" for this process, or "dask://host:port".
        progress: called with the numbers of known and of all points, after each point.

    Raises:
        ChipsimError: the sweep breaks a rule, or none of its points could be computed.

    Example:
        >>> import chipsim
        >>> spec = {
        ...     "chipsim": 1, "name": "gain", "chip": chipsim.Chip("tiny"), "workload": "spin-glass",
        ...     "axes": {"cells.gain": [1, 2]}, "metrics": ["energy_j"],
        ... }
        >>> result = chipsim.sweep(spec, "gain", set={"schedule.sweeps": 50}, executor="inline")
        >>> [row["cells.gain"] for row in result]
        [1, 2]
    """
    read = read_sweep(spec, scope, set, si=True)
    kept = default_folder(read) if folder is None else Path(folder)

    def show(job: Sweep) -> None:
        if progress is not None:
            progress(len(job.status.records), job.status.total)

    job = Sweep(read, kept, executor, jobs, progress=show)
    result = SweepResult(job.run(), kept)
    if not any(row["status"] == "done" for row in result):
        causes = {row["failure"] for row in result}
        complaint = f"no point of this sweep could be computed: {'; '.join(sorted(causes))}"
        raise RunError(complaint, code="sweep.all-failed")
    return result


class Search:
    """Single points of a sweep on request, kept in a folder like those of any sweep.

    An optimiser proposes values and gets the metrics. Each point is computed once, however often it is requested,
    also in a later search with the same folder.

    Args:
        spec: as `chipsim.sweep` takes it; a range of an axis, `{"from": ..., "to": ...}`, has no `points`.
        folder: where points and table are kept; None for `runs/NAME`.
        set: path -> value, as `--set` takes them, in all points; floats of quantities are in SI.
        scope: what totals count; None for what the sweep says.

    Attributes:
        axes: by path, with the values that each may take.

    Example:
        >>> import chipsim
        >>> axes = {"couplers.swing": {"from": "100 mV", "to": "500 mV"}, "cells.gain": [1, 2]}
        >>> spec = {"chipsim": 1, "name": "ask", "chip": "tiny", "workload": "spin-glass", "axes": axes}
        >>> search = chipsim.Search({**spec, "metrics": ["energy_j"]}, set={"schedule.sweeps": 50})
        >>> search.bounds  # numbers in the unit of the axis
        {'couplers.swing': (100.0, 500.0)}
        >>> weak = search.evaluate({"couplers.swing": 100, "cells.gain": 1})
        >>> strong = search.evaluate({"couplers.swing": "0.5 V", "cells.gain": 1})
        >>> weak["energy_j"] < strong["energy_j"]
        True
        >>> len(search.result())
        2
    """

    def __init__(
        self,
        spec: Given,
        folder: str | PathLike[str] | None = None,
        *,
        set: Mapping[str, Any] | None = None,
        scope: Scope | None = None,
    ) -> None:
        read = read_sweep(spec, scope, set, asked=True, si=True)
        self.axes: dict[str, Axis] = {axis.path: axis for axis in read.axes}
        self._maker, self._metrics = PointMaker(read), read.model.metrics
        self._job = Sweep(read, default_folder(read) if folder is None else Path(folder), "inline", points=[])
        self._asked: dict[str, int] = {}
        weakref.finalize(self, self._job.folder.close)

    @property
    def bounds(self) -> dict[str, tuple[float, float]]:
        """Ends of the axes that are ranges, as numbers in the unit in which the axis is written."""
        return {path: axis.bounds for path, axis in self.axes.items() if axis.spacing != "list"}

    def evaluate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The metrics of the point with these values, by name, in SI; computed in this process unless it is known.

        In a search with replicates these are means.

        Args:
            values: of all axes: a quantity, or a number in the unit of the axis.

        Raises:
            SpecError: an axis has no value, or one that it does not take.
            RunError: the point cannot be computed.
        """
        return self.evaluate_all([values], jobs=1)[0]

    def evaluate_all(self, points: Iterable[Mapping[str, Any]], jobs: int | None = None) -> list[dict[str, Any]]:
        """The metrics of many points, as `evaluate` has them, in the order of the points.

        Args:
            points: values of all axes of each.
            jobs: processes that compute; 1 for this one, None for one per available core.

        Raises:
            SpecError: an axis has no value, or one that it does not take.
            RunError: a point cannot be computed.
        """
        wanted = [self._index(values) for values in points]
        self._job.executor, self._job.jobs = "inline" if jobs == 1 else "local", jobs or available_cores()
        self._job.complete([point for index in wanted for point in self._job.replicates(index)])
        return [self._metrics_of(index) for index in wanted]

    def result(self) -> SweepResult:
        """All points so far as a sweep; its table is written into the folder."""
        self._job.save()
        return SweepResult(self._job.table(), self._job.folder.root)

    def _index(self, values: Mapping[str, Any]) -> int:
        """The number of the point with these values, which belongs to the sweep from now on."""
        for path in values:
            if path not in self.axes:
                complaint = f"is not an axis; {did_you_mean(path, self.axes)}"
                raise SpecError(Place("Search"), path, complaint, code="spec.unknown-path")
        taken = []
        for path, axis in self.axes.items():
            if path not in values:
                raise SpecError(Place("Search"), path, "has no value", code="spec.missing-key")
            try:
                taken.append(axis.taken(plain_value(values[path], "Search")))
            except RuleError as error:
                raise SpecError(Place("Search"), path, str(error), code=error.code) from None
        replicates = self._maker.points(len(self._asked), tuple(taken))
        if replicates[0].key not in self._asked:
            self._asked[replicates[0].key] = len(self._asked)
            self._job.add(replicates)
        return self._asked[replicates[0].key]

    def _metrics_of(self, index: int) -> dict[str, Any]:
        replicates = self._job.replicates(index)
        record = record_of(self._job.spec, replicates, self._job.status.records)
        assert record is not None
        if record["status"] != "done":
            values = dict(zip(self.axes, replicates[0].values, strict=True))
            raise RunError(f"{values}: {record['error']}", code="sweep.failed")
        return {metric: record["figures"].get(metric) for metric in self._metrics}
