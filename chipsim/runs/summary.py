"""The summary of a run: everything that is reported, as plain values."""

from __future__ import annotations

from typing import Any

from chipsim import __version__
from chipsim.compiler.program import ContinuousProgram
from chipsim.engine.trace import Trace
from chipsim.ledger import lint
from chipsim.ledger.cost import priced_figures
from chipsim.ledger.key_figures import key_figures, limit
from chipsim.ledger.ledger import JOBS
from chipsim.ledger.lint_parameters import of_parameters
from chipsim.ledger.sheet import Sheet
from chipsim.prices.platforms import Work, platform_rows
from chipsim.runs.identity import ids
from chipsim.runs.plan import Plan
from chipsim.statistics.success import Success, to_solution
from chipsim.units import to_seconds
from chipsim.workloads.base import Outcome


def summarise(ready: Plan, trace: Trace, sheet: Sheet, outcome: Outcome, seed: int) -> dict[str, Any]:
    """The run in plain values, for JSON and reports."""
    activity_id, priced_id = ids(ready, seed)
    updates = trace.activity.total("update")
    work = ready.workload.model
    summary = {
        "activity_id": activity_id,
        "run_id": priced_id,
        "chipsim_version": __version__,
        "chip": ready.chip.model.name,
        "workload": ready.workload.model.name,
        "prices": ready.prices.name,
        "set": ready.overrides,
        "seed": seed,
        "lanes": trace.lanes,
        "elapsed_s": to_seconds(trace.timing.elapsed_fs),
        "wall_s": trace.machine.wall_s,
        "kernel_s": trace.machine.kernel_s,
        "updates": updates,
        "toggles": trace.activity.total("toggle"),
        "updates_per_ns": updates / trace.machine.kernel_s * 1e-9 if trace.machine.kernel_s else None,
        "answers_per_repetition": outcome.answers,
        "time_per_job_s": {str(jobs): _answer_s(trace, jobs) / outcome.answers for jobs in JOBS},
        "key_figures": key_figures(ready.netlist, trace, outcome),
        "limit": limit(trace),
        # The platforms update p-bits; there is no such work on continuous cells.
        "platforms": platform_rows(ready.platforms, _work(ready, trace)) if updates else [],
        **_resolved(ready),
        "called": list(ready.requested_names),
        "jobs_per_load": work.jobs_per_load,
        "chips": work.chips,
        "batch_elapsed_s": -(-trace.lanes // work.chips) * to_seconds(trace.timing.elapsed_fs),
        "effective_samples": outcome.effective_samples,
        "samples_per_lane_without_block": list(outcome.without_block),
        "delivered_samples": outcome.delivered_samples,
        "sampling": outcome.sampling,
        "quality": _quality(ready, trace),
        "lint": lint.plain(of_parameters(ready.netlist)),
        **_with_time_to_solution(outcome.figures, trace),
    }
    return summary | priced_figures(summary, trace, sheet, ready.prices, ready.comparisons)


def _quality(ready: Plan, trace: Trace) -> dict[str, Any]:
    """How well the chip held what it was asked to hold; empty where a workload's own errors say it all."""
    if isinstance(ready.program, ContinuousProgram):
        return {}
    return {
        "weight_error": trace.fidelity.weight_error,
        "beta_error": trace.fidelity.beta_error,
        "full_scale_stretch": trace.fidelity.stretch,
        "read_error_probability": ready.netlist.read_error_probability(),
        "colours": ready.program.colours,
    }


def _resolved(ready: Plan) -> dict[str, Any]:
    """The specs as they were understood, in SI."""
    netlist = ready.netlist
    return {
        "fabric_shape": list(netlist.fabric.stacked_shape or ()),
        "fabric": {
            **ready.chip.model.fabric.model_dump(by_alias=True, exclude={"edges"}, exclude_none=True),
            "cells": netlist.fabric.sites,
            "couplers": len(netlist.fabric.edges),
        },
        "technology": ready.chip.model.technology.model_dump(),
        "components": {
            c.range_name: {"instances": c.count, **c.kind.model_dump()} for c in netlist.components.values()
        },
        "nets": [f"{a} -> {b}" for a, b, _ in ready.chip.nets],
        "workload_resolved": ready.workload.model.model_dump(mode="json"),
    }


def _answer_s(trace: Trace, jobs: int) -> float:
    """Time of one answer when one load serves so many jobs: what only loading took is shared, all else stays."""
    loading = trace.timing.occupancy.loading_fs
    return to_seconds(trace.timing.elapsed_fs - loading) + to_seconds(loading) / jobs


def _work(ready: Plan, trace: Trace) -> Work:
    """What one repetition did, for platforms that do the same."""
    fabric, domain = ready.netlist.fabric, ready.netlist.domain
    return Work(
        updates=trace.activity.total("update", domain.cells.name) / trace.lanes,
        reads=trace.activity.total("drive") / trace.lanes,
        writes=trace.activity.total("program") / trace.lanes,
        macs_per_update=2 * len(fabric.edges) / fabric.sites,
        wall_s=trace.machine.wall_s / trace.lanes,
    )


def _with_time_to_solution(figures: dict[str, Any], trace: Trace) -> dict[str, Any]:
    """Replace the success counts by probability and time to solution, each with its interval."""
    success = figures.get("success")
    if not isinstance(success, Success):
        return figures
    low, high = success.interval()
    out = {k: v for k, v in figures.items() if k != "success"}
    out["success_probability"] = {"value": success.successes / success.lanes, "low": low, "high": high}
    out["time_to_solution_s"] = to_solution(success, to_seconds(trace.timing.elapsed_fs))
    return out
