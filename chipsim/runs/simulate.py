"""Simulate a plan: drive its device and price the trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from chipsim.engine.devices import new_device
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.scopes import Scope
from chipsim.problems.problem import Problem
from chipsim.results.result import Run
from chipsim.runs.plan import LANES, Plan, plan, whole
from chipsim.runs.size import check_memory, size_of
from chipsim.runs.specs import ChipLike, WorkloadLike
from chipsim.runs.summary import summarise
from chipsim.sources.modules import short_hash
from chipsim.spec.compose import Given
from chipsim.workloads.outcome import Outcome

MAX_SEED = 2**63 - 1


def simulate(
    ready: Plan,
    lanes: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[Any, int], None] | None = None,
) -> Run:
    """Run a plan.

    Args:
        ready: from `plan`.
        lanes: independent repetitions; None for 64, or the maximum of the workload.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes; None for one per available core. Counts do not depend on it.
        progress: called with the device and the number of sweeps just done.

    Example:
        >>> import chipsim
        >>> ready = chipsim.plan("tiny", "spin-glass", set={"schedule.sweeps": 50})
        >>> runs = [chipsim.simulate(ready, lanes=8, seed=seed) for seed in range(3)]
        >>> len({run.summary["toggles"] for run in runs})
        3
    """
    seed = whole("seed", seed)
    trace = drive(ready, ready.lanes(lanes), seed, threads, progress)
    return conclude(ready, trace, ready.workload.outcome(ready.program, trace), seed)


def drive(
    ready: Plan,
    lanes: int,
    seed: int,
    threads: int | None = None,
    progress: Callable[[Any, int], None] | None = None,
    first_group: int = 0,
) -> Trace:
    """Simulate lanes of a plan, from the given group of 64 on: `merge` joins the traces of consecutive groups."""
    threads = available_cores() if threads is None else whole("threads", threads)
    if threads < 1:
        raise ChipsimError(f"threads must be >= 1; got {threads}", code="run.argument")
    if not 0 <= seed <= MAX_SEED:
        raise ChipsimError(f"seed must be in 0 to 2**63 - 1; got {seed}", code="run.argument")
    ready.lanes(first_group * LANES + lanes)
    device = new_device(ready.program, lanes, seed, threads, first_group)
    if progress is not None:
        device.progress = lambda sweeps: progress(device, sweeps)
    ready.workload.run(device)
    return device.finish()


def available_cores() -> int:
    """Cores that this process may use: the default number of threads of a run, and of processes of a sweep."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def conclude(ready: Plan, trace: Trace, outcome: Outcome, seed: int, output: str = "") -> Run:
    """Price a trace and summarise it. `outcome` is that of the plan's workload for the trace, `output` the name of the
    file of a training.

    Raises:
        RunError: a figure is not finite.
    """
    sheet = sheet_of(ready.netlist, trace.activity.class_capacitance_f)
    named = ready.identity(seed)
    native = None
    if outcome.native is not None and trace.beside is not None:
        native = sheet_of(outcome.native.netlist, trace.beside.activity.class_capacitance_f)
    summary = summarise(ready, trace, sheet, outcome, seed, short_hash(named), output, native)
    summary.check_finite()
    return Run(
        summary,
        trace,
        sheet,
        ready.prices,
        ready.comparisons,
        ready.portable_sources,
        outcome.arrays,
        named,
        outcome.best,
        None if outcome.use is None else outcome.use.trace,
        native,
    )


def run(
    chip: ChipLike,
    workload: WorkloadLike = "anneal",
    *,
    problem: Problem | None = None,
    set: Mapping[str, Any] | None = None,
    lanes: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    prices: Given | None = None,
    scope: Scope = "system",
) -> Run:
    """Simulate a chip on a workload.

    Args:
        chip: preset name, file, dict or `Chip`.
        workload: preset name, file, dict or `Workload`.
        problem: instead of that of the workload, for example `chipsim.Problem.from_arrays(J, h)`.
        set: path -> value, as `--set` takes them, into the chip, the workload or the prices; quantities are strings
            with their units, or floats in SI.
        lanes: independent repetitions; None for 64, or as many as the workload takes.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes; None for one per available core.
        prices: price table instead of the chip's own: preset name, file or dict.
        scope: what totals count: "fabric", "chip" or "system".

    Returns:
        The result: energies in joules and times in seconds, per repetition.

    Raises:
        ChipsimError: with place, rule and remedy; also where the run takes more memory than there is.

    Example:
        >>> import chipsim
        >>> run = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50, "couplers.swing": "0.5 V"})
        >>> run.summary["updates"] == 50 * 16 * 64  # sweeps x p-bits x lanes
        True
        >>> low, high = run.summary["energy_price_range_j"]  # J per repetition
        >>> low < run.energy_j < high
        True
    """
    ready = plan(chip, workload, set, prices, scope, problem)
    check_memory(size_of(ready, ready.lanes(lanes)))
    return simulate(ready, lanes, seed, threads)
