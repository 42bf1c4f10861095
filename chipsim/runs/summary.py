"""The summary of a completed run."""

from __future__ import annotations

import json
import math
import platform
from dataclasses import replace
from typing import Any

from chipsim import __version__
from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.kernels.cache import cpu_model
from chipsim.ledger.batch import Batch
from chipsim.ledger.core import Answers, Bounds, Core, Holding, Request, Specs, Work
from chipsim.ledger.cost import priced
from chipsim.ledger.key_figures import key_figures, limits
from chipsim.ledger.ledger import JOBS
from chipsim.ledger.lint_consistency import of_consistency
from chipsim.ledger.lint_parameters import of_parameters
from chipsim.ledger.sheet import Sheet
from chipsim.prices.platforms import PlatformRow, platform_rows
from chipsim.prices.platforms import Work as PlatformWork
from chipsim.results.summary import Summary, WorkloadBlock
from chipsim.runs.plan import Plan
from chipsim.spec.chip import FabricSpec
from chipsim.spec.named_files import with_portable_names
from chipsim.statistics.success import to_solution
from chipsim.units import to_seconds
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import drawn_arrays


def summarise(
    ready: Plan,
    trace: Trace,
    sheet: Sheet,
    outcome: Outcome,
    seed: int,
    activity_id: str,
    output: str = "",
    native: Sheet | None = None,
) -> Summary:
    """All figures reported of a run; `output` is the file of a training, `native` the sheet of a native chip beside it.

    Raises:
        ChipsimError: a price gives a negative or non-finite energy, or the workload's figures are not plain JSON
            values.
    """
    request = replace(_request(ready, trace, seed, activity_id), output=output)
    core = Core(
        request=request,
        specs=_specs(ready),
        work=_work(ready, trace, outcome, request.batch),
        answers=_answers(trace, outcome),
        key_figures=key_figures(ready.netlist, trace, outcome),
        platforms=_platforms(ready, trace),
        lint=(
            *of_parameters(ready.netlist),
            *of_consistency(ready.netlist, ready.program.cadence),
            *ready.workload.lint(ready.netlist),
        ),
    )
    use = None if outcome.use is None else outcome.use.trace
    figures = priced(core, trace, sheet, ready.prices, ready.comparisons, use, native)
    return Summary(core, figures, _block(ready, outcome))


def _request(ready: Plan, trace: Trace, seed: int, activity_id: str) -> Request:
    work = ready.workload.model
    return Request(
        activity_id=activity_id,
        chipsim_version=__version__,
        machine=f"{cpu_model()}, {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        chip=ready.chip.model.name,
        set=ready.overrides,
        called=ready.requested_names,
        seed=seed,
        lanes=trace.lanes,
        jobs_per_load=work.jobs_per_load,
        chips=work.chips,
    )


def _specs(ready: Plan) -> Specs:
    netlist = ready.netlist
    fabric = ready.chip.model.fabric.model_dump(mode="json", by_alias=True, exclude={"edges"}, exclude_none=True)
    fabric = with_portable_names(fabric, FabricSpec)
    return Specs(
        fabric_shape=tuple(netlist.fabric.stacked_shape or ()),
        fabric={**fabric, "cells": netlist.fabric.sites, "couplers": len(netlist.fabric.edges)},
        technology=ready.chip.model.technology.model_dump(mode="json"),
        components={
            c.range_name: {"instances": c.count, **c.kind.model_dump(mode="json")} for c in netlist.components.values()
        },
        nets=tuple(f"{a} -> {b}" for a, b, _ in ready.chip.nets),
        workload_resolved=with_portable_names(ready.workload.model.model_dump(mode="json"), ready.workload.model_type),
    )


def _work(ready: Plan, trace: Trace, outcome: Outcome, batch: Batch) -> Work:
    elapsed_s, load_s = to_seconds(trace.timing.elapsed_fs), to_seconds(trace.timing.occupancy.loading_fs)
    updates = trace.activity.total("update")
    return Work(
        elapsed_s=elapsed_s,
        load_s=load_s,
        batch_elapsed_s=batch.longest(elapsed_s, load_s),
        time_per_job_s={str(jobs): _answer_s(trace, jobs) / outcome.answers for jobs in JOBS},
        wall_s=trace.machine.wall_s,
        kernel_s=trace.machine.kernel_s,
        updates=updates,
        toggles=trace.activity.total("toggle"),
        updates_per_ns=updates / trace.machine.kernel_s * 1e-9 if trace.machine.kernel_s else None,
        limit=limits(trace),
        quality=_holding(ready, trace),
    )


def _holding(ready: Plan, trace: Trace) -> Holding | None:
    cadence = ready.program.cadence
    if cadence is None:
        return None
    return Holding(
        weight_error=trace.fidelity.weight_error,
        beta_error=trace.fidelity.beta_error,
        full_scale_stretch=trace.fidelity.stretch,
        read_error_probability=ready.netlist.read_error_probability(),
        colours=cadence.colours,
    )


def _answers(trace: Trace, outcome: Outcome) -> Answers:
    chance = time = None
    if outcome.success is not None:
        low, high = outcome.success.interval()
        chance = Bounds(outcome.success.successes / outcome.success.lanes, low, high)
        again = _answer_s(trace, math.inf) if outcome.restart == "keep" else _answer_s(trace, 1)
        time = Bounds(**to_solution(outcome.success, _answer_s(trace, 1), again))
    return Answers(
        answers_per_repetition=outcome.answers,
        effective_samples=outcome.effective_samples,
        samples_per_lane_without_block=outcome.without_block,
        delivered_samples=outcome.delivered_samples,
        sampling=outcome.sampling,
        success_probability=chance,
        time_to_solution_s=time,
        restart=outcome.restart if outcome.success is not None else "",
        methods=outcome.methods,
        step=outcome.step,
        other_pieces=outcome.others,
        is_training=outcome.is_training,
        use_gives="" if outcome.use is None else outcome.use.name,
        native_samples=None if outcome.native is None else outcome.native.samples,
    )


def _answer_s(trace: Trace, jobs: float) -> float:
    """Time per answer if one load serves `jobs` jobs, which share the pure loading time."""
    loading = trace.timing.occupancy.loading_fs
    return to_seconds(trace.timing.elapsed_fs - loading) + to_seconds(loading) / jobs


def _platforms(ready: Plan, trace: Trace) -> tuple[PlatformRow, ...]:
    """Energy of reference platforms for the work of one repetition; for latched cells only."""
    fabric, domain = ready.netlist.fabric, ready.netlist.domain
    if not trace.activity.total("update"):
        return ()
    work = PlatformWork(
        updates=trace.activity.total("update", domain.cells.name) / trace.lanes,
        reads=trace.activity.total("drive") / trace.lanes,
        writes=trace.activity.total("program") / trace.lanes,
        macs_per_update=2 * len(fabric.edges) / fabric.sites,
        wall_s=trace.machine.wall_s / trace.lanes,
    )
    return platform_rows(ready.platforms, work)


def _block(ready: Plan, outcome: Outcome) -> WorkloadBlock:
    work = ready.workload.model
    try:
        figures: dict[str, Any] = json.loads(json.dumps(outcome.figures))
    except TypeError as error:
        raise RunError(
            f"workload {work.workload}: its figures are not plain JSON values: {error}", code="kind.broken"
        ) from None
    try:
        sections = tuple(ready.workload.report(outcome))
    except ValueError as error:
        raise RunError(f"workload {work.workload}: its report fails: {error}", code="kind.broken") from error
    for section in sections:
        missing = {*drawn_arrays(section)} - {*outcome.arrays}
        if missing:
            complaint = f"its report uses {', '.join(sorted(missing))}, which is not an array of its outcome"
            raise RunError(f"workload {work.workload}: {complaint}", code="kind.broken")
    return WorkloadBlock(work.name, work.workload, figures, sections)
