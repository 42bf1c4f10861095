"""The same problem on a native chip, beside a mapped run: how much slower a mapping makes the spins.

The native chip has the same parts, a cell for each spin and a coupler for each coupling. It runs the same schedule with
as many lanes, in the same simulation, and is not billed. On the mapped chip the simulator decides the spins at each
record as the host decides a read. Energy, magnetisation and random projections of the spins are thus known on both
sides, with equal signs, and `slowdown` is the ratio of the two tau_int of their slowest observable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.netlist import Netlist, elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.latched.observers import site_signs
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.observations import Records
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.errors import ChipsimError
from chipsim.mapping.chains import Mapped
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.document import Document
from chipsim.spec.model import fail
from chipsim.statistics.effective_samples import Mixing
from chipsim.statistics.intervals import jackknife_log_ci95, mean_ci95
from chipsim.units import to_seconds
from chipsim.workloads.base import LatchedWorkload
from chipsim.workloads.ising.mixing import mixing_doubts, mixing_of
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.outcome import Native, NativeSamples
from chipsim.workloads.sections import Fact

SIDES = ("spins", "native")


class SpinWatch:
    """Observables of the spins of a mapped problem at each record after the warm-up.

    Args:
        problem: as given.
        mapped: on the cells of the device.
        schedule: of the run.
        device: that samples.
    """

    def __init__(self, problem: Problem, mapped: Mapped, schedule: ScheduleSpec, device: Device) -> None:
        self.problem, self.mapped, self.device = problem, mapped, device
        self._signs = site_signs(problem.cells, schedule.projections).astype(np.float32)
        self._at = record_sweeps(schedule)
        self._energies: list[NDArray[np.float64]] = []
        self._projections: list[NDArray[np.float32]] = []

    def sample(self, begin: int, end: int, request: RecordRequest) -> None:
        """Sample from one sweep of the schedule to another, and look at each record."""
        stops = self._at[(self._at > begin) & (self._at <= end)]
        for stop in np.union1d(stops, [end]).tolist():
            self.device.sample(stop - begin, request)
            begin = stop
            if stop in self._at:
                self._look()

    def _look(self) -> None:
        words = self.device.probe_state()[self.mapped.read_cells]
        spins = self.mapped.decided(lanes_of_words(words, self.device.lanes))[0]
        self._energies.append(self.problem.energy(spins))
        self._projections.append(spins.astype(np.float32) @ self._signs.T)

    def tell(self) -> None:
        """Store what was seen in the trace."""
        lanes = self.device.lanes
        energies = np.array(self._energies).reshape(-1, lanes)
        projections = np.array(self._projections, np.float32).reshape(-1, lanes, len(self._signs))
        _store(self.device, "spins", energies, projections)


def record_sweeps(schedule: ScheduleSpec) -> NDArray[np.int64]:
    """Sweeps of the schedule after which there are records, after the warm-up."""
    fine, spacing = schedule.fine_stretch, schedule.record_spacing
    first = fine.stop if fine else 0
    coarse = np.arange(first + spacing, schedule.sweeps + 1, spacing)
    sweeps = np.concatenate([np.arange(fine.start + 1, fine.stop + 1), coarse])
    return sweeps[sweeps > schedule.warmup]


def native_netlist(chip: ChipSpec, problem: Problem, sites: int, document: Document) -> Netlist:
    """The parts of a chip on the graph of a problem.

    Args:
        chip: whose components with a part for each of its `sites` get one for each spin.
        problem: that gives the graph.
        sites: cells of the chip.
        document: of the workload, for errors.

    Raises:
        SpecError: the chip cannot take another graph, such as one that is divided into containers.
    """
    numbered = {f"{c.name}[0..{sites - 1}]": f"{c.name}[*]" for c in chip.components if c.count == sites}
    value = dict(chip.document.value)
    value["components"] = {numbered.get(name, name): entry for name, entry in value["components"].items()}
    value["fabric"] = {"from": "problem"}
    try:
        return elaborate(read_chip(replace(chip.document, value=value)), problem)
    except ChipsimError as error:
        complaint = f"{chip.model.name} cannot take the graph of the problem ({error}); remove compare"
        raise fail(document, ("mapping", "compare"), complaint, code="chip.unsuitable") from None


def native_beside(workload: LatchedWorkload[Any], netlist: Netlist) -> Beside:
    """The native chip of a comparison, checked and ready to run the problem of a workload.

    Raises:
        SpecError: the problem has no graph of its own, or no energy, or nothing is recorded; or the chip cannot take
            another graph.
    """
    model, document, problem = workload.model, workload.document, workload.fixed_problem()
    if problem is None or problem.is_directed or not model.schedule.record_spacing:
        complaint = "compare: native needs records, and a problem with an energy and a graph of its own; remove it"
        raise fail(document, ("mapping", "compare"), complaint, code="spec.no-effect")
    native = type(workload)(document, model.model_copy(update={"mapping": MappingSpec()}))
    native.take(problem)
    beside = Beside(native, native_netlist(netlist.chip, problem, netlist.fabric.sites, document))
    native.check(beside.netlist)
    native.prepare(beside.netlist.fabric)
    return beside


def _store(device: Device, side: str, energies: NDArray[np.float64], projections: NDArray[np.float32]) -> None:
    device.answer(f"{side}_energy", np.ascontiguousarray(energies.T))
    device.answer(f"{side}_projection", np.ascontiguousarray(projections.swapaxes(0, 1)).astype(np.float64))


class Beside:
    """The native chip of a comparison.

    Args:
        workload: the same without a mapping, prepared for this chip.
        netlist: of the chip.
    """

    def __init__(self, workload: LatchedWorkload[Any], netlist: Netlist) -> None:
        self.workload, self.netlist = workload, netlist
        self.program = compile_program(netlist)

    def run(self, beside: Device) -> None:
        """Run as many lanes as a device, with its seed, and store the records in its trace."""
        device = Device(self.program, beside.lanes, beside.seed, first_group=beside.first_lane // 64)
        device.progress = beside.progress
        self.workload.run(device)
        trace, schedule = device.finish(), self.workload.model.schedule
        records = trace.observations.records
        assert records is not None
        kept = records.sweeps - schedule.first_sweep > schedule.warmup
        _store(beside, "native", records.energies[kept], records.projections[kept])
        beside.compare(trace)

    def compared(self, schedule: ScheduleSpec, trace: Trace, sweep_fs: int) -> tuple[dict[str, Any], Native]:
        """Figures of both sides, how much longer independent samples take on the mapped chip, and what prices need.

        Args:
            schedule: of both runs.
            trace: of the mapped run.
            sweep_fs: length of its sweep.
        """
        figures: dict[str, Any] = {
            "native_cells": self.netlist.fabric.sites,
            "native_couplers": len(self.netlist.fabric.edges),
            "native_sweep_s": to_seconds(self.program.sweep_fs),
            "mapped_sweep_s": to_seconds(sweep_fs),
        }
        states = {side: _state(schedule, trace, side) for side in SIDES}
        for side in SIDES:
            energies = trace.observations.answers[f"{side}_energy"].mean(axis=1)
            figures |= {f"{side}_mean_energy": float(energies.mean()), f"{side}_mean_energy_ci95": mean_ci95(energies)}
        doubts = {side: _doubts(schedule, state, trace.lanes) for side, state in states.items()}
        withheld = "; ".join(f"{side}: {why}" for side, why in doubts.items() if why)
        if withheld:
            return figures | {"slowdown_withheld": withheld}, Native(self.netlist, NativeSamples(schedule.sweeps))
        spins, native = states["spins"], states["native"]
        slowdown = spins.tau_int / native.tau_int
        without = spins.without_block / native.without_block
        figures |= {
            "spins_tau_int_sweeps": spins.tau_int,
            "native_tau_int_sweeps": native.tau_int,
            "slowdown": slowdown,
            "slowdown_ci95": jackknife_log_ci95(slowdown, without) if len(without) > 1 else None,
            "slowdown_in_time": slowdown * sweep_fs / self.program.sweep_fs,
        }
        return figures, Native(self.netlist, _samples(schedule, spins, native, trace.lanes))


def _state(schedule: ScheduleSpec, trace: Trace, side: str) -> Mixing:
    answers, sweeps = trace.observations.answers, record_sweeps(schedule) + schedule.first_sweep
    projections = answers[f"{side}_projection"].swapaxes(0, 1).astype(np.float32)
    return mixing_of(schedule, Records(answers[f"{side}_energy"].T, projections, np.zeros(len(sweeps)), sweeps))


def _samples(schedule: ScheduleSpec, spins: Mixing, native: Mixing, lanes: int) -> NativeSamples:
    """Effective samples of both sides; none is counted twice, so that tau_int is at least 1."""
    drawn = lanes * (schedule.sweeps - schedule.warmup)
    ratio = np.maximum(spins.without_block, 1.0) / np.maximum(native.without_block, 1.0)
    of_spins, of_native = (drawn / max(state.tau_int, 1.0) for state in (spins, native))
    return NativeSamples(schedule.sweeps, of_spins, of_native, tuple(ratio.tolist()))


def _doubts(schedule: ScheduleSpec, state: Mixing, lanes: int) -> str:
    bound = "tau_int is only bounded by the spacing of records; set schedule.record_every"
    return mixing_doubts(schedule, state, np.zeros(0), lanes) or (bound if state.verdict == "at most" else "")


def beside_rows(figures: Mapping[str, Any]) -> Iterator[tuple[str, float, float, float]]:
    """Rows of the mapping's table: what, native, mapped, factor."""
    if "native_cells" not in figures:
        return
    native_s, mapped_s = figures["native_sweep_s"], figures["mapped_sweep_s"]
    yield "ns a sweep", native_s * 1e9, mapped_s * 1e9, mapped_s / native_s
    if "slowdown" not in figures:
        return
    native, spins = figures["native_tau_int_sweeps"], figures["spins_tau_int_sweeps"]
    yield "tau_int of spins, sweeps", native, spins, figures["slowdown"]
    updates = figures["native_cells"] * native, figures["mapped_cells"] * spins
    yield "updates per independent sample", *updates, updates[1] / updates[0]


def beside_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """The slowdown with its interval, and both mean energies."""
    if "native_cells" not in figures:
        return
    if "slowdown" in figures:
        error = figures["slowdown_ci95"]
        within = "" if error is None else f"+- {rounded(error, '.2g')} (95 %) "
        in_time = f"{rounded(figures['slowdown_in_time'], '.3g')} times in seconds"
        note = f"{within}times the tau_int of the native chip in sweeps, {in_time}"
        yield Fact("slowdown", figures["slowdown"], note=note, digits=3)
    else:
        yield Fact("slowdown", None, note=f"withheld: {figures['slowdown_withheld']}")
    shown = []
    for side in SIDES:
        error = figures[f"{side}_mean_energy_ci95"]
        within = "" if error is None else f" +-{rounded(error, '.2g')}"
        mean = rounded(figures[f"{side}_mean_energy"], ".6g")
        shown.append(f"{mean}{within}")
    yield Fact("energies", None, note=f"mean of decided spins {shown[0]}, on the native chip {shown[1]}")
