"""Read states of an Ising problem: best energies, success, quality of a single read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.latched.observers import problem_arrays
from chipsim.engine.observations import Records
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.kernels.observe import lane_energies
from chipsim.problems.problem import Problem
from chipsim.statistics.success import Success
from chipsim.units import show_number
from chipsim.workloads.outcome import Answer, Quality
from chipsim.workloads.sections import Fact

# Objectives other than the energy -> the word by which figures and reports quote them.
QUOTED = {"cut": "cut", "maximum": "value"}
# Significant digits of non-integer energies.
DIGITS = 10


def read_energies(problem: Problem, program: Program, trace: Trace) -> NDArray[np.float64]:
    """Energies of the complete states read by the host, (reads, lanes)."""
    arrays = problem_arrays(program, problem)
    energies = np.zeros((len(trace.observations.states), trace.observations.final_state.shape[1], 64))
    for words, found in zip(trace.observations.states, energies, strict=True):
        states = np.ascontiguousarray(words[program.site_of].T)
        lane_energies(arrays.first, arrays.neighbour, arrays.coupling, arrays.base, states, found)
    return energies.reshape(len(energies), energies.shape[1] * 64)[:, : trace.lanes] + problem.offset


def judged_energies(problem: Problem, energies: NDArray[np.float64], trace: Trace) -> NDArray[np.float64]:
    """What read states are judged by, (reads, lanes): energies, or by its formula if it has one."""
    if problem.formula is None or not energies.size:
        return energies
    return np.stack([problem.formula.judged(lanes_of_words(words, trace.lanes)) for words in trace.observations.states])


def best_answer(problem: Problem, energies: NDArray[np.float64], trace: Trace) -> Answer | None:
    """The first of the read states with the lowest energy.

    Args:
        problem: whose energy the host computed of every state that it read.
        energies: (reads, lanes) of those states.
        trace: that holds the states.
    """
    if not energies.size:
        return None
    read, lane = np.unravel_index(int(energies.argmin()), energies.shape)
    words = trace.observations.states[read][:, lane // 64]
    bits = (words >> np.uint64(lane % 64)) & np.uint64(1)
    objective = QUOTED.get(problem.objective, problem.objective)
    value = float(problem.value(float(energies[read, lane])))
    return Answer(problem.names, (2 * bits.astype(np.int8) - 1).astype(np.int8), objective, value)


def best_figures(
    problem: Problem,
    energies: NDArray[np.float64],
    records: Records | None,
    target: float | None,
    visited: bool = True,
) -> dict[str, Any]:
    """Best read energy, best visited energy (unbilled), and the gap between them.

    Args:
        problem: whose energy the host computed of every state that it read.
        energies: (reads, lanes) of those states.
        records: of the simulation, never read out, or None.
        target: energy that counts as solved, or None.
        visited: whether the records hold energies of the problem; those of chains do not.
    """
    if not len(energies):
        return {}
    best = energies.min(axis=0)
    seen = float(best.min())
    if visited and records is not None and records.energies.size:
        seen = min(seen, float(records.energies.min()))
    figures: dict[str, Any] = {"best_energy": float(best.min())}
    if visited:
        figures |= {"true_best_energy_unbilled": seen, "gap_to_true_best": float(best.min()) - seen}
    if problem.objective != "energy":
        what = QUOTED[problem.objective]
        figures[f"best_{what}"] = float(problem.value(float(best.min())))
        if visited:
            figures[f"true_best_{what}_unbilled"] = float(problem.value(seen))
        figures[f"target_{what}"] = None if target is None else float(problem.value(target))
    if problem.objective == "cut":
        figures["best_known_cut"] = problem.best_known_cut
    if target is not None:
        figures["target_energy"] = target
    return figures


def success_of(problem: Problem, energies: NDArray[np.float64], target: float) -> Success:
    """Number of repetitions with a read energy (reads, lanes) that reaches the target."""
    reached = energies.min(axis=0) <= target + problem.rounding
    return Success(int(reached.sum()), len(reached))


def best_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """The best state that was read out, beside its target and the best state visited."""
    what = next((name for name in QUOTED.values() if f"best_{name}" in figures), None)
    if what is not None:
        known = (("target", figures[f"target_{what}"]), ("best known", figures.get("best_known_cut")))
        others = "".join(f", {name} {show_number(value, DIGITS)}" for name, value in known if value is not None)
        visited = _visited(figures.get(f"true_best_{what}_unbilled"), figures[f"best_{what}"])
        yield Fact(f"best {what}", figures[f"best_{what}"], note=f"read out{others}{visited}", digits=DIGITS)
    elif "best_energy" in figures:
        visited = _visited(figures.get("true_best_energy_unbilled"), figures["best_energy"])
        yield Fact("best E", figures["best_energy"], note=f"read out{visited}", digits=DIGITS)


def _visited(best: float | None, read: float | None) -> str:
    """The best state of the whole simulation, if known, and whether the host ever read one as good."""
    if best is None:
        return ""
    return f"; best state visited {show_number(best, DIGITS)}" + (" (never read out)" if best != read else "")


def quality_of_a_read(problem: Problem, energies: NDArray[np.float64], figures: dict[str, Any]) -> Quality:
    """Quality of an anneal: mean objective of its last read, energies (reads, lanes), over the best known."""
    if not len(energies):
        return Quality(None, "not defined: nothing was read")
    mean, known = float(energies[-1].mean()), problem.best_known_cut
    if problem.objective == "cut" and known:
        return Quality(float(problem.value(mean)) / known, "mean cut of the last read over the best known cut")
    best = figures.get("true_best_energy_unbilled", figures["best_energy"])
    if best >= 0:
        return Quality(None, "not defined: no energy below 0 is known to compare with")
    return Quality(mean / best, "mean energy of the last read over the best energy visited")


def error_of_a_sample(energies: NDArray[np.float64], records: NDArray[np.float64]) -> Quality:
    """Quality of sampling: rms error of the energy per read sample, relative to the mean over all records.

    Args:
        energies: (reads, lanes) of reads after the warm-up.
        records: (records, lanes) of energies after the warm-up.
    """
    if not energies.size:
        return Quality(None, "not defined: nothing was read after the warm-up")
    mean, spread = float(records.mean()), float(records.std())
    if abs(mean) <= spread / math.sqrt(records.shape[1]):
        return Quality(None, "not defined: the mean energy is 0 within its error")
    error = math.sqrt(float(np.mean((energies - mean) ** 2))) / abs(mean)
    return Quality(error, "relative error of the mean energy when estimated from one read sample")
