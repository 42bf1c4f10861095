"""Figures and sections of images from heat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.rounding import rounded
from chipsim.workloads.langevin.prototypes import contents, correlations
from chipsim.workloads.sections import Claim, Column, Curve, Fact, Facts, Images, Section, Series, Table

GENERATE = "generate relax"
COUPLE, UNCOUPLE = "couple", "uncouple"
# Lanes whose way from noise is shown, grey values from -LIGHT to LIGHT, bins of the histogram of heat.
WAYS, LIGHT, BINS = 8, 0.9, 30

# What is published for the full size, all of it on heat alone.
PUBLISHED = (
    "published for 1,296 cells and other images: a mean of 2.9e3 kT over 1,000 images, against no less than 5e14 kT of "
    'a digital network, "more than 10^11" times (arXiv 2506.15121 v3, quoted by the repository ferrotherm); '
    '"one ten-billionth the energy" (IEEE Spectrum, June 2026, quoted by a reprint)'
)

# Below this correlation with each prototype an image is like none; it is a mixture if the second prototype in it has
# this share of the first.
LIKE, MIXED = 0.5, 0.5

Answers = Mapping[str, NDArray[np.float64]]


def figures_of(
    answers: Answers, phases: Sequence[str], prototypes: NDArray[np.float32], unit_j: float
) -> dict[str, Any]:
    """The figures of a run; energies in kT of the process."""
    near = correlations(answers["images"], prototypes)
    nearest = np.abs(near).argmax(axis=1)
    before = np.abs(correlations(answers["way"][:, 0], prototypes)).max(axis=1)
    unlike = np.abs(near).max(axis=1) < LIKE
    second, first = (
        np.sort(contents(answers["images"], prototypes), axis=1)[:, -2:].T if len(prototypes) > 1 else (0, 1)
    )
    heat, work = answers["heat"], answers["work"]
    generating = heat[:, phases.index(GENERATE)]
    means = [
        {"phase": phase, "heat_kt": float(heat[:, i].mean()), "work_kt": float(work[:, i].mean())}
        for i, phase in enumerate(phases)
    ]
    return {
        "images": len(near),
        "prototypes": len(prototypes),
        "kt_j": unit_j,
        "heat_kt": float(generating.mean()),
        "heat_sd_kt": float(generating.std(ddof=1)) if len(generating) > 1 else 0.0,
        "work_on_kt": float(work[:, phases.index(COUPLE)].mean()),
        "work_off_kt": float(work[:, phases.index(UNCOUPLE)].mean()),
        "closed_cycle_kt": float(work.sum(axis=1).mean()),
        "correlation": float(np.abs(near).max(axis=1).mean()),
        "correlation_before": float(before.mean()),
        "negatives": float((near[np.arange(len(near)), nearest] < 0).mean()),
        "unlike": float(unlike.mean()),
        "mixed": float((~unlike & (second >= MIXED * first)).mean()),
        "shares": {str(i + 1): float((nearest == i).mean()) for i in range(len(prototypes))},
        "exchanges": means,
    }


def pictures(
    answers: Answers, phases: Sequence[str], prototypes: NDArray[np.float32], size: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """Stored arrays: images, their prototypes, ways from noise, and the histogram of heat."""
    nearest = np.abs(correlations(answers["images"], prototypes)).argmax(axis=1)
    counts, edges = np.histogram(answers["heat"][:, phases.index(GENERATE)], BINS)
    return {
        "images": _grey(answers["images"], size),
        "nearest": nearest.astype(np.uint16),
        "prototypes": _grey(prototypes, size, float(np.abs(prototypes).max())),
        "way": _grey(answers["way"][:WAYS].transpose(1, 0, 2), size),
        "heat_bins": (edges[1:] + edges[:-1]) / 2,
        "heat_counts": counts.astype(np.float64),
    }


def _grey(x: NDArray[Any], size: tuple[int, int], light: float = LIGHT) -> NDArray[np.uint8]:
    """Bytes of x from -light to light, (..., rows, columns)."""
    shares = np.clip((x / light + 1) / 2, 0, 1)
    return np.rint(255 * shares).astype(np.uint8).reshape(*x.shape[:-1], *size)


def sections(figures: Mapping[str, Any]) -> tuple[Section, ...]:
    """Of a run."""
    many = figures["prototypes"]
    spread = f"kT of the process per image, standard deviation {rounded(figures['heat_sd_kt'], '.4g')} over images"
    before = rounded(figures["correlation_before"], ".2f")
    facts = Facts(
        (
            Fact(
                "correlation",
                figures["correlation"],
                note=f"with the nearest of {many} trained images, or its negative; {before} before",
                digits=3,
            ),
            Fact("images", figures["images"], note=_likeness(figures)),
            Fact("heat", figures["heat_kt"], note=spread),
            Fact("closed cycle", figures["closed_cycle_kt"], note=_work(figures)),
            Fact("kT", figures["kt_j"], "J", "of the process: k T of a chip with thermal noise, else C sigma^2"),
        )
    )
    columns = (Column("phase"), Column("heat in kT"), Column("work in kT"))
    rows = tuple((row["phase"], row["heat_kt"], row["work_kt"]) for row in figures["exchanges"])
    names = tuple(f"nearest to image {i + 1}" for i in range(many))
    return (
        facts,
        Images("Images that the weights memorise", "prototypes"),
        Images("Images", "images", classes="nearest", names=names),
        Images("From noise (top) to image", "way", across=WAYS),
        Claim("heat of generation", figures["heat_kt"] * figures["kt_j"], PUBLISHED),
        Curve("Heat of an image", "kT", "images", (Series("images", "heat_counts", "heat_bins"),)),
        Table("Heat and work of the cells, mean over images", columns, rows),
    )


def _work(figures: Mapping[str, Any]) -> str:
    """Where the work of the closed cycle is done."""
    whole, off = figures["closed_cycle_kt"], figures["work_off_kt"]
    share = f", {rounded(off / whole, '.0%')} of it to disconnect" if whole > 0 and 0 <= off <= whole else ""
    return f"kT of work per image{share}"


def _likeness(figures: Mapping[str, Any]) -> str:
    """How many images are not one of the prototypes."""
    unlike, mixed, negatives = (rounded(figures[name], ".0%") for name in ("unlike", "mixed", "negatives"))
    return f": {unlike} like no trained image, {mixed} a mixture of two; {negatives} nearer to a negative"


def training_sections(figures: Mapping[str, Any]) -> tuple[Section, ...]:
    """Of a training."""
    last = figures["training"][-1]
    note = f"per step after {last['cycles']} cycles; {rounded(last['floor'], '.1f')} of it by the noise alone"
    rows = tuple((entry["cycles"], entry["loss"]) for entry in figures["training"])
    return Facts((Fact("loss", last["loss"], note=note),)), Table(
        "Loss per step", (Column("cycles"), Column("loss")), rows
    )
