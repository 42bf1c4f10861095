"""What is known of an Ising run at its end: best energies, effective samples, quality of a single one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.observations import Records
from chipsim.engine.trace import Trace
from chipsim.problems.problem import Problem
from chipsim.statistics.effective_samples import Mixing, mixing_of, thinned_tau_int
from chipsim.workloads.ising.reads import (
    best_figures,
    error_of_a_sample,
    quality_of_a_read,
    read_energies,
    success_of,
)
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.outcome import Outcome, Quality
from chipsim.workloads.sections import Fact

# What stands for the energy of couplings that act one way.
DIRECTED = "not defined: couplings are directed"


def outcome_of(
    problem: Problem, schedule: ScheduleSpec, target: float | None, program: Program, trace: Trace
) -> Outcome:
    """What was read, what the simulator saw besides, and how many effective samples there are.

    Args:
        problem: as placed on the chip.
        schedule: of the run.
        target: energy that counts as solved, or None.
        program: of the chip.
        trace: of the run.
    """
    energies = np.zeros((0, trace.lanes)) if problem.is_directed else read_energies(problem, program, trace)
    success = None if target is None or not len(energies) else success_of(problem, energies, target)
    figures: dict[str, Any] = {
        "problem": problem.name,
        "cells": problem.cells,
        "couplers": len(program.netlist.fabric.edges),
    }
    records = trace.observations.records
    if records is not None and records.energies.size:
        figures["mean_energy"] = float(records.energies[-1].mean())
    if problem.is_directed:
        figures["energy"] = DIRECTED
    figures.update(best_figures(problem, energies, records, target))
    if schedule.mode == "sample":
        out = _sampling_outcome(problem, schedule, program, trace, figures, energies)
    elif problem.is_directed:
        out = Outcome(figures, single_sample=Quality(None, DIRECTED))
    else:
        out = Outcome(figures, single_sample=quality_of_a_read(problem, energies, figures))
    return replace(out, problem_size=(problem.cells, len(problem.edges)), success=success)


def _sampling_outcome(
    problem: Problem,
    schedule: ScheduleSpec,
    program: Program,
    trace: Trace,
    figures: dict[str, Any],
    energies: NDArray[np.float64],
) -> Outcome:
    records = trace.observations.records
    if records is None or not (records.energies.size or records.projections.size):
        missing = Quality(None, "not defined: nothing was recorded")
        return Outcome(figures, sampling="not recorded", single_sample=missing)
    state = _mixing(schedule, records)
    figures["tau_int_sweeps"] = state.tau_int if math.isfinite(state.tau_int) else None
    figures["slowest_observable"] = state.worst
    if program.coupled:
        why = "not defined: coupled cells latch together, so it is not Boltzmann's law"
        return Outcome(figures, sampling=why, single_sample=Quality(None, why))
    if not state.resolved:
        unknown = Quality(None, "not defined: the chains are too short to know the mean energy")
        return Outcome(figures, sampling="unresolved", single_sample=unknown)
    right = (1 - program.netlist.read_error_probability()) ** problem.cells
    late = [sweep > schedule.warmup for sweep in schedule.reads]
    single = Quality(None, DIRECTED)
    if not problem.is_directed:
        kept = records.energies[records.sweeps - schedule.first_sweep > schedule.warmup]
        single = error_of_a_sample(energies[late], kept)
    return replace(_sampled(schedule, figures, state, trace.lanes, right), single_sample=single)


def _sampled(schedule: ScheduleSpec, figures: dict[str, Any], state: Mixing, lanes: int, right: float) -> Outcome:
    """Effective samples after the warm-up: drawn on the chip, and delivered to the host.

    A sample is delivered when all its bits are `right`, the probability of which is given.
    """
    kept = schedule.sweeps - schedule.warmup
    drawn = lanes * kept / max(state.tau_int, 1.0)
    reads = sum(sweep > schedule.warmup for sweep in schedule.reads)
    spacing = schedule.read_every if isinstance(schedule.read_every, int) else schedule.sweeps
    delivered = right * lanes * reads / thinned_tau_int(state.tau_int, spacing) if reads else None
    without_block = kept / np.maximum(state.without_block, 1.0)
    return Outcome(figures, drawn, delivered, "resolved", without_block=tuple(without_block.tolist()))


def _mixing(schedule: ScheduleSpec, records: Records) -> Mixing:
    """How the chains mix, in sweeps: from the stretch recorded sweep by sweep where that is long enough to tell,
    else from the evenly spaced records of the whole run.
    """
    sweeps = records.sweeps - schedule.first_sweep
    after, fine = sweeps > schedule.warmup, schedule.fine_stretch
    found = []
    if fine:
        found.append(mixing_of(records, after & (sweeps <= fine.stop), 1))
        # Coarse records begin where the fine ones end; of those, the ones that continue their even spacing.
        after &= (sweeps - fine.stop) % schedule.record_spacing == 0
    found.append(mixing_of(records, after, schedule.record_spacing))
    return next((state for state in found if state.resolved), found[-1])


def mixing_facts(outcome: Outcome) -> Iterator[Fact]:
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
