"""`reports/dtm-fashion/`: images of the shipped denoising model, how good they are, and what one of them costs.

index.html    everything
README.md     what it says in sentences
energy.csv    energy of an image by accounting, mapping, order, scope and images per load, with digital contenders
quality.csv   distances to the data on three sets of features, and how well a classifier tells images from real ones
figures.json  all that these four are drawn from
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dtm_fashion_cost_sentences import (
    contender_sentences,
    cost_sentences,
    history_sentences,
    mapping_tables,
    pick,
    price_tables,
    scope_tables,
    series_sentences,
)
from dtm_fashion_costs import CHIP, MODEL, NAMES, PIXELS, RELOADED, Energies, decoder_contender, energy_table
from dtm_fashion_curves import (
    Curves,
    curve_tables,
    curves_figure,
    curves_of,
    fit_sentences,
    layer_sentences,
    sweep_sentences,
)
from dtm_fashion_draws import MONOLITH, Drawn, images_of, layer_mixing, layer_modes
from dtm_fashion_quality import CLASSES, TOLD, UNTOLD, Judge, held_out, nearest
from dtm_fashion_sentences import (
    OURS,
    Images,
    class_sentences,
    mean_share,
    mixing_sentences,
    neighbour_sentences,
    quality_sentences,
    quality_tables,
    reading_sentences,
    test_sentences,
)
from dtm_fashion_views import Point, energy_csv, everyone, quality_csv, trade
from readme import Finding, in_sections, save, saved
from train_features import images_and_labels

import chipsim
from chipsim.report.drawing import drawings
from chipsim.report.images import data_uri, rows_of, sheet
from chipsim.report.pages import render
from chipsim.results.contenders import Contender, mixture
from chipsim.spec.presets import preset_root
from chipsim.workloads.dtm.modes import SlowModes, mode_tables
from chipsim.workloads.dtm.quality import NEAREST, Bits, precision_of
from chipsim.workloads.dtm.spec import FASHION_CLASSES

PENALTIES = ("0.02", "0.1", "0.4")
FINE_BITS = 16
# Images in a row of the sheet: classes come in turn, so that each stands in columns of its own.
COLUMNS = 30
WEIGHTS = preset_root() / "workloads" / "weights"


@dataclass(frozen=True)
class Pictures:
    """Images of the page as data URIs.

    Attributes:
        images: drawn ones.
        sequence: from noise to image, a row a layer.
        nearest: the first images, and below each the nearest of the training data.
    """

    images: str
    sequence: str
    nearest: str


@dataclass(frozen=True)
class Figures:
    """All that the report is drawn from.

    Attributes:
        images: judged generators.
        points: of quality against mixing.
        mixing: r_yy[K] of the slowest random projection of each layer, from the data outwards.
        modes: `SlowModes` of each layer as lists.
        curves: distances by sweeps and by layers.
        energies: of an image.
        contenders: digital ones.
        apart: pixels by which each of some drawn images differs from the nearest training image.
        real_apart: the same of real images that are held out.
        precision: share of the training images that the shipped classifier sorts right.
        data_images: so many are these.
        cells: of an array.
        working: of these, those that are not clamped to a label.
        layers: of the model.
        sweeps: of a layer for an image.
        classes: (class, share of the drawn images in which the shipped classifier sees it, share of real ones).
        pictures: of the page.
    """

    images: Images
    points: list[Point]
    mixing: list[float]
    modes: list[dict[str, list[float]]]
    curves: Curves
    energies: list[Energies]
    contenders: list[Contender]
    apart: list[int]
    real_apart: list[int]
    precision: float
    data_images: int
    cells: int
    working: int
    layers: int
    sweeps: int
    classes: list[tuple[str, float, float]]
    pictures: Pictures


def write(folder: Path) -> None:
    """Draw images, measure, price, and write the report."""
    folder.mkdir(exist_ok=True)
    save(folder, measured())
    draw(folder, saved(folder, Figures))


def measured() -> Figures:
    """All figures."""
    data, labels = images_and_labels("train")
    judge = Judge(data, labels)
    drawn = images_of(MODEL)
    mixing, modes = layer_mixing(MODEL), layer_modes(MODEL)
    ready: Any = chipsim.plan(CHIP, MODEL)
    cells, layers = ready.program.cells, ready.workload.layers
    usual = ready.workload.model.generation.sweeps
    curves = curves_of(judge, layers, usual)
    images, points = judged(judge, drawn, max(mixing), curves)
    rivals = contenders(images)
    apart, found = nearest(drawn.bits, data)
    neighbours = np.uint8(255) * data[found[:NEAREST]].reshape(-1, *drawn.images.shape[1:])
    both = (shares(judge, bits) for bits in (drawn.bits, judge.reference))
    return Figures(
        images=images,
        points=points,
        mixing=mixing,
        modes=[{key: values.tolist() for key, values in vars(layer).items()} for layer in modes],
        curves=curves,
        energies=energy_table(rivals),
        contenders=rivals,
        apart=apart.tolist(),
        real_apart=nearest(held_out(), data)[0].tolist(),
        precision=precision_of(judge.shipped, data, labels),
        data_images=len(data),
        cells=cells,
        working=cells - len(ready.workload.label_sites),
        layers=layers,
        sweeps=usual,
        classes=list(zip(FASHION_CLASSES, *both, strict=True)),
        pictures=Pictures(
            data_uri(sheet(drawn.images[: 8 * COLUMNS], COLUMNS)),
            data_uri(rows_of(chipsim.run(CHIP, MODEL, lanes=16).arrays["sequence"])),
            data_uri(rows_of(np.stack([drawn.images[:NEAREST], neighbours]))),
        ),
    )


def draw(folder: Path, figures: Figures) -> None:
    """Write the report from what was measured."""
    images, energies, curves = figures.images, figures.energies, figures.curves
    modes = [SlowModes(**{key: np.array(values) for key, values in layer.items()}) for layer in figures.modes]
    best = min(images.baselines, key=mean_share(images.ours))
    findings: dict[str, list[Finding]] = {
        "How to read this": [*reading_sentences(images)],
        "Beside a simple digital model": [*contender_sentences(images, energies), *price_tables(best.name, energies)],
        "By scope and prices": [*scope_tables(energies, best.name), *series_sentences(energies, best.name)],
        "How good the images are": [
            *quality_tables(everyone(images)),
            *quality_sentences(images),
            *test_sentences(images),
            *class_sentences(images, figures.precision, figures.data_images, CLASSES),
            *neighbour_sentences(np.array(figures.apart), np.array(figures.real_apart)),
        ],
        "Mixing": [*mixing_sentences(figures.mixing, modes)],
        "What more sweeps and layers give": [
            *curve_tables(curves),
            *sweep_sentences(curves, best),
            *layer_sentences(curves),
            *fit_sentences(curves, images.untold, images.baselines),
        ],
        "What an image costs": [
            *cost_sentences(energies, figures.cells, figures.working, figures.layers, figures.sweeps),
            *history_sentences(energies, decoder_contender().name, best.name),
            *mapping_tables(energies),
        ],
    }
    page = render(
        Path(__file__).parent / "denoising_page.html.j2",
        findings=findings,
        found=figures,
        nearest=figures.apart[:NEAREST],
        modes=next(mode_tables([layer.figures() for layer in modes])),
        figures=drawings({"trade": trade(figures.points), "curves": curves_figure(curves, best)}),
        reloaded=[e for e in energies if e.mapping == RELOADED],
        best=best.name,
        scopes=NAMES,
        rivals=pick(energies, "parts").rivals,
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text(in_sections("Fashion-MNIST from a p-bit chip", findings))
    (folder / "quality.csv").write_text(quality_csv(everyone(images), figures.points))
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


def shares(judge: Judge, bits: Bits) -> list[float]:
    """Share of each class that the shipped classifier sees."""
    return (np.bincount(judge.shipped.classes(bits), minlength=CLASSES) / len(bits)).tolist()
