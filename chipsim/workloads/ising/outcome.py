"""Results of an Ising run: best energies, effective samples, quality of a single sample."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.observations import Records
from chipsim.engine.trace import Trace
from chipsim.mapping.chains import Mapped
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded
from chipsim.statistics.deviation import Observables
from chipsim.statistics.effective_samples import SHORTEST_CHAIN, Mixing, thinned_tau_int
from chipsim.statistics.intervals import mean_ci95
from chipsim.workloads.ising.distortion import Distortion
from chipsim.workloads.ising.law import Clamp, autocorrelation, law_figures, stands_within
from chipsim.workloads.ising.mapped import logical_energies
from chipsim.workloads.ising.mixing import chains_of_records, evenly, mixing_doubts, mixing_of
from chipsim.workloads.ising.reads import (
    best_answer,
    best_figures,
    error_of_a_sample,
    judged_energies,
    quality_of_a_read,
    read_energies,
    success_of,
)
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.outcome import READ_STATES, READ_VALUES, Outcome, Quality
from chipsim.workloads.sections import Fact

# Total variation to which samples of late fields must be right by measurement: a convention.
MAX_MEASURED = 0.01
# Value of the figure `energy` for directed couplings.
DIRECTED = "not defined: couplings are directed"


def outcome_of(
    problem: Problem,
    schedule: ScheduleSpec,
    scale: float,
    target: float | None,
    program: Program,
    trace: Trace,
    mapped: Mapped | None = None,
    clamp: Clamp = (),
) -> Outcome:
    """What was read, the best state visited, and how many effective samples there are.

    Args:
        problem: as given.
        schedule: of the run.
        scale: of its weights as they were written.
        target: energy that counts as solved, or None.
        program: of the chip.
        trace: of the run; of a mapped problem with the spins that the host decided.
        mapped: the problem on the cells of the chip, or None if spin k is cell k.
        clamp: (spin, value) of those that are held.
    """
    chained = mapped is not None and not mapped.chains.are_single
    if problem.is_directed:
        energies = np.zeros((0, trace.lanes))
    else:
        energies = read_energies(problem, program, trace) if mapped is None else logical_energies(problem, trace)
    judged = judged_energies(problem, energies, trace)
    success = None if target is None or not len(energies) else success_of(problem, judged, target)
    couplers = len(program.netlist.fabric.edges)
    figures: dict[str, Any] = {"problem": problem.name, "cells": problem.cells, "couplers": couplers}
    if problem.notes:
        figures["notes"] = "; ".join(problem.notes)
    if problem.offset and problem.formula is None:
        figures["offset"] = problem.offset
    distortion = Distortion.of(mapped.problem if mapped else problem, schedule, scale, program.netlist)
    figures.update(distortion.figures())
    records = trace.observations.records
    mean = _mean_energy(schedule, records, trace.lanes)
    figures.update({f"embedded_{name}": value for name, value in mean.items()} if chained else mean)
    if problem.is_directed:
        figures["energy"] = DIRECTED
    figures.update(best_figures(problem, judged, records, target, visited=not chained))
    if schedule.samples and distortion.doubts():
        unasked = Quality(None, "not defined: the sampled distribution is not the requested one")
        out = Outcome(figures, sampling=f"withheld: {distortion.doubts()}", single_sample=unasked)
    elif schedule.samples:
        law = _law(problem, schedule, program, trace, clamp, mapped)
        bias = _bias(schedule, program, trace, distortion, law)
        out = _sampling_outcome(problem, schedule, program, trace, figures, energies, mapped, bias)
        out.figures.update(law)
        if mapped is None and records is not None:
            out = replace(out, arrays=_autocorrelation(schedule, records, out.figures))
    elif problem.is_directed:
        out = Outcome(figures, single_sample=Quality(None, DIRECTED))
    else:
        out = Outcome(figures, single_sample=quality_of_a_read(problem, energies, figures))
    best = best_answer(problem, judged, trace)
    arrays = out.arrays if best is None else out.arrays | _reads(problem, judged, trace, mapped)
    return replace(out, problem_size=(problem.cells, len(problem.edges)), success=success, best=best, arrays=arrays)


def _reads(
    problem: Problem, judged: NDArray[np.float64], trace: Trace, mapped: Mapped | None
) -> dict[str, NDArray[Any]]:
    """Values of all reads, and their states where the host decided them."""
    arrays = {READ_VALUES: np.asarray(problem.value(judged))}
    if mapped is not None and mapped.by_majority:
        arrays[READ_STATES] = trace.observations.states
    return arrays


def _mean_energy(schedule: ScheduleSpec, records: Records | None, lanes: int) -> dict[str, float | None]:
    """Mean energy of evenly spaced records after the warm-up, or of the last one of an anneal, with the half width of
    its 95 % interval over lanes.
    """
    if records is None or not records.energies.size:
        return {}
    regular = evenly(schedule, records)
    kept = records.energies[regular] if schedule.samples and regular.any() else records.energies[-1:]
    by_lane = kept.mean(axis=0)
    return {"mean_energy": float(by_lane.mean()), "mean_energy_ci95": mean_ci95(by_lane)}


def _sampling_outcome(
    problem: Problem,
    schedule: ScheduleSpec,
    program: Program,
    trace: Trace,
    figures: dict[str, Any],
    energies: NDArray[np.float64],
    mapped: Mapped | None,
    bias: str,
) -> Outcome:
    records = trace.observations.records
    if records is None or not (records.energies.size or records.projections.size):
        missing = Quality(None, "not defined: nothing was recorded")
        return Outcome(figures, sampling="not recorded", single_sample=missing)
    state = mixing_of(schedule, records)
    figures["tau_int_sweeps"] = state.tau_int if math.isfinite(state.tau_int) else None
    figures["slowest_observable"] = state.worst
    figures["rhat"] = state.rhat if math.isfinite(state.rhat) else None
    stays = (records.stuck > 0).all(axis=0)
    stuck = np.flatnonzero(stays) if mapped is None else np.intersect1d(np.flatnonzero(stays), mapped.chains.cells)
    figures["stuck_cells"] = len(stuck)
    if bias:
        why = f"not defined: {bias}, so the law is not Boltzmann's"
        return Outcome(figures, sampling=why, single_sample=Quality(None, why))
    why = mixing_doubts(schedule, state, stuck, trace.lanes)
    if why:
        unknown = Quality(None, "not defined: the mean energy is not known")
        return Outcome(figures, sampling=f"unresolved: {why}", single_sample=unknown)
    read = problem.cells if mapped is None else len(mapped.read_cells)
    right = (1 - program.netlist.read_error_probability()) ** read
    late = [sweep > schedule.warmup for sweep in schedule.reads]
    single = Quality(None, DIRECTED)
    if mapped is not None and not mapped.chains.are_single:
        single = Quality(None, "not defined: the records hold energies of the chains")
    elif not problem.is_directed:
        kept = records.energies[records.sweeps - schedule.first_sweep > schedule.warmup]
        single = error_of_a_sample(energies[late], kept)
    return replace(_sampled(schedule, figures, state, trace.lanes, right), single_sample=single)


def _flips(schedule: ScheduleSpec, trace: Trace) -> NDArray[np.float64]:
    """(sites,) the share of the latches of each cell after the warm-up that change it, or more: all toggles of the run
    are counted. 1 where replicas swap, since that changes cells without a toggle.
    """
    toggles = trace.activity.cell_toggles
    if schedule.mode == "temper":
        return np.ones(len(toggles))
    return np.minimum(1.0, toggles / (trace.lanes * (schedule.sweeps - schedule.warmup)))


def _unless_measured(late: str, law: dict[str, Any]) -> str:
    """Why samples are withheld whose fields are late; "" if their law was measured and is right, which `law` then says.

    The bound of `late` adds up what all neighbours may do at worst; the distance of all states is what they did.
    """
    within = stands_within(law)
    if within is None:
        return late
    if within > MAX_MEASURED:
        return f"{late}, and measured samples clear a total variation of {rounded(within, '.2g')} only"
    law.update(law_stands_within=within, law_in_doubt=late)
    return ""


def _law(
    problem: Problem, schedule: ScheduleSpec, program: Program, trace: Trace, clamp: Clamp, mapped: Mapped | None
) -> dict[str, Any]:
    """How far the samples are from Boltzmann's law, of replicas those of the coldest; {} without records."""
    records = trace.observations.records
    if records is None:
        return {}
    return law_figures(problem, schedule, program, trace, evenly(schedule, records), clamp, mapped)


def _bias(schedule: ScheduleSpec, program: Program, trace: Trace, distortion: Distortion, law: dict[str, Any]) -> str:
    """Why this chip samples another law than Boltzmann's of its weights; "" if it does not, which `law` then says where
    only measurement tells.
    """
    if of_chip := _bias_of_chip(program, distortion):
        return of_chip
    late = distortion.late_bias(program.lateness, _flips(schedule, trace))
    return _unless_measured(late, law) if late else ""


def _bias_of_chip(program: Program, distortion: Distortion) -> str:
    """That of the chip itself, late fields aside."""
    if program.coupled:
        return "coupled cells latch together"
    if program.sees_the_past:
        return "cells latch before changes of their neighbours arrive"
    domain = program.netlist.latched
    return domain.noise.kind.bias() or distortion.format_bias(domain.cells.kind)


def _autocorrelation(
    schedule: ScheduleSpec, records: Records, figures: Mapping[str, Any]
) -> dict[str, NDArray[np.float64]]:
    """That of the slowest observable, from the records of every sweep if it fits into them, else from the others."""
    tau = figures.get("tau_int_sweeps")
    if tau is None or not figures["slowest_observable"]:
        return {}
    sweeps, fine = records.sweeps - schedule.first_sweep, schedule.fine_stretch
    if fine and SHORTEST_CHAIN * tau <= len(fine):
        near = chains_of_records(records, (sweeps > fine.start) & (sweeps <= fine.stop), 1)
        return autocorrelation(near, figures["slowest_observable"], tau)
    whole = chains_of_records(records, evenly(schedule, records), schedule.record_spacing)
    return autocorrelation(whole, figures["slowest_observable"], tau)


def _sampled(schedule: ScheduleSpec, figures: dict[str, Any], state: Mixing, lanes: int, right: float) -> Outcome:
    """Effective samples after the warm-up: drawn on the chip, and delivered to the host.

    A sample counts as delivered if all its bits are correct, which has probability `right`.
    """
    kept = schedule.sweeps - schedule.warmup
    drawn = lanes * kept / max(state.tau_int, 1.0)
    reads = sum(sweep > schedule.warmup for sweep in schedule.reads)
    spacing = schedule.read_every if isinstance(schedule.read_every, int) else schedule.sweeps
    delivered = right * lanes * reads / thinned_tau_int(state.tau_int, spacing) if reads else None
    without_block = kept / np.maximum(state.without_block, 1.0)
    sampling = "resolved" if state.verdict == "resolved" else "at least"
    return Outcome(figures, drawn, delivered, sampling, without_block=tuple(without_block.tolist()))


def observables_of(schedule: ScheduleSpec, records: Records | None) -> Observables | None:
    """Energy, magnetisation and random projections of the records after the warm-up; None without samples."""
    if schedule.mode != "sample" or records is None or not records.energies.size:
        return None
    kept = evenly(schedule, records)
    values = (records.energies[kept][..., None], records.projections[kept].astype(np.float64))
    return Observables(np.concatenate(values, axis=2), float(schedule.betas[-1]))


def problem_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """What a file has beside couplings and biases."""
    if "offset" in figures:
        yield Fact("offset", figures["offset"], note="constant part of the energy, included in all energies", digits=10)
    if "notes" in figures:
        yield Fact("notes", None, note=figures["notes"])


def mixing_facts(outcome: Outcome) -> Iterator[Fact]:
    """tau_int of the slowest observable, if known."""
    figures = outcome.figures
    if "energy" in figures:
        yield Fact("energy", None, note=figures["energy"])
    if "slowest_observable" not in figures:
        return
    tau, slowest = figures["tau_int_sweeps"], f"({figures['slowest_observable']})"
    if tau is None:
        yield Fact("tau_int", None, note="not known: too few records, or frozen chains")
    elif not figures["slowest_observable"]:
        yield Fact("tau_int", tau, "sweeps", "all observables are constant", digits=3)
    elif outcome.sampling.startswith("unresolved"):
        yield Fact("tau_int", tau, "sweeps", f"or more {slowest}", digits=3)
    elif outcome.sampling == "at least":
        yield Fact("tau_int", tau, "sweeps", f"upper bound, limited by the spacing of records {slowest}", digits=3)
    else:
        yield Fact("tau_int", tau, "sweeps", slowest, digits=3)
