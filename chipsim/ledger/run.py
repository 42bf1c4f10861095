"""One run from specs to result: elaborate, compile, drive, price, and say what came of it."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim import __version__
from chipsim.compiler.netlist import Netlist, elaborate
from chipsim.compiler.program import Program, compile_program
from chipsim.components.registry import BUILT_IN, find_kind
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.kernels.jit import hash_of_files, kernel_version, package_sources
from chipsim.ledger.key_figures import key_figures, limit
from chipsim.ledger.ledger import JOBS, Ledger, check_equations, jackknife_ci95, price_trace, without_blocks
from chipsim.ledger.platforms import PlatformSpec, Work, compare, read_platforms
from chipsim.ledger.prices import PriceTable, load_prices, prices_of_chip
from chipsim.problems.problem import Problem
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.compose import read_spec
from chipsim.spec.document import Document
from chipsim.spec.model import complaints_at
from chipsim.spec.overrides import apply_overrides
from chipsim.units import to_seconds
from chipsim.workloads.base import Outcome, Workload
from chipsim.workloads.effective_samples import block_starts
from chipsim.workloads.registry import read_workload
from chipsim.workloads.solution import Success, to_solution


@dataclass(frozen=True, eq=False)
class Plan:
    """A chip and a workload, validated and ready to be simulated."""

    chip: ChipSpec
    workload: Workload
    netlist: Netlist
    prices: PriceTable
    comparisons: tuple[PriceTable, ...]
    overrides: dict[str, Any]
    named: tuple[str, str, str | None]
    platforms: dict[str, PlatformSpec]

    @cached_property
    def program(self) -> Program:
        """The chip, compiled."""
        return compile_program(self.netlist)


@dataclass(frozen=True, eq=False)
class Run:
    """The result of a run.

    Attributes:
        summary: everything that is reported, as plain values; see the README for its keys.
        trace: what was counted.
        sources: the texts of the specs, by file name.
    """

    summary: dict[str, Any]
    trace: Trace
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def energy_j(self) -> float:
        """Energy of one repetition."""
        return float(self.summary["energy_j"])

    def save(self, path: str | Path) -> None:
        """Write the result as HDF5: complete or not at all."""
        from chipsim.ledger.store import save_run

        save_run(self, Path(path))


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
    work.prepare(netlist.fabric)
    table = prices_of_chip(spec, prices, parts["prices"])
    check_equations(netlist, table)
    with complaints_at(spec.document, ("compare_prices",)):
        comparisons = tuple(load_prices(name) for name in spec.model.compare_prices if name != table.name)
    platforms = read_platforms(parts["platforms"])
    return Plan(spec, work, netlist, table, comparisons, overrides or {}, (chip, workload, prices), platforms)


def split_overrides(overrides: dict[str, Any], workload: Document | None = None) -> dict[str, dict[str, Any]]:
    """Which part each `--set` path belongs to: prices, the workload's keys, or else the chip."""
    parts: dict[str, dict[str, Any]] = {"chip": {}, "workload": {}, "prices": {}, "platforms": {}}
    workload_keys = {"problem", "schedule", "clamp", "target", "jobs_per_load", "chips"}
    keys = set(workload.value) if workload is not None and isinstance(workload.value, dict) else set()
    for path, value in overrides.items():
        head = re.split(r"[.\[]", path)[0]
        if head in ("prices", "platforms"):
            parts[head][path.partition(".")[2]] = value
        elif head in workload_keys | (keys - {"name", "description", "chipsim"}):
            parts["workload"][path] = value
        else:
            parts["chip"][path] = value
    return parts


def simulate(
    ready: Plan,
    lanes: int = 64,
    seed: int = 0,
    threads: int = 1,
    progress: Callable[[Device, int], None] | None = None,
) -> Run:
    """Run a plan.

    Args:
        ready: from `plan`.
        lanes: independent repetitions.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes.
        progress: called with the device and the number of sweeps just done.
    """
    trace = drive(ready, lanes, seed, threads, progress)
    return conclude(ready, trace, ready.workload.outcome(ready.program, trace), seed)


def drive(
    ready: Plan,
    lanes: int,
    seed: int,
    threads: int = 1,
    progress: Callable[[Device, int], None] | None = None,
    first_group: int = 0,
) -> Trace:
    """Simulate lanes of a plan, from the given group of 64 on: `merge` joins the traces of consecutive groups."""
    if lanes < 1 or threads < 1 or seed < 0:
        raise ChipsimError(f"lanes and threads are at least 1, seed at least 0; got {lanes}, {threads} and {seed}")
    device = Device(ready.program, lanes, seed, threads, first_group=first_group)
    if progress is not None:
        device.progress = lambda sweeps: progress(device, sweeps)
    ready.workload.run(device)
    return device.finish()


def conclude(ready: Plan, trace: Trace, outcome: Outcome, seed: int) -> Run:
    """Price a trace and say what came of it. `outcome` is that of the plan's workload for the trace."""
    ledger = price_trace(trace, ready.netlist, ready.prices)
    compared = [price_trace(trace, ready.netlist, table) for table in ready.comparisons]
    summary = summarise(ready, trace, ledger, compared, outcome, seed)
    return Run(summary, trace, {**ready.chip.document.texts, **ready.workload.document.texts})


def run(
    chip: str,
    workload: str,
    *,
    lanes: int = 64,
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
        "outside": _outside_versions(netlist),
    }


def _outside_versions(netlist: Netlist) -> dict[str, str]:
    """Hash of the sources of each kind that is not built in."""
    kinds = {c.spec.kind for c in netlist.components.values()} - set(BUILT_IN)
    return {name: hash_of_files(package_sources(find_kind(name).__module__)) for name in sorted(kinds)}


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _hash_arrays(*arrays: NDArray[Any]) -> str:
    """Of type, shape and content. Millions of edges would be gigabytes as Python numbers."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:16]


def ids(ready: Plan, seed: int) -> tuple[str, str]:
    """(activity_id, run_id): what was simulated; and what it was priced with."""
    activity = _hash([physics(ready), seed, kernel_version()])
    rows = [{key: row.model_dump() for key, row in part.items()} for part in (ready.prices.rows, ready.prices.own)]
    return activity, _hash([activity, rows])


def summarise(
    ready: Plan, trace: Trace, ledger: Ledger, compared: list[Ledger], outcome: Outcome, seed: int
) -> dict[str, Any]:
    """The run in plain values, for JSON and reports."""
    activity_id, run_id = ids(ready, seed)
    updates = trace.total("update")
    energy = ledger.energy_j
    samples, delivered = outcome.effective_samples, outcome.delivered_samples
    figures = _with_solution_costs(outcome.figures, trace, ledger.answer_j(ready.workload.model.jobs_per_load))
    work = ready.workload.model
    return {
        "activity_id": activity_id,
        "run_id": run_id,
        "chipsim_version": __version__,
        "chip": ready.chip.model.name,
        "workload": ready.workload.model.name,
        "prices": ledger.table,
        "set": ready.overrides,
        "seed": seed,
        "lanes": trace.lanes,
        "elapsed_s": to_seconds(trace.elapsed_fs),
        "wall_s": trace.wall_s,
        "kernel_s": trace.kernel_s,
        "updates": updates,
        "toggles": trace.total("toggle"),
        "updates_per_ns": updates / trace.kernel_s * 1e-9 if trace.kernel_s else None,
        "energy_j": energy,
        "energy_ci95_j": ledger.ci95_j,
        "energy_price_range_j": [math.fsum(r.low_j for r in ledger.rows), math.fsum(r.high_j for r in ledger.rows)],
        "total_energy_j": energy * trace.lanes,
        "energy_per_job_j": ledger.per_job_j(),
        "energy_per_job_range_j": {str(jobs): list(ledger.answer_range_j(jobs)) for jobs in JOBS},
        "time_per_job_s": {str(jobs): _answer_s(trace, jobs) for jobs in JOBS},
        "key_figures": key_figures(ready.netlist, trace, ledger, outcome),
        "limit": limit(trace),
        "platforms": compare(ready.platforms, _work(ready, trace), ledger),
        "fabric_shape": list(ready.netlist.fabric.shape or ()),
        "technology": ready.chip.model.technology.model_dump(),
        "components": {
            c.range_name: {"instances": c.count, **c.kind.model_dump()} for c in ready.netlist.components.values()
        },
        "nets": [f"{a} -> {b}" for a, b, _ in ready.chip.nets],
        "workload_resolved": ready.workload.model.model_dump(mode="json"),
        "command": command(ready, trace.lanes, seed),
        "jobs_per_load": work.jobs_per_load,
        "energy_per_answer_j": ledger.answer_j(work.jobs_per_load),
        "chips": work.chips,
        "batch_elapsed_s": -(-trace.lanes // work.chips) * to_seconds(trace.elapsed_fs),
        "energy_by_group_j": ledger.by_group(),
        "phases": [
            {"name": p.name, "start_s": to_seconds(p.start_fs), "end_s": to_seconds(p.end_fs), "energy_j": float(e)}
            for p, e in zip(trace.phases, ledger.phase_energy_j, strict=False)
        ],
        "always_on_energy_j": float(ledger.phase_energy_j[-1]),
        "effective_samples": samples,
        "samples_per_lane_without_block": list(outcome.without_block),
        **_per_sample(trace, ledger, outcome),
        "delivered_samples": delivered,
        "joules_per_delivered_sample": energy * trace.lanes / delivered if delivered else None,
        "sampling": outcome.sampling,
        "share_by_grade": ledger.share_by_grade(),
        "unpriced": list(ledger.unpriced),
        "area_m2": ledger.area_m2,
        "area_price_range_m2": list(ledger.area_range_m2),
        "without_area": list(ledger.without_area),
        "flat_accounting": [
            {"prices": other.table, "energy_j": other.energy_j, "fabric_j": other.by_group()["fabric"]}
            for other in compared
        ],
        "quality": {
            "weight_error": trace.weight_error,
            "beta_error": trace.beta_error,
            "full_scale_stretch": trace.stretch,
            "read_error_probability": ready.netlist.read_error_probability(),
            "colours": ready.program.colours,
        },
        **figures,
        "ledger": [asdict(row) for row in ledger.rows],
    }


def _per_sample(trace: Trace, ledger: Ledger, outcome: Outcome) -> dict[str, float | None]:
    """Energy and time per effective sample with 95 % intervals, which follow from leaving out blocks of lanes."""
    elapsed_s = to_seconds(trace.elapsed_fs)
    figures: dict[str, float | None] = {}
    costs = (
        ("joules", "j", ledger.energy_j, without_blocks(ledger.lane_energy_j)),
        ("seconds", "s", elapsed_s, np.full(len(block_starts(trace.lanes)), elapsed_s)),
    )
    for name, unit, cost, without_block in costs:
        samples = outcome.effective_samples
        few = len(outcome.without_block) < 2
        figures[f"{name}_per_effective_sample"] = cost * trace.lanes / samples if samples else None
        interval = None if few else jackknife_ci95(without_block / np.array(outcome.without_block))
        figures[f"{name}_per_effective_sample_ci95_{unit}"] = interval
    return figures


def _answer_s(trace: Trace, jobs: int) -> float:
    """Time of one answer when one load serves so many jobs: what only loading took is shared, all else stays."""
    loading = trace.occupancy.loading_fs
    return to_seconds(trace.elapsed_fs - loading) + to_seconds(loading) / jobs


def _work(ready: Plan, trace: Trace) -> Work:
    """What one repetition did, for platforms that do the same."""
    fabric, domain = ready.netlist.fabric, ready.netlist.domain
    whole = {row.phase for row in trace.rows if row.phase >= 0 and trace.phases[row.phase].name == "program"}
    return Work(
        updates=trace.total("update", domain.cells.name) / trace.lanes,
        reads=trace.total("drive") / trace.lanes,
        writes=float(len(whole) * fabric.sites),
        macs_per_update=2 * len(fabric.edges) / fabric.sites,
        wall_s=trace.wall_s / trace.lanes,
    )


def command(ready: Plan, lanes: int, seed: int) -> str:
    """The command that gives these counts and this ledger again, quoted for a POSIX shell."""
    chip, workload, prices = ready.named
    words = ["chipsim", "run", chip, workload]
    for path, value in ready.overrides.items():
        words += ["--set", f"{path}={json.dumps(value, ensure_ascii=False)}"]
    words += ["--prices", prices] if prices is not None else []
    return shlex.join([*words, "--lanes", str(lanes), "--seed", str(seed)])


def _with_solution_costs(figures: dict[str, Any], trace: Trace, answer_j: float) -> dict[str, Any]:
    """Replace the success counts by probability, time and energy to solution, each with its interval."""
    success = figures.get("success")
    if not isinstance(success, Success):
        return figures
    low, high = success.interval()
    out = {k: v for k, v in figures.items() if k != "success"}
    out["success_probability"] = {"value": success.successes / success.lanes, "low": low, "high": high}
    out["time_to_solution_s"] = to_solution(success, to_seconds(trace.elapsed_fs))
    out["energy_to_solution_j"] = to_solution(success, answer_j)
    return out
