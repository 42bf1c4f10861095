"""Task of a worker: simulate one activity until its metrics are precise, and price it for each of its points."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chipsim.engine.joining import merge_lanes
from chipsim.errors import ChipsimError
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.multiples import Multiple, multiples
from chipsim.ledger.price_ranges import bill_of, plain
from chipsim.prices.scopes import Scope
from chipsim.prices.table import PriceTable
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.runs.plan import Plan, plan_tables, planned
from chipsim.runs.simulate import conclude, drive
from chipsim.runs.size import check_memory, size_of
from chipsim.sources.modules import short_hash
from chipsim.spec.compose import SpecSource
from chipsim.sweeps.metrics import INTERVALS
from chipsim.sweeps.spec import StopRule
from chipsim.sweeps.store import without_records

# The required number of lanes is estimated from the present interval: the growth per step is limited to this factor,
# with a margin on top of the estimate.
GROWTH = 4
MARGIN = 1.1
# Of a point: the processes of a sweep share the cores.
THREADS = 1
# Why a point without a stop rule ended.
FIXED = "fixed number of lanes"


@dataclass(frozen=True)
class Task:
    """One activity, with the overrides of all its points; planned again by the worker."""

    chip: SpecSource
    workload: SpecSource
    prices: SpecSource | None
    scope: Scope
    overrides: tuple[dict[str, Any], ...]
    seed: int
    lanes: int | None
    stop: StopRule | None


@dataclass(frozen=True)
class Computed:
    """Result of a task: a record for each point, and the simulated run, unless it failed."""

    records: tuple[dict[str, Any], ...]
    run: Run | None


def compute(task: Task) -> Computed:
    """Simulate and price. Errors of points are recorded, not raised.

    Invalid points are skipped permanently; failed ones may be retried.
    """
    began = time.monotonic()
    try:
        # Comparison tables of a chip are not evaluated in sweeps.
        ready = replace(planned(task.chip, task.workload, task.overrides[0], task.prices, task.scope), comparisons=())
        lanes = ready.lanes(task.lanes)
    except ChipsimError as error:
        return Computed(tuple({"status": "skipped", "error": str(error)} for _ in task.overrides), None)
    except Exception as error:
        return Computed(tuple(_failed(error) for _ in task.overrides), None)
    try:
        return _simulate(task, ready, lanes, began)
    except Exception as error:  # a failing point must not stop the others
        return Computed(tuple(_failed(error) for _ in task.overrides), None)


def _simulate(task: Task, ready: Plan, lanes: int, began: float) -> Computed:
    check_memory(size_of(ready, lanes))
    if task.stop is None:
        trace = drive(ready, lanes, task.seed, threads=THREADS)
        first = conclude(ready, trace, ready.workload.outcome(ready.program, trace), task.seed)
        kept = without_records(first)
        others = price_again(replace(task, overrides=task.overrides[1:]), kept)
        assert others is not None
        return Computed((_record(first, FIXED), *others), kept)
    tables = list(_tables(task, task.overrides[1:]))
    trace = drive(ready, lanes, task.seed, threads=THREADS)
    while True:
        first = conclude(ready, trace, ready.workload.outcome(ready.program, trace), task.seed)
        runs = [first, *(reprice(first, table) for table in tables)]
        figures = [run.summary.metrics() for run in runs]
        more, reason = lanes_to_add(task.stop, figures, time.monotonic() - began)
        if not more:
            break
        trace = merge_lanes([trace, drive(ready, more, task.seed, threads=THREADS, first_group=trace.lanes // 64)])
    records = (_record(run, reason, known) for run, known in zip(runs, figures, strict=True))
    return Computed(tuple(records), without_records(first))


def price_again(task: Task, run: Run) -> tuple[dict[str, Any], ...] | None:
    """Records of points from an earlier simulation, or None if their prices require more lanes.

    Errors of points are recorded, not raised.
    """
    if task.stop is None:
        return tuple(_priced_alone(task, run))
    try:
        runs = [reprice(run, table) for table in _tables(task, task.overrides)]
    except ChipsimError as error:
        return tuple(_failed(error) for _ in task.overrides)
    figures = [each.summary.metrics() for each in runs]
    more, reason = lanes_to_add(task.stop, figures, 0.0)
    if more:
        return None
    return tuple(_record(again, reason, known) for again, known in zip(runs, figures, strict=True))


def _priced_alone(task: Task, run: Run) -> Iterator[dict[str, Any]]:
    """The record of each point, independent of failures of others."""
    tables = _tables(task, task.overrides)
    for index in range(len(task.overrides)):
        try:
            yield _record(reprice(run, next(tables)), FIXED)
        except Exception as error:  # as above
            yield _failed(error)
            # A generator that has raised is exhausted.
            tables = _tables(task, task.overrides[index + 1 :])


def _failed(error: Exception) -> dict[str, Any]:
    cause = str(error) if isinstance(error, ChipsimError) else f"{type(error).__name__}: {error}"
    return {"status": "failed", "error": cause}


def lanes_to_add(stop: StopRule | None, metrics: list[dict[str, Any]], spent_s: float) -> tuple[int, str]:
    """Number of lanes still required, a multiple of 64; if it is 0, also the reason.

    Args:
        stop: the rule, or None for a fixed number of lanes.
        metrics: of the points that share the lanes.
        spent_s: time spent on them.
    """
    if stop is None:
        return 0, FIXED
    lanes = int(metrics[0]["lanes"])
    wanted = 0.0
    for known in metrics:
        for metric, goal in stop.goals.items():
            value, width = known[metric], known[INTERVALS[metric]]
            if not value or width is None:
                return 0, f"{metric} is not known: {known['sampling']}"
            if width > goal * value:
                wanted = max(wanted, lanes * (width / (goal * value)) ** 2)
    if not wanted:
        return 0, "known"
    if lanes >= stop.max_lanes:
        return 0, "max_lanes"
    if stop.max_time_s is not None and spent_s >= stop.max_time_s:
        return 0, "max_time"
    groups = min(math.ceil(wanted * MARGIN / 64), GROWTH * (lanes // 64), stop.max_lanes // 64)
    return max(groups * 64 - lanes, 64), ""


def _tables(task: Task, points: Sequence[dict[str, Any]]) -> Iterator[PriceTable]:
    """The price tables of points with these overrides."""
    return plan_tables(task.chip, task.workload, points, task.prices, task.scope)


def _problem(run: Run) -> str:
    """Identifies the problem of a run: only points with equal problems are comparable."""
    held = run.identity
    own = {key: held["workload"].get(key) for key in ("problem", "matrix", "data")}
    return short_hash(held["problem"] or [held["fabric"]["graph"], own])


def _record(run: Run, reason: str, figures: dict[str, Any] | None = None) -> dict[str, Any]:
    ledger = price_trace(run.trace, run.sheet, run.prices)
    return {
        "status": "done",
        "problem": _problem(run),
        "stopped": reason,
        "figures": run.summary.metrics() if figures is None else figures,
        "lane_energy_j": ledger.lane_energy_j.tolist(),
        "samples_per_lane_without_block": list(run.summary.core.answers.samples_per_lane_without_block),
        "repetition_bill": plain(bill_of(ledger.rows, run.prices, Multiple(1, 0))),
        "lint": sorted({finding.rule for finding in (*run.summary.core.lint, *run.summary.priced.lint)}),
        "load_bill": plain(bill_of(ledger.rows, run.prices, Multiple(0, 1))),
        "multiples": multiples(run.summary.core),
    }
