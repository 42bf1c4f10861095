"""`make reports`: the reference reports of the presets, from real runs.

dtca-70-spin-glass.svg    the terminal output that opens the README
dtca-70-spin-glass.html   the page of the same run
dtca-70-spin-glass.json   its summary
dtca-sweep/               the preset sweep dtca-design: page, table, and what it says about the design
dtm-fashion/              images of the shipped denoising model, how good they are, and what one costs
feed-forward/             a net inferred by the fabric: accuracy and joules by samples, temperature, noise and bits
fabric/                   how wrong a chip may be: noise laws, weight bits, orders of updates, predictions
thermo-layer/             a layer of nonlinear cells: what grows with its width while its physical time does not
natural-gradient/         natural gradients on a chip: trainings, noise, bits, cost of an iteration, when it pays

`make_reports.py --draw`, `make pages`: only pages, sentences and tables, of the reports that keep a figures.json.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import dtm_fashion
import fabric
import feed_forward
import natural_gradient
import thermo_layer
from readme import saved
from rich.console import Console

import chipsim
from chipsim.report.page import html_page
from chipsim.report.sweep_findings import findings
from chipsim.report.sweep_page import sweep_page
from chipsim.report.tables import summary_json
from chipsim.report.terminal import print_summary
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.table import table_csv

HERE = Path(__file__).parent
NAME = "dtca-70-spin-glass"
# Reports that keep what they are drawn from.
DRAWN = (dtm_fashion, fabric, feed_forward, natural_gradient, thermo_layer)


def main() -> None:
    """Run the preset and write its reports."""
    run = chipsim.run("dtca-70", "spin-glass")
    console = Console(record=True, width=88, file=io.StringIO(), highlight=False, force_terminal=True)
    print_summary(run.summary, console)
    console.save_svg(str(HERE / f"{NAME}.svg"), title="chipsim run dtca-70 spin-glass")
    (HERE / f"{NAME}.html").write_text(html_page(run))
    (HERE / f"{NAME}.json").write_text(summary_json(run.summary))
    print(f"wrote {HERE / NAME}.svg, .html and .json")
    dtm_fashion.write(HERE / "dtm-fashion")
    feed_forward.write(HERE / "feed-forward")
    fabric.write(HERE / "fabric")
    natural_gradient.write(HERE / "natural-gradient")
    thermo_layer.write(HERE / "thermo-layer")
    sweep_report("dtca-design", HERE / "dtca-sweep")


def draw(folder: Path) -> None:
    """Draw the reports of `DRAWN` from their figures.

    Args:
        folder: of all reports.
    """
    for report in DRAWN:
        name = report.__name__.replace("_", "-")
        report.draw(folder / name, saved(HERE / name, report.Figures))


def sweep_report(preset: str, folder: Path) -> None:
    """Run a preset sweep and write its page, its table and its findings."""
    results = HERE.parent / "runs" / f"reports-{preset}"
    table = Sweep(read_sweep(preset), results).run()
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text(sweep_page(table))
    (folder / "sweep.csv").write_text(table_csv(table))
    text = "\n".join(f"- {sentence}" for sentence in findings(table))
    (folder / "README.md").write_text(f"# {table['name']}\n\n{table['description']}\n\n{text}\n")
    print(f"wrote {folder}/index.html, sweep.csv and README.md")


if __name__ == "__main__":
    if sys.argv[1:] == ["--draw"]:
        draw(HERE)
    else:
        main()
