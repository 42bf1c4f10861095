"""One run from specs to result: elaborate, compile, drive, price, and say what came of it."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from chipsim import __version__
from chipsim.compiler.netlist import AnalogDomain, Netlist, elaborate
from chipsim.compiler.program import compile_program
from chipsim.components.mac_unit import MacUnit
from chipsim.components.registry import BUILT_IN, find_kind
from chipsim.engine.analog import AnalogDevice
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.kernels.jit import hash_of_files, kernel_version, package_sources
from chipsim.ledger.ledger import Ledger, check_equations, price_trace
from chipsim.ledger.prices import PriceTable, load_prices, prices_of_chip
from chipsim.problems.problem import Problem
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.document import Document, read_document
from chipsim.spec.model import complaints_at, fail
from chipsim.spec.overrides import apply_overrides
from chipsim.spec.presets import find
from chipsim.units import to_seconds
from chipsim.workloads.base import Outcome, Workload
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
    document = read_document(find("chip", name))
    return read_chip(apply_overrides(document, overrides or {}, "chip"))


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
    chip_document = read_document(find("chip", chip))
    work_document = read_document(find("workload", workload))
    parts = split_overrides(overrides or {}, work_document)
    spec = read_chip(apply_overrides(chip_document, parts["chip"], "chip"))
    work = read_workload(apply_overrides(work_document, parts["workload"], "workload"))
    netlist = elaborate(spec, work.fixed_problem())
    check_array(netlist, work)
    work.prepare(netlist.fabric)
    table = prices_of_chip(spec, prices, parts["prices"])
    check_equations(netlist, table)
    with complaints_at(spec.document, ("compare_prices",)):
        comparisons = tuple(load_prices(name) for name in spec.model.compare_prices if name != table.name)
    return Plan(spec, work, netlist, table, comparisons, overrides or {})


def check_array(netlist: Netlist, workload: Workload) -> None:
    """Whether the chip has the sort of array that the workload drives.

    Raises:
        SpecError: it has the other one.
    """
    there = "continuous" if isinstance(netlist.domain, AnalogDomain) else "latched"
    if there != workload.needs:
        cells = f"{netlist.chip.model.name} has {there} ones ({netlist.domain.cells.spec.kind})"
        complaint = f"{workload.model.workload} needs {workload.needs} cells; {cells}"
        raise fail(workload.document, ("workload",), complaint)


def cautions(netlist: Netlist) -> list[str]:
    """Components that nobody could build as they are described."""
    technology = netlist.chip.model.technology
    return [f"{c.name}: {text}" for c in netlist.components.values() for text in c.kind.cautions(technology)]


def split_overrides(overrides: dict[str, Any], workload: Document | None = None) -> dict[str, dict[str, Any]]:
    """Which part each `--set` path belongs to: prices, the workload's keys, or else the chip."""
    parts: dict[str, dict[str, Any]] = {"chip": {}, "workload": {}, "prices": {}}
    workload_keys = {"problem", "schedule", "clamp", "target", "jobs_per_load", "chips"}
    keys = set(workload.value) if workload is not None and isinstance(workload.value, dict) else set()
    for path, value in overrides.items():
        head = re.split(r"[.\[]", path)[0]
        if head == "prices":
            parts["prices"][path.partition(".")[2]] = value
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
    progress: Callable[[Any, int], None] | None = None,
) -> Run:
    """Run a plan.

    Args:
        ready: from `plan`.
        lanes: independent repetitions.
        seed: of all random numbers.
        threads: threads that share groups of 64 lanes.
        progress: called with the device and the number of sweeps just done.
    """
    if lanes < 1 or threads < 1 or seed < 0:
        raise ChipsimError(f"lanes and threads are at least 1, seed at least 0; got {lanes}, {threads} and {seed}")
    device: Device | AnalogDevice
    if isinstance(ready.netlist.domain, AnalogDomain):
        device = AnalogDevice(ready.netlist, lanes, seed)
    else:
        device = Device(compile_program(ready.netlist), lanes, seed, threads)
    if progress is not None:
        device.progress = lambda sweeps: progress(device, sweeps)
    outcome = ready.workload.run(device)
    trace = device.finish()
    ledger = price_trace(trace, ready.netlist, ready.prices)
    compared = [price_trace(trace, ready.netlist, table) for table in ready.comparisons]
    summary = summarise(ready, trace, ledger, compared, outcome, device, seed)
    documents = (ready.chip.document, ready.workload.document)
    return Run(summary, trace, {d.source: d.text for d in documents})


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
        "data": [_hash_arrays(array) for array in ready.workload.data()],
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
    ready: Plan,
    trace: Trace,
    ledger: Ledger,
    compared: list[Ledger],
    outcome: Outcome,
    device: Device | AnalogDevice,
    seed: int,
) -> dict[str, Any]:
    """The run in plain values, for JSON and reports."""
    activity_id, run_id = ids(ready, seed)
    updates = trace.total("update")
    energy = ledger.energy_j
    samples, delivered = outcome.effective_samples, outcome.delivered_samples
    figures = _with_method_costs(_with_solution_costs(outcome.figures, trace, energy), ready, ledger)
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
        "joules_per_effective_sample": energy * trace.lanes / samples if samples else None,
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
        "quality": device.quality(),
        "cautions": cautions(ready.netlist),
        **figures,
        "ledger": [asdict(row) for row in ledger.rows],
    }


def _with_solution_costs(figures: dict[str, Any], trace: Trace, energy_j: float) -> dict[str, Any]:
    """Replace the success counts by probability, time and energy to solution, each with its interval."""
    success = figures.get("success")
    if not isinstance(success, Success):
        return figures
    low, high = success.interval()
    out = {k: v for k, v in figures.items() if k != "success"}
    out["success_probability"] = {"value": success.successes / success.lanes, "low": low, "high": high}
    out["time_to_solution_s"] = to_solution(success, to_seconds(trace.elapsed_fs))
    out["energy_to_solution_j"] = to_solution(success, energy_j)
    return out


def _with_method_costs(figures: dict[str, Any], ready: Plan, ledger: Ledger) -> dict[str, Any]:
    """Energy and time of the digital methods that a workload compares the chip with, by the chip's unit for them."""
    if "methods" not in figures:
        return figures
    units = [c for c in ready.netlist.components.values() if isinstance(c.kind, MacUnit)]
    price = ready.prices.find(units[0].name, units[0].spec.kind, "mac") if units else None
    own = {"energy_j": ledger.energy_j, "time_s": figures["chip_time_s"]}

    def cost(method: dict[str, Any]) -> dict[str, Any]:
        if method["macs"] is None:
            return {**method, **own}
        energy = None if price is None else method["macs"] * price.value
        return {**method, "energy_j": energy, "time_s": method["macs"] / units[0].kind.rate if units else None}

    return {**figures, "methods": [cost(method) for method in figures["methods"]]}
