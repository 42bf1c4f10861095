"""ising: sample or anneal an Ising problem.

The chip cannot measure its energy: every `read_every` sweeps the state is read and the host computes it, both billed;
best, success, time and energy to solution refer to read states only. The best state visited is reported separately. A
change of temperature is one code of the bias converter (`global_bias`) or a rewrite of all weights (`rewrite`), booked
at every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import Program
from chipsim.components.base import Purpose
from chipsim.components.digital.base import InputKind
from chipsim.components.facts import Finding
from chipsim.engine.cpu_time import READ_S, law_s, record_s
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.timeline import Operation
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.mapping.chains import Mapped, mapped
from chipsim.mapping.place import place
from chipsim.mapping.search import chains_of
from chipsim.problems.problem import Problem
from chipsim.spec.document import KeyPath
from chipsim.spec.model import errors_located_at, fail
from chipsim.statistics.boltzmann import MAX_ENUMERATED
from chipsim.statistics.deviation import Observables
from chipsim.workloads.base import LatchedWorkload, WorkloadModel
from chipsim.workloads.ising.beside import Beside, SpinWatch, native_beside
from chipsim.workloads.ising.demands import (
    book_scaling,
    check_clamps,
    clamped_cells,
    memory_of,
    target_energy,
    words_of_an_energy,
)
from chipsim.workloads.ising.distortion import Distortion, distortion_facts
from chipsim.workloads.ising.ladder import Fitted, fitted_betas
from chipsim.workloads.ising.law import law_facts, law_sections
from chipsim.workloads.ising.lint import of_range
from chipsim.workloads.ising.mapped import Reads, decided_reads, mapping_facts, mapping_figures, mapping_sections
from chipsim.workloads.ising.meanings import MEANINGS
from chipsim.workloads.ising.named import named_problem
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.ising.outcome import mixing_facts, observables_of, outcome_of, problem_facts
from chipsim.workloads.ising.reads import best_facts
from chipsim.workloads.ising.replicas import Replicas, copied, replicas_of
from chipsim.workloads.ising.scale import factor_of
from chipsim.workloads.ising.schedule import StartSpec
from chipsim.workloads.ising.spec import FILES, IsingModel
from chipsim.workloads.ising.start import spins_to_start
from chipsim.workloads.ising.temper import Tempering
from chipsim.workloads.ising.tempered import (
    check_tempering,
    in_own_sweeps,
    set_by,
    temper_facts,
    temper_figures,
    temper_sections,
)
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import Facts, Section

# beta times bias of the ordered start: a cell opposes it once in 10**34 updates.
ORDERED_START = 40.0


class Ising(LatchedWorkload[IsingModel]):
    """Runs an Ising problem on a device."""

    model_type: ClassVar[type[WorkloadModel]] = IsingModel
    summary: ClassVar[str] = "sample or anneal an Ising problem"
    merit: ClassVar[str] = "mean_energy"
    meanings: ClassVar[Mapping[str, str]] = MEANINGS
    problem: Problem  # as given
    held: Problem  # by site; the same object for native mappings
    couplings: NDArray[np.float64]
    mapped: Mapped | None = None
    replicas: Replicas | None = None
    _beside: Beside | None = None
    _fitted: tuple[float | None, Fitted] | None = None  # to which rate, and what was found
    _wanted: NDArray[np.int8]  # by site, where the run starts
    _given: Problem | None = None

    @property
    def total_sweeps(self) -> int:
        """Sweeps: those of the schedule, in each turn, plus one for an ordered start; twice with a native chip."""
        schedule = self.model.schedule
        return (schedule.first_sweep + schedule.turns * schedule.sweeps) * (1 if self._beside is None else 2)

    def memory(self, lanes: int) -> dict[str, int]:
        """Records, whose pieces are joined at the end, and reads with their operations and counts."""
        return memory_of(self.model.schedule, self.held.cells, lanes, self._beside is not None)

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of sweeps, records, reads and the law; a native chip beside it takes no more than this one."""
        schedule, cells = self.model.schedule, self.held.cells
        records = schedule.records * record_s(fabric, lanes) + len(schedule.reads) * READ_S
        enumerated = self.mapped is None and not self.held.is_directed and cells <= MAX_ENUMERATED
        law = law_s(cells, schedule.records * lanes) if schedule.samples and schedule.records and enumerated else 0.0
        return super().cpu_s(fabric, lanes) + records * (1 if self._beside is None else 2) + law

    def inert(self) -> dict[str, str]:
        """Keys used by sampling only."""
        if self.model.schedule.samples:
            return {}
        return dict.fromkeys(("schedule.projections", "schedule.warmup_fraction"), "an anneal has no effective samples")

    def inputs(self) -> dict[str, Path]:
        """The files of a problem, of its chains and of its start."""
        source, start = self.model.problem.source, self.model.schedule.start
        named = {
            "problem": getattr(self.model.problem, source) if source in FILES else None,
            "mapping": self.model.mapping.file,
            "start": start.file if isinstance(start, StartSpec) else None,
        }
        return {role: Path(name) for role, name in named.items() if name is not None}

    def fixed_problem(self) -> Problem | None:
        """The problem of a graph or a file, or one that Python hands over; of tempering its copies on the array."""
        problem = self._given or self._fixed
        return None if problem is None else copied(problem, self.model.schedule.copies)

    def take(self, problem: Problem) -> None:
        """Use this problem."""
        self._given = problem

    @cached_property
    def _fixed(self) -> Problem | None:
        """Read once, so that the whole run uses the same problem even if its file changes."""
        with errors_located_at(self.document, ("problem", self.model.problem.source)):
            return named_problem(self.model.problem)

    def check(self, netlist: Netlist) -> None:
        """Check also routes of beta and clamps, that the scale can be determined, and that no latch has a fixed one."""
        super().check(netlist)
        self._problem_on(netlist.fabric, netlist)
        routes: list[tuple[KeyPath, Purpose]] = [(("clamp",), "clamp")] if self.model.clamp else []
        if self.model.schedule.beta_by == "global_bias":
            routes.append((("schedule", "beta_by"), "bias"))
        for path, purpose in routes:
            with errors_located_at(self.document, path):
                netlist.route(purpose)
        if self.model.schedule.mode == "temper":
            check_tempering(self.document, self.model, netlist)
        if self.model.mapping.compare is not None:
            self._beside = native_beside(self, netlist)
        if self.model.problem.scale == "none":
            return
        self._scale(netlist, self.fixed_problem() or native_problem(self.model.problem, netlist.fabric))
        if not self.model.clamp or "clamp" not in netlist.routes:
            return
        latches = netlist.end("clamp", InputKind)
        if isinstance(latches.kind.coupling, float):
            fixed = f"{latches.name} have a fixed coupling of {latches.kind.coupling:g}, which scale does not change"
            remedy = f"set {latches.name}.coupling to hold or set, or scale to none"
            raise fail(self.document, ("problem", "scale"), f"{fixed}; {remedy}", code="chip.unsuitable")

    def prepare(self, fabric: Fabric) -> None:
        """Place the problem on the fabric: every edge of the problem needs a coupler."""
        problem = self._problem_on(fabric)
        if self.model.schedule.mode == "temper":
            self._replicate(problem, fabric)
        else:
            self._put(problem, fabric)
        check_clamps(self.document, self.model.clamp, problem)
        self.problem = problem
        with errors_located_at(self.document, ("schedule", "start")):
            start = self.model.schedule.start
            self._wanted = spins_to_start(start, problem, self.held.cells, self.replicas, self.mapped)
        with errors_located_at(self.document, ("target",)):
            target_energy(self.problem, self.model.target)

    def _problem_on(self, fabric: Fabric, netlist: Netlist | None = None) -> Problem:
        """The problem of one replica, after its betas are fitted, if they are to be, to the codes of the chip."""
        schedule = self.model.schedule
        ground = fabric.one_copy() if schedule.copies > 1 and fabric.copies == schedule.copies else fabric
        problem = self._given or self._fixed or native_problem(self.model.problem, ground)
        if schedule.fitted is not None:
            with errors_located_at(self.document, ("schedule", "beta")):
                fitted = fitted_betas(problem, schedule.fitted, self.model.clamp, set_by(self.model, netlist, problem))
            self._fitted = (schedule.fitted.swap_rate, fitted)
            self.model = self.model.model_copy(update={"schedule": schedule.model_copy(update={"beta": fitted.betas})})
        return problem

    def _replicate(self, problem: Problem, fabric: Fabric) -> None:
        """Give each spin of each replica its cell."""
        mapping = self.model.mapping
        with errors_located_at(self.document, ("problem",) if mapping.method == "native" else ("mapping",)):
            self.replicas = replicas_of(problem, fabric, mapping, self.model.schedule.copies)
        self.held, self.mapped = self.replicas.all.problem, self.replicas.coldest
        self.couplings = self.held.couplings

    def _put(self, problem: Problem, fabric: Fabric) -> None:
        """Give each spin its cells."""
        with errors_located_at(self.document, ("problem",)):
            if self.model.mapping.method == "native" and problem.cells != fabric.sites:
                about = "".join(f" ({note})" for note in problem.notes)
                raise ProblemError(
                    f'problem "{problem.name}" has {problem.cells:,} spins{about}, but the chip has {fabric.sites:,} '
                    "cells; change fabric.size, use fabric: {from: problem}, or mapping: {method: place} or embed",
                    code="chip.too-small",
                )
            self.held = problem
            if self.model.mapping.method == "native":
                self.couplings = place(problem, fabric)
        if self.model.mapping.method != "native":
            self._map(problem, fabric)

    def _map(self, problem: Problem, fabric: Fabric) -> None:
        """Give each spin its cells."""
        with errors_located_at(self.document, ("mapping",)):
            self.mapped = mapped(problem, fabric, chains_of(problem, fabric, self.model.mapping), self.model.mapping)
        self.held = self.mapped.problem
        self.couplings = self.held.couplings

    def searched(self) -> Mapping[str, NDArray[np.int64]]:
        """The cells of each spin, which depend on the version of minorminer and on its time limit."""
        if self.replicas is not None:
            return {} if self.model.mapping.method == "native" else {"replicas": self.replicas.sites}
        return {} if self.mapped is None else {"first": self.mapped.chains.first, "cells": self.mapped.chains.cells}

    def lint(self, netlist: Netlist) -> Iterable[Finding]:
        """Findings about weights and betas that the chip cannot represent."""
        schedule = self.model.schedule
        return of_range(Distortion.of(self.held, schedule, self._scale(netlist), netlist), schedule, netlist)

    def run(self, device: Device) -> None:
        """Program, then sample or anneal, with reads by the schedule."""
        schedule = self.model.schedule
        if not self.problem.is_directed:
            device.watch(self.held if self.replicas is None else self.replicas.watched)
        placed = self.mapped if self.replicas is None else self.replicas.all
        if placed is not None and placed.spec.idle == "gated":
            device.gate(placed.idle)
        scale = self._scale(device.netlist)
        betas = schedule.betas / scale
        if schedule.start != "random":
            self._start_ordered(device, float(betas[-1]))
        tempering = None if self.replicas is None else self._tempering(self.replicas, device, scale)
        if tempering is None:
            self._load(device, betas, scale)
        else:
            tempering.load(self._scaled_by_the_host(device, scale))
        if self.model.clamp:
            device.clamp(*self._clamped())
        if tempering is not None:
            tempering.run()
            return
        steps, reads, fine = schedule.steps, set(schedule.reads), schedule.fine_stretch
        last = float(schedule.betas[-1])
        watch = None if self._beside is None or placed is None else SpinWatch(self.problem, placed, schedule, device)
        for begin, end in pairwise(schedule.marks):
            if begin > 0 and begin in steps:
                self._change_beta(device, steps[begin], last, scale)
            request = self._record_request(1 if begin in fine else schedule.record_spacing)
            if watch is None:
                device.sample(end - begin, request)
            else:
                watch.sample(begin, end, request)
            if end in reads:
                self._read(device)
        if self._beside is not None and watch is not None:
            watch.tell()
            self._beside.run(device)

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """What was read, the best state visited, and how many effective samples there are."""
        scale = self._scale(program.netlist)
        schedule, target = self.model.schedule, target_energy(self.problem, self.model.target)
        if self.replicas is not None:
            trace = replace(trace, observations=in_own_sweeps(trace.observations, schedule))
        if self.mapped is None:
            out = outcome_of(self.problem, schedule, scale, target, program, trace, clamp=self.model.clamp)
        else:
            reads = decided_reads(self.mapped, trace)
            out = outcome_of(self.problem, schedule, scale, target, program, reads.trace, self.mapped, self.model.clamp)
            out.figures.update(self._figures_of_mapping(reads))
        if self._beside is not None:
            figures, native = self._beside.compared(schedule, trace, program.sweep_fs)
            out.figures.update(figures)
            out = replace(out, native=native)
        if self.replicas is not None:
            out.figures.update(temper_figures(schedule, trace, self._fitted))
        return out if self.model.target is None else replace(out, restart=self.model.target.restart)

    def _figures_of_mapping(self, reads: Reads) -> Mapping[str, Any]:
        if self.replicas is not None:
            native, union = self.model.mapping.method == "native", copied(self.problem, self.model.schedule.copies)
            return {} if native else mapping_figures(union, self.replicas.all, reads, None)
        assert self.mapped is not None
        # Clamped cells have another law.
        schedule = self.model.schedule
        beta = float(schedule.betas[-1]) if schedule.samples and not self.model.clamp else None
        return mapping_figures(self.problem, self.mapped, reads, beta)

    def spins_of(self, words: NDArray[np.uint64], lanes: int) -> NDArray[np.int8]:
        """Spins (lanes, N) of one read, as the host decides them, from its words (cells read, groups)."""
        spins = lanes_of_words(words, lanes)
        return spins if self.mapped is None else self.mapped.decided(spins)[0]

    def observables(self, trace: Trace) -> Observables | None:
        """Energy, magnetisation and random projections of the records after the warm-up."""
        return observables_of(self.model.schedule, trace.observations.records)

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Mixing of the chains, distortion of the problem, and best read values."""
        figures = outcome.figures
        shown = (
            problem_facts(figures),
            mapping_facts(figures),
            temper_facts(figures),
            mixing_facts(outcome),
            law_facts(figures),
            distortion_facts(figures),
        )
        facts = Facts(tuple(chain(*shown, best_facts(figures))))
        pieces = (temper_sections(figures), mapping_sections(figures), law_sections(figures, outcome.arrays))
        return facts, *chain(*pieces)

    def _tempering(self, replicas: Replicas, device: Device, scale: float) -> Tempering:
        clamped = self._clamped()[0] if self.model.clamp else np.zeros(0, np.int64)
        return Tempering(self.problem, replicas, self.model.schedule, scale, device, self._record_request, clamped)

    # --- parts of a run -----------------------------------------------------------------------------------------

    def _start_ordered(self, device: Device, beta: float) -> None:
        self._set_beta(device, beta)
        device.write(np.zeros_like(self.couplings), self._wanted * np.float64(ORDERED_START / beta))
        device.sample(1)

    def _clamped(self) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Cells to be clamped, all those of a chain, and their values."""
        return clamped_cells(self.model.clamp, self.replicas, self.mapped)

    def _load(self, device: Device, betas: NDArray[np.float64], scale: float) -> None:
        rewrite = self.model.schedule.beta_by == "rewrite"
        # A chip that rewrites its weights runs at the last beta, with scaled weights at earlier steps.
        self._set_beta(device, float(betas[-1] if rewrite else betas[0]))
        weaker = float(betas[0] / betas[-1]) if rewrite and betas[-1] > 0 else 1.0
        self._write(device, weaker * scale, after=self._scaled_by_the_host(device, scale))

    def _set_beta(self, device: Device, beta: float) -> None:
        if self.model.schedule.beta_by == "global_bias":
            device.set_beta(beta)
        else:
            device.hard_wire_beta(beta)

    def _write(self, device: Device, factor: float, after: Sequence[Operation] = ()) -> None:
        device.write(self.couplings * factor, self.held.biases * factor, after)

    def _change_beta(self, device: Device, beta: float, last: float, scale: float) -> None:
        if self.model.schedule.beta_by == "rewrite":
            self._write(device, beta / last * scale)
        else:
            self._set_beta(device, beta / scale)

    def _scale(self, netlist: Netlist, problem: Problem | None = None) -> float:
        """Factor by which weights are multiplied, and beta divided, before they are written."""
        with errors_located_at(self.document, ("problem", "scale")):
            spec, coupler = self.model.problem.scale, netlist.latched.coupler.kind
            return factor_of(spec, problem or self.held, self.model.schedule, coupler)

    def _scaled_by_the_host(self, device: Device, scale: float) -> Sequence[Operation]:
        """Book the host's passes over the problem to find its largest weight and to scale it; once per load."""
        return book_scaling(device, self.problem, (self.model.problem.scale == "auto") + (scale != 1))

    def _record_request(self, every: int) -> RecordRequest:
        schedule = self.model.schedule
        projections = schedule.projections
        after = schedule.first_sweep + schedule.turns * schedule.warmup if schedule.samples else None
        used = None if self.mapped is None else self.mapped.chains.cells
        return RecordRequest(
            every=every, projections=projections if projections else -1, changes_after=after, projected=used
        )

    def _read(self, device: Device) -> Operation:
        """Read the state; the host decides its chains, a word for each of their cells, and computes its energy."""
        sites = None if self.mapped is None else self.mapped.read_cells
        reading = device.read(sites, keep=True)
        if self.problem.is_directed:
            return reading.done
        votes = 0 if self.mapped is None else self.mapped.words_of_a_decision
        return device.compute(words_of_an_energy(self.problem) + votes, after=[reading.done])
