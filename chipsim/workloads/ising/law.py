"""Quality of sampling beside its cost: distance of the sampled states from Boltzmann's law of the problem as given, the
inverse temperature that fits them, and the autocorrelation of the slowest observable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.latched.observers import projection_signs
from chipsim.engine.observations import Records
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.problems.problem import Problem
from chipsim.statistics.boltzmann import (
    MAX_ENUMERATED,
    boltzmann_law,
    distance_to,
    enumerated,
    fitted_beta,
)
from chipsim.statistics.deviation import MIN_LANES
from chipsim.statistics.effective_samples import Chains, autocovariance
from chipsim.statistics.intervals import block_starts
from chipsim.units import show_number
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.sections import Curve, Fact, Section, Series

# Spins of final states by which beta is fitted: its interval is then some thousandths.
FITTED_SPINS = 2**21
LAGS, CORRELATION = "autocorrelation_lags", "autocorrelation"
MAX_LAGS = 200

Clamp = Sequence[tuple[int, int]]


def law_figures(
    problem: Problem, schedule: ScheduleSpec, program: Program, trace: Trace, kept: NDArray[np.bool_], clamp: Clamp
) -> dict[str, Any]:
    """Distance from Boltzmann's law at the last beta, and the beta that fits; the reasons where they are not known.

    Args:
        problem: as given, spin k on cell k.
        schedule: of a run that samples.
        program: of the chip.
        trace: of the run.
        kept: (records,) those that are evenly spaced after the warm-up.
        clamp: (spin, value) of those that are held.
    """
    if problem.is_directed:
        return {"distance": "not defined: couplings are directed"}
    free = np.setdiff1d(np.arange(problem.cells), [spin for spin, _ in clamp])
    figures: dict[str, Any] = {}
    spins, counts = _final_states(trace)
    if problem.cells > MAX_ENUMERATED:
        figures["distance"] = f"not known above {MAX_ENUMERATED} spins; chipsim ablate compares with an ideal run"
    else:
        found = _counted(program, trace.observations.records, kept)
        if found is None:
            figures["distance"] = "not known: it needs records with schedule.projections"
        else:
            spins, counts = enumerated(problem.cells), found
            figures.update(_distance(problem, float(schedule.betas[-1]), counts, clamp))
    seen = counts.any(axis=0)  # a run visits some hundred of 2**16 states
    spins, counts = spins[seen], counts[:, seen]
    beta = fitted_beta(spins[:, free], fields_of(problem, spins)[:, free], counts)
    if beta is not None:
        figures.update(fitted_beta=beta.value, fitted_beta_low=beta.low, fitted_beta_high=beta.high)
    return figures


def fields_of(problem: Problem, spins: NDArray[np.int8]) -> NDArray[np.float64]:
    """(states, cells) bias plus couplings times neighbours, of undirected couplings."""
    (first, second), cells = problem.edges.T, problem.cells
    out = np.tile(problem.biases, (len(spins), 1))
    for row, state in zip(out, spins, strict=True):
        row += np.bincount(first, problem.couplings * state[second], cells)
        row += np.bincount(second, problem.couplings * state[first], cells)
    return out


def _final_states(trace: Trace) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """The last state of as many lanes as `FITTED_SPINS` allows, at least `MIN_LANES`, each a block of its own."""
    words = trace.observations.final_state
    lanes = min(trace.lanes, max(MIN_LANES, FITTED_SPINS // len(words)))
    spins = lanes_of_words(words[:, : -(-lanes // 64)], lanes)
    return spins, np.eye(lanes)


def _counted(program: Program, records: Records | None, kept: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """(blocks of lanes, states) how often each was recorded; None where the records do not tell.

    Records hold sums over cells with random signs. As many independent ones as there are cells determine the state.
    """
    if records is None or not records.projections.size or not kept.any():
        return None
    cells, sums = program.cells, records.projections[kept].astype(np.float64)
    signs = projection_signs(program, sums.shape[2] - 1)[:, program.slot_of].astype(np.float64)
    if np.linalg.matrix_rank(signs) < cells:
        return None
    found = np.rint(sums @ np.linalg.pinv(signs).T)
    index = ((found > 0) * (1 << np.arange(cells))).sum(axis=2)
    starts = block_starts(sums.shape[1])
    blocks = np.split(index, starts[1:], axis=1)
    return np.array([np.bincount(block.ravel(), minlength=1 << cells) for block in blocks], np.float64)


def _distance(problem: Problem, beta: float, counts: NDArray[np.float64], clamp: Clamp) -> dict[str, Any]:
    """Total variation from the law under the clamps."""
    states = enumerated(problem.cells)
    law = boltzmann_law(problem.energy(states), beta)
    for spin, value in clamp:
        law[states[:, spin] != value] = 0.0
    found = distance_to(law / law.sum(), counts)
    if found is None:
        return {"distance": f"not known: it needs at least {MIN_LANES} lanes that move"}
    return {
        "total_variation": found.value,
        "total_variation_floor": found.floor,
        "total_variation_floor_high": found.high,
    }


def autocorrelation(records: Chains, slowest: str, tau_sweeps: float) -> dict[str, NDArray[np.float64]]:
    """The autocorrelation of an observable and its lags in sweeps, to three tau_int; {} where it is not known."""
    series = next((found for name, found in records.observables() if name == slowest), None)
    if series is None or len(series) < 4 or not np.ptp(series):
        return {}
    covariance = autocovariance(series)
    lags = min(MAX_LAGS, len(series) // 4, max(4, int(3 * tau_sweeps / records.spacing) + 1))
    return {
        LAGS: np.arange(lags + 1, dtype=np.float64) * records.spacing,
        CORRELATION: covariance[: lags + 1] / covariance[0],
    }


def law_facts(figures: Mapping[str, Any]) -> Iterator[Fact]:
    """Distance beside what a perfect sampler would show, and the fit of beta."""
    if "total_variation" in figures:
        value, high = figures["total_variation"], figures["total_variation_floor_high"]
        told = "at" if value <= high else "above"
        floor = f"{show_number(figures['total_variation_floor'], 3)} (up to {show_number(high, 3)})"
        note = f"total variation from Boltzmann's law, {told} the floor of a perfect sampler, {floor}"
        yield Fact("law", value, note=note, digits=3)
    elif "distance" in figures:
        yield Fact("law", None, note=f"distance from Boltzmann's law {figures['distance']}")
    if "fitted_beta" in figures:
        low, high = (show_number(figures[f"fitted_beta_{end}"], 4) for end in ("low", "high"))
        note = f"({low} to {high}) fits each spin in the field of the others"
        yield Fact("beta fit", figures["fitted_beta"], note=note)


def law_sections(figures: Mapping[str, Any], arrays: Mapping[str, Any]) -> Iterator[Section]:
    """The autocorrelation of the slowest observable."""
    if CORRELATION in arrays:
        line = Series(figures["slowest_observable"], CORRELATION, LAGS)
        yield Curve("Autocorrelation of the slowest observable", "lag in sweeps", "correlation", (line,))
