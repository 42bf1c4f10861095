"""`reports/feed-forward/`: a net inferred by the fabric of a chip, what its samples buy, and what they cost.

index.html    everything
README.md     what it says in sentences and tables
accuracy.csv  accuracy by setting and number of samples
energy.csv    energy of one answer by scope and number of samples
wirings.csv   a dense net: accuracy, cells and energy by wiring
figures.json  all that these are drawn from
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from feed_forward_measures import SCOPES, Setting, percent, priced_scopes, settings_of, told
from feed_forward_wirings import Wiring, wiring_sentences, wiring_tables, wirings
from matplotlib.figure import Figure
from readme import SIMULATED, Finding, Table, in_sections, save, saved

import chipsim
from chipsim.prices.scopes import Scope
from chipsim.report.drawing import COLOURS, bare, drawings
from chipsim.report.pages import render
from chipsim.report.tables import csv_text
from chipsim.rounding import rounded
from chipsim.units import show

CHIP, MODEL = "dtca-70", "fashion-native"
COUNTING_CHIP = "dtca-70-counters"
IMAGES, SAMPLES = 10_000, 64
SHOWN = (1, 4, 16, 64)
# Names of settings, and what they set; the first is the base of all comparisons.
SETTINGS: dict[str, dict[str, Any]] = {
    "ideal noise": {"rng.law": "ideal"},
    "redrawn noise": {},
    "telegraph noise": {"rng.law": "telegraph"},
    "beta 0.5": {"rng.law": "ideal", "beta": 0.5},
    "beta 0.25": {"rng.law": "ideal", "beta": 0.25},
    "beta 0.1": {"rng.law": "ideal", "beta": 0.1},
    "back-action 0.1": {"rng.law": "ideal", "inference.back_action": 0.1},
    "back-action 0.3": {"rng.law": "ideal", "inference.back_action": 0.3},
    "back-action 1": {"rng.law": "ideal", "inference.back_action": 1},
    "4 bits": {"rng.law": "ideal", "couplers.weight_bits": 4},
    "3 bits": {"rng.law": "ideal", "couplers.weight_bits": 3},
    "2 bits": {"rng.law": "ideal", "couplers.weight_bits": 2},
}
BASE = next(iter(SETTINGS.values()))
# A digital unit for the same weights: an 8-bit multiply (70 fJ) and a 32-bit add (30 fJ) in 7 nm, Jouppi et al., ISCA
# 2021, table 2, quoted.
INT8_MAC_J = 100e-15
DENSE = (784, 128, 10)


@dataclass(frozen=True)
class Cost:
    """Energy of one answer at a number of samples: joules by scope, at 10,000 answers per load of the weights."""

    samples: int
    read: str
    energy_j: dict[Scope, float]
    elapsed_s: float


@dataclass(frozen=True)
class Figures:
    """All that the report is drawn from.

    Attributes:
        settings: of the native net, the first the base of comparisons.
        costs: of an answer by number of samples.
        counted: of an answer that counters add up.
        dense: a dense net by wiring.
        degree: most couplers of a cell of the chip.
        cells: of the chip.
    """

    settings: list[Setting]
    costs: list[Cost]
    counted: Cost
    dense: list[Wiring]
    degree: int
    cells: int


def write(folder: Path) -> None:
    """Run, and write the report."""
    folder.mkdir(exist_ok=True)
    fabric = chipsim.plan(CHIP, MODEL).netlist.fabric
    settings = settings_of(CHIP, MODEL, SETTINGS, IMAGES, SAMPLES)
    shape = int(fabric.degrees().max()), fabric.sites
    save(folder, Figures(settings, list(priced()), counters(), wirings(), *shape))
    draw(folder, saved(folder, Figures))


def draw(folder: Path, found: Figures) -> None:
    """Write the report from what was measured."""
    base = found.settings[0]
    findings: dict[str, list[Finding]] = {
        "How to read this": [SIMULATED, *reading_sentences()],
        "What samples buy": [*sample_tables(found.settings), *sample_sentences(found.settings)],
        "What an answer costs": [
            *cost_tables([*found.costs, found.counted]),
            *cost_sentences(base, found.costs),
            *counter_sentences(found.costs[-1], found.counted),
        ],
        "A dense net": [
            *dense_sentences(found.degree, found.cells),
            *wiring_tables(found.dense),
            *wiring_sentences(found.dense),
        ],
    }
    figures = {"samples": sample_figure(found.settings), "costs": cost_figure(base, found.costs)}
    page = render(Path(__file__).parent / "feed_forward_page.html.j2", findings=findings, figures=drawings(figures))
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("A net inferred by a fabric of p-bits", findings))
    rows = [{"setting": s.name, "samples": k, "accuracy": s.at(k)} for s in found.settings for k in SHOWN]
    (folder / "accuracy.csv").write_text(table_text(rows))
    every = (*found.costs, found.counted)
    bills = [{"samples": c.samples, "read": c.read, "elapsed_s": c.elapsed_s, **c.energy_j} for c in every]
    (folder / "energy.csv").write_text(table_text(bills))
    (folder / "wirings.csv").write_text(table_text([wiring.row() for wiring in found.dense]))
    print(f"wrote {folder}/index.html, README.md, accuracy.csv, energy.csv and wirings.csv")


def table_text(rows: list[dict[str, Any]]) -> str:
    """Rows of equal keys as CSV."""
    return csv_text(list(rows[0]), [list(row.values()) for row in rows])


def priced() -> Iterator[Cost]:
    """The bill of an answer; energies do not depend on the image beyond its toggles."""
    for samples in (1, 2, 4, 8, 16, 32, 64):
        changes = {**BASE, "inference.samples": samples}
        yield Cost(samples, "after each sample", *priced_scopes(CHIP, MODEL, changes))


def counters() -> Cost:
    """The bill of an answer of 64 samples that counters beside the outputs add up."""
    changes = {**BASE, "inference.samples": SAMPLES, "inference.readout": "counters"}
    return Cost(SAMPLES, "once, from counters", *priced_scopes(COUNTING_CHIP, MODEL, changes))


def reading_sentences() -> Iterator[str]:
    """What the figures are of."""
    yield (
        f"The net of the preset {MODEL} runs on the fabric of {CHIP}: its neurons are cells, its weights couplers, and "
        "the class is the output whose spins of all samples add up to most. Weights were trained with 6 bits at beta "
        f"1, one-way. All settings see the same {IMAGES:,} test images and start from random spins: noise with memory "
        "(redrawn, telegraph) and back-action carry part of that start into the first samples."
    )
    yield (
        "+- is half a 95 % interval over the images; differences of settings are of the same images, and one within "
        "its interval is called not resolved."
    )


def sample_tables(settings: list[Setting]) -> Iterator[Table]:
    """Accuracy by setting and number of samples."""
    base = settings[0]
    yield Table(
        f"Accuracy by number of samples, and points against {base.name} at {SAMPLES} samples",
        (
            "setting",
            *(f"{k} sample{'s' if k > 1 else ''}" for k in SHOWN),
            f"points against {base.name}",
            "correlation of successive samples",
        ),
        tuple(
            (
                s.name,
                *(percent(s.at(k), s.images) for k in SHOWN),
                "-" if s is base else told(s),
                "-" if (lag := s.figures["output_correlation"]) is None else rounded(lag, ".3f"),
            )
            for s in settings
        ),
    )


def sample_sentences(settings: list[Setting]) -> Iterator[str]:
    """What the net takes of the fabric, and how many samples an accuracy takes by temperature."""
    base = settings[0]
    yield (
        f"{rounded(base.figure('digital_mac_share'), '.0%')} of the multiply-adds are digital: "
        f"{rounded(base.figure('weights'), ',.0f')} weights at {rounded(base.figure('cells_per_weight'), '.2f')} cells "
        f"and {base.figure('couplers_per_weight'):g} coupler each, no chains. The host adds up output spins."
    )
    wanted = 0.75
    counts = {s.name: s.samples_for(wanted) for s in settings if s is base or s.name.startswith("beta")}
    words = ", ".join(
        f"{count} ({name if name != base.name else 'beta 1'})" if count else f"more than {SAMPLES} ({name})"
        for name, count in counts.items()
    )
    yield f"Samples for {rounded(wanted, '.0%')}: {words}."


def cost_tables(costs: list[Cost]) -> Iterator[Table]:
    """Energy and time of an answer by number of samples."""
    yield Table(
        "One answer at 10,000 answers per load of the weights: by the fabric alone, by the chip with clamps, read-out "
        "and controller, by the system with link and host",
        ("samples", "read", *SCOPES, "time"),
        tuple(
            (
                str(c.samples),
                c.read,
                *(show(c.energy_j[scope], "J", 3) for scope in SCOPES),
                show(c.elapsed_s, "s", 3),
            )
            for c in costs
        ),
    )


def cost_sentences(base: Setting, costs: list[Cost]) -> Iterator[str]:
    """What an answer costs beside digital arithmetic."""
    last = costs[-1]
    macs = base.figure("weights")
    twin = macs * INT8_MAC_J
    ratios = ", ".join(f"{rounded(last.energy_j[scope] / twin, '.2g')} times that ({scope})" for scope in SCOPES)
    yield (
        f"The same {rounded(macs, ',.0f')} weights as int8 multiply-adds take {show(twin, 'J', 3)} (100 fJ each in "
        "7 nm, quoted; arithmetic alone, without memory or host). The chip's answer of "
        f"{last.samples} samples takes {ratios}."
    )


def counter_sentences(read: Cost, counted: Cost) -> Iterator[str]:
    """What counters save, scope by scope."""
    parts = ", ".join(
        f"{show(counted.energy_j[scope], 'J', 3)} ({scope}, "
        f"{rounded(counted.energy_j[scope] / read.energy_j[scope], '.2g')} times)"
        for scope in SCOPES
    )
    best = min(SCOPES, key=lambda scope: counted.energy_j[scope] / read.energy_j[scope])
    verdict = f"they pay in scope {best}" if counted.energy_j[best] < 0.99 * read.energy_j[best] else "they do not pay"
    yield (
        f"With a counter beside each output ({COUNTING_CHIP}), read once, an answer of {counted.samples} samples takes "
        f"{parts} and {show(counted.elapsed_s, 's', 3)}: {verdict}."
    )


def dense_cells(sizes: tuple[int, ...], degree: int) -> list[int]:
    """Cells of each layer of a dense net whose neurons are chains: (F - 2) / (degree - 2) cells for F links."""
    links = [(sizes[k - 1] if k else 0) + (sizes[k + 1] if k + 1 < len(sizes) else 0) for k in range(len(sizes))]
    return [size * math.ceil((many - 2) / (degree - 2)) for size, many in zip(sizes, links, strict=True)]


def dense_sentences(degree: int, there_are: int) -> Iterator[str]:
    """What a dense net would take of a fabric of this degree, which has so many cells."""
    cells = dense_cells(DENSE, degree)
    macs = [a * b for a, b in pairwise(DENSE)]
    name = "-".join(map(str, DENSE))
    parts = " + ".join(f"{number:,}" for number in cells)
    fits = "does not fit" if sum(cells) > there_are else "would fit if it could be routed"
    chains = f"at degree {degree} its neurons are chains of together at least {sum(cells):,} cells ({parts})"
    yield f"A dense {name} {fits}: {chains}, a bound that routing does not reach; the chip has {there_are:,}."
    share = f"{rounded(macs[0] / sum(macs), '.1%')} of its {sum(macs):,} multiply-adds"
    yield f"If the host computes the first layer of that net, {share} are digital."


def sample_figure(settings: list[Setting]) -> Figure:
    """Accuracy against samples."""
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    numbers = np.arange(1, SAMPLES + 1)
    for number, setting in enumerate(settings):
        style = "-" if number < 7 else "--"
        axes.plot(numbers, setting.accuracy, style, color=COLOURS[number], label=setting.name, linewidth=1.2)
    axes.set_xscale("log", base=2)
    axes.set_xlabel("samples", fontsize=9)
    axes.set_ylabel(f"accuracy on {IMAGES:,} images", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def cost_figure(base: Setting, costs: list[Cost]) -> Figure:
    """Joules of an answer against its accuracy, by scope."""
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for number, scope in enumerate(SCOPES):
        energies = [cost.energy_j[scope] for cost in costs]
        axes.plot(energies, [base.at(c.samples) for c in costs], "o-", color=COLOURS[number], label=scope, markersize=3)
    twin = base.figure("weights") * INT8_MAC_J
    axes.axvline(twin, color="k", linestyle=":", linewidth=1, label="int8 multiply-adds alone")
    axes.set_xscale("log")
    axes.set_xlabel("energy of one answer (J)", fontsize=9)
    axes.set_ylabel("accuracy", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure
