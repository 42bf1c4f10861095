"""`reports/natural-gradient/`: what is left of natural gradients on a chip when everything around the chip counts.

index.html       everything
README.md        what it says in sentences
trainings.csv    every training: settings, accuracy, loss, energy and time
iterations.csv   time and energy of an iteration by number of weights and method
figures.json     all that these four are drawn from
"""

from __future__ import annotations

from pathlib import Path

from natural_gradient_figures import Figures, section
from natural_gradient_hardware_sentences import hardware_sentences
from natural_gradient_sentences import (
    cost_sentences,
    delay_sentences,
    noise_sentences,
    race_sentences,
    setting_sentences,
    settings_of,
    solve_sentences,
    time_sentences,
    winning_sentences,
)
from natural_gradient_trials import apart, iterations, roundings, solves, to_target, trainings
from natural_gradient_views import cost_figure, curves, iterations_csv, product_figure, trainings_csv
from readme import in_sections, save, saved

from chipsim.report.drawing import drawings
from chipsim.report.pages import render


def write(folder: Path) -> None:
    """Train, measure, and write the report."""
    folder.mkdir(exist_ok=True)
    steps, roundoff = list(iterations()), list(roundings())
    save(folder, Figures(list(trainings()), list(to_target()), steps, solves(), roundoff, apart()))
    draw(folder, saved(folder, Figures))


def draw(folder: Path, found: Figures) -> None:
    """Write the report from what was measured."""
    rows, race, steps = found.rows, found.race, found.steps
    findings: dict[str, list[str]] = {
        "How to read this": [*setting_sentences(rows)],
        "Time to relax": [*time_sentences(rows, *found.apart), *delay_sentences(rows)],
        "Noise": [*noise_sentences(rows)],
        "Limits of the hardware": [*hardware_sentences(rows, found.roundings)],
        "Beside Adam": [*race_sentences(race)],
        "What an iteration costs": [*cost_sentences(steps), *winning_sentences(steps, rows)],
        "Errors of one solve": [*solve_sentences(found.solves, rows)],
    }
    figures = {"times": curves(rows), "costs": cost_figure(steps), "products": product_figure(found.solves)}
    page = render(
        Path(__file__).parent / "natural_gradient_page.html.j2",
        findings=findings,
        rows=rows,
        race=race,
        tries={start: len(settings_of(race, start)) for start in ("Adam", "exact")},
        steps=steps,
        solves=found.solves,
        figures=drawings(figures),
        iterations=section(rows, "time")["50 tau"].iterations,
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("Natural gradients on a chip", findings))
    (folder / "trainings.csv").write_text(trainings_csv(rows))
    (folder / "iterations.csv").write_text(iterations_csv(steps))
    print(f"wrote {folder}/index.html, README.md, trainings.csv and iterations.csv")


if __name__ == "__main__":
    write(Path(__file__).parent / "natural-gradient")
