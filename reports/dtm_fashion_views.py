"""Figures and tables of `dtm_fashion.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dtm_fashion_costs import Energies
from dtm_fashion_quality import FEATURES, Judged
from dtm_fashion_sentences import OURS, Images
from matplotlib.figure import Figure

from chipsim.report.drawing import bare
from chipsim.report.tables import csv_text
from chipsim.rounding import rounded


@dataclass(frozen=True)
class Point:
    """A model with r_yy at the K of its generation, the slowest of its layers, and its sweeps an image."""

    judged: Judged
    correlation: float
    sweeps: int


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
        by_features = (
            rounded(x, ".4f") for key in FEATURES for x in (j.distances[key].value, j.distances[key].half_width)
        )
        tested = (
            rounded(j.apart.value, ".4f"),
            rounded(j.apart.half_width, ".4f"),
            "" if j.precision is None else j.precision,
        )
        rows.append((j.name, j.parameters, j.told, j.fits, *by_features, *tested, mixing.get(j.name, "")))
    heads = [f"{key}, {what}" for key in FEATURES for what in ("distance", "half_width_95")]
    tests = ("told_apart", "told_apart_half_width_95", "precision", "r_yy_at_K")
    return csv_text(("images", "parameters", "told_the_class", "fits", *heads, *tests), rows)


def energy_csv(energies: Sequence[Energies]) -> str:
    """One line an accounting, mapping, order, scope and number of images per load."""
    rivals = sorted({(who, board) for e in energies for who, boards in e.rivals.items() for board in boards})
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
                others = (rounded(e.rivals[who][board][scope][images], ".6g") for who, board in rivals)
                times = (rounded(e.latency_s, ".6g"), rounded(e.interval_s, ".6g"))
                yield (e.accounting, e.mapping, e.order, scope, images, energy, low, high, *times, *others)
