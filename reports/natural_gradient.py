"""`reports/natural-gradient/`: what is left of natural gradients on a chip when everything around the chip counts.

index.html       everything
README.md        what it says in sentences
trainings.csv    every training: settings, accuracy, loss, energy and time
iterations.csv   time and energy of an iteration by number of weights and method
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from natural_gradient_sentences import (
    cost_sentences,
    delay_sentences,
    hardware_sentences,
    noise_sentences,
    product_sentences,
    race_sentences,
    setting_sentences,
    settings_of,
    time_sentences,
    winning_sentences,
)
from natural_gradient_trials import (
    CHIP,
    MODEL,
    TIMES,
    Row,
    iterations,
    products_table,
    section,
    to_target,
    trainings,
)
from natural_gradient_views import cost_figure, curves, iterations_csv, product_figure, trainings_csv
from numpy.typing import NDArray
from readme import in_sections

import chipsim
from chipsim.report.drawing import drawings
from chipsim.report.pages import render


def write(folder: Path) -> None:
    """Train, measure, and write the report."""
    folder.mkdir(exist_ok=True)
    rows, race, steps, products = list(trainings()), list(to_target()), list(iterations()), products_table()
    exact = section(rows, "method")["exact natural gradient"]
    ends = [exact_distance(section(rows, "time")[f"{many} tau"], exact) for many in (TIMES[0], TIMES[-1])]
    findings: dict[str, list[str]] = {
        "How to read this": [*setting_sentences(rows)],
        "Time to relax": [*time_sentences(rows, *ends), *delay_sentences(rows)],
        "Noise": [*noise_sentences(rows)],
        "Limits of the hardware": [*hardware_sentences(rows)],
        "Beside Adam": [*race_sentences(race)],
        "What an iteration costs": [*cost_sentences(steps), *winning_sentences(steps, rows)],
        "Beside conjugate gradients": [*product_sentences(products)],
    }
    page = render(
        Path(__file__).parent / "natural_gradient_page.html.j2",
        findings=findings,
        rows=rows,
        race=race,
        tries={start: len(settings_of(race, start)) for start in ("Adam", "exact")},
        steps=steps,
        products=products,
        figures=drawings({"times": curves(rows), "costs": cost_figure(steps), "products": product_figure(products)}),
        iterations=section(rows, "time")["50 tau"].run.summary["iterations"],
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("Natural gradients on a chip", findings))
    (folder / "trainings.csv").write_text(trainings_csv(rows))
    (folder / "iterations.csv").write_text(iterations_csv(steps))
    print(f"wrote {folder}/index.html, README.md, trainings.csv and iterations.csv")


def exact_distance(row: Row, exact: Row) -> float:
    """How far final weights are from those of the exact natural gradient, in units of how far those went."""
    workload: Any = chipsim.plan(CHIP, MODEL).workload
    start = workload.perceptron.initial(workload.model.training.seed)
    goal: NDArray[np.float64] = exact.run.arrays["weights"]
    return float(np.linalg.norm(row.run.arrays["weights"] - goal) / np.linalg.norm(goal - start))


if __name__ == "__main__":
    write(Path(__file__).parent / "natural-gradient")
