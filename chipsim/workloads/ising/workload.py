"""ising: sample or anneal an Ising problem.

The chip does not know its energy: every `read_every` sweeps the state is read and the host computes it, both billed;
best, success, time and energy to solution count only what was read. What the simulator saw besides, the true best, is
reported apart. A change of temperature is one code of the bias converter (`global_bias`) or a rewrite of all weights
(`rewrite`), booked at every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.observations import Records
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.mapping.place import place
from chipsim.problems.gset import gset_problem
from chipsim.problems.problem import Problem
from chipsim.problems.rudy import read_edge_list, read_rudy
from chipsim.spec.model import errors_located_at, fail
from chipsim.statistics.effective_samples import Mixing, mixing_of, thinned_tau_int
from chipsim.workloads.base import LatchedWorkload, WorkloadModel
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.ising.spec import BetaRamp, IsingModel
from chipsim.workloads.outcome import Outcome, Quality
from chipsim.workloads.reads import (
    best_facts,
    best_figures,
    error_of_a_sample,
    quality_of_a_read,
    read_energies,
    success_of,
)
from chipsim.workloads.sections import Fact, Facts, Section

# A beta times bias at which a cell is against it once in 10**34 updates: the ordered start.
ORDERED_START = 40.0
MAX_RECORDS = 1000
# After the warm-up so many sweeps are recorded one by one, to resolve autocorrelations shorter than the other records.
FINE_SWEEPS = 1000
MAX_BYTES = 2 * 2**30

# What stands for the energy of couplings that act one way.
DIRECTED = "not defined: couplings are directed"


class Ising(LatchedWorkload[IsingModel]):
    """Runs an Ising problem on a device."""

    model_type: ClassVar[type[WorkloadModel]] = IsingModel
    summary: ClassVar[str] = "sample or anneal an Ising problem"
    problem: Problem
    couplings: NDArray[np.float64]

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the schedule, plus one for an ordered start."""
        schedule = self.model.schedule
        return int(schedule.sweeps + (schedule.start == "up"))

    def inert(self) -> dict[str, str]:
        """What only sampling uses."""
        if self.model.schedule.mode == "sample":
            return {}
        reason = "an anneal draws no effective samples"
        return dict.fromkeys(("schedule.projections", "schedule.warmup_fraction"), reason)

    def inputs(self) -> dict[str, Path]:
        """The file of a problem."""
        named = self.model.problem.rudy or self.model.problem.edge_list
        return {} if named is None else {"problem": Path(named)}

    def fixed_problem(self) -> Problem | None:
        """The problem of a graph or a file."""
        return self._fixed

    @cached_property
    def _fixed(self) -> Problem | None:
        """Read once: everything that a run says is about the same problem, even if its file changes meanwhile."""
        readers: dict[str, Callable[[str], Problem]] = {
            "graph": gset_problem,
            "rudy": read_rudy,
            "edge_list": partial(read_edge_list, directed=self.model.problem.directed),
        }
        for key, read in readers.items():
            name = getattr(self.model.problem, key)
            if name is not None:
                with errors_located_at(self.document, ("problem", key)):
                    return read(name)
        return None

    def prepare(self, fabric: Fabric) -> None:
        """Place the problem on the fabric: every edge of the problem needs a coupler."""
        problem = self.fixed_problem() or native_problem(self.model.problem, fabric)
        with errors_located_at(self.document, ("problem",)):
            if problem.cells != fabric.sites:
                raise ProblemError(
                    f'problem "{problem.name}" has {problem.cells:,} spins, the chip {fabric.sites:,} cells; '
                    "change fabric.size, or use fabric: {from: problem}"
                )
            self.couplings = place(problem, fabric)
        clamped: set[int] = set()
        for index, (site, _) in enumerate(self.model.clamp):
            if site in clamped:
                raise fail(self.document, ("clamp", index, 0), f"cell {site} is clamped already; remove one of the two")
            clamped.add(site)
            if site >= fabric.sites:
                complaint = f"clamp names cell {site}, but the last cell is {fabric.sites - 1}"
                raise fail(self.document, ("clamp", index, 0), complaint)
        self.problem = problem
        with errors_located_at(self.document, ("target",)):
            self._target_energy()

    def run(self, device: Device) -> None:
        """Program, then sample or anneal, reading as the schedule says."""
        schedule = self.model.schedule
        if not self.problem.is_directed:
            device.watch(self.problem)
        self._check_memory(device)
        betas = self._betas()
        if schedule.start == "up":
            self._start_ordered(device, float(betas[-1]))
        self._load(device, betas)
        if self.model.clamp:
            sites, values = np.array(self.model.clamp).T
            device.clamp(sites, values.astype(np.int8))
        steps, fine = self._steps(), self._fine_stretch()
        for begin, end in pairwise(self._marks()):
            if begin > 0 and begin in steps:
                self._change_beta(device, steps[begin], float(betas[-1]))
            device.sample(end - begin, self._record_request(1 if begin in fine else self._record_every()))
            if self._reads_after(end):
                self._read(device)

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """What was read, what the simulator saw besides, and how many effective samples there are."""
        size = (self.problem.cells, len(self.problem.edges))
        target = self._target_energy()
        energies = np.zeros((0, trace.lanes))
        if not self.problem.is_directed:
            energies = read_energies(self.problem, program, trace)
        success = None if target is None or not len(energies) else success_of(energies, target)
        return replace(self._outcome(program, trace, energies), problem_size=size, success=success)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """How the chains mix, and the best that was read."""
        return (Facts((*_mixing_facts(outcome), *best_facts(outcome.figures))),)

    def _outcome(self, program: Program, trace: Trace, energies: NDArray[np.float64]) -> Outcome:
        figures: dict[str, Any] = {
            "problem": self.problem.name,
            "cells": self.problem.cells,
            "couplers": len(self.couplings),
        }
        records = trace.observations.records
        if records is not None and records.energies.size:
            figures["mean_energy"] = float(records.energies[-1].mean())
        if self.problem.is_directed:
            figures["energy"] = DIRECTED
        figures.update(best_figures(self.problem, energies, records, self._target_energy()))
        if self.model.schedule.mode == "anneal" and self.problem.is_directed:
            return Outcome(figures, single_sample=Quality(None, DIRECTED))
        if self.model.schedule.mode == "anneal":
            return Outcome(figures, single_sample=quality_of_a_read(self.problem, energies, figures))
        return self._sampling_outcome(program, trace, figures, energies)

    def _sampling_outcome(
        self, program: Program, trace: Trace, figures: dict[str, Any], energies: NDArray[np.float64]
    ) -> Outcome:
        records = trace.observations.records
        if records is None or not (records.energies.size or records.projections.size):
            missing = Quality(None, "not defined: nothing was recorded")
            return Outcome(figures, sampling="not recorded", single_sample=missing)
        state = self._mixing(records)
        figures["tau_int_sweeps"] = state.tau_int if math.isfinite(state.tau_int) else None
        figures["slowest_observable"] = state.worst
        if program.coupled:
            why = "not defined: coupled cells latch together, so it is not Boltzmann's law"
            return Outcome(figures, sampling=why, single_sample=Quality(None, why))
        if not state.resolved:
            unknown = Quality(None, "not defined: the chains are too short to know the mean energy")
            return Outcome(figures, sampling="unresolved", single_sample=unknown)
        right = (1 - program.netlist.read_error_probability()) ** self.problem.cells
        late = [sweep > self._warmup for sweep in self._marks()[1:] if self._reads_after(sweep)]
        single = Quality(None, DIRECTED)
        if not self.problem.is_directed:
            kept = records.energies[records.sweeps - self._first_sweep > self._warmup]
            single = error_of_a_sample(energies[late], kept)
        return replace(self._sampled(figures, state, trace.lanes, right), single_sample=single)

    def _sampled(self, figures: dict[str, Any], state: Mixing, lanes: int, right: float) -> Outcome:
        """Effective samples after the warm-up: drawn on the chip, and delivered to the host.

        A sample is delivered when all its bits are `right`, the probability of which is given.
        """
        schedule = self.model.schedule
        kept = schedule.sweeps - self._warmup
        drawn = lanes * kept / max(state.tau_int, 1.0)
        reads = sum(self._reads_after(sweep) for sweep in self._marks() if sweep > self._warmup)
        spacing = schedule.read_every if isinstance(schedule.read_every, int) else schedule.sweeps
        delivered = right * lanes * reads / thinned_tau_int(state.tau_int, spacing) if reads else None
        without_block = kept / np.maximum(state.without_block, 1.0)
        return Outcome(figures, drawn, delivered, "resolved", without_block=tuple(without_block.tolist()))

    def _mixing(self, records: Records) -> Mixing:
        """How the chains mix, in sweeps: from the stretch recorded sweep by sweep where that is long enough to tell,
        else from the evenly spaced records of the whole run.
        """
        sweeps = records.sweeps - self._first_sweep
        after, fine = sweeps > self._warmup, self._fine_stretch()
        found = []
        if fine:
            found.append(mixing_of(records, after & (sweeps <= fine.stop), 1))
            # Coarse records begin where the fine ones end; of those, the ones that continue their even spacing.
            after &= (sweeps - fine.stop) % self._record_every() == 0
        found.append(mixing_of(records, after, self._record_every()))
        return next((state for state in found if state.resolved), found[-1])

    # --- parts of a run -----------------------------------------------------------------------------------------

    def _start_ordered(self, device: Device, beta: float) -> None:
        self._set_beta(device, beta)
        device.write(np.zeros_like(self.couplings), np.full(self.problem.cells, ORDERED_START / beta))
        device.sample(1)

    def _load(self, device: Device, betas: NDArray[np.float64]) -> None:
        rewrite = self.model.schedule.beta_by == "rewrite"
        # A chip that rewrites its weights works at the last beta and holds weaker weights before it.
        self._set_beta(device, float(betas[-1] if rewrite else betas[0]))
        self._write(device, float(betas[0] / betas[-1]) if rewrite and betas[-1] > 0 else 1.0)

    def _set_beta(self, device: Device, beta: float) -> None:
        if self.model.schedule.beta_by == "global_bias":
            device.set_beta(beta)
        else:
            device.hard_wire_beta(beta)

    def _write(self, device: Device, factor: float) -> None:
        device.write(self.couplings * factor, self.problem.biases * factor)

    def _change_beta(self, device: Device, beta: float, last: float) -> None:
        if self.model.schedule.beta_by == "rewrite":
            self._write(device, beta / last)
        else:
            self._set_beta(device, beta)

    def _betas(self) -> NDArray[np.float64]:
        beta = self.model.schedule.beta
        return beta.values() if isinstance(beta, BetaRamp) else np.array([beta])

    def _steps(self) -> dict[int, float]:
        """The sweep at which each step of beta begins."""
        betas = self._betas()
        sweeps = self.model.schedule.sweeps
        return {-(-step * sweeps // len(betas)): float(beta) for step, beta in enumerate(betas)}

    @property
    def _first_sweep(self) -> int:
        """Sweeps before the schedule begins: those of an ordered start."""
        return int(self.total_sweeps - self.model.schedule.sweeps)

    @property
    def _warmup(self) -> int:
        schedule = self.model.schedule
        return int(schedule.sweeps * schedule.warmup_fraction) if schedule.mode == "sample" else 0

    def _record_every(self) -> int:
        schedule = self.model.schedule
        if schedule.record_every == "never":
            return 0
        automatic = max(1, math.ceil(schedule.sweeps / MAX_RECORDS))
        return automatic if schedule.record_every == "auto" else int(schedule.record_every)

    def _fine_stretch(self) -> range:
        """Sweeps that are recorded one by one, where records are otherwise further apart and chosen automatically."""
        schedule = self.model.schedule
        if schedule.mode == "anneal" or schedule.record_every != "auto" or self._record_every() == 1:
            return range(0)
        return range(self._warmup, min(self._warmup + FINE_SWEEPS, schedule.sweeps))

    def _record_request(self, every: int) -> RecordRequest:
        projections = self.model.schedule.projections
        return RecordRequest(every=every, projections=projections if projections else -1)

    def _check_memory(self, device: Device) -> None:
        schedule = self.model.schedule
        every = self._record_every()
        records = schedule.sweeps // every + len(self._fine_stretch()) if every else 0
        size = records * device.lanes * (schedule.projections + 3) * 8
        if size > MAX_BYTES:
            raise ProblemError(
                f"recording every {every} sweeps would take {size / 2**30:.1f} GiB; raise schedule.record_every"
            )
        reads = sum(self._reads_after(sweep) for sweep in self._marks())
        size = reads * self.problem.cells * -(-device.lanes // 64) * 8
        if size > MAX_BYTES:
            raise ProblemError(f"{reads:,} reads would take {size / 2**30:.1f} GiB; raise schedule.read_every")

    def _marks(self) -> list[int]:
        """Sweeps at which something changes: a step of beta, a read, how often is recorded."""
        schedule, fine = self.model.schedule, self._fine_stretch()
        marks = {0, schedule.sweeps, *self._steps(), *([fine.start, fine.stop] if fine else [])}
        if isinstance(schedule.read_every, int):
            marks |= set(range(schedule.read_every, schedule.sweeps, schedule.read_every))
        return sorted(marks)

    def _reads_after(self, sweep: int) -> bool:
        schedule = self.model.schedule
        if schedule.read_every == "never":
            return False
        last = sweep == schedule.sweeps
        return bool(last or (schedule.read_every != "end" and sweep % schedule.read_every == 0))

    def _read(self, device: Device) -> Operation:
        """Read the state; the host computes its energy, if any, from the packed problem and 64 spins a word."""
        reading = device.read()
        if self.problem.is_directed:
            return reading.done
        words = host_words(self.problem.couplings) + host_words(self.problem.biases) + -(-self.problem.cells // 64)
        return device.compute(words, after=[reading.done])

    def _target_energy(self) -> float | None:
        spec = self.model.target
        if spec is None:
            return None
        if self.problem.is_directed:
            raise ProblemError(f"a target is an energy, and {DIRECTED}; remove target")
        cut = self.problem.objective == "cut"
        value = self.problem.best_known_cut if spec.value == "best-known" else spec.value
        if value is None:
            raise ProblemError(f'problem "{self.problem.name}" has no best-known value; set target.value to a number')
        value *= spec.fraction
        return float(-self.problem.couplings.sum() - 2 * value) if cut else float(value)


def _mixing_facts(outcome: Outcome) -> Iterator[Fact]:
    """tau_int of the slowest observable, as far as it is known."""
    figures = outcome.figures
    if "energy" in figures:
        yield Fact("energy", None, note=figures["energy"])
    if "slowest_observable" not in figures:
        return
    tau, slowest = figures["tau_int_sweeps"], f"({figures['slowest_observable']})"
    if tau is None:
        yield Fact("tau_int", None, note="not known: too few records, or chains that stand still")
    elif outcome.sampling == "unresolved":
        yield Fact("tau_int", tau, "sweeps", f"or more: the chains are shorter than 50 tau_int {slowest}", digits=3)
    else:
        yield Fact("tau_int", tau, "sweeps", slowest, digits=3)


def host_words(values: NDArray[np.float64]) -> int:
    """Machine words of 8 bytes in which the host keeps numbers: small integers in a byte, others as float32;
    nothing is kept where all are 0.
    """
    if not values.any():
        return 0
    small = bool((values == np.rint(values)).all()) and float(np.abs(values).max()) <= 127
    return -(-len(values) * (1 if small else 4) // 8)
