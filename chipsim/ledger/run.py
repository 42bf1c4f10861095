"""One run from specs to result: elaborate, compile, drive, price, and say what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim import __version__
from chipsim.compiler.netlist import AnalogDomain, Netlist, elaborate
from chipsim.compiler.program import AnalogProgram, Program, compile_program
from chipsim.components.registry import BUILT_IN, find_kind
from chipsim.engine.analog import AnalogDevice
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.kernels.jit import hash_of_files, kernel_version, package_sources
from chipsim.ledger import lint
from chipsim.ledger.cost import priced_figures, run_id, short_hash
from chipsim.ledger.key_figures import key_figures, limit
from chipsim.ledger.ledger import JOBS
from chipsim.ledger.platforms import PlatformSpec, Work, platform_rows, read_platforms
from chipsim.ledger.prices import PriceTable, load_prices, prices_of_chip
from chipsim.ledger.result import Run
from chipsim.ledger.sheet import Sheet, sheet_of
from chipsim.problems.problem import Problem
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.compose import read_spec
from chipsim.spec.model import complaints_at
from chipsim.spec.overrides import apply_overrides, split_overrides
from chipsim.units import to_seconds
from chipsim.workloads.base import Outcome, Workload
from chipsim.workloads.registry import read_workload
from chipsim.workloads.solution import Success, to_solution

# Lanes of a run where nobody asks for more: one word of the packed states.
LANES = 64


@dataclass(frozen=True, eq=False)
class Plan:
    """A chip and a workload, validated and ready to be simulated."""

    chip: ChipSpec
    workload: Workload
    netlist: Netlist
    prices: PriceTable
    comparisons: tuple[PriceTable, ...]
    overrides: dict[str, Any]
    called: tuple[str, str]
    platforms: dict[str, PlatformSpec]

    @cached_property
    def program(self) -> Program | AnalogProgram:
        """The chip, compiled."""
        continuous = isinstance(self.netlist.domain, AnalogDomain)
        return AnalogProgram(self.netlist) if continuous else compile_program(self.netlist)

    def lanes(self, asked: int | None = None) -> int:
        """How many lanes a run has: as asked, or 64 where the workload takes as many.

        Raises:
            ChipsimError: the workload takes fewer than asked.
        """
        most = self.workload.most_lanes
        if asked is None:
            return LANES if most is None else min(LANES, most)
        if asked < 1:
            raise ChipsimError(f"lanes are at least 1; got {asked}")
        if most is not None and asked > most:
            name = self.workload.model.workload
            raise ChipsimError(f"{name} takes no more than {most} lane a run, not {asked}; repeat it with other seeds")
        return asked

    @property
    def sources(self) -> dict[str, str]:
        """The texts of the specs, by file name."""
        return {**self.chip.document.texts, **self.workload.document.texts}


def read_chip_file(name: str, overrides: dict[str, Any] | None = None) -> ChipSpec:
    """A chip by preset name or file."""
    return read_chip(apply_overrides(read_spec("chip", name), overrides or {}, "chip"))


def plan(chip: str, workload: str, overrides: dict[str, Any] | None = None, prices: str | None = None) -> Plan:
    """Read and validate everything that a run needs.

    Args:
        chip: preset name or file.
        workload: preset name or file.
        overrides: path -> value, as `--set` takes them, into the chip, the workload or the prices.
        prices: price table instead of the chip's own.

    Raises:
        ChipsimError: with place, rule and remedy.
    """
    chip_document = read_spec("chip", chip)
    work_document = read_spec("workload", workload)
    parts = split_overrides(overrides or {}, work_document)
    spec = read_chip(apply_overrides(chip_document, parts["chip"], "chip"))
    work = read_workload(apply_overrides(work_document, parts["workload"], "workload"))
    netlist = elaborate(spec, work.fixed_problem())
    work.check(netlist)
    work.prepare(netlist.fabric)
    table = prices_of_chip(spec, prices, parts["prices"])
    # Before anything is simulated; what a wire class weighs does not matter to whether there is an equation.
    sheet_of(netlist, np.ones(1)).check_equations(table)
    with complaints_at(spec.document, ("compare_prices",)):
        comparisons = tuple(load_prices(name) for name in spec.model.compare_prices)
    platforms = read_platforms(parts["platforms"])
    return Plan(spec, work, netlist, table, comparisons, overrides or {}, (chip, workload), platforms)


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
        lanes: independent repetitions; None for 64, or as many as the workload takes.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes.
        progress: called with the device and the number of sweeps just done.
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
    """Simulate lanes of a plan, from the given group of 64 on: `merge` joins the traces of consecutive groups."""
    if threads < 1 or seed < 0:
        raise ChipsimError(f"threads are at least 1, seed at least 0; got {threads} and {seed}")
    ready.lanes(first_group * LANES + lanes)
    program = ready.program
    device: Device | AnalogDevice
    if isinstance(program, AnalogProgram):
        device = AnalogDevice(program, lanes, seed, first_group=first_group)
    else:
        device = Device(program, lanes, seed, threads, first_group=first_group)
    if progress is not None:
        device.progress = lambda sweeps: progress(device, sweeps)
    ready.workload.run(device)
    return device.finish()


def conclude(ready: Plan, trace: Trace, outcome: Outcome, seed: int) -> Run:
    """Price a trace and say what came of it. `outcome` is that of the plan's workload for the trace."""
    sheet = sheet_of(ready.netlist, trace.class_capacitance_f)
    summary = summarise(ready, trace, sheet, outcome, seed)
    return Run(summary, trace, sheet, ready.prices, ready.comparisons, ready.sources, outcome.arrays)


def run(
    chip: str,
    workload: str,
    *,
    lanes: int | None = None,
    seed: int = 0,
    threads: int = 1,
    prices: str | None = None,
    set: dict[str, Any] | None = None,
) -> Run:
    """Simulate a chip on a workload: `chipsim.run("dtca-70", "spin-glass")`."""
    return simulate(plan(chip, workload, set, prices), lanes, seed, threads)


def physics(ready: Plan) -> dict[str, Any]:
    """What decides the activity, as plain values: parameters, graph, nets, workload, problem; no prices.

    Names of components are in it (they name the rows of the activity); names and descriptions of files are not.
    """
    netlist = ready.netlist
    model = ready.chip.model
    problem: Problem | None = ready.workload.fixed_problem()
    return {
        "technology": model.technology.model_dump(exclude={"node"}),
        "fabric": [netlist.fabric.sites, _hash_arrays(netlist.fabric.edges, netlist.fabric.lengths)],
        "colours": [model.fabric.colours, model.fabric.coupled_updates],
        "components": {c.name: [c.count, c.container, c.kind.model_dump()] for c in netlist.components.values()},
        "nets": sorted([a, b] for a, b, _ in ready.chip.nets),
        "workload": ready.workload.model.model_dump(exclude={"name", "description", "jobs_per_load", "chips"}),
        "problem": None if problem is None else _hash_arrays(problem.edges, problem.couplings, problem.biases),
        "inputs": ready.workload.inputs(),
        "outside": _outside_versions(netlist),
    }


def _outside_versions(netlist: Netlist) -> dict[str, str]:
    """Hash of the sources of each kind that is not built in."""
    kinds = {c.spec.kind for c in netlist.components.values()} - set(BUILT_IN)
    return {name: hash_of_files(package_sources(find_kind(name).__module__)) for name in sorted(kinds)}


def _hash_arrays(*arrays: NDArray[Any]) -> str:
    """Of type, shape and content. Millions of edges would be gigabytes as Python numbers."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:16]


def ids(ready: Plan, seed: int) -> tuple[str, str]:
    """(activity_id, run_id): what was simulated; and what it was priced with."""
    activity = short_hash([physics(ready), seed, kernel_version()])
    return activity, run_id(activity, ready.prices)


def summarise(ready: Plan, trace: Trace, sheet: Sheet, outcome: Outcome, seed: int) -> dict[str, Any]:
    """The run in plain values, for JSON and reports."""
    activity_id, priced_id = ids(ready, seed)
    updates = trace.total("update")
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
        "elapsed_s": to_seconds(trace.elapsed_fs),
        "wall_s": trace.wall_s,
        "kernel_s": trace.kernel_s,
        "updates": updates,
        "toggles": trace.total("toggle"),
        "updates_per_ns": updates / trace.kernel_s * 1e-9 if trace.kernel_s else None,
        "answers_per_repetition": outcome.answers,
        "time_per_job_s": {str(jobs): _answer_s(trace, jobs) / outcome.answers for jobs in JOBS},
        "key_figures": key_figures(ready.netlist, trace, outcome),
        "limit": limit(trace),
        # The platforms update p-bits; there is no such work on continuous cells.
        "platforms": platform_rows(ready.platforms, _work(ready, trace)) if updates else [],
        **_resolved(ready),
        "called": list(ready.called),
        "jobs_per_load": work.jobs_per_load,
        "chips": work.chips,
        "batch_elapsed_s": -(-trace.lanes // work.chips) * to_seconds(trace.elapsed_fs),
        "effective_samples": outcome.effective_samples,
        "samples_per_lane_without_block": list(outcome.without_block),
        "delivered_samples": outcome.delivered_samples,
        "sampling": outcome.sampling,
        "quality": _quality(ready, trace),
        "lint": lint.plain(lint.of_physics(ready.netlist)),
        **_with_time_to_solution(outcome.figures, trace),
    }
    return summary | priced_figures(summary, trace, sheet, ready.prices, ready.comparisons)


def _quality(ready: Plan, trace: Trace) -> dict[str, Any]:
    """How well the chip held what it was asked to hold; empty where a workload's own errors say it all."""
    if isinstance(ready.program, AnalogProgram):
        return {}
    return {
        "weight_error": trace.weight_error,
        "beta_error": trace.beta_error,
        "full_scale_stretch": trace.stretch,
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
    loading = trace.occupancy.loading_fs
    return to_seconds(trace.elapsed_fs - loading) + to_seconds(loading) / jobs


def _work(ready: Plan, trace: Trace) -> Work:
    """What one repetition did, for platforms that do the same."""
    fabric, domain = ready.netlist.fabric, ready.netlist.domain
    return Work(
        updates=trace.total("update", domain.cells.name) / trace.lanes,
        reads=trace.total("drive") / trace.lanes,
        writes=trace.total("program") / trace.lanes,
        macs_per_update=2 * len(fabric.edges) / fabric.sites,
        wall_s=trace.wall_s / trace.lanes,
    )


def _with_time_to_solution(figures: dict[str, Any], trace: Trace) -> dict[str, Any]:
    """Replace the success counts by probability and time to solution, each with its interval."""
    success = figures.get("success")
    if not isinstance(success, Success):
        return figures
    low, high = success.interval()
    out = {k: v for k, v in figures.items() if k != "success"}
    out["success_probability"] = {"value": success.successes / success.lanes, "low": low, "high": high}
    out["time_to_solution_s"] = to_solution(success, to_seconds(trace.elapsed_fs))
    return out
