"""Simulate a plan: drive its device and price the trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chipsim.engine.devices import new_device
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.scopes import Scope
from chipsim.results.result import Run
from chipsim.runs.plan import LANES, Plan, plan
from chipsim.runs.summary import summarise
from chipsim.sources.modules import short_hash
from chipsim.workloads.outcome import Outcome


def simulate(
    ready: Plan,
    lanes: int | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Callable[[Any, int], None] | None = None,
) -> Run:
    """Run a plan.

    Args:
        ready: from `plan`.
        lanes: independent repetitions; None for 64, or the maximum of the workload.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes.
        progress: called with the device and the number of sweeps just completed.
    """
    trace = drive(ready, ready.lanes(lanes), seed, threads, progress)
    return conclude(ready, trace, ready.workload.outcome(ready.program, trace), seed)


def drive(
    ready: Plan,
    lanes: int,
    seed: int,
    threads: int = 1,
    progress: Callable[[Any, int], None] | None = None,
    first_group: int = 0,
) -> Trace:
    """Simulate lanes of a plan, starting at a group of 64; `merge_lanes` joins traces of consecutive groups."""
    if threads < 1 or seed < 0:
        raise ChipsimError(f"threads must be >= 1 and seed >= 0; got {threads} and {seed}", code="run.argument")
    ready.lanes(first_group * LANES + lanes)
    device = new_device(ready.program, lanes, seed, threads, first_group)
    if progress is not None:
        device.progress = lambda sweeps: progress(device, sweeps)
    ready.workload.run(device)
    return device.finish()


def conclude(ready: Plan, trace: Trace, outcome: Outcome, seed: int) -> Run:
    """Price a trace and summarise it. `outcome` is that of the plan's workload for the trace."""
    sheet = sheet_of(ready.netlist, trace.activity.class_capacitance_f)
    named = ready.identity(seed)
    summary = summarise(ready, trace, sheet, outcome, seed, short_hash(named))
    return Run(summary, trace, sheet, ready.prices, ready.comparisons, ready.sources, outcome.arrays, named)


def run(
    chip: str,
    workload: str,
    *,
    lanes: int | None = None,
    seed: int = 0,
    threads: int = 1,
    prices: str | None = None,
    scope: Scope = "system",
    set: dict[str, Any] | None = None,
) -> Run:
    """Simulate a chip on a workload: `chipsim.run("dtca-70", "spin-glass")`."""
    return simulate(plan(chip, workload, set, prices, scope), lanes, seed, threads)
