"""Driver of a sweep: plan, claim, compute and store points until none is missing."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chipsim.results.result import Run
from chipsim.runs.simulate import available_cores
from chipsim.sweeps.executors import CHECK_S, Workers, check_executor, workers
from chipsim.sweeps.points import Point, PointMaker, check_points, points_of, reference_index
from chipsim.sweeps.pooled import record_of
from chipsim.sweeps.records import Records
from chipsim.sweeps.replicates import counts_to_have
from chipsim.sweeps.spec import SweepSpec
from chipsim.sweeps.store import SweepFolder
from chipsim.sweeps.table import build_table, check_metrics, save_table
from chipsim.sweeps.tasks import Computed, Task, compute, price_again

# Polling interval for points claimed by another process.
POLL_S = 0.2
# Points priced per job.
BLOCK = 64


@dataclass(frozen=True)
class Job:
    """Work for one process: points of an activity, and the run to price; None to simulate it first."""

    activity: str
    points: list[Point]
    run: Run | None


@dataclass
class Status:
    """Progress of a sweep.

    Attributes:
        total: points of the sweep, or replicates of all points.
        records: of finished and failed points by key.
        fresh: keys of the points finished by this process.
        began: `time.monotonic` when the first of these were finished, and the number of records then; the time until
            then may have gone into compiling kernels.
    """

    total: int
    records: Records
    fresh: set[str] = field(default_factory=set)
    began: tuple[float, int] | None = None

    @property
    def left_s(self) -> float | None:
        """Estimated remaining time at the rate so far; None before more than the first are finished."""
        at, number = self.began or (0.0, len(self.records))
        since = len(self.records) - number
        return (time.monotonic() - at) / since * (self.total - len(self.records)) if since else None


def default_folder(spec: SweepSpec) -> Path:
    """Where a sweep is kept unless another folder is named: `runs/NAME`."""
    return Path("runs") / re.sub(r"[^\w.-]+", "-", spec.model.name)


class Sweep:
    """A sweep in progress.

    Args:
        spec: of the sweep.
        folder: of its results.
        executor: "local", "inline" or "dask://host:port".
        jobs: processes, for a local executor; None for one per available core.
        tell: called with messages, for example about a damaged point.
        progress: called with this sweep after each point.
        points: what is computed; None for all points of the sweep.

    Raises:
        ChipsimError: the sweep is invalid; nothing was computed.
    """

    def __init__(
        self,
        spec: SweepSpec,
        folder: Path,
        executor: str = "local",
        jobs: int | None = None,
        tell: Callable[[str], None] = lambda text: None,
        progress: Callable[[Sweep], None] = lambda sweep: None,
        points: Sequence[Point] | None = None,
    ) -> None:
        check_executor(executor)
        self.spec, self.executor, self.tell, self.progress = spec, executor, tell, progress
        self.jobs = available_cores() if jobs is None else jobs
        self.points: list[Point] = []
        self.activities: dict[str, list[Point]] = {}
        self._replicates: dict[int, list[Point]] = {}
        self._keys: set[str] = set()
        first = spec.model.metrics[0]
        chosen = points_of(spec) if points is None else points
        self.folder = SweepFolder(folder)
        self.status = Status(0, Records(self.folder, first, first in spec.model.maximise))
        self.add(chosen)
        self._running: dict[Future[Any], Job] = {}
        self._queue: deque[Job] = deque()
        # Numbers of open jobs by activity; its claim is held until they are done.
        self._open: dict[str, int] = {}
        self._table: dict[str, Any] | None = None
        self._broken: dict[str, int] = {}
        self._reported_damaged: set[Path] = set()

    def add(self, points: Sequence[Point]) -> None:
        """More points, which are not computed yet."""
        self.points += points
        for point in points:
            self.activities.setdefault(point.activity, []).append(point)
            self._replicates.setdefault(point.index, []).append(point)
        self._keys.update(point.key for point in points)
        self.status.total = len(self._keys)

    def run(self) -> dict[str, Any]:
        """Compute missing points, write the table and return it; an interrupted sweep writes the points so far."""
        try:
            todo = self._todo(self.points)
            if self.spec.more is None:
                self._tell_others()
            if todo:
                check_points(self.spec, self.points)
            self._compute(todo)
            if self.spec.more is not None:
                # Which replicates belong to the sweep is known only now.
                self._add_replicates(self.points)
                self._tell_others()
        finally:
            self.save()
            self.folder.close()
        return self._table or self.table()

    def complete(self, points: Sequence[Point]) -> None:
        """Compute those of some points of this sweep that are missing."""
        self._compute(self._todo(points))
        self._add_replicates(points)

    def replicates(self, index: int) -> list[Point]:
        """All replicates so far of the point of this number."""
        return self._replicates[index]

    def _add_replicates(self, points: Sequence[Point]) -> None:
        """Compute more replicates of those points whose means are not precise enough."""
        rule, indices = self.spec.more, dict.fromkeys(point.index for point in points)
        maker = None if rule is None else PointMaker(self.spec)
        while rule is not None and maker is not None and indices:
            more: list[Point] = []
            for index in list(indices):
                present = self._replicates[index]
                record = record_of(self.spec, present, self.status.records)
                counts = None if record is None or "grids" not in record else counts_to_have(rule, record["grids"])[0]
                if counts is None:
                    del indices[index]
                else:
                    wanted = maker.points(index, present[0].values, counts)
                    more += [point for point in wanted if point.key not in self._keys]
            self.add(more)
            self._compute(self._todo(more))

    def _tell_others(self) -> None:
        if others := self.folder.others(self._keys):
            origin = "from other specs, prices or versions of chipsim"
            self.tell(f"{self.folder.root} holds {others:,} other points, {origin}; they are kept but not tabulated")

    def _todo(self, points: Sequence[Point]) -> list[str]:
        """Activities of points that are missing."""
        todo = [activity for activity in dict.fromkeys(point.activity for point in points) if self._missing(activity)]
        self._tell_damaged()
        return todo

    def _compute(self, todo: list[str]) -> None:
        if todo:
            self.progress(self)
        while todo:
            todo = self._attempt(todo)

    def save(self) -> None:
        """Write the table of what is known."""
        if self.status.records:
            self._table = self.table()
            save_table(self._table, self.folder)

    def table(self) -> dict[str, Any]:
        """The table of the points so far."""
        return build_table(self.spec, self.points, self.status.records, reference_index(self.spec, self.points))

    def counts(self) -> dict[str, int]:
        """Numbers of points by status: computed now, cached, skipped as invalid, or failed."""
        counts = {"computed": 0, "cached": 0, "skipped": 0, "failed": 0}
        for point in self.points:
            record = self.status.records.get(point.key)
            if record is not None:
                done = "computed" if point.key in self.status.fresh else "cached"
                counts[done if record["status"] == "done" else record["status"]] += 1
        return {name: count for name, count in counts.items() if count}

    def best(self) -> tuple[str, float, Point] | None:
        """The first metric, its best value so far and the point."""
        found = self.status.records.best
        # The best of single replicates says little about means.
        return None if found is None or self.spec.replicates else (self.spec.model.metrics[0], *found)

    def _attempt(self, todo: list[str]) -> list[str]:
        """Work with one set of workers; returns the remaining activities if a worker died, for another attempt."""
        waiting = deque(todo)
        with workers(self.executor, self.jobs) as found:
            try:
                while waiting or self._queue or self._running:
                    self._start(waiting, found)
                    # An activity claimed by another process may be finished or released at any time.
                    done, _ = wait_for(self._running, POLL_S if waiting else CHECK_S, FIRST_COMPLETED)
                    if not self._running and not self._queue:
                        time.sleep(POLL_S)
                    # A cluster that is lost, or was restarted, cancels what it has.
                    cancelled = [future for future in done if future.cancelled()]
                    found.check(bool(cancelled))
                    self._queue.extend(self._running.pop(future) for future in cancelled)
                    for future in done.difference(cancelled):
                        self._finish(self._running.pop(future), future)
            except BrokenExecutor:
                return [*waiting, *self._give_up()]
            finally:
                for future in self._running:
                    future.cancel()
        return []

    def _start(self, waiting: deque[str], found: Workers) -> None:
        """Submit work while workers are free; activities claimed by other processes move to the end of the queue."""
        tries = len(waiting)
        while (self._queue or tries) and len(self._running) <= found.width:
            if self._queue:
                self._submit(self._queue.popleft(), found)
                continue
            tries -= 1
            activity = waiting.popleft()
            if not self.folder.claim(activity):
                if self._missing(activity):
                    waiting.append(activity)
                continue
            # The previous holder of the claim may have finished in the meantime.
            if missing := self._missing(activity):
                # A run simulated earlier for other prices may be sufficient for the missing points.
                run = self.folder.run(activity)
                self._tell_damaged()
                self._enqueue(activity, missing, run)
            else:
                self.folder.release(activity)
                self.progress(self)

    def _enqueue(self, activity: str, points: list[Point], run: Run | None) -> None:
        """Split points of an activity into jobs, small enough that priced points are recorded promptly.

        Points with a stop rule share their lanes, so they form one job. Without a run, the first job simulates it.
        """
        size = len(points) if self.spec.stop else BLOCK
        blocks = [points[i : i + size] for i in range(0, len(points) if run else size, size)]
        self._queue.extend(Job(activity, block, run) for block in blocks)
        self._open[activity] = self._open.get(activity, 0) + len(blocks)

    def _submit(self, job: Job, found: Workers) -> None:
        task = self._task(job.points)
        try:
            future = found.executor.submit(*((compute, task) if job.run is None else (price_again, task, job.run)))
        except BrokenExecutor:
            self._queue.append(job)
            raise
        self._running[future] = job

    def _finish(self, job: Job, future: Future[Any]) -> None:
        """Store the results of a worker."""
        try:
            done = future.result()
        except BrokenExecutor:
            self._running[future] = job
            raise
        except Exception as error:  # of a cluster; tasks record their own
            cause = str(error).partition("\n")[0] or type(error).__name__
            records = tuple({"status": "failed", "error": cause} for _ in job.points)
            done = Computed(records, None) if job.run is None else records
        if done is None:
            # The prices of these points require more lanes than are simulated.
            self._enqueue(job.activity, self.activities[job.activity], None)
        elif job.run is not None:
            self._keep(job.points, done, sync=False)
        elif done.run is None:
            self._keep(job.points, done.records)
            rest = self._missing(job.activity)
            self._keep(rest, done.records[:1] * len(rest))
        else:
            self.folder.save_run(job.activity, done.run)
            self._keep(job.points, done.records)
            if rest := self._missing(job.activity):
                self._enqueue(job.activity, rest, done.run)
        self._open[job.activity] -= 1
        if not self._open[job.activity]:
            del self._open[job.activity]
            self.folder.release(job.activity)
        self.progress(self)

    def _keep(self, points: list[Point], records: tuple[dict[str, Any], ...], sync: bool = True) -> None:
        known = self.status.records
        for point, record in zip(points, records, strict=True):
            self.folder.save_point(point.key, record, sync)
            known.note(point, record)
            self.status.fresh.add(point.key)
        self.status.began = self.status.began or (time.monotonic(), len(known))
        goals = [] if self.spec.more is None else list(self.spec.more.goals)
        required = [*self.spec.model.metrics, *(each.metric for each in self.spec.constraints), *goals]
        check_metrics(required, known.names)

    def _give_up(self) -> list[str]:
        """Activities to retry after a worker died; each is retried once."""
        again = []
        for activity in self._open:
            if activity in {job.activity for job in self._running.values()}:
                self._broken[activity] = self._broken.get(activity, 0) + 1
            if self._broken.get(activity, 0) < 2:
                again.append(activity)
            else:
                error = "its worker process died twice; the machine may have run out of memory"
                points = self._missing(activity)
                self._keep(points, tuple({"status": "failed", "error": error} for _ in points))
            self.folder.release(activity)
        self._running.clear()
        self._queue.clear()
        self._open.clear()
        self.tell(f"a worker process died; retrying {len(again)} simulations")
        return again

    def _missing(self, activity: str) -> list[Point]:
        """Points of an activity that are not done; each new sweep retries failed points once."""
        missing, known = [], self.status.records
        for point in self.activities[activity]:
            if point.key in known:
                continue
            record = self.folder.state(point.key)
            if record is not None and record["status"] != "failed":
                known.note(point, record)
            else:
                missing.append(point)
        return missing

    def _task(self, points: list[Point]) -> Task:
        model = self.spec.model
        overrides = tuple(point.overrides for point in points)
        specs = (self.spec.chip, self.spec.workload, self.spec.prices)
        return Task(*specs, model.scope, overrides, points[0].seed, model.lanes, self.spec.stop)

    def _tell_damaged(self) -> None:
        for path in sorted(self.folder.damaged - self._reported_damaged):
            self.tell(f"{path}: damaged; computing it again")
        self._reported_damaged |= self.folder.damaged
