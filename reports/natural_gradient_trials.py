"""What `natural_gradient.py` reports on: trainings, their settings, and an iteration taken apart.

Trainings are kept in runs/reports-natural-gradient, so a report that was cut off goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import chipsim
from chipsim.errors import ChipsimError
from chipsim.physics.conjugate_gradients import conjugate_gradients
from chipsim.physics.low_rank import LowRank, SymmetricLaw
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.simulate import simulate
from chipsim.workloads.natural_gradient.curvature import curvature, hessians
from chipsim.workloads.natural_gradient.perceptron import Perceptron

CHIP, MODEL = "tngd-10k", "fashion-classifier"
KEPT = Path(__file__).parent.parent / "runs" / "reports-natural-gradient"
TAU_US = 1.0
TEST_IMAGES = 10_000  # of Fashion-MNIST
PRODUCTS = (1, 2, 5, 10, 20, 50, 100)

# A chip without mismatch is simulated twice as fast; what mismatch does has a section of its own. The report says so.
EVEN: dict[str, Any] = {"couplers.mismatch": 0}
TIMES = (0, 1, 5, 10, 20, 50)
DELAYS = (0.0, 0.2, 1.0, 5.0)
# Noise in the cells, full scale of the inputs (small signals make the same noise larger beside them), and time.
NOISES = (
    ("1 mV", "500 mV", 50),
    ("10 mV", "500 mV", 50),
    ("10 mV", "100 mV", 50),
    ("10 mV", "20 mV", 50),
    ("10 mV", "100 mV", 1),
    ("10 mV", "20 mV", 1),
    ("10 mV", "5 mV", 1),
)
CONVERTERS = (3, 4, 6, 8, 10)
COUPLERS = (2, 3, 4, 6, 8)
MISMATCHES = (0.001, 0.01, 0.05, 0.2)
DISTURBANCES = ("1 mV", "10 mV", "50 mV")
CADENCES = (1, 3, 10, 30)

# To a target: rates that fall like half a cosine over so many iterations, three seeds each.
ADAM_RATES, SEEDS = (3e-4, 1e-3, 3e-3), (0, 1, 2)
ADAM_LENGTHS = (1500, 2000, 2500, 3000)
NATURAL_LENGTHS = (1500, 2000)
# Found on seed 0 beforehand, over dampings of 0.1 to 3 and rates of 0.1 to 3.
NATURAL: dict[str, Any] = {"training.damping": 1, "training.rate": 1}
TARGET = 0.85

# Hidden units; with 196 inputs and 10 outputs they make about 10^3 to 10^5 weights.
HIDDEN = (5, 15, 48, 145, 483)
METHODS = ("sgd", "exact", "conjugate-gradients", "chip")
SPEEDS = (1, 10, 100, 1000)


# (method, length of the schedule, iterations to the target by seed, None where it is not reached) of each setting.
Race = list[tuple[str, int, list[int | None]]]


@dataclass(frozen=True)
class Row:
    """A training in a table: what was changed, and what came of it."""

    section: str
    setting: str
    run: Run

    @property
    def accuracy(self) -> float:
        """At the end."""
        return float(self.run.summary["accuracy"])

    @property
    def tested(self) -> int:
        """Test images behind the accuracy."""
        return int(self.run.summary["workload_resolved"]["data"]["test"] or TEST_IMAGES)

    @property
    def stuck(self) -> bool:
        """Whether the accuracy never changed after it was first judged: nothing was learnt."""
        return not np.ptp(self.run.arrays["accuracy"])

    @property
    def told(self) -> str:
        """In a sentence."""
        return f"nothing learnt ({self.setting})" if self.stuck else f"{self.accuracy:.1%} ({self.setting})"

    @property
    def loss(self) -> float:
        """Mean of the last batches."""
        return float(self.run.summary["loss"])

    @property
    def kappa0(self) -> float | None:
        """Of its solves, or None."""
        value = self.run.summary["kappa0"]
        return None if value is None else float(value)


@dataclass(frozen=True)
class Refusal:
    """A training that the chip cannot do, with its reason."""

    section: str
    setting: str
    why: str

    @property
    def told(self) -> str:
        """In a sentence."""
        return f"refused ({self.setting})"


@dataclass(frozen=True)
class Step:
    """An iteration of a method at so many weights: seconds and joules by what was done."""

    method: str
    weights: int
    seconds: dict[str, float]
    joules: dict[str, float]
    elapsed_s: float
    energy_j: float


def section(rows: list[Row | Refusal], name: str) -> dict[str, Row]:
    """Trainings of a section by setting."""
    return {row.setting: row for row in rows if row.section == name and isinstance(row, Row)}


def trained(settings: dict[str, Any], seed: int = 0) -> Run:
    """A training, or what is kept of it."""
    ready = chipsim.plan(CHIP, MODEL, settings)
    path = KEPT / f"{ready.ids(seed)[1]}.h5"
    if path.is_file():
        return load(path)
    run = simulate(ready, seed=seed)
    KEPT.mkdir(parents=True, exist_ok=True)
    run.save(path)
    print(f"trained {settings}: accuracy {run.summary['accuracy']:.3f}, {run.trace.machine.wall_s:.0f} s", flush=True)
    return run


def tried(section: str, setting: str, settings: dict[str, Any]) -> Row | Refusal:
    """A training, or why the chip cannot do it."""
    try:
        return Row(section, setting, trained(settings))
    except ChipsimError as error:
        return Refusal(section, setting, str(error).partition("solve: ")[2] or str(error))


def trainings() -> Iterator[Row | Refusal]:
    """All tables of trainings."""
    for table in (times, delays, noises, bits, mismatches, cadences):
        yield from table()


def times() -> Iterator[Row]:
    """From gradient descent to the natural gradient."""
    yield Row("method", "gradient descent", trained({"training.optimizer": "sgd"}))
    yield Row("method", "exact natural gradient", trained({"training.optimizer": "exact"}))
    settings = {"training.optimizer": "conjugate-gradients"}
    yield Row("method", "conjugate gradients, 10 products", trained(settings))
    yield Row("method", "Adam, rate 0.003", trained({"training.optimizer": "adam", "training.rate": 0.003}))
    for time in TIMES:
        yield Row("time", f"{time} tau", trained({**EVEN, "solve.time": f"{time * TAU_US:g} us"}))


def delays() -> Iterator[Row]:
    """Cells that remember."""
    short = {**EVEN, "solve.time": f"{5 * TAU_US:g} us", "solve.start": "previous"}
    for delay in DELAYS:
        yield Row("delay", f"{delay:g} tau", trained({**short, "solve.delay": f"{delay * TAU_US:g} us"}))


def noises() -> Iterator[Row]:
    """Noise of the cells, at a long and at a short time."""
    for sigma, scale, time in NOISES:
        own = {"noise.sigma": sigma, "inputs.full_scale": scale, "solve.time": f"{time * TAU_US:g} us"}
        yield Row("noise", f"sigma {sigma}, inputs to {scale}, {time} tau", trained({**EVEN, **own}))


def bits() -> Iterator[Row | Refusal]:
    """Bits of the converters, and of the couplers."""
    for width in CONVERTERS:
        yield tried("converters", f"{width} bits", {**EVEN, "inputs.bits": width, "readout.bits": width})
    for width in COUPLERS:
        yield tried("couplers", f"{width} bits", {**EVEN, "couplers.bits": width})


def mismatches() -> Iterator[Row | Refusal]:
    """Deviations of the resistors, and a disturbance of all readings at once."""
    for mismatch in MISMATCHES:
        yield tried("mismatch", f"{mismatch:.1%}", {"couplers.mismatch": mismatch})
    for volts in DISTURBANCES:
        yield Row("disturbance", volts, trained({**EVEN, "cells.common_mode": volts}))


def cadences() -> Iterator[Row]:
    """Curvature that is kept for some iterations."""
    for every in CADENCES:
        yield Row("reload", f"every {every}", trained({**EVEN, "solve.curvature_every": every}))


def to_target() -> Iterator[tuple[str, int, list[int | None]]]:
    """(method, length of the schedule, iterations to the target by seed, None where it is not reached)."""
    ends = {"training.stop": True, "training.target": TARGET, "training.judge_every": 10}
    for rate in ADAM_RATES:
        for length in ADAM_LENGTHS:
            own = {"training.optimizer": "adam", "training.rate": rate, "training.iterations": length}
            yield f"Adam, rate {rate:g}", length, reached({**ends, **own})
    for length in NATURAL_LENGTHS:
        own = {"training.optimizer": "exact", **NATURAL, "training.iterations": length}
        yield "exact natural gradient", length, reached({**ends, **own})


def reached(settings: dict[str, Any]) -> list[int | None]:
    """Iterations to the target, by seed."""
    return [trained({**settings, "training.seed": s}).summary["iterations_to_target"] for s in SEEDS]


def iterations() -> Iterator[Step]:
    """An iteration of each method at each number of weights."""
    for hidden in HIDDEN:
        for method in METHODS:
            settings = {
                "network.hidden": [hidden],
                "training.optimizer": method,
                "training.iterations": 6,
                "data.test": 100,
                "fabric.uncoupled": 207 * hidden + 10,
                **EVEN,
            }
            yield step_of(method, settings)


def step_of(method: str, settings: dict[str, Any]) -> Step:
    """Costs of the last iteration by what was done; the first ones also find the unit of the voltages."""
    summary = trained(settings).summary
    phases = summary["phases"]
    first = max(i for i, phase in enumerate(phases) if phase["name"] == "gradient compute")
    seconds: dict[str, float] = {}
    joules: dict[str, float] = {}
    for phase in phases[first:]:
        part = part_of(phase["name"])
        seconds[part] = seconds.get(part, 0.0) + phase["end_s"] - phase["start_s"]
        joules[part] = joules.get(part, 0.0) + phase["energy_j"]
    elapsed = summary["elapsed_s"] - phases[first]["start_s"]
    powered = summary["always_on_energy_j"] * elapsed / summary["elapsed_s"]
    return Step(method, summary["parameters"], seconds, joules, elapsed, sum(joules.values()) + powered)


def part_of(phase: str) -> str:
    """What a phase belongs to."""
    if phase == "load program":
        return "load"
    if phase.startswith("solve "):
        return {"input": "input", "relax": "relax", "read": "read"}.get(phase.split()[1], "solve")
    return phase.split()[0]


Products = list[tuple[int, float, float, float]]


def products_table() -> Products:
    """(products, time constants, error of conjugate gradients after so many products, error of a network that relaxed
    for so many time constants), for a real curvature.

    A time constant is that of an eigenvalue of 1. The network makes no products; a step of one over the largest
    eigenvalue is the largest by which a digital relaxation overshoots in no mode.
    """
    run = trained({"training.optimizer": "exact"})
    data: Any = chipsim.plan(CHIP, MODEL).workload
    perceptron: Perceptron = data.perceptron
    weights, chosen = run.arrays["weights"], slice(0, 32)
    inputs, labels = data.data.inputs[chosen], data.data.labels[chosen]
    _, gradient, probabilities = perceptron.gradient(weights, inputs, labels)
    matrix: LowRank = curvature(perceptron.jacobian(weights, inputs), hessians(probabilities), 0.1)
    law = SymmetricLaw(matrix, 0.0)
    answer, fastest = law.mean(gradient), float(law.rates().real.max())
    size = float(np.linalg.norm(answer))
    still = [np.random.default_rng(0)]
    found: Products = []
    for products, by_products in enumerate(conjugate_gradients(matrix.times, gradient, np.zeros_like(gradient)), 1):
        if products not in PRODUCTS:
            continue
        time = products / fastest
        relaxed = law.sample(gradient, np.zeros((1, len(answer))), np.array([time]), still)[0, 0]
        first, second = (float(np.linalg.norm(x - answer)) / size for x in (by_products, relaxed))
        found.append((products, time, first, second))
    return found
