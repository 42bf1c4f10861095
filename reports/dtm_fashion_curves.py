"""Quality in `dtm_fashion.py` against sweeps and layers, and what that says about the gap to the best baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from dtm_fashion_costs import MODEL
from dtm_fashion_draws import from_data, images_of, small_images
from dtm_fashion_quality import FEATURES, Distances, Judge, Judged, Measured
from dtm_fashion_sentences import words
from dtm_fashion_small import SEEDS
from matplotlib.figure import Figure
from numpy.typing import NDArray
from readme import Table

from chipsim.report.drawing import bare
from chipsim.rounding import rounded

# Sweeps a layer of the shipped model; its own number is among them.
LENGTHS = (62, 125, 250, 500, 1000, 2000)


@dataclass(frozen=True)
class Curves:
    """Distances from the data.

    Attributes:
        usual: sweeps a layer of the shipped model.
        sweeps: by sweeps a layer.
        last: by the number of last layers that work on real images with the noise of the layers before; all layers are
            the model itself.
        small: a model of the same size, told no class and trained for a short time, from several trainings.
    """

    usual: int
    sweeps: Mapping[int, Distances]
    last: Mapping[int, Distances]
    small: Judged


def curves_of(judge: Judge, layers: int, usual: int) -> Curves:
    """The curves of the shipped model, which has so many layers, and the small one."""
    sweeps = {k: judge.measured([images_of(MODEL, {"generation.sweeps": k}).bits]) for k in LENGTHS}
    starts = {n: judge.measured([from_data(judge.floor, judge.floor_labels, n)]) for n in range(1, layers)}
    drawn = [small_images(seed) for seed in SEEDS]
    small = judge.judged("denoising model, short training", [d.bits for d in drawn], drawn[0].parameters)
    return Curves(usual, sweeps, {**starts, layers: sweeps[usual]}, small)


def closed(curves: Curves, best: Judged) -> dict[str, Measured]:
    """Share of the gap between model and best baseline that the longest chains close, by set of features."""
    short, long = curves.sweeps[curves.usual], curves.sweeps[max(curves.sweeps)]
    out = {}
    for key in FEATURES:
        a, b, c = short[key], long[key], best.distances[key]
        gap = a.value - c.value
        # To first order in the three distances, which are independent.
        parts = ((c.value - b.value) * -a.half_width, gap * b.half_width, (a.value - b.value) * c.half_width)
        out[key] = Measured((a.value - b.value) / gap, float(np.linalg.norm(parts)) / gap**2)
    return out


def sweep_sentences(curves: Curves, best: Judged) -> Iterator[str]:
    """Whether longer chains close the gap."""
    short = curves.sweeps[curves.usual]
    if not all(best.distances[key].clearly_below(short[key]) for key in FEATURES):
        return
    shares = closed(curves, best)
    told = " / ".join(
        f"{rounded(share.value, '.0%')} +- {rounded(share.half_width, '.0%')}" for share in shares.values()
    )
    longest = max(curves.sweeps)
    often = f"{rounded(longest / curves.usual, '.0f')} times as many sweeps close {told} of the gap to the {best.name}"
    if all(share.value + share.half_width < 0.5 for share in shares.values()):
        yield f"{often}: less than half of it on every set of features."
    elif all(share.value - share.half_width > 0.5 for share in shares.values()):
        yield f"{often}: more than half of it on every set of features."
    else:
        yield f"{often}: whether that is half of it is not resolved on all sets of features, or differs between them."


def curve_tables(curves: Curves) -> Iterator[Table]:
    """Distances by sweeps, and by the layers that work on real images with noise."""
    yield Table(
        f"Distances of the shipped model by sweeps a layer (it ships with {curves.usual:,})",
        ("sweeps a layer", *FEATURES),
        tuple((f"{k:,}", *words(found).split(" / ")) for k, found in curves.sweeps.items()),
    )
    yield Table(
        "Distances where real images with noise stand in place of what earlier layers make (layer 1 is the one next "
        "to the data)",
        ("layers that remain", *FEATURES),
        tuple(("1 alone" if n == 1 else f"{n} to 1", *words(found).split(" / ")) for n, found in curves.last.items()),
    )


def layer_sentences(curves: Curves) -> Iterator[str]:
    """Which layer opens the gap."""
    key = FEATURES[0]
    found = [Measured(0.0, 0.0), *(each[key] for each in curves.last.values())]
    # Distances do not add up, so this says where the distance grows, not what a layer is to blame for.
    steps = np.diff([each.value for each in found])
    first, second = np.argsort(-steps)[:2]
    # Neighbouring steps share a distance, with opposite signs.
    parts = np.zeros(len(found))
    np.add.at(parts, [first + 1, second], 1)
    np.add.at(parts, [first, second + 1], -1)
    margin = float(np.linalg.norm(parts * [each.half_width for each in found]))
    if steps[first] - steps[second] > margin:
        joins, before = first + 1, found[first].value
        yield (
            f"The distance grows most where layer {joins} joins, from {rounded(before, '.1f')} to "
            f"{rounded(found[joins].value, '.1f')} of {rounded(found[-1].value, '.1f')} ({key})."
        )


def fit_sentences(curves: Curves, monolith: Judged, baselines: Sequence[Judged]) -> Iterator[str]:
    """What another training changes, and how models that are told no class compare: the short training, a monolith, and
    baselines.
    """
    small = curves.small
    widths = " / ".join(rounded(small.distances[key].half_width, ".1f") for key in FEATURES)
    yield (
        f"{small.fits} short trainings of a model of the same size that is told no class (preset fashion-dtm-small), "
        f"from different random numbers, are at {words(small.distances)}; their spread is part of +- {widths}. The "
        "denoising model itself was trained once: its intervals leave out that another training would give another "
        "model."
    )
    untold = [b for b in baselines if not b.told and b.parameters <= small.parameters]
    ahead = [b for b in untold if all(b.distances[key].clearly_below(small.distances[key]) for key in FEATURES)]
    if ahead:
        names = " and ".join(b.name for b in ahead)
        yield f"Of the baselines that are told no class either, the short trainings are behind {names}."
    yield f"A monolith that is told no class either is at {words(monolith.distances)}; {_ahead(small, monolith)}."


def _ahead(small: Judged, monolith: Judged) -> str:
    for first, second, said in (
        (small, monolith, "the short trainings are nearer to the data on all sets of features"),
        (monolith, small, "it is nearer to the data than the short trainings on all sets of features"),
    ):
        if all(first.distances[key].clearly_below(second.distances[key]) for key in FEATURES):
            return said
    return "neither is resolved to be nearer to the data on all sets of features"


def curves_figure(curves: Curves, best: Judged) -> Figure:
    """Distances by sweeps and by last layers, one line a set of features."""
    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    panels = (
        (curves.sweeps, "sweeps a layer"),
        (curves.last, "layers that follow real images with noise"),
    )
    for axes, (points, label) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
        where: NDArray[np.float64] = np.array(list(points), float)
        for number, key in enumerate(FEATURES):
            values, widths = (
                [getattr(found[key], part) for found in points.values()] for part in ("value", "half_width")
            )
            axes.errorbar(where, values, yerr=widths, marker="o", capsize=3, color=f"C{number}", label=key)
            axes.axhline(best.distances[key].value, color=f"C{number}", linestyle=":", linewidth=1)
        axes.set(xscale="log", yscale="log", xlabel=label)
        axes.set_xticks(where, [rounded(at, ",.0f") for at in where])
        axes.minorticks_off()
        bare(axes)
    figure.axes[0].set_ylabel("Frechet distance")
    figure.axes[0].legend(fontsize=8, frameon=False)
    return figure
