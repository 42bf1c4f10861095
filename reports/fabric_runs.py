"""The runs of `fabric.py`: noise laws over the clock phase, weight bits, orders of updates at equal joules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import chipsim
from chipsim.statistics.boltzmann import MAX_ENUMERATED
from chipsim.statistics.deviation import Deviation, deviation
from chipsim.statistics.intervals import mean_ci95

CHIP = "dtca-70"
LAWS = ("redraw", "telegraph", "comparator")
# Phases in relaxation times of the noise (100 ns); each is simulated in full.
PHASES = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
RELAXATION_NS = 100
# Nine cells are enumerated, so the distance is exact up to the scatter of the samples.
SMALL: dict[str, Any] = {
    "fabric.pattern": "square", "fabric.size": [3, 3], "schedule.beta": 0.8, "schedule.sweeps": 4000,
    "schedule.record_every": 4,
}  # fmt: skip
SMALL_LANES = 512
LARGE: dict[str, Any] = {"schedule.beta": 0.2, "schedule.sweeps": 4000}
LARGE_LANES = 64
IDEAL: dict[str, Any] = {"rng.law": "ideal"}
BITS = (2, 3, 4, 5, 6, 8, 10)
GRAPHS = ("G11", "G14")
SWEEPS = 2000
ANNEAL_LANES = 64
# Orders of updates; the last two have coupled cells latch together.
POLICIES: dict[str, dict[str, Any]] = {
    "colours": {},
    "sequential": {"clock.updates": "sequential"},
    "random-sequential": {"clock.updates": "random-sequential"},
    "tick-random": {
        "clock.updates": "tick-random", "clock.parts": 4, "fabric.coupled_updates": "allow",
    },
    "all at once": {"fabric.colours": 1, "fabric.coupled_updates": "allow"},
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A run of a noise law at a phase.

    Attributes:
        law, phase: of the noise, in relaxation times.
        small: figures of nine cells: total variation, its floor, fitted beta.
        error: of the 70 x 70 array against ideal noise.
        joules: per effective sample of the array, scope fabric; None where samples are withheld.
        half: half the 95 % interval of `joules`; None where it is not known.
        tau: autocorrelation time in sweeps of the array.
        sampling: status of its samples.
        parts: `joules` by component and action.
    """

    law: str
    phase: float
    small: dict[str, float]
    error: Deviation | None
    joules: float | None
    half: float | None
    tau: float | None
    sampling: str
    parts: dict[str, float]


@dataclass(frozen=True)
class Bits:
    """A run with these weight bits: error against unrounded weights, energy of a load."""

    bits: int
    error: Deviation | None
    load_j: float


@dataclass(frozen=True)
class Order:
    """Cuts of an order of updates on a graph with the energy of colour-blocked updates.

    Attributes:
        graph, policy: names.
        cut, half: mean cut of the last read of a repetition, and half its 95 % interval over lanes.
        joules, seconds: of a repetition, scope fabric.
        sweeps: that this energy buys.
        known: best known cut.
    """

    graph: str
    policy: str
    cut: float
    half: float
    joules: float
    seconds: float
    sweeps: int
    known: float


def points() -> Iterator[Point]:
    """All laws at all phases."""
    ideal = _observables(chipsim.run(CHIP, "spin-glass", set={**LARGE, **IDEAL}, lanes=LARGE_LANES), LARGE | IDEAL)
    for law in LAWS:
        for phase in PHASES:
            changes = {"rng.law": law, "clock.phase": f"{phase * RELAXATION_NS:g} ns"}
            small = chipsim.run(CHIP, "spin-glass", set={**SMALL, **changes}, lanes=SMALL_LANES, seed=1)
            given = {**LARGE, **changes}
            large = chipsim.run(CHIP, "spin-glass", set=given, lanes=LARGE_LANES, scope="fabric", seed=1)
            figures = small.summary.workload.figures
            assert figures["cells"] <= MAX_ENUMERATED
            summary = large.summary
            yield Point(
                law,
                phase,
                {name: value for name, value in figures.items() if name.startswith(("total_variation", "fitted_beta"))},
                deviation(_observables(large, given), ideal),
                summary.priced.sample.joules_per_effective_sample,
                summary.priced.sample.joules_per_effective_sample_ci95_j,
                summary.workload.figures["tau_int_sweeps"],
                summary.core.answers.sampling,
                parts_of(summary),
            )


def parts_of(summary: Any) -> dict[str, float]:
    """Joules per effective sample of each priced action of the array, their sum that of the scope fabric."""
    rows = {f"{r.component}.{r.action}": r.energy_j for r in summary.priced.ledger if r.group == "fabric"}
    paid = {name: energy for name, energy in rows.items() if energy}
    joules = summary.priced.sample.joules_per_effective_sample
    return {} if joules is None else {name: energy / sum(paid.values()) * joules for name, energy in paid.items()}


def _observables(run: Any, given: dict[str, Any]) -> Any:
    """What the samples of a run are compared by."""
    found = chipsim.plan(CHIP, "spin-glass", set=given).workload.observables(run.trace)
    assert found is not None
    return found


def bits() -> Iterator[Bits]:
    """The array with Gaussian couplings and ideal noise at each number of weight bits, against 16 bits."""
    problem = {**LARGE, **IDEAL, "problem.native": "gaussian", "couplers.weight_range": 4, "schedule.sweeps": 2000}
    fine = {**problem, "couplers.weight_bits": 16}
    reference = _observables(chipsim.run(CHIP, "spin-glass", set=fine, lanes=LARGE_LANES), fine)
    for many in BITS:
        given = {**problem, "couplers.weight_bits": many}
        run = chipsim.run(CHIP, "spin-glass", set=given, lanes=LARGE_LANES)
        load = run.summary.priced.energy_by_group_j.get("program", 0.0)
        yield Bits(many, deviation(_observables(run, given), reference), load)


def orders() -> Iterator[Order]:
    """Each order of updates with the energy that colour-blocked ones take, on each graph."""
    for graph in GRAPHS:
        budget = None
        for name, changes in POLICIES.items():
            given = {**_anneal(graph), **changes}
            run = _annealed(given, SWEEPS)
            if budget is None:
                budget = run.summary.priced.energy_j
            sweeps = max(20, round(SWEEPS * budget / run.summary.priced.energy_j))
            if name != "colours":
                run = _annealed(given, sweeps)
            yield _order(graph, name, sweeps, run)


def _anneal(graph: str) -> dict[str, Any]:
    return {"problem.graph": graph, "schedule.beta.steps": 20, "rng.law": "ideal"}


def _annealed(given: dict[str, Any], sweeps: int) -> Any:
    changes = {**given, "schedule.sweeps": sweeps}
    return chipsim.run("any-graph", "gset", set=changes, lanes=ANNEAL_LANES, scope="fabric")


def _order(graph: str, policy: str, sweeps: int, run: Any) -> Order:
    figures, records = run.summary.workload.figures, run.trace.observations.records
    workload: Any = chipsim.plan("any-graph", "gset", set={"problem.graph": graph}).workload
    problem = workload.problem
    cuts = np.asarray(problem.value(records.energies[-1]), np.float64)
    half = mean_ci95(cuts)
    assert half is not None
    energy, seconds = run.summary.priced.energy_j, run.summary.core.work.elapsed_s
    known = float(figures["best_known_cut"])
    return Order(graph, policy, float(cuts.mean()), half, energy, seconds, sweeps, known)
