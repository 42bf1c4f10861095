"""`reports/thermo-layer/`: what width costs a layer of nonlinear cells whose physical time is constant.

index.html   everything
README.md    what it says in sentences
widths.csv   errors, time and energy of a token by width and converters
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from readme import SIMULATED, in_list
from thermo_layer_sentences import (
    Converters,
    Row,
    advantage_sentence,
    crossbar_sentence,
    error_sentences,
    linear_sentence,
    sum_sentence,
    time_sentence,
    window_sentence,
)

import chipsim
from chipsim.report.drawing import COLOURS, bare, drawings
from chipsim.report.pages import render
from chipsim.report.tables import csv_text
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep

HERE = Path(__file__).parent
CHIP, CROSSBAR, WORKLOAD = "quartic-layer", "quartic-crossbar", "wide-layer"
SAME, COPIED = "as many converters at any width", "converters in proportion"
# Tokens that share a load of a crossbar, and the width at which it is compared.
JOBS, COMPARED = "10000", 4096
# Ticks.
SHOWN = (64, 256, 1024, 4096, 16_384, 65_536)


def write(folder: Path) -> None:
    """Run both sweeps, and write the report."""
    folder.mkdir(exist_ok=True)
    rows, scaled = (swept(preset) for preset in ("width", "width-scaled"))
    findings = [
        SIMULATED,
        window_sentence(rows, windows()),
        time_sentence(rows, scaled),
        sum_sentence(rows, converters(), windows()),
        linear_sentence(rows),
        advantage_sentence(rows),
        *error_sentences(rows),
        crossbar(next(row for row in rows if row.width == COMPARED)),
    ]
    figures = {"time": time_figure(rows, scaled), "error": error_figure(rows)}
    page = render(
        HERE / "thermo_layer_page.html.j2",
        findings=findings,
        parts={SAME: rows, COPIED: scaled},
        figures=drawings(figures),
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_list("What width costs a layer of nonlinear cells", findings))
    table = [{"converters": name, **asdict(row)} for name, some in ((SAME, rows), (COPIED, scaled)) for row in some]
    (folder / "widths.csv").write_text(csv_text(list(table[0]), [list(row.values()) for row in table]))
    print(f"wrote {folder}/index.html, README.md and widths.csv")


def swept(preset: str) -> list[Row]:
    """The rows of a preset sweep, by width."""
    results = HERE.parent / "runs" / f"reports-{preset}"
    return [row_of(int(row["fabric.uncoupled"]), row) for row in Sweep(read_sweep(preset), results).run()["rows"]]


def row_of(width: int, figures: Any) -> Row:
    """A row from metrics by name."""
    times = {f"{part}_s": figures[f"{part}_s"] for part in ("window", "input", "read", "digital", "token")}
    return Row(
        width,
        figures["error"],
        figures["error_same"],
        figures["error_digital"],
        figures["states"],
        figures["physical_time"],
        **times,
        conversions=figures["input_conversions"] + figures["read_conversions"],
        macs=figures["macs"],
        parameters=figures["parameters"],
        area_m2=figures["area_m2"],
        energy_j=figures["energy_j"],
        advantage=figures["published_advantage"],
    )


def windows() -> int:
    """Windows of a token: one for each temperature."""
    return len(chipsim.plan(CHIP, WORKLOAD).workload.model.temperatures)


def converters() -> Converters:
    """Those of the chip."""
    kinds = {name: part.kind for name, part in chipsim.plan(CHIP, WORKLOAD).netlist.components.items()}
    inputs: Any = kinds["inputs"]
    readout: Any = kinds["readout"]
    link: Any = kinds["link"]
    return Converters(inputs.channels, readout.channels, inputs.rate, inputs.bits, link.rate)


def crossbar(digital: Row) -> str:
    """The same width behind a crossbar; energies are those of any input."""
    size = {"fabric.uncoupled": digital.width, "simulate_up_to": 1}
    run = chipsim.run(CROSSBAR, WORKLOAD, set=size)
    found, energy = run.summary.workload.figures, run.summary["energy_per_job_j"]
    shared = {**found, "area_m2": 0.0, "energy_j": energy[JOBS]}
    load_j = energy["1"] - energy[JOBS]
    return crossbar_sentence(
        digital, row_of(digital.width, shared), found["crossbar_load_s"], load_j, found["weight_bits"]
    )


def time_figure(rows: Sequence[Row], scaled: Sequence[Row]) -> Figure:
    """Seconds of a token and its parts, and joules, against width."""
    figure = Figure(figsize=(8.6, 3.8), layout="constrained")
    axes = figure.add_subplot(1, 2, 1)
    parts = (("token", "token_s", "o-"), ("windows", "window_s", "--"), ("digital work", "digital_s", ":"))
    for number, (name, key, style) in enumerate(parts):
        values = [getattr(row, key) for row in rows]
        axes.plot([row.width for row in rows], values, style, color=COLOURS[number], label=name, markersize=3)
    values = [row.token_s for row in scaled]
    axes.plot([row.width for row in scaled], values, "s-", color=COLOURS[3], label=f"token, {COPIED}", markersize=3)
    _logarithmic(axes, "seconds a token")
    axes = figure.add_subplot(1, 2, 2)
    values = [row.energy_j for row in rows]
    axes.plot([row.width for row in rows], values, "o-", color=COLOURS[4], label=f"energy, {SAME}", markersize=3)
    _logarithmic(axes, "joules a token")
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def error_figure(rows: Sequence[Row]) -> Figure:
    """Errors against width, as far as states were simulated."""
    figure = Figure(figsize=(8.6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    known = [row for row in rows if row.error is not None]
    widths = [row.width for row in known]
    for number, (name, key) in enumerate((("layer of cells", "error"), ("digital layer of this width", "same"))):
        values = [getattr(row, key) for row in known]
        axes.plot(widths, values, "o-", color=COLOURS[number], label=name, markersize=3)
    axes.axhline(known[0].digital or 0.0, color="k", linestyle=":", linewidth=1, label="digital layer of width 128")
    unknown = [row.width for row in rows if row.error is None]
    if unknown:
        axes.axvspan(min(unknown) / 2**0.5, max(unknown), color="0.5", alpha=0.15, label="billed, states not simulated")
    _widths(axes)
    axes.set_ylabel("mean squared error of tests", fontsize=9)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def _logarithmic(axes: Any, label: str) -> None:
    _widths(axes)
    axes.set_yscale("log")
    axes.set_ylabel(label, fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)


def _widths(axes: Any) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(SHOWN, [f"{width:,}" for width in SHOWN])
    axes.set_xlabel("width W", fontsize=9)
