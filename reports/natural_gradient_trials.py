"""What `natural_gradient.py` reports on: trainings, their settings, and an iteration taken apart.

Trainings are kept in runs/reports-natural-gradient, so a report that was cut off goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from natural_gradient_figures import Refusal, Rounding, Row, Solves, Step
from numpy.typing import NDArray

import chipsim
from chipsim.errors import ChipsimError
from chipsim.physics.conjugate_gradients import conjugate_gradients
from chipsim.physics.low_rank import LowRank, SymmetricLaw
from chipsim.physics.networks import levels
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.rounding import rounded
from chipsim.runs.simulate import simulate
from chipsim.workloads.natural_gradient.curvature import curvature, hessians
from chipsim.workloads.natural_gradient.perceptron import Perceptron

CHIP, MODEL = "tngd-10k", "fashion-classifier"
KEPT = Path(__file__).parent.parent / "runs" / "reports-natural-gradient"
TAU_US = 1.0
TEST_IMAGES = 10_000  # of Fashion-MNIST
# Sections of which accuracies by iteration are drawn.
DRAWN = ("method", "time")
PRODUCTS = (1, 2, 5, 10, 20, 50, 100)

# A chip without mismatch is simulated twice as fast; what mismatch does has a section of its own. The report says so.
EVEN: dict[str, Any] = {"couplers.mismatch": 0}
EXACT: dict[str, Any] = {"training.optimizer": "exact"}
DAMPING = 0.1  # of the preset
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
CADENCES, CADENCE_SEEDS = (1, 3, 10, 30), (0, 1, 2)
PLAIN = "gradient descent"
# Batches whose curvatures are rounded, and what of an eigenvalue is accuracy of floating point.
BATCHES, ROUND_OFF = 40, 1e-12

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

Vector = NDArray[np.float64]


def trained(settings: dict[str, Any], seed: int = 0) -> Run:
    """A training, or what is kept of it."""
    ready = chipsim.plan(CHIP, MODEL, settings)
    path = KEPT / f"{ready.ids(seed)[1]}.h5"
    if path.is_file():
        return load(path)
    run = simulate(ready, seed=seed)
    KEPT.mkdir(parents=True, exist_ok=True)
    run.save(path)
    print(
        f"trained {settings}: accuracy {rounded(run.summary['accuracy'], '.3f')}, "
        f"{rounded(run.trace.machine.wall_s, '.0f')} s",
        flush=True,
    )
    return run


def row(section: str, setting: str, settings: dict[str, Any], seed: int = 0) -> Row:
    """A training in a table."""
    run = trained({**settings, "training.seed": seed})
    summary, resolved = run.summary, run.summary["workload_resolved"]
    accuracies = run.arrays["accuracy"].tolist()
    drawn = section in DRAWN
    return Row(
        section,
        setting,
        seed,
        accuracy=float(summary["accuracy"]),
        tested=int(resolved["data"]["test"] or TEST_IMAGES),
        loss=float(summary["loss"]),
        kappa0=summary["kappa0"],
        rescalings=int(summary["rescalings"]),
        iterations=int(summary["iterations"]),
        energy_j=float(summary["energy_j"]),
        elapsed_s=float(summary["elapsed_s"]),
        parameters=int(summary["parameters"]),
        batch=int(resolved["training"]["batch"]),
        run_id=str(summary["run_id"]),
        stuck=len(set(accuracies)) == 1,
        judged=run.arrays["judged"].tolist() if drawn else [],
        accuracies=accuracies if drawn else [],
    )


def tried(section: str, setting: str, settings: dict[str, Any]) -> Row | Refusal:
    """A training, or why the chip cannot do it."""
    try:
        return row(section, setting, settings)
    except ChipsimError as error:
        return Refusal(section, setting, str(error).partition("solve: ")[2] or str(error))


def trainings() -> Iterator[Row | Refusal]:
    """All tables of trainings."""
    for table in (times, delays, noises, bits, mismatches, cadences):
        yield from table()


def times() -> Iterator[Row]:
    """From gradient descent to the natural gradient."""
    yield row("method", "gradient descent", {"training.optimizer": "sgd"})
    yield row("method", "exact natural gradient", EXACT)
    settings = {"training.optimizer": "conjugate-gradients"}
    yield row("method", "conjugate gradients, 10 products", settings)
    yield row("method", "Adam, rate 0.003", {"training.optimizer": "adam", "training.rate": 0.003})
    for time in TIMES:
        yield row("time", f"{time} tau", relaxing(time))


def relaxing(time: float) -> dict[str, Any]:
    """A chip that relaxes for so many tau."""
    return {**EVEN, "solve.time": f"{time * TAU_US:g} us"}


def delays() -> Iterator[Row]:
    """Cells that remember."""
    short = {**EVEN, "solve.time": f"{5 * TAU_US:g} us", "solve.start": "previous"}
    for delay in DELAYS:
        yield row("delay", f"{delay:g} tau", {**short, "solve.delay": f"{delay * TAU_US:g} us"})


def noises() -> Iterator[Row]:
    """Noise of the cells, at a long and at a short time."""
    for sigma, scale, time in NOISES:
        own = {"noise.sigma": sigma, "inputs.full_scale": scale, "solve.time": f"{time * TAU_US:g} us"}
        yield row("noise", f"sigma {sigma}, inputs to {scale}, {time} tau", {**EVEN, **own})


def bits() -> Iterator[Row | Refusal]:
    """Bits of the converters, and of the couplers."""
    for width in CONVERTERS:
        yield tried("converters", f"{width} bits", {**EVEN, "inputs.bits": width, "readout.bits": width})
    for width in COUPLERS:
        yield tried("couplers", f"{width} bits", {**EVEN, "couplers.bits": width})


def mismatches() -> Iterator[Row | Refusal]:
    """Deviations of the resistors, and a disturbance of all readings at once."""
    for mismatch in MISMATCHES:
        yield tried("mismatch", rounded(mismatch, ".1%"), {"couplers.mismatch": mismatch})
    for volts in DISTURBANCES:
        yield row("disturbance", volts, {**EVEN, "cells.common_mode": volts})


def cadences() -> Iterator[Row]:
    """Curvature that is kept for some iterations, and gradient descent with the same first weights and batches."""
    for seed in CADENCE_SEEDS:
        yield row("reload", PLAIN, {"training.optimizer": "sgd"}, seed)
        for every in CADENCES:
            yield row("reload", f"every {every}", {**EVEN, "solve.curvature_every": every}, seed)


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


def apart() -> tuple[float, float]:
    """How far weights after the shortest and the longest relaxation end from those of the exact natural gradient."""
    workload: Any = chipsim.plan(CHIP, MODEL).workload
    start = workload.perceptron.initial(workload.model.training.seed)
    goal: Vector = trained(EXACT).arrays["weights"]
    first, last = (trained(relaxing(time)).arrays["weights"] for time in (TIMES[0], TIMES[-1]))
    size = float(np.linalg.norm(goal - start))
    return float(np.linalg.norm(first - goal)) / size, float(np.linalg.norm(last - goal)) / size


def solves() -> Solves:
    """Errors of one solve with the curvature of the first batch at the weights at which the exact training ends."""
    factors, gradient = next(curvatures())
    matrix: LowRank = curvature(*factors, DAMPING)
    law = SymmetricLaw(matrix, 0.0)
    answer, fastest = law.mean(gradient), float(law.rates().real.max())
    size = float(np.linalg.norm(answer))

    def relaxed(time: float) -> float:
        found = law.sample(gradient, gradient[None], np.array([time]), [np.random.default_rng(0)])[0, 0]
        return float(np.linalg.norm(found - answer)) / size

    products = []
    for many, found in enumerate(conjugate_gradients(matrix.times, gradient, gradient), 1):
        if many in PRODUCTS:
            time = many / fastest
            products.append((many, time, float(np.linalg.norm(found - answer)) / size, relaxed(time)))
    return Solves(products, {time: relaxed(time) for time in TIMES})


def roundings() -> Iterator[Rounding]:
    """What rounding to the codes of the couplers makes of several curvatures, mismatch left out."""
    found = [[rounding(bits, *factors) for bits in COUPLERS] for factors, _ in curvatures()]
    for each in zip(*found, strict=True):
        kept, slowest = max(r.kept for r in each), min(r.slowest for r in each)
        yield Rounding(each[0].bits, kept, sum(r.blocks for r in each), sum(r.indefinite for r in each), slowest)


def rounding(bits: int, jacobian: Vector, blocks: Vector) -> Rounding:
    """Of the curvature of one batch."""
    stored = rounded_to(bits, blocks / len(blocks))
    beside = np.count_nonzero(stored * (1 - np.eye(stored.shape[1])), axis=2)
    lowest = np.linalg.eigvalsh(stored)[:, 0] / np.abs(stored).max()
    slowest = least_rate(rounded_to(bits, jacobian), stored)
    return Rounding(bits, int(beside.max()), len(stored), int((lowest < -ROUND_OFF).sum()), slowest)


def curvatures() -> Iterator[tuple[tuple[Vector, Vector], Vector]]:
    """((Jacobian, second derivatives), gradient) of some batches at the weights at which the exact training ends."""
    workload: Any = chipsim.plan(CHIP, MODEL).workload
    perceptron: Perceptron = workload.perceptron
    weights, data, size = trained(EXACT).arrays["weights"], workload.data, workload.model.training.batch
    for first in range(0, BATCHES * size, size):
        inputs, labels = data.inputs[first : first + size], data.labels[first : first + size]
        _, gradient, probabilities = perceptron.gradient(weights, inputs, labels)
        yield (perceptron.jacobian(weights, inputs), hessians(probabilities)), gradient


def rounded_to(bits: int, values: Vector) -> Vector:
    """As the resistor arrays hold them: the largest element has the largest code."""
    step = float(np.abs(values).max()) / levels(bits, signed=True)
    return np.rint(values / step) * step


def least_rate(jacobian: Vector, blocks: Vector) -> float:
    """Least real part of an eigenvalue of J^T H J + damping, whose others than the damping are those of H J J^T."""
    gram = (jacobian @ jacobian.T).reshape(*blocks.shape[:2], -1)
    product = np.einsum("sik,skl->sil", blocks, gram).reshape(gram.shape[-1], -1)
    return min(0.0, float(np.linalg.eigvals(product).real.min())) + DAMPING
