"""`reports/dtm-fashion/`: images of the shipped denoising model, how good they are, and what one of them costs.

index.html   everything
README.md    what it says in sentences
energy.csv   energy of an image by accounting, mapping, order, scope and images per load, with digital contenders
quality.csv  distances to the data on three sets of features, and how well a classifier tells images from real ones
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dtm_fashion_cost_sentences import (
    contender_sentences,
    cost_sentences,
    history_sentences,
    pick,
    series_sentences,
)
from dtm_fashion_costs import (
    CHIP,
    MODEL,
    NAMES,
    PIXELS,
    RELOADED,
    Energies,
    decoder_contender,
    energy_table,
)
from dtm_fashion_curves import (
    Curves,
    curves_figure,
    curves_of,
    fit_sentences,
    layer_sentences,
    sweep_sentences,
)
from dtm_fashion_draws import MONOLITH, Drawn, images_of, layer_mixing, layer_modes
from dtm_fashion_quality import (
    CLASSES,
    FEATURES,
    NEIGHBOURS,
    TOLD,
    UNTOLD,
    Judge,
    Judged,
    held_out,
    nearest,
)
from dtm_fashion_sentences import (
    OURS,
    Images,
    class_sentences,
    mean_share,
    mixing_sentences,
    neighbour_sentences,
    quality_sentences,
    reading_sentences,
    test_sentences,
)
from matplotlib.figure import Figure
from readme import in_sections
from train_features import images_and_labels

import chipsim
from chipsim.report.drawing import bare, drawings
from chipsim.report.images import data_uri, rows_of, sheet
from chipsim.report.pages import render
from chipsim.report.tables import csv_text
from chipsim.results.contenders import Contender, mixture
from chipsim.spec.presets import preset_root
from chipsim.workloads.dtm.modes import mode_tables
from chipsim.workloads.dtm.quality import MAX_IMAGES, NEAREST, Bits, precision_of
from chipsim.workloads.dtm.spec import FASHION_CLASSES

PENALTIES = ("0.02", "0.1", "0.4")
FINE_BITS = 16
# Images in a row of the sheet: classes come in turn, so that each stands in columns of its own.
COLUMNS = 30
WEIGHTS = preset_root() / "workloads" / "weights"


@dataclass(frozen=True)
class Point:
    """A model with r_yy at the K of its generation, the slowest of its layers, and its sweeps an image."""

    judged: Judged
    correlation: float
    sweeps: int


def write(folder: Path) -> None:
    """Draw, measure, price, and write the report."""
    folder.mkdir(exist_ok=True)
    data, labels = images_and_labels("train")
    judge = Judge(data, labels)
    drawn = images_of(MODEL)
    mixing, modes = layer_mixing(MODEL), layer_modes(MODEL)
    ready: Any = chipsim.plan(CHIP, MODEL)
    cells, layers = ready.program.cells, ready.workload.layers
    usual = ready.workload.model.generation.sweeps
    curves = curves_of(judge, layers, usual)
    images, points = judged(judge, drawn, max(mixing), curves)
    energies = energy_table(contenders(images))
    apart, found = nearest(drawn.bits, data)
    real_apart, _ = nearest(held_out(), data)
    best = min(images.baselines, key=mean_share(images.ours))
    precision = precision_of(judge.shipped, data, labels)
    findings: dict[str, list[str]] = {
        "How to read this": [*reading_sentences(images)],
        "Beside a simple digital model": [*contender_sentences(images, energies)],
        "By scope and prices": [*series_sentences(energies, best.name)],
        "How good the images are": [
            *quality_sentences(images),
            *test_sentences(images),
            *class_sentences(images, precision, CLASSES),
            *neighbour_sentences(apart, real_apart),
        ],
        "Mixing": [*mixing_sentences(mixing, modes)],
        "What more sweeps and layers give": [
            *sweep_sentences(curves, best),
            *layer_sentences(curves),
            *fit_sentences(curves, images.untold, images.baselines),
        ],
        "What an image costs": [
            *cost_sentences(energies, cells, cells - len(ready.workload.label_sites), layers, usual),
            *history_sentences(energies, decoder_contender().name, best.name),
        ],
    }
    size = drawn.images.shape[1:]
    neighbours = np.uint8(255) * data[found[:NEAREST]].reshape(-1, *size)
    page = render(
        Path(__file__).parent / "denoising_page.html.j2",
        findings=findings,
        images=data_uri(sheet(drawn.images[: 8 * COLUMNS], COLUMNS)),
        sequence=data_uri(rows_of(chipsim.run(CHIP, MODEL, lanes=16).arrays["sequence"])),
        nearest=data_uri(rows_of(np.stack([drawn.images[:NEAREST], neighbours]))),
        apart=apart[:NEAREST].tolist(),
        features=FEATURES,
        judged=everyone(images),
        classes=list(
            zip(FASHION_CLASSES, *(shares(judge, bits) for bits in (drawn.bits, judge.reference)), strict=True)
        ),
        mixing=mixing,
        modes=next(mode_tables([found.figures() for found in modes])),
        figures=drawings({"trade": trade(points), "curves": curves_figure(curves, best)}),
        energies=energies,
        reloaded=[e for e in energies if e.mapping == RELOADED],
        best=best.name,
        scopes=NAMES,
        contenders=contenders(images),
        rivals=pick(energies, "parts").rivals,
        count=MAX_IMAGES,
        neighbours=NEIGHBOURS,
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("Fashion-MNIST from a p-bit chip", findings))
    (folder / "quality.csv").write_text(quality_csv(everyone(images), points))
    (folder / "energy.csv").write_text(energy_csv(energies))
    print(f"wrote {folder}/index.html, README.md, quality.csv and energy.csv")


def judged(judge: Judge, drawn: Drawn, correlation: float, curves: Curves) -> tuple[Images, list[Point]]:
    """All generators, and those that are told the class as points of quality against mixing."""
    ours = judge.judged(OURS, [drawn.bits], drawn.parameters, drawn.requested)
    coupler: Any = chipsim.plan(CHIP, MODEL).netlist.latched.coupler.kind
    bits = coupler.weight_bits
    variants: dict[str, dict[str, Any]] = {
        "the same in batches sorted by class": {"generation.order": "sorted"},
        f"the same with couplers of {FINE_BITS} bits (the chip has {bits})": {"couplers.weight_bits": FINE_BITS},
    }
    others = {}
    for name, settings in variants.items():
        other = images_of(MODEL, settings)
        others[name] = judge.judged(name, [other.bits], other.parameters, other.requested)
    points = [Point(ours, correlation, drawn.sweeps)]
    for penalty in PENALTIES:
        weights = {"generation.weights": str(WEIGHTS / f"fashion-monolith-{penalty}.h5")}
        run = images_of(MONOLITH, weights)
        found = judge.judged(f"monolith, penalty {penalty}", [run.bits], run.parameters, run.requested)
        points.append(Point(found, max(layer_mixing(MONOLITH, weights)), run.sweeps))
    monoliths = [point.judged for point in points[1:]]
    told_nothing = {"labels": None, "generation.weights": str(WEIGHTS / "fashion-monolith-untold.h5")}
    run = images_of(MONOLITH, told_nothing)
    untold = judge.judged("monolith, told no class", [run.bits], run.parameters)
    floor = judge.judged("real images (floor)", [judge.floor], 0)
    return Images(ours, others, monoliths, untold, curves.small, list(judge.baselines()), floor), points


def contenders(images: Images) -> list[Contender]:
    """The baselines on a GPU, and the decoder of the published comparisons."""
    components = (*UNTOLD, *TOLD)
    return [
        *(mixture(c, PIXELS, b.parameters, b.name) for b, c in zip(images.baselines, components, strict=True)),
        decoder_contender(),
    ]


def everyone(images: Images) -> list[Judged]:
    """All generators in the order of the tables."""
    return [
        images.ours,
        *images.others.values(),
        *images.monoliths,
        images.untold,
        images.small,
        *images.baselines,
        images.floor,
    ]


def shares(judge: Judge, bits: Bits) -> list[float]:
    """Share of each class that the shipped classifier sees."""
    return (np.bincount(judge.shipped.classes(bits), minlength=CLASSES) / len(bits)).tolist()


def trade(points: list[Point]) -> Figure:
    """Quality against mixing."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for point in points:
        mark = "o" if point.judged.name == OURS else "s"
        label = f"{point.judged.name}, {point.sweeps:,} sweeps"
        distance = point.judged.distances[FEATURES[0]]
        at = max(point.correlation, 1e-3)
        axes.errorbar(at, distance.value, yerr=distance.half_width, fmt=mark, label=label, capsize=3)
    axes.set_xlabel("r_yy at the K of generation, slowest of 32 projections", fontsize=9)
    axes.set_ylabel("Frechet distance, shipped classifier", fontsize=9)
    axes.set_yscale("log")
    axes.legend(fontsize=8, frameon=False)
    bare(axes)
    return figure


def quality_csv(judged: Sequence[Judged], points: list[Point]) -> str:
    """One line a generator."""
    mixing = {point.judged.name: point.correlation for point in points}
    rows = []
    for j in judged:
        by_features = (f"{x:.4f}" for key in FEATURES for x in (j.distances[key].value, j.distances[key].half_width))
        tested = (f"{j.apart.value:.4f}", f"{j.apart.half_width:.4f}", "" if j.precision is None else j.precision)
        rows.append((j.name, j.parameters, j.told, j.fits, *by_features, *tested, mixing.get(j.name, "")))
    heads = [f"{key}, {what}" for key in FEATURES for what in ("distance", "half_width_95")]
    tests = ("told_apart", "told_apart_half_width_95", "precision", "r_yy_at_K")
    return csv_text(("images", "parameters", "told_the_class", "fits", *heads, *tests), rows)


def energy_csv(energies: Sequence[Energies]) -> str:
    """One line an accounting, mapping, order, scope and number of images per load."""
    rivals = sorted({key for e in energies for key in e.rivals})
    heads = ("accounting", "mapping", "order", "scope", "images_per_load", "energy_j", "low_j", "high_j")
    times = ("latency_s", "interval_s")
    names = [f"{name} ({board}), energy_j" for name, board in rivals]
    return csv_text((*heads, *times, *names), energy_rows(energies, rivals))


def energy_rows(energies: Sequence[Energies], rivals: Sequence[tuple[str, str]]) -> Iterator[tuple[Any, ...]]:
    """The lines of `energy_csv`."""
    for e in energies:
        for scope, cost in e.scopes.items():
            for images, energy in cost.energy_j.items():
                low, high = cost.range_j[images]
                others = (f"{e.rivals[key][scope][images]:.6g}" for key in rivals)
                times = (f"{e.latency_s:.6g}", f"{e.interval_s:.6g}")
                yield (e.accounting, e.mapping, e.order, scope, images, energy, low, high, *times, *others)
