"""`reports/natural-gradient/`: what is left of natural gradients on a chip when everything around the chip counts.

index.html       everything
README.md        what it says in sentences
trainings.csv    every training: settings, accuracy, loss, energy and time
iterations.csv   time and energy of an iteration by number of weights and method
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from natural_gradient_trials import (
    CHIP,
    METHODS,
    MODEL,
    RELOADS,
    SPEEDS,
    TARGET,
    Refusal,
    Row,
    Step,
    iterations,
    products_table,
    section,
    to_target,
    trainings,
)
from natural_gradient_views import cost_figure, curves, iterations_csv, product_figure, trainings_csv
from numpy.typing import NDArray

import chipsim
from chipsim.report.drawing import drawings
from chipsim.report.pages import render
from chipsim.units import show


def write(folder: Path) -> None:
    """Train, measure, and write the report."""
    folder.mkdir(exist_ok=True)
    rows, race, steps, products = list(trainings()), list(to_target()), list(iterations()), products_table()
    findings = [
        *training_sentences(rows),
        *race_sentences(race),
        *cost_sentences(steps),
        *winning_sentences(steps),
        *product_sentences(products),
    ]
    page = render(
        Path(__file__).parent / "natural_gradient_page.html.j2",
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


def told(rows: list[Row | Refusal], name: str) -> str:
    """Accuracies of a section in words."""
    return ", ".join(row.told for row in rows if row.section == name)


def slope(steps: Iterable[Step], method: str, part: str | None = None) -> float:
    """Exponent of N in the seconds of a method, or of a part of it, by a straight line through the logarithms."""
    points = [(s.weights, s.elapsed_s if part is None else s.seconds[part]) for s in steps if s.method == method]
    weights, seconds = np.log(np.array(points)).T
    return float(np.polyfit(weights, seconds, 1)[0])


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
    start = workload.perceptron.initial(workload.model.training.seed)
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
    slopes = ", ".join(f"{method} {slope(steps, method):z.2f}" for method in METHODS)
    parts = ", ".join(f"{part} {slope(steps, 'chip', part):z.2f}" for part in ("load", "input", "relax", "read"))
    chip = {s.weights: s for s in steps if s.method == "chip"}
    exact = {s.weights: s for s in steps if s.method == "exact"}
    weights = max(chip)
    analog, digital = chip[weights], exact[weights]
    yield (
        f"Time of an iteration grows with the number N of weights as N to the power of: {slopes}; the parts of the "
        f"chip: {parts}. An exponent of 1 is linear, of 0 free of N. Woodbury's identity is linear in N as well: its "
        "squares and cubes are of batch times outputs."
    )
    split = ", ".join(f"{part} {show(analog.seconds[part], 's', 3)}" for part in ("load", "input", "relax", "read"))
    energy = ", ".join(f"{part} {show(analog.joules[part], 'J', 3)}" for part in ("load", "input", "relax", "read"))
    yield (
        f"At {weights:,} weights an iteration with the chip takes {show(analog.elapsed_s, 's')} ({split}) and "
        f"{show(analog.energy_j, 'J')} ({energy}); by Woodbury's identity on the digital unit beside it "
        f"{show(digital.elapsed_s, 's')} and {show(digital.energy_j, 'J')}."
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


if __name__ == "__main__":
    write(Path(__file__).parent / "natural-gradient")
