"""A sweep from points to table: plan, claim, compute, keep, until nothing is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chipsim.sweep.executors import Workers, check_executor, workers
from chipsim.sweep.points import Point, check_points, points_of, reference_index
from chipsim.sweep.spec import SweepSpec
from chipsim.sweep.store import SweepFolder
from chipsim.sweep.table import build_table, check_metrics, save_table
from chipsim.sweep.tasks import Computed, Task, compute, price_again

# How often to look whether what another process has claimed is there.
POLL_S = 0.2


@dataclass
class Status:
    """How far a sweep is.

    Attributes:
        total: points of the sweep.
        found: of these, how many were there before.
        records: finished and failed points by key.
        began: `time.monotonic` of the start.
        fresh: keys of the points that this process has finished.
    """

    total: int
    found: int = 0
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    fresh: set[str] = field(default_factory=set)

    @property
    def left_s(self) -> float | None:
        """Time that the rest will take at the pace so far; None before the first point."""
        fresh = len(self.records) - self.found
        return (time.monotonic() - self.began) / fresh * (self.total - len(self.records)) if fresh else None


class Sweep:
    """A sweep on its way.

    Args:
        spec: what is asked.
        folder: where it is kept.
        executor: "local" or "dask://host:port".
        jobs: processes, for a local executor.
        tell: called with a sentence about what happened, for example a damaged point.
        progress: called with this sweep after each point.

    Raises:
        ChipsimError: the sweep cannot be; nothing was computed.
    """

    def __init__(
        self,
        spec: SweepSpec,
        folder: Path,
        executor: str = "local",
        jobs: int = 1,
        tell: Callable[[str], None] = lambda text: None,
        progress: Callable[[Sweep], None] = lambda sweep: None,
    ) -> None:
        check_executor(executor)
        self.spec, self.executor, self.jobs, self.tell, self.progress = spec, executor, jobs, tell, progress
        self.points = points_of(spec)
        self.activities: dict[str, list[Point]] = {}
        for point in self.points:
            self.activities.setdefault(point.activity, []).append(point)
        self.folder = SweepFolder(folder)
        self.status = Status(len({point.key for point in self.points}))
        self._running: dict[Future[Computed], str] = {}
        self._broken: dict[str, int] = {}
        self._told: set[Path] = set()

    def run(self) -> dict[str, Any]:
        """Compute what is missing, write the table, and return it; an interrupted sweep writes what it has."""
        try:
            todo = [activity for activity in self.activities if self._missing(activity)]
            self._tell_damaged()
            if others := self.folder.others({point.key for point in self.points}):
                told = f"{others:,} other points lie in {self.folder.root}, of other specs, prices or another chipsim"
                self.tell(f"{told}: they stay, and are no part of this table")
            self.status.found = len(self.status.records)
            if todo:
                check_points(self.spec, self.points)
                self.progress(self)
                while todo:
                    todo = self._attempt(todo)
        finally:
            if self.status.records:
                save_table(self.table(), self.folder)
            self.folder.close()
        return self.table()

    def table(self) -> dict[str, Any]:
        """The table of what is known."""
        return build_table(self.spec, self.points, self.status.records, reference_index(self.spec, self.points))

    def counts(self) -> dict[str, int]:
        """Points by what became of them: computed now, cached, skipped as they cannot be, or failed."""
        told = {"computed": 0, "cached": 0, "skipped": 0, "failed": 0}
        for point in self.points:
            record = self.status.records.get(point.key)
            if record is not None:
                done = "computed" if point.key in self.status.fresh else "cached"
                told[done if record["status"] == "done" else record["status"]] += 1
        return {name: count for name, count in told.items() if count}

    def best(self) -> tuple[str, float, Point] | None:
        """The first metric, its best value so far and where that was found."""
        metric = self.spec.model.metrics[0]
        sign = -1.0 if metric in self.spec.model.maximise else 1.0
        found = [
            (self.status.records[point.key]["figures"].get(metric), point)
            for point in self.points
            if self.status.records.get(point.key, {}).get("status") == "done"
        ]
        known = [(value, point) for value, point in found if isinstance(value, int | float)]
        if not known:
            return None
        value, point = min(known, key=lambda pair: sign * pair[0])
        return metric, value, point

    def _attempt(self, todo: list[str]) -> list[str]:
        """Work with one set of workers; what is left when one of them died is returned, for another attempt."""
        with workers(self.executor, self.jobs) as found:
            try:
                while todo or self._running:
                    todo = self._start(todo, found)
                    # One that another process has claimed may be finished or given up at any time.
                    done, _ = wait_for(self._running, POLL_S if todo else None, FIRST_COMPLETED)
                    if not self._running:
                        time.sleep(POLL_S)
                    for future in done:
                        self._finish(self._running.pop(future), future)
            except BrokenExecutor:
                return todo + self._give_up()
            finally:
                for future in self._running:
                    future.cancel()
        return []

    def _start(self, todo: list[str], found: Workers) -> list[str]:
        """Hand out activities while there is room; return those that are neither done nor started."""
        waiting: list[str] = []
        for position, activity in enumerate(todo):
            if len(self._running) > found.width:
                return waiting + todo[position:]
            if not self.folder.claim(activity):
                if self._missing(activity):
                    waiting.append(activity)
                continue
            # Whoever had the claim may have finished since we looked.
            if not self._missing(activity) or self._priced_again(activity):
                self.folder.release(activity)
                self.progress(self)
                continue
            points = self.activities[activity]
            self._running[found.executor.submit(compute, self._task(points))] = activity
        return waiting

    def _finish(self, activity: str, future: Future[Computed]) -> None:
        """Keep what a worker computed."""
        try:
            computed = future.result()
        except BrokenExecutor:
            self._running[future] = activity
            raise
        if computed.run is not None:
            self.folder.save_run(activity, computed.run)
        self._keep(self.activities[activity], computed.records)
        self.folder.release(activity)
        self.progress(self)

    def _keep(self, points: list[Point], records: tuple[dict[str, Any], ...]) -> None:
        for point, record in zip(points, records, strict=True):
            self.folder.save_point(point.key, record)
            self.status.records[point.key] = record
            self.status.fresh.add(point.key)
        wanted = [*self.spec.model.metrics, *(each.metric for each in self.spec.constraints)]
        check_metrics(wanted, self.status.records)

    def _give_up(self) -> list[str]:
        """Activities whose worker died are tried once more, one death being nobody's fault in particular."""
        again = []
        for activity in self._running.values():
            self._broken[activity] = self._broken.get(activity, 0) + 1
            if self._broken[activity] < 2:
                again.append(activity)
            else:
                error = "its worker process died twice; perhaps the machine ran out of memory"
                points = self.activities[activity]
                self._keep(points, tuple({"status": "failed", "error": error} for _ in points))
            self.folder.release(activity)
        self._running.clear()
        self.tell(f"a worker process died; {len(again)} activities are tried again")
        return again

    def _missing(self, activity: str) -> list[Point]:
        """Points of an activity that are not done; failed ones are tried again by each new sweep, once."""
        missing = []
        for point in self.activities[activity]:
            record = self.status.records.get(point.key) or self.folder.point(point.key)
            if record is not None and (record["status"] != "failed" or point.key in self.status.records):
                self.status.records[point.key] = record
            else:
                missing.append(point)
        return missing

    def _priced_again(self, activity: str) -> bool:
        """Whether what was simulated earlier, for other prices, was enough for the missing points."""
        run = self.folder.run(activity)
        self._tell_damaged()
        if run is None:
            return False
        missing = self._missing(activity)
        records = price_again(self._task(missing), run)
        if records is None:
            return False
        self._keep(missing, records)
        return True

    def _task(self, points: list[Point]) -> Task:
        model = self.spec.model
        overrides = tuple(point.overrides for point in points)
        named = (model.chip, model.workload, model.prices, model.scope)
        return Task(*named, overrides, model.seed, model.lanes, self.spec.stop)

    def _tell_damaged(self) -> None:
        for path in sorted(self.folder.damaged - self._told):
            self.tell(f"{path}: damaged; done again")
        self._told |= self.folder.damaged
