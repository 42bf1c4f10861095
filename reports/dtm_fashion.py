"""`reports/dtm-fashion/`: images of the shipped denoising model, how good they are, and what one of them costs.

index.html   everything
README.md    what it says in sentences
energy.csv   energy of an image by accounting, mapping, scope and images per load
quality.csv  distances to the data
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

import chipsim
from chipsim.compiler.program import Program
from chipsim.ledger.scopes import ScopeCost, scope_costs
from chipsim.prices.platforms import read_platforms
from chipsim.report.drawing import bare, drawings
from chipsim.report.images import data_uri, rows_of, sheet
from chipsim.report.pages import render
from chipsim.report.tables import csv_text
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.runs.simulate import available_cores
from chipsim.spec.presets import preset_root
from chipsim.units import show
from chipsim.workloads.dtm.examples import read_examples
from chipsim.workloads.dtm.features import CLASSES, Classifier, load_classifier
from chipsim.workloads.dtm.labels import read_classes
from chipsim.workloads.dtm.quality import (
    MAX_IMAGES,
    NEAREST,
    Bits,
    Distance,
    Yardstick,
    nearest_images,
    precision_of,
    real_bits,
)
from chipsim.workloads.dtm.training import Trainer

CHIP, MODEL, MONOLITH = "dtca-70", "fashion-dtm", "fashion-monolith"
PENALTIES = ("0.02", "0.1", "0.4")
FINE_BITS = 16
# Images in a row of the sheet: classes come in turn, so that each stands in columns of its own.
COLUMNS = 30
GATED = "an array a layer, idle ones gated"
# A network that draws such images on a GPU, for the FLOP method: the decoder of a variational autoencoder with 20
# latent and 400 hidden units, one pass an image. How good its images are was not measured here.
VAE_MACS = 20 * 400 + 400 * 784
UTILISATIONS = ("gpu-a100-100", "gpu-a100-10", "gpu-a100-1")


WEIGHTS = preset_root() / "workloads" / "weights"


@dataclass(frozen=True)
class Point:
    """A model: its distance, and r_yy at the K of its generation, the slowest of its layers."""

    name: str
    distance: Distance
    correlation: float
    sweeps: int


def write(folder: Path) -> None:
    """Draw, measure, price, and write the report."""
    folder.mkdir(exist_ok=True)
    drawn = images_of(MODEL)
    classifier = load_classifier()
    data = real_bits(drawn.summary["dtm"], classifier)
    yardstick = Yardstick(data, classifier, MAX_IMAGES)
    bits = bits_of(drawn)
    mixing = layer_mixing(MODEL)
    points = [Point("DTM", yardstick.distance("denoising model", bits), max(mixing), sweeps_of(drawn))]
    fine = images_of(MODEL, {"couplers.weight_bits": FINE_BITS})
    distances = [points[0].distance, yardstick.distance(f"the same with weights of {FINE_BITS} bits", bits_of(fine))]
    for penalty in PENALTIES:
        weights = {"generation.weights": str(WEIGHTS / f"fashion-monolith-{penalty}.h5")}
        run = images_of(MONOLITH, weights)
        name = f"monolith, penalty {penalty}"
        found = yardstick.distance(name, bits_of(run))
        points.append(Point(name, found, max(layer_mixing(MONOLITH, weights)), sweeps_of(run)))
        distances.append(found)
    distances += yardstick.baselines()
    energies = energy_table()
    gpu = gpu_energies()
    apart, nearest = nearest_images(bits[:NEAREST], data)
    requested = drawn.arrays["classes"]
    findings = [*quality_sentences(distances, mixing), *class_sentences(classifier, bits, requested, data)]
    findings += energy_sentences(energies, gpu)
    size = drawn.arrays["images"].shape[1:]
    pairs = np.stack([drawn.arrays["images"][:NEAREST], np.uint8(255) * nearest.reshape(-1, *size)])
    page = render(
        Path(__file__).parent / "denoising_page.html.j2",
        findings=findings,
        images=data_uri(sheet(drawn.arrays["images"][: 8 * COLUMNS], COLUMNS)),
        sequence=data_uri(rows_of(drawn.arrays["sequence"])),
        nearest=data_uri(rows_of(pairs)),
        apart=apart.tolist(),
        distances=distances,
        classes=list(zip(CLASSES, yardstick.shares(bits), yardstick.shares(yardstick.reference), strict=True)),
        mixing=mixing,
        points=points,
        figures=drawings({"trade": trade(points)}),
        energies=energies,
        gpu=gpu,
        macs=VAE_MACS,
        count=MAX_IMAGES,
    )
    (folder / "index.html").write_text(page)
    (folder / "README.md").write_text("# Fashion-MNIST from a p-bit chip\n\n" + "".join(f"- {s}\n" for s in findings))
    (folder / "quality.csv").write_text(quality_csv(distances, points))
    (folder / "energy.csv").write_text(energy_csv(energies, gpu))
    print(f"wrote {folder}/index.html, README.md, quality.csv and energy.csv")


def images_of(workload: str, settings: dict[str, Any] | None = None) -> Run:
    """As many images as are compared, with the weights that ship."""
    return chipsim.run(CHIP, workload, lanes=MAX_IMAGES, set=settings)


def bits_of(run: Run) -> Bits:
    """(images, pixels)."""
    images: NDArray[np.uint8] = run.arrays["images"]
    return images.reshape(len(images), -1) > 127


def sweeps_of(run: Run) -> int:
    """Sweeps an image, heating left out."""
    generation = run.summary["workload_resolved"]["generation"]
    return int(generation["sweeps"] * run.summary["layers"])


def layer_mixing(workload: str, settings: dict[str, Any] | None = None) -> list[float]:
    """r_yy[K] of each layer's slowest projection, from the data outwards."""
    ready = chipsim.plan(CHIP, workload, settings)
    dtm: Any = ready.workload
    assert isinstance(ready.program, Program)
    weights = dtm.weights()
    trainer = Trainer(dtm, ready.program, read_examples(dtm.model), seed=0, threads=available_cores())
    return [trainer.mixing_of(weights, layer)["r_yy"] for layer in range(dtm.layers)]


@dataclass(frozen=True)
class Energies:
    """Energy of an image under one accounting and one mapping of the layers."""

    accounting: str
    mapping: str
    latency_s: float
    interval_s: float
    scopes: list[ScopeCost]


def energy_table() -> list[Energies]:
    """Accountings times mappings; the activity of a mapping is simulated once and priced with each table."""
    layers = len(chipsim.plan(CHIP, MODEL).workload.model.noise)
    array_per_layer = {"generation.layers": "beside", "fabric.copies": layers}
    images = 4 * layers
    mappings: tuple[tuple[str, dict[str, Any], int], ...] = (
        ("one array, reloaded", {}, 1),
        ("one array, loads ahead", {"weights.buffers": 2}, 1),
        (GATED, array_per_layer, 1),
        ("an array a layer, idle ones run on", {**array_per_layer, "generation.idle": "running"}, 1),
        ("an array a layer, pipelined", {**array_per_layer, "generation.images": images}, images),
    )
    tables = (
        ("parts (dtca-physical)", "dtca-physical"),
        ("flat (dtca-appendix)", "dtca-appendix"),
        ("Z1 prices", "z1-spice"),
    )
    found = []
    elapsed: dict[str, float] = {}
    for mapping, settings, many in mappings:
        run = chipsim.run(CHIP, MODEL, lanes=64, set=settings)
        latency = interval = elapsed[mapping] = run.summary["elapsed_s"]
        if many > 1:
            # The first of them takes what one alone takes; each further one comes a stage later.
            latency = elapsed[GATED]
            interval = (interval - latency) / (many - 1)
        for accounting, table in tables:
            priced = reprice(run, table)
            found.append(
                Energies(
                    accounting,
                    mapping,
                    latency,
                    interval,
                    scope_costs(priced.summary.priced.ledger, priced.summary["answers_per_repetition"]),
                )
            )
    return found


def gpu_energies() -> dict[str, float]:
    """Energy of an image on a GPU by the FLOP method, by title of the platform."""
    platforms = read_platforms()
    found = {}
    for name in UTILISATIONS:
        spec = platforms[name]
        assert spec.flops is not None
        seconds = 2 * VAE_MACS / (spec.flops.peak_per_s * spec.flops.utilisation)
        found[spec.title] = seconds * spec.flops.power
    return found


def class_sentences(classifier: Classifier, bits: Bits, requested: NDArray[np.uint16], data: Bits) -> Iterator[str]:
    """Whether images are of the class that their label asks for."""
    labels = chipsim.plan(CHIP, MODEL).workload.model.labels
    real = precision_of(classifier, data, read_classes(labels, len(data)))
    yield (
        "Images are asked for by class. The classifier sees that class in "
        f"{precision_of(classifier, bits, requested):.0%} of them, in {real:.0%} of the data, and by "
        f"chance in {1 / labels.classes:.0%}."
    )


def quality_sentences(distances: list[Distance], mixing: list[float]) -> Iterator[str]:
    """What the distances say."""
    named = {d.name: d for d in distances}
    ours = named["denoising model"]
    yield (
        f"The images of the denoising model are at a Frechet distance of {ours.value:.1f} +- {ours.half_width:.1f} "
        f"from real ones (64 features of a small classifier, not the FID; n = {MAX_IMAGES:,}; 95 % bootstrap); two "
        f"sets of real images are {named['real images (floor)'].value:.2f} apart."
    )
    for name, other in named.items():
        if other is ours or name.startswith(("real", "the same")):
            continue
        gap = other.value - ours.value
        clear = abs(gap) > 2 * max(ours.half_width, other.half_width)
        word = ("better" if gap > 0 else "worse") if clear else "not told apart"
        yield f"Against {name} ({other.value:.1f} +- {other.half_width:.1f}) it is {word}."
    fine = named[f"the same with weights of {FINE_BITS} bits"]
    uncertain = float(np.hypot(ours.half_width, fine.half_width))
    yield (
        f"With couplers of {FINE_BITS} bits the same weights give {fine.value:.1f} +- {fine.half_width:.1f}: rounding "
        f"to the chip's bits costs {ours.value - fine.value:+.2f} +- {uncertain:.2f}."
    )
    yield f"r_yy at the K of generation is at most {max(mixing):.3f}, in layer {int(np.argmax(mixing)) + 1}."


def energy_sentences(energies: list[Energies], gpu: dict[str, float]) -> Iterator[str]:
    """What the energies say."""
    ready: Any = chipsim.plan(CHIP, MODEL)
    layers, cells = ready.workload.layers, ready.program.cells
    working = cells - len(ready.workload.label_sites)
    flat = next(e for e in energies if e.accounting.startswith("flat"))
    part = next(e for e in energies if e.accounting.startswith("parts"))
    paper = flat.scopes[0].energy_j[1]
    yield (
        f"In the scope of the paper, sampling alone at 1.306 fJ an update, an image costs {show(paper, 'J')}, which is "
        f"{paper / layers * 1e9:.3f} nJ a layer for the {working:,} cells that no label holds, and "
        f"{paper / layers * cells / working * 1e9:.3f} nJ for all {cells:,} (arXiv 2510.23972: 1.6)."
    )
    full = part.scopes[-1]
    yield (
        f"Everything counted it costs {show(full.energy_j[1], 'J')} at one image a load, "
        f"{show(full.energy_j[100], 'J')} at 100 and {show(full.energy_j[10_000], 'J')} at 10,000 "
        f"({show(full.range_j[10_000][0], 'J', 3)} to {show(full.range_j[10_000][1], 'J', 3)} with the bounds of the "
        "prices)."
    )
    tenth = list(gpu.values())[1]
    yield (
        f"A GPU at 10 % of its peak takes {show(tenth, 'J')} for a pass through the decoder of a small autoencoder "
        f"({VAE_MACS:,} multiplications, its images not judged here). At 10,000 images a load that is "
        f"{tenth / paper:,.0f} times what an image costs in the scope of the paper, "
        f"{tenth / part.scopes[1].energy_j[10_000]:,.0f} times sampling, inputs and read-out priced part by part, "
        f"{tenth / part.scopes[3].energy_j[10_000]:,.0f} times the same with loads and links, and "
        f"{tenth / full.energy_j[10_000]:,.0f} times everything, host included; at one image a load it is "
        f"{tenth / full.energy_j[1]:,.1f} times everything. What is left of 10,000 depends on the scope first, and on "
        "how busy the GPU is next."
    )


def trade(points: list[Point]) -> Figure:
    """Quality against mixing."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for point in points:
        mark = "o" if point.name == "DTM" else "s"
        label = f"{point.name}, {point.sweeps:,} sweeps"
        at = max(point.correlation, 1e-3)
        axes.errorbar(at, point.distance.value, yerr=point.distance.half_width, fmt=mark, label=label, capsize=3)
    axes.set_xlabel("r_yy at the K of generation, slowest layer", fontsize=9)
    axes.set_ylabel("Frechet distance, 64 features", fontsize=9)
    axes.set_yscale("log")
    axes.legend(fontsize=8, frameon=False)
    bare(axes)
    return figure


def quality_csv(distances: list[Distance], points: list[Point]) -> str:
    """Distances, and mixing where the images come from a chain."""
    mixing = {point.distance.name: point.correlation for point in points}
    rows = [(d.name, f"{d.value:.4f}", f"{d.half_width:.4f}", mixing.get(d.name, "")) for d in distances]
    return csv_text(("images", "distance", "half_width_95", "r_yy_at_K"), rows)


def energy_csv(energies: list[Energies], gpu: dict[str, float]) -> str:
    """One line an accounting, mapping, scope and number of images per load."""
    rows = []
    for e in energies:
        for cost in e.scopes:
            for jobs, energy in cost.energy_j.items():
                low, high = cost.range_j[jobs]
                ratios = [f"{value / energy:.4g}" if energy else "" for value in gpu.values()]
                times = (f"{e.latency_s:.6g}", f"{e.interval_s:.6g}")
                rows.append((e.accounting, e.mapping, cost.scope, jobs, energy, low, high, *times, *ratios))
    heads = (
        "accounting",
        "mapping",
        "scope",
        "images_per_load",
        "energy_j",
        "low_j",
        "high_j",
        "latency_s",
        "interval_s",
    )
    return csv_text((*heads, *(f"{title}, times as much" for title in gpu)), rows)
