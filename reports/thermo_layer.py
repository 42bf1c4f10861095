"""`reports/thermo-layer/`: what width costs a layer of nonlinear cells whose physical time is constant.

index.html    everything
README.md     what it says in sentences and tables
widths.csv    errors, time and energy of a token by width and converters
figures.json  all that these are drawn from
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure
from readme import SIMULATED, Finding, in_sections, save, saved
from thermo_layer_sentences import (
    Converters,
    Crossbar,
    Row,
    advantage_sentence,
    crossbar_sentence,
    energy_sentence,
    error_sentences,
    linear_sentence,
    reading_sentences,
    readings_sentence,
    sum_sentence,
    time_sentence,
    window_sentence,
)
from thermo_layer_tables import bill_table, time_table

import chipsim
from chipsim.ledger.price_ranges import Paid, bill_of_run, one_price, ratio
from chipsim.report.drawing import COLOURS, UnitFormatter, bare, drawings
from chipsim.report.pages import render
from chipsim.report.tables import csv_text
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep

HERE = Path(__file__).parent
CHIP, CROSSBAR, WORKLOAD = "quartic-layer", "quartic-crossbar", "wide-layer"
COPIED = "converters in proportion to the width"
# Tokens that share a load of a crossbar, and the width at which it is compared.
JOBS, COMPARED = "10000", 4096
# Ticks.
SHOWN = (64, 256, 1024, 4096, 16_384, 65_536)


class Beside(NamedTuple):
    """What a `Row` says of the digital layer."""

    digital_j: float
    digital_low_j: float
    digital_high_j: float
    times: float
    times_low: float
    times_high: float


@dataclass(frozen=True)
class Figures:
    """All that the report is drawn from.

    Attributes:
        rows: by width, with converters fixed in number.
        scaled: with converters in proportion to the width.
        converters: of the chip.
        windows: of a token.
        tokens: of a sequence.
        crossbar: at one width.
    """

    rows: list[Row]
    scaled: list[Row]
    converters: Converters
    windows: int
    tokens: int
    crossbar: Crossbar


def write(folder: Path) -> None:
    """Run both sweeps, and write the report."""
    folder.mkdir(exist_ok=True)
    used = converters()
    rows, scaled = (swept(preset) for preset in ("width", "width-scaled"))
    reason = f"not simulated again: states do not depend on converters, see {fixed(used)}"
    scaled = [replace(row, states=reason) for row in scaled]
    model = chipsim.plan(CHIP, WORKLOAD).workload.model
    save(folder, Figures(rows, scaled, used, len(model.temperatures), model.task.tokens, crossbar(COMPARED)))
    draw(folder, saved(folder, Figures))


def draw(folder: Path, found: Figures) -> None:
    """Write the report from what was measured."""
    rows, scaled, used, windows = found.rows, found.scaled, found.converters, found.windows
    same = fixed(used)
    findings: dict[str, list[Finding]] = {
        "How to read this": [SIMULATED, *reading_sentences(found.tokens)],
        "Time of a token": [
            window_sentence(rows, windows),
            time_sentence(rows, scaled, same),
            readings_sentence(rows, scaled, used, windows),
            sum_sentence(rows, used, windows),
            time_table(f"With {same}", rows),
            time_table(f"With {COPIED}", scaled),
        ],
        "Energy and what else a token takes": [
            energy_sentence(rows),
            linear_sentence(rows),
            bill_table(rows),
            crossbar_sentence(next(row for row in rows if row.width == COMPARED), found.crossbar),
        ],
        "Errors, and the published advantage": [*error_sentences(rows), advantage_sentence(rows)],
    }
    figures = {"time": time_figure(rows, scaled, same), "error": error_figure(rows)}
    page = render(HERE / "thermo_layer_page.html.j2", findings=findings, figures=drawings(figures))
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("What width costs a layer of nonlinear cells", findings))
    table = [{"converters": name, **asdict(row)} for name, some in ((same, rows), (COPIED, scaled)) for row in some]
    (folder / "widths.csv").write_text(csv_text(list(table[0]), [list(row.values()) for row in table]))
    print(f"wrote {folder}/index.html, README.md and widths.csv")


def fixed(used: Converters) -> str:
    """Converters that do not grow with the width, in words."""
    return f"{used.inputs} DACs and {used.readings} ADCs at every width"


def swept(preset: str) -> list[Row]:
    """The rows of a preset sweep, by width."""
    results = HERE.parent / "runs" / f"reports-{preset}"
    found = Sweep(read_sweep(preset), results).run()["rows"]
    return [row_of(int(row["fabric.uncoupled"]), row, beside(int(row["fabric.uncoupled"]))) for row in found]


def beside(width: int) -> Beside:
    """A digital layer of a width beside the chip, by prices; without states, whose heat is too little to print."""
    run = chipsim.run(CHIP, WORKLOAD, set={"fabric.uncoupled": width, "simulate_up_to": 1})
    priced = run.summary.priced
    method = next(each for each in priced.methods if each.method == f"digital layer of {width:,}")
    digital = {name: Paid(*ends, one_price(name)) for name, ends in method.by_price_j.items()}
    times = ratio(bill_of_run(priced.ledger), digital)
    assert method.energy_j is not None
    assert times is not None
    return Beside(method.energy_j, *method.energy_price_range_j, times.value, times.low, times.high)


def row_of(width: int, figures: Any, digital: Beside) -> Row:
    """A row from metrics by name, with the digital layer beside it."""
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
        energy_low_j=figures["energy_j_price_low"],
        energy_high_j=figures["energy_j_price_high"],
        **digital._asdict(),
    )


def converters() -> Converters:
    """Those of the chip."""
    kinds = {name: part.kind for name, part in chipsim.plan(CHIP, WORKLOAD).netlist.components.items()}
    inputs: Any = kinds["inputs"]
    readout: Any = kinds["readout"]
    link: Any = kinds["link"]
    return Converters(inputs.channels, readout.channels, inputs.rate, inputs.bits, link.rate)


def crossbar(width: int) -> Crossbar:
    """A layer behind a crossbar; energies are those of any input."""
    run = chipsim.run(CROSSBAR, WORKLOAD, set={"fabric.uncoupled": width, "simulate_up_to": 1})
    figures, energy = run.summary.workload.figures, run.summary["energy_per_job_j"]
    load_j = energy["1"] - energy[JOBS]
    return Crossbar(energy[JOBS], figures["token_s"], load_j, figures["crossbar_load_s"], figures["weight_bits"])


def time_figure(rows: Sequence[Row], scaled: Sequence[Row], same: str) -> Figure:
    """Time of a token and its parts, and energy beside that of a digital layer, against width."""
    figure = Figure(figsize=(8.6, 3.8), layout="constrained")
    axes = figure.add_subplot(1, 2, 1)
    parts = ((f"token, {same}", "token_s", "o-"), ("windows", "window_s", "--"), ("host", "digital_s", ":"))
    for number, (name, key, style) in enumerate(parts):
        values = [getattr(row, key) for row in rows]
        axes.plot([row.width for row in rows], values, style, color=COLOURS[number], label=name, markersize=3)
    values = [row.token_s for row in scaled]
    axes.plot([row.width for row in scaled], values, "s-", color=COLOURS[3], label=f"token, {COPIED}", markersize=3)
    _logarithmic(axes, "time of a token", "s")
    axes = figure.add_subplot(1, 2, 2)
    widths = [row.width for row in rows]
    for number, (label, name) in enumerate(
        (("energy of the chip", "energy"), ("of a digital layer", "digital")), start=4
    ):
        low, value, high = ([getattr(row, f"{name}{end}_j") for row in rows] for end in ("_low", "", "_high"))
        axes.fill_between(widths, low, high, color=COLOURS[number], alpha=0.2, linewidth=0)
        axes.plot(widths, value, "o-", color=COLOURS[number], label=f"{label}, band: by prices", markersize=3)
    _logarithmic(axes, "energy of a token", "J")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
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


def _logarithmic(axes: Any, label: str, unit: str) -> None:
    _widths(axes)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(UnitFormatter(unit, sep=" "))
    axes.set_ylabel(label, fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)


def _widths(axes: Any) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(SHOWN, [f"{width:,}" for width in SHOWN])
    axes.set_xlabel("width W", fontsize=9)
