"""Quality of sampling beside its cost: distance of the sampled states from Boltzmann's law of the problem as given, the
inverse temperature that fits them, and the autocorrelation of the slowest observable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from chipsim.compiler.program import Program
from chipsim.engine.latched.observers import projection_signs
from chipsim.engine.observations import Records
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.mapping.chains import Mapped
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
    problem: Problem,
    schedule: ScheduleSpec,
    program: Program,
    trace: Trace,
    kept: NDArray[np.bool_],
    clamp: Clamp,
    mapped: Mapped | None = None,
) -> dict[str, Any]:
    """Distance from Boltzmann's law at the last beta, and the beta that fits; the reasons where they are not known.

    Args:
        problem: as given.
        schedule: of a run that samples.
        program: of the chip.
        trace: of the run.
        kept: (records,) those that are evenly spaced after the warm-up.
        clamp: (spin, value) of those that are held.
        mapped: the problem on the cells of the chip, or None if spin k is cell k. With chains there is a distance of
            the cells that hold spins from their own law, too.
    """
    if problem.is_directed:
        return {"distance": "not defined: couplings are directed"}
    beta = float(schedule.betas[-1])
    free = np.setdiff1d(np.arange(problem.cells), [spin for spin, _ in clamp])
    held, counts = _sampled(program, trace, kept, mapped)
    spins = held if mapped is None else mapped.spins_of(held)
    figures: dict[str, Any] = {}
    if problem.cells > MAX_ENUMERATED:
        figures["distance"] = f"not known above {MAX_ENUMERATED} spins; chipsim ablate compares with an ideal run"
    elif counts is None:
        figures["distance"] = "not known: it needs records with schedule.projections"
    else:
        figures.update(_distance(_law(problem, beta, clamp), spins, counts, "", program))
    if mapped is not None and counts is not None and not mapped.chains.are_single and held.shape[1] <= MAX_ENUMERATED:
        chains, cells = mapped.chains, mapped.used
        whole = [(cell, value) for spin, value in clamp for cell in range(chains.first[spin], chains.first[spin + 1])]
        found = _distance(_law(cells, beta, whole), held, counts, "embedded_", program)
        figures.update({name: value for name, value in found.items() if name != "distance"})
    if counts is not None:
        seen = counts.any(axis=0)  # a run visits some hundred of 2**16 states
        spins, counts = spins[seen], counts[:, seen]
    fit = fitted_beta(spins[:, free], fields_of(problem, spins)[:, free], counts)
    if fit is not None:
        figures.update(fitted_beta=fit.value, fitted_beta_low=fit.low, fitted_beta_high=fit.high)
    return figures


def fields_of(problem: Problem, spins: NDArray[np.int8]) -> NDArray[np.float64]:
    """(states, cells) bias plus couplings times neighbours, of undirected couplings."""
    cells = problem.cells
    # Each coupling once: a sum over its rows, and one over its columns.
    couplings = csr_array((problem.couplings, problem.edges.T), shape=(cells, cells))
    out = np.empty((len(spins), cells))
    step = max(1, FITTED_SPINS // cells)
    for begin in range(0, len(spins), step):
        states = spins[begin : begin + step].T.astype(np.float64)
        out[begin : begin + step] = (couplings @ states + couplings.T @ states).T + problem.biases
    return out


def _sampled(
    program: Program, trace: Trace, kept: NDArray[np.bool_], mapped: Mapped | None
) -> tuple[NDArray[np.int8], NDArray[np.float64] | None]:
    """(states, cells in use), and (blocks of lanes, states) how often each was there.

    Where records do not tell, these are the last states of the lanes; without a mapping each is a block of its own, and
    the counts are None.
    """
    used = np.arange(program.cells) if mapped is None else mapped.chains.cells
    if program.cells <= MAX_ENUMERATED:
        counts = _counted(program, trace.observations.records, kept)
        if counts is not None:
            return enumerated(program.cells)[:, used], counts
    words = trace.observations.final_state[used]
    lanes = min(trace.lanes, max(MIN_LANES, FITTED_SPINS // len(words)))
    spins = lanes_of_words(words[:, : -(-lanes // 64)], lanes)
    if mapped is None:
        return spins, None
    starts = _blocks(program, lanes)
    block = np.searchsorted(starts, np.arange(lanes), side="right") - 1
    return spins, (np.arange(len(starts))[:, None] == block).astype(np.float64)


def _shares_times(program: Program) -> bool:
    """Whether the lanes of a group latch the same cells at the same random times, and are not independent."""
    return program.policy.order not in ("colours", "sequential")


def _blocks(program: Program, lanes: int) -> NDArray[np.int64]:
    """First lanes of blocks that are independent: of whole groups, where a group shares the times of its latches."""
    return block_starts(-(-lanes // 64)) * 64 if _shares_times(program) else block_starts(lanes)


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
    index = _index(np.rint(sums @ np.linalg.pinv(signs).T))
    blocks = np.split(index, _blocks(program, sums.shape[1])[1:], axis=1)
    return np.array([np.bincount(block.ravel(), minlength=1 << cells) for block in blocks], np.float64)


def _index(spins: NDArray[Any]) -> NDArray[np.int64]:
    """Rows of `enumerated` of states (..., cells)."""
    rows: NDArray[np.int64] = ((spins > 0) * (1 << np.arange(spins.shape[-1]))).sum(axis=-1)
    return rows


def _law(problem: Problem, beta: float, clamp: Clamp) -> NDArray[np.float64]:
    """Boltzmann's law of all states under the clamps."""
    states = enumerated(problem.cells)
    law = boltzmann_law(problem.energy(states), beta)
    for spin, value in clamp:
        law[states[:, spin] != value] = 0.0
    return law / law.sum()


def _distance(
    law: NDArray[np.float64], spins: NDArray[np.int8], counts: NDArray[np.float64], prefix: str, program: Program
) -> dict[str, Any]:
    """Total variation from a law of states, (states, spins) as often as in `counts`, (blocks, states)."""
    index = _index(spins)
    found = distance_to(law, np.array([np.bincount(index, block, len(law)) for block in counts]))
    if found is None:
        lanes = f"{MIN_LANES} groups of 64 lanes" if _shares_times(program) else f"{MIN_LANES} lanes"
        return {"distance": f"not known: it needs at least {lanes} that move"}
    return {
        f"{prefix}total_variation": found.value,
        f"{prefix}total_variation_floor": found.floor,
        f"{prefix}total_variation_floor_high": found.high,
        f"{prefix}total_variation_samples": found.samples,
    }


def stands_within(figures: Mapping[str, Any]) -> float | None:
    """A total variation from Boltzmann's law that the law of the samples exceeds in about one of 40 runs; None where
    the samples do not tell.

    Scatter of frequencies makes the measured distance larger on average (Jensen), never smaller; about that average it
    scatters by as much as that of a perfect sampler.
    """
    if "total_variation" not in figures:
        return None
    value, floor, high = (figures[f"total_variation{name}"] for name in ("", "_floor", "_floor_high"))
    return float(value + high - floor)


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
    for prefix, name, law in (("", "law", "Boltzmann's law"), ("embedded_", "embedded law", "that of the chains")):
        if f"{prefix}total_variation" not in figures:
            continue
        value, high = figures[f"{prefix}total_variation"], figures[f"{prefix}total_variation_floor_high"]
        told = "at" if value <= high else "above"
        floor = f"{show_number(figures[f'{prefix}total_variation_floor'], 3)} (up to {show_number(high, 3)})"
        note = f"total variation from {law}, {told} the floor of a perfect sampler, {floor}"
        yield Fact(name, value, note=note, digits=3, vital=not prefix)
    if "law_stands_within" in figures:
        many = figures["total_variation_samples"]
        note = f"of total variation, measured by {many:,} independent samples of all states; {figures['law_in_doubt']}"
        yield Fact("stands within", figures["law_stands_within"], note=note, digits=3, vital=True)
    if "distance" in figures:
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
