"""`reports/fabric/`: how wrong a chip may be, and what it costs to be right.

index.html    everything
README.md     what it says in sentences
laws.csv      every noise law at every phase: distance, error, joules per effective sample
late.csv      the same for delays and settling over the time between updates
"""

from __future__ import annotations

from pathlib import Path

from fabric_late import late_points
from fabric_predictions import predictions
from fabric_predictions import sentences as prediction_sentences
from fabric_runs import bits, orders, points
from fabric_sentences import (
    bit_sentences,
    late_sentences,
    law_sentences,
    operating_sentences,
    order_sentences,
    reason_sentences,
)
from fabric_views import late_csv, late_figure, law_figure, laws_csv
from readme import SIMULATED, in_list

from chipsim.report.drawing import drawings
from chipsim.report.pages import render


def write(folder: Path) -> None:
    """Run, compare, and write the report."""
    folder.mkdir(exist_ok=True)
    laws, formats, policies, foretold = list(points()), list(bits()), list(orders()), list(predictions())
    late = list(late_points())
    findings = [
        SIMULATED,
        *law_sentences(laws),
        *operating_sentences(laws),
        *reason_sentences(laws),
        *late_sentences(late),
        *bit_sentences(formats),
        *order_sentences(policies),
        *prediction_sentences(foretold),
    ]
    page = render(
        Path(__file__).parent / "fabric_page.html.j2",
        findings=findings,
        laws=laws,
        late=late,
        formats=formats,
        policies=policies,
        predictions=foretold,
        figures=drawings({"laws": law_figure(laws), "late": late_figure(late)}),
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_list("How wrong may your chip be?", findings))
    (folder / "laws.csv").write_text(laws_csv(laws))
    (folder / "late.csv").write_text(late_csv(late))
    print(f"wrote {folder}/index.html, README.md, laws.csv and late.csv")


if __name__ == "__main__":
    write(Path(__file__).parent / "fabric")
