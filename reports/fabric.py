"""`reports/fabric/`: how wrong a chip may be, and what it costs to be right.

index.html    everything
README.md     what it says in sentences and tables
laws.csv      every noise law at every phase: distance, error, joules per effective sample
late.csv      the same for delays and settling over the time between updates
figures.json  all that these are drawn from
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fabric_denoising import Images, denoised, denoising_sentences, denoising_table
from fabric_late import Late, late_points
from fabric_predictions import Prediction, predictions
from fabric_predictions import sentences as prediction_sentences
from fabric_runs import Bits, Order, Point, bits, orders, points
from fabric_sentences import (
    bit_sentences,
    late_sentences,
    law_sentences,
    operating_sentences,
    order_sentences,
    reading_sentences,
    reason_sentences,
)
from fabric_views import (
    bit_table,
    late_csv,
    late_figure,
    late_table,
    law_figure,
    law_table,
    laws_csv,
    order_table,
    prediction_table,
)
from readme import SIMULATED, Finding, in_sections, save, saved

from chipsim.report.drawing import drawings
from chipsim.report.pages import render


@dataclass(frozen=True)
class Figures:
    """All that the report is drawn from.

    Attributes:
        laws: noise laws by phase.
        late: late fields by their share of the time between updates.
        bits: weight bits.
        orders: orders of updates on graphs.
        predictions: of published machines.
        denoising: images of denoising models by noise and training.
    """

    laws: list[Point]
    late: list[Late]
    bits: list[Bits]
    orders: list[Order]
    predictions: list[Prediction]
    denoising: list[Images]


def write(folder: Path) -> None:
    """Run, compare, and write the report."""
    folder.mkdir(exist_ok=True)
    physics = (list(points()), list(late_points()), list(bits()), list(orders()), list(predictions()))
    save(folder, Figures(*physics, list(denoised())))
    draw(folder, saved(folder, Figures))


def draw(folder: Path, found: Figures) -> None:
    """Write the report from what was measured."""
    findings: dict[str, list[Finding]] = {
        "How to read this": [SIMULATED, *reading_sentences()],
        "Noise laws and the clock phase": [
            *law_sentences(found.laws),
            *operating_sentences(found.laws),
            *reason_sentences(found.laws),
            law_table(found.laws),
        ],
        "A denoising model under telegraph noise": [
            *denoising_sentences(found.denoising),
            denoising_table(found.denoising),
        ],
        "Fields that are late": [*late_sentences(found.late), late_table(found.late)],
        "Weight bits": [*bit_sentences(found.bits), bit_table(found.bits)],
        "Orders of updates at equal energy": [*order_sentences(found.orders), order_table(found.orders)],
        "Predictions": [*prediction_sentences(found.predictions), prediction_table(found.predictions)],
    }
    page = render(
        Path(__file__).parent / "fabric_page.html.j2",
        findings=findings,
        figures=drawings({"laws": law_figure(found.laws), "late": late_figure(found.late)}),
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("How wrong may your chip be?", findings))
    (folder / "laws.csv").write_text(laws_csv(found.laws))
    (folder / "late.csv").write_text(late_csv(found.late))
    print(f"wrote {folder}/index.html, README.md, laws.csv and late.csv")


if __name__ == "__main__":
    write(Path(__file__).parent / "fabric")
