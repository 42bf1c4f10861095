"""`reports/natural-gradient/`: what is left of natural gradients on a chip when everything around the chip counts.

index.html       everything
README.md        what it says in sentences
trainings.csv    every training: settings, accuracy, loss, energy and time
iterations.csv   time and energy of an iteration by number of weights and method

Trainings are kept in runs/reports-natural-gradient, so a report that was cut off goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import chipsim
from chipsim.errors import ChipsimError
from chipsim.kernels.low_rank import LowRank, SymmetricLaw
from chipsim.ledger.result import Run
from chipsim.ledger.run import ids, simulate
from chipsim.ledger.store import load
from chipsim.report.drawing import COLOURS, bare, drawings
from chipsim.report.pages import render
from chipsim.report.tables import csv_text
from chipsim.units import show
from chipsim.workloads.natural_gradient.curvature import conjugate_gradients, curvature, hessians
from chipsim.workloads.natural_gradient.network import Network

CHIP, MODEL = "tngd-10k", "fashion-classifier"
KEPT = Path(__file__).parent.parent / "runs" / "reports-natural-gradient"
TAU_US = 1.0

# A chip without mismatch is simulated twice as fast; what mismatch does has a section of its own.
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

# To a target: rates that fall like half a cosine over so many iterations. The best of three seeds counts.
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
RELOADS = (1, 10, 100)


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
    def told(self) -> str:
        """In a sentence."""
        return f"{self.accuracy:.1%} ({self.setting})"

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


def write(folder: Path) -> None:
    """Train, measure, and write the report."""
    folder.mkdir(exist_ok=True)
    rows = [row for section in (times, delays, noises, bits, mismatches, cadences) for row in section()]
    race = list(to_target())
    steps = [step for hidden in HIDDEN for step in iteration_steps(hidden)]
    products = products_table()
    findings = [
        *training_sentences(rows),
        *race_sentences(race),
        *cost_sentences(steps),
        *winning_sentences(steps),
        *product_sentences(products),
    ]
    page = render(
        "natural_gradient_page.html.j2",
        findings=findings,
        rows=rows,
        race=race,
        steps=steps,
        products=products,
        figures=drawings({"times": curves(rows), "costs": cost_figure(steps), "products": product_figure(products)}),
        iterations=section(rows, "time")["50 tau"].run.summary["iterations"],
    )
    (folder / "index.html").write_text(page)
    text = "# Natural gradients on a chip\n\n" + "".join(f"- {sentence}\n" for sentence in findings)
    (folder / "README.md").write_text(text)
    (folder / "trainings.csv").write_text(trainings_csv(rows))
    (folder / "iterations.csv").write_text(iterations_csv(steps))
    print(f"wrote {folder}/index.html, README.md, trainings.csv and iterations.csv")


def trained(settings: dict[str, Any], seed: int = 0) -> Run:
    """A training, or what is kept of it."""
    ready = chipsim.plan(CHIP, MODEL, settings)
    path = KEPT / f"{ids(ready, seed)[1]}.h5"
    if path.is_file():
        return load(path)
    run = simulate(ready, seed=seed)
    KEPT.mkdir(parents=True, exist_ok=True)
    run.save(path)
    print(f"trained {settings}: accuracy {run.summary['accuracy']:.3f}, {run.trace.wall_s:.0f} s", flush=True)
    return run


def tried(section: str, setting: str, settings: dict[str, Any]) -> Row | Refusal:
    """A training, or why the chip cannot do it."""
    try:
        return Row(section, setting, trained(settings))
    except ChipsimError as error:
        return Refusal(section, setting, str(error).partition("solve: ")[2] or str(error))


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


def iteration_steps(hidden: int) -> Iterator[Step]:
    """An iteration of each method."""
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


def slope(steps: Iterable[Step], method: str, part: str | None = None) -> float:
    """Exponent of N in the seconds of a method, or of a part of it, by a straight line through the logarithms."""
    points = [(s.weights, s.elapsed_s if part is None else s.seconds[part]) for s in steps if s.method == method]
    weights, seconds = np.log(np.array(points)).T
    return float(np.polyfit(weights, seconds, 1)[0])


def products_table() -> list[tuple[int, float, float]]:
    """(products, error of conjugate gradients, error of a network that relaxed for as long), for a real curvature.

    A product is set equal to relaxing for one over the fastest rate, the longest stable step without curvature.
    """
    run = trained({"training.optimizer": "exact"})
    data: Any = chipsim.plan(CHIP, MODEL).workload
    network: Network = data.network
    weights, chosen = run.arrays["weights"], slice(0, 32)
    inputs, labels = data.data.inputs[chosen], data.data.labels[chosen]
    _, gradient, chances = network.gradient(weights, inputs, labels)
    matrix: LowRank = curvature(network.jacobian(weights, inputs), hessians(chances), 0.1)
    law = SymmetricLaw(matrix, 0.0)
    answer, fastest = law.mean(gradient), float(law.rates().real.max())
    size = float(np.linalg.norm(answer))
    still = [np.random.default_rng(0)]
    found = []
    for products in (1, 2, 5, 10, 20, 50, 100):
        by_products = conjugate_gradients(matrix.times, gradient, np.zeros_like(gradient), products)
        relaxed = law.sample(gradient, np.zeros((1, len(answer))), np.array([products / fastest]), still)[0, 0]
        errors = (float(np.linalg.norm(x - answer)) / size for x in (by_products, relaxed))
        found.append((products, *errors))
    return found


def section(rows: list[Row | Refusal], name: str) -> dict[str, Row]:
    """Trainings of a section by setting."""
    return {row.setting: row for row in rows if row.section == name and isinstance(row, Row)}


def told(rows: list[Row | Refusal], name: str) -> str:
    """Accuracies of a section in words."""
    return ", ".join(row.told for row in rows if row.section == name)


def training_sentences(rows: list[Row | Refusal]) -> Iterator[str]:
    """What the trainings say."""
    method, time = section(rows, "method"), section(rows, "time")
    exact = method["exact natural gradient"]
    many, batch = exact.run.summary["iterations"], exact.run.summary["workload_resolved"]["training"]["batch"]
    weights = exact.run.summary["parameters"]
    yield (
        f"Everything below is a network of {weights:,} weights on Fashion-MNIST, batches of {batch}, {many} iterations "
        "unless said otherwise; accuracies are of 10,000 test images, one training each. Without the chip: "
        f"{told(rows, 'method')}."
    )
    first, last = (exact_distance(row, exact) for row in (time["0 tau"], time["50 tau"]))
    yield (
        f"Analog time leads from gradient descent to the natural gradient: {told(rows, 'time')}. In units of how far "
        f"the exact natural gradient goes, its final weights are {first:.2f} from those of 0 tau, and {last:.3f} from "
        "those of 50 tau."
    )
    short = time["5 tau"]
    yield (
        "Cells that keep their voltages between solves of 5 tau, and go on for a delay, carry earlier gradients on "
        f"like momentum: {told(rows, 'delay')}, against {short.accuracy:.1%} where every solve starts at the gradient."
    )
    noise = section(rows, "noise")
    levels = ", ".join(
        f"{row.accuracy:.1%} at kappa0 {row.kappa0:.1e} ({name.split(', ')[-1]})" for name, row in noise.items()
    )
    yield f"Noise of the cells: {levels}; {noise_verdict(rows)}"
    yield (
        f"Bits of both converters: {told(rows, 'converters')}; of the couplers: {told(rows, 'couplers')}. Refused "
        "means that the network would run away: rounding can make the curvature of the outputs indefinite."
    )
    yield (
        f"Mismatch of the resistors: {told(rows, 'mismatch')}; a disturbance of all readings at once: "
        f"{told(rows, 'disturbance')}."
    )
    kept = section(rows, "reload")
    loss = kept["every 1"].accuracy - max(row.accuracy for name, row in kept.items() if name != "every 1")
    verdict = "loads cannot be spared" if loss > 0.01 else "loads can be spared"
    yield f"Curvature of one batch kept for more: {told(rows, 'reload')}; {verdict}."


def exact_distance(row: Row, exact: Row) -> float:
    """How far final weights are from those of the exact natural gradient, in units of how far those went."""
    workload: Any = chipsim.plan(CHIP, MODEL).workload
    start = workload.network.initial(workload.model.training.seed)
    goal: NDArray[np.float64] = exact.run.arrays["weights"]
    return float(np.linalg.norm(row.run.arrays["weights"] - goal) / np.linalg.norm(goal - start))


def noise_verdict(rows: list[Row | Refusal]) -> str:
    """Up to which kappa0 noise costs less than a percent of accuracy."""
    time = section(rows, "time")
    found = []
    for many in (50, 1):
        quiet = time[f"{many} tau"]
        same = [r for s, r in section(rows, "noise").items() if s.endswith(f" {many} tau")]
        harmless = [r.kappa0 or 0.0 for r in same if abs(r.accuracy - quiet.accuracy) < 0.01]
        word = f"up to kappa0 = {max(harmless):.0e}" if harmless else "at none of these levels"
        found.append(f"after {many} tau it changes accuracy by less than 1 % {word}")
    return "; ".join(found) + " (arXiv 2405.13817, with other rates: no effect below 0.01)."


def best(race: list[tuple[str, int, list[int | None]]], start: str) -> tuple[str, int, int] | None:
    """(method, length, iterations) of the fastest training whose method begins like that, or None."""
    found = [(n, name, length) for name, length, by_seed in race if name.startswith(start) for n in by_seed if n]
    if not found:
        return None
    iterations, name, length = min(found)
    return name, length, iterations


def race_sentences(race: list[tuple[str, int, list[int | None]]]) -> Iterator[str]:
    """Natural gradient against Adam, by iterations."""
    adam, natural = best(race, "Adam"), best(race, "exact")
    goal = f"{TARGET:.0%} test accuracy"
    longest = max(length for _, length, _ in race)
    if adam is None or natural is None:
        who = "Adam only" if adam else "the natural gradient only" if natural else "neither"
        yield f"Within {longest:,} iterations {goal} was reached by {who}."
        return
    ratio = natural[2] / adam[2]
    verdict = "half or fewer" if ratio <= 0.5 else "not half: a negative result"
    yield (
        f"To {goal}, with rates that fall like half a cosine and the best of lengths, rates and three seeds, Adam "
        f"takes {adam[2]:,} iterations ({adam[0]}), the exact natural gradient {natural[2]:,}: {ratio:.2f} of them, "
        f"{verdict}. (Damping and rate of the natural gradient were chosen before, on seed 0.) The curvature of 32 "
        "images is itself a rough guess, so the rate must fall before the last percents come, as Adam's must."
    )


def cost_sentences(steps: list[Step]) -> Iterator[str]:
    """How costs grow with N."""
    slopes = ", ".join(f"{method} {slope(steps, method):.2f}" for method in METHODS)
    parts = ", ".join(f"{part} {slope(steps, 'chip', part):.2f}" for part in ("load", "input", "relax", "read"))
    chip = {s.weights: s for s in steps if s.method == "chip"}
    exact = {s.weights: s for s in steps if s.method == "exact"}
    weights = max(chip)
    there, beside = chip[weights], exact[weights]
    yield (
        f"Time of an iteration grows with the number N of weights as N to the power of: {slopes}; the parts of the "
        f"chip: {parts}. An exponent of 1 is linear, of 0 free of N. Woodbury's identity is linear in N as well: its "
        "squares and cubes are of batch times outputs."
    )
    split = ", ".join(f"{part} {show(there.seconds[part], 's', 3)}" for part in ("load", "input", "relax", "read"))
    energy = ", ".join(f"{part} {show(there.joules[part], 'J', 3)}" for part in ("load", "input", "relax", "read"))
    yield (
        f"At {weights:,} weights an iteration with the chip takes {show(there.elapsed_s, 's')} ({split}) and "
        f"{show(there.energy_j, 'J')} ({energy}); by Woodbury's identity on the digital unit beside it "
        f"{show(beside.elapsed_s, 's')} and {show(beside.energy_j, 'J')}."
    )


def faster_load(step: Step, speed: int, every: int) -> float:
    """Seconds of an iteration with everything on the way of the weights so many times as fast, one load for many."""
    load = step.seconds["load"] / speed
    return step.elapsed_s - step.seconds["load"] + load / every


def winning_sentences(steps: list[Step]) -> Iterator[str]:
    """When the analog solve pays."""
    chip = {s.weights: s for s in steps if s.method == "chip"}
    exact = {s.weights: s for s in steps if s.method == "exact"}
    for every in RELOADS:
        lines = []
        for weights, step in chip.items():
            pays = [speed for speed in SPEEDS if faster_load(step, speed, every) < exact[weights].elapsed_s]
            lines.append(f"{weights:,} weights {f'from x{pays[0]} on' if pays else 'never'}")
        yield (
            f"With a load for every {every} iteration{'s' if every > 1 else ''}, the chip's iteration is shorter than "
            f"Woodbury's where everything on the way of the weights is so many times as fast as for 50 Gb/s: "
            f"{'; '.join(lines)} (of {', '.join(f'x{s}' for s in SPEEDS)}; the load is divided, all else stands as "
            "simulated)."
        )


def product_sentences(products: list[tuple[int, float, float]]) -> Iterator[str]:
    """The negative result of all relaxing networks."""
    many, by_products, relaxed = next(p for p in products if p[0] == 50)
    yield (
        "At equal numbers of products with a real curvature (damping 0.1), conjugate gradients beat the relaxing "
        f"network: after {many} their error is {by_products:.1e}, that of relaxing for {many} of the fastest time "
        f"constants {relaxed:.1e}. An analog network pays only where relaxing costs far less than a product."
    )


def curves(rows: list[Row | Refusal]) -> Figure:
    """Accuracy by iteration at each analog time."""
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.add_subplot()
    time = section(rows, "time")
    for number, (name, row) in enumerate(time.items()):
        axes.plot(
            row.run.arrays["judged"], row.run.arrays["accuracy"], color=COLOURS[number], label=name, linewidth=1.2
        )
    for name, style in (("gradient descent", ":"), ("exact natural gradient", "--")):
        arrays = section(rows, "method")[name].run.arrays
        axes.plot(arrays["judged"], arrays["accuracy"], "k", linestyle=style, label=name, linewidth=1.2)
    axes.set_xlabel("iteration", fontsize=9)
    axes.set_ylabel("accuracy on test images", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def cost_figure(steps: list[Step]) -> Figure:
    """Seconds and joules of an iteration against N."""
    figure = Figure(figsize=(8.6, 3.8), layout="constrained")
    for place, what in enumerate(("seconds", "joules")):
        axes = figure.add_subplot(1, 2, place + 1)
        for number, method in enumerate(METHODS):
            mine = [s for s in steps if s.method == method]
            values = [s.elapsed_s if what == "seconds" else s.energy_j for s in mine]
            axes.plot([s.weights for s in mine], values, "o-", color=COLOURS[number], label=method, markersize=3)
        chip = [s for s in steps if s.method == "chip"]
        for style, part in ((":", "load"), ("--", "relax"), ("-.", "read")):
            values = [getattr(s, what)[part] for s in chip]
            axes.plot([s.weights for s in chip], values, style, color=COLOURS[3], linewidth=0.9, label=f"chip: {part}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("weights N", fontsize=9)
        axes.set_ylabel(f"{what} an iteration", fontsize=9)
        axes.tick_params(labelsize=8)
        bare(axes)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def product_figure(products: list[tuple[int, float, float]]) -> Figure:
    """Error against products."""
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    many, by_products, relaxed = zip(*products, strict=True)
    axes.plot(many, np.maximum(by_products, 1e-16), "o-", color=COLOURS[0], label="conjugate gradients")
    axes.plot(many, relaxed, "s-", color=COLOURS[1], label="relaxing network")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("products with the matrix, or fastest time constants", fontsize=9)
    axes.set_ylabel("relative error", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)
    bare(axes)
    return figure


def trainings_csv(rows: list[Row | Refusal]) -> str:
    """One line a training."""
    heads = ("section", "setting", "accuracy", "loss", "kappa0", "rescalings", "iterations", "energy_j", "elapsed_s")
    lines: list[tuple[Any, ...]] = []
    for row in rows:
        if isinstance(row, Refusal):
            lines.append((row.section, row.setting, row.why))
            continue
        s = row.run.summary
        told = (f"{row.accuracy:.4f}", f"{row.loss:.4f}", row.kappa0, s["rescalings"], s["iterations"])
        lines.append((row.section, row.setting, *told, s["energy_j"], s["elapsed_s"]))
    return csv_text(heads, lines)


def iterations_csv(steps: list[Step]) -> str:
    """One line a method, number of weights and part."""
    lines: list[tuple[Any, ...]] = []
    for step in steps:
        lines.append((step.method, step.weights, "all", step.elapsed_s, step.energy_j))
        lines += [(step.method, step.weights, part, s, step.joules[part]) for part, s in step.seconds.items()]
    return csv_text(("method", "weights", "part", "seconds", "joules"), lines)


if __name__ == "__main__":
    write(Path(__file__).parent / "natural-gradient")
