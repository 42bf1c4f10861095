"""What `dtm_fashion.py` concludes, sentence by sentence, each from the figures that it is given.

A sentence names its figure with scope, interval and basis; a claim that the figures do not support is not made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from dtm_fashion_costs import PIXELS
from dtm_fashion_quality import FEATURES, HELD_OUT, Distances, Judged, Measured
from numpy.typing import NDArray
from readme import SIMULATED, Table

from chipsim.rounding import rounded
from chipsim.statistics.intervals import NORMAL_95
from chipsim.workloads.dtm.modes import CHAINS, COMPONENTS, SlowModes
from chipsim.workloads.dtm.quality import MAX_IMAGES
from chipsim.workloads.dtm.training import PROJECTIONS

OURS = "denoising model"
# Of the distances to the nearest training image.
PERCENTILES = (0, 5, 25, 50)
# Below this probability it is not called chance.
UNLIKELY = 0.05


@dataclass(frozen=True)
class Images:
    """All judged generators.

    Attributes:
        ours: the denoising model, its images drawn in the order mixed.
        others: the same model in other conditions (sorted order, finer weights), by name.
        monoliths: single Boltzmann machines, told the class.
        untold: such a machine that is told no class.
        small: a denoising model of the same size that is told no class, trained for a short time.
        baselines: simple models, fitted to the data.
        floor: real images.
    """

    ours: Judged
    others: dict[str, Judged]
    monoliths: list[Judged]
    untold: Judged
    small: Judged
    baselines: list[Judged]
    floor: Judged


def better(images: Images) -> list[Judged]:
    """Baselines with no more parameters that are clearly nearer to the data on every set of features, best on average
    over these first.
    """
    ours = images.ours
    found = [b for b in images.baselines if b.parameters <= ours.parameters and nearer(b, ours)]
    return sorted(found, key=mean_share(ours))


def mean_share(ours: Judged) -> Callable[[Judged], float]:
    """Mean over the sets of features of a distance in units of that of the model."""
    return lambda j: float(np.mean([j.distances[key].value / ours.distances[key].value for key in FEATURES]))


def unbeaten(images: Images) -> list[Judged]:
    """Baselines with no more parameters that the model does not clearly beat on every set of features."""
    ours = images.ours
    return [b for b in images.baselines if b.parameters <= ours.parameters and not nearer(ours, b)]


def distances(judged: Judged) -> str:
    """Of all sets of features, in words."""
    return words(judged.distances)


def words(found: Distances) -> str:
    """Distances on all sets of features."""
    return " / ".join(
        f"{rounded(d.value, '.1f')} +- {rounded(d.half_width, '.1f')}" for d in (found[key] for key in FEATURES)
    )


def reading_sentences(images: Images) -> Iterator[str]:
    """How to read a distance."""
    yield (
        f"{SIMULATED} "
        "The denoising model turns noise into an image in layers, each a Boltzmann machine that the chip samples; a "
        "monolith is one such machine by itself; a Bernoulli mixture picks one of several mean images and draws each "
        "pixel on its own. How to read a distance: it compares the mean and the covariance of 64 features of generated "
        "images with those of real ones (Frechet distance, not the FID); 0 would be equal, and smaller is better. "
        f"Three values stand for three sets of features: {' / '.join(FEATURES)}. Each set has {MAX_IMAGES:,} images; "
        "+- is a 95 % interval. "
        f"Two sets of real images are {distances(images.floor)} apart."
    )


def quality_sentences(images: Images) -> Iterator[str]:
    """What the distances say of the model, its baselines and its variants."""
    ours = images.ours
    yield (
        f"The images of the denoising model are at a distance of {distances(ours)} from real ones. The intervals are "
        "those of the images of one training: here and below, a Boltzmann machine or denoising model that was trained "
        "once stands for this training, and another one might rank otherwise."
    )
    beaten = unbeaten(images)
    if beaten:
        names = "; ".join(f"{b.name}, {b.parameters:,} parameters ({distances(b)})" for b in beaten)
        yield f"Of the baselines with no more parameters than its {ours.parameters:,}, it does not beat: {names}."
    else:
        yield f"It beats every baseline with no more parameters than its {ours.parameters:,}, on all sets of features."
    yield from monolith_sentences(images)
    for name, other in images.others.items():
        gap = {key: ours.distances[key].value - other.distances[key].value for key in FEATURES}
        wide = {
            key: float(np.hypot(ours.distances[key].half_width, other.distances[key].half_width)) for key in FEATURES
        }
        told = " / ".join(f"{rounded(gap[key], '+.2f')} +- {rounded(wide[key], '.2f')}" for key in FEATURES)
        close = [key for key in FEATURES if gap[key] < -wide[key]]
        farther = [key for key in FEATURES if gap[key] > wide[key]]
        words = [
            f"the model is {word} the data on {'all sets of features' if len(keys) == len(FEATURES) else each(keys)}"
            for word, keys in (("nearer to", close), ("farther from", farther))
            if keys
        ]
        verdict = "; ".join(words) or "no difference is resolved"
        yield f"Distance of the model less that of {name}, each at 95 % by itself: {told}; {verdict}."


def each(keys: Sequence[str]) -> str:
    """`the 64 principal components only`."""
    return f"the {' and the '.join(keys)} only"


def monolith_sentences(images: Images) -> Iterator[str]:
    """Denoising model, monoliths and class means, all told the class."""
    ours, told = images.ours, [b for b in images.baselines if b.told]
    behind = [m for m in images.monoliths if nearer(ours, m)]
    if len(behind) == len(images.monoliths):
        yield (
            f"It beats all {len(behind)} monoliths, trained once each, at equal sweeps per image, told the class as it "
            f"is, on all sets of features; they have {behind[0].parameters:,} parameters, and each of their images "
            "starts from a heated array."
        )
    for b in told:
        if all(nearer(b, m) for m in images.monoliths):
            yield f"Told the class too, {b.name} ({distances(b)}) beats all these monoliths without a single coupler."
    if len({by_distance(images.monoliths, key)[0].name for key in FEATURES}) > 1:
        yield "Which of these monoliths is nearest to the data depends on the features: none is on all."


def by_distance(judged: Sequence[Judged], key: str) -> list[Judged]:
    """Nearest to the data first."""
    return sorted(judged, key=lambda j: j.distances[key].value)


def test_sentences(images: Images) -> Iterator[str]:
    """How often a classifier tells generated images from real ones, and whether that ranks as the distances do."""
    every = [images.ours, *images.monoliths, images.untold, images.small, *images.baselines]
    hidden = [j for j in every if j.apart.value - j.apart.half_width <= 0.5]
    yield (
        f"Two-sample test: a classifier of 64 hidden units, trained on {MAX_IMAGES - HELD_OUT:,} generated and as many "
        f"real images, sorts {2 * HELD_OUT:,} images that it has not seen, half of them real, into generated and real. "
        'The share that it sorts right is "told apart" in the table (50 % is chance, and less is better; one '
        "classifier each, intervals over the images sorted): of the denoising model "
        f"{share(images.ours.apart)}, of real images, the floor, {share(images.floor.apart)}."
    )
    if hidden:
        yield f"It does not tell from the data: {'; '.join(j.name for j in hidden)}."
    else:
        yield "It tells every generator from the data: none of them passes for Fashion-MNIST."
    for a in every:
        others = [f'"{b.name}"' for b in every if nearer(a, b) and b.apart.clearly_below(a.apart)]
        if others:
            yield (
                f'The test and the distances do not rank alike: the images of "{a.name}" are nearer to the data by all '
                f"three distances, yet told from it more often, than those of {listed(others)}."
            )


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def nearer(first: Judged, second: Judged) -> bool:
    """Whether the first is clearly nearer to the data on all sets of features."""
    return all(first.distances[key].clearly_below(second.distances[key]) for key in FEATURES)


def proportion(value: float, count: int = MAX_IMAGES) -> Measured:
    """A share of so many images, with its binomial interval."""
    return Measured(value, NORMAL_95 * float(np.sqrt(value * (1 - value) / count)))


def share(measured: Measured) -> str:
    """A share with its interval."""
    return f"{rounded(measured.value, '.1%')} +- {rounded(measured.half_width, '.1%')}"


def class_sentences(images: Images, real: float, count: int, classes: int) -> Iterator[str]:
    """Whether images are of the class that their label asks for, beside `count` images of the data."""
    asked = [j for j in (images.ours, *images.monoliths, *images.baselines) if j.precision is not None]
    data = proportion(real, count)
    above = [j.name for j in asked if data.clearly_below(proportion(j.precision or 0.0))]
    note = (
        f" More often than in the data, so that images are more typical of their class than real ones: "
        f"{'; '.join(above)}."
        if above
        else ""
    )
    yield (
        f"The shipped classifier sees the class asked for in {share(proportion(images.ours.precision or 0.0))} of the "
        f"images of the denoising model (others in the table), in {rounded(real, '.1%')} of the data, and by chance in "
        f"{rounded(1 / classes, '.0%')}.{note}"
    )


def quality_tables(judged: Sequence[Judged]) -> Iterator[Table]:
    """All generators, nearest to the data first."""
    nearest = sorted(judged, key=lambda j: j.distances[FEATURES[0]].value)
    yield Table(
        f"Generated images beside the data, in the order of their distance by the {FEATURES[0]}",
        ("images", "parameters", "told the class", "fits", *FEATURES, "told apart", "class asked for"),
        tuple(
            (
                j.name,
                f"{j.parameters:,}" if j.parameters else "-",
                "yes" if j.told else "no",
                str(j.fits) if j.parameters else "-",
                *distances(j).split(" / "),
                share(j.apart),
                "-" if j.precision is None else share(proportion(j.precision)),
            )
            for j in nearest
        ),
    )


def neighbour_sentences(ours: NDArray[np.int64], real: NDArray[np.int64]) -> Iterator[str]:
    """Whether images are copies: distance to the nearest training image, beside that of real images held out."""
    mine, new = (np.percentile(apart, PERCENTILES) for apart in (ours, real))
    told = ", ".join(
        f"{rounded(a, '.0f')} against {rounded(b, '.0f')} "
        f"({'the least' if not at else 'the median' if at == 50 else f'{at}th percentile'})"
        for at, a, b in zip(PERCENTILES, mine, new, strict=True)
    )
    near = int((mine < new).sum())
    verdict = (
        "they are nearer at none of these (that they are farther is no merit)"
        if not near
        else "they are nearer at all of these, as copies are"
        if near == len(PERCENTILES)
        else f"they are nearer at {near} of these {len(PERCENTILES)}"
    )
    yield (
        f"Of {PIXELS} pixels, the nearest training image differs from a drawn image ({len(ours)} of them), against a "
        f"real image held out ({len(real)}), in {told}: {verdict}. Equal to a training image are "
        f"{int((ours == 0).sum())} drawn and {int((real == 0).sum())} held-out images."
    )


def mixing_sentences(projections: Sequence[float], modes: Sequence[SlowModes]) -> Iterator[str]:
    """How much of a chain's state is left after K sweeps, as far as this was looked at."""
    inputs, half = len(modes[0].components), CHAINS // 2
    yield (
        "Mixing: r_yy[K] is the correlation of a quantity with itself K sweeps later, where K is what a layer takes "
        "for an image; 0 means that the chain has forgotten its state. Looked at were, in each layer, "
        f"{PROJECTIONS} random projections, and for each of {inputs} held-out inputs the first {COMPONENTS} principal "
        f"components of the layer's own samples and its slowest single cell ({half} chains of the input find these, "
        f"{half} others measure them). Modes that vary less were not looked at."
    )
    yield (
        "Of the random projections, which dilute single slow modes, the slowest has "
        f"{rounded(max(projections), '.3f')} (layer {int(np.argmax(projections)) + 1})."
    )
    figures = [found.figures() for found in modes]
    slowest = max(range(len(modes)), key=lambda layer: float(figures[layer]["component_worst"]))
    worst, chance = figures[slowest], max(found["chance_worst"] for found in figures)
    pairs = inputs * len(modes)
    slow = sum(int((found.components > chance).sum()) for found in modes)
    told = (
        f"The slowest principal component has {rounded(worst['component_worst'], '.2f')} in the worst input and "
        f"{rounded(worst['component_median'], '.2f')} in the median one (layer {slowest + 1}), that of the slowest "
        f"cell up to {rounded(max(found['cell_worst'] for found in figures), '.2f')}. Where another chain of the same "
        f"input stands in for the chain K sweeps later, the same figure is the work of chance: in the {pairs} pairs of "
        f"input and layer its largest value is {rounded(chance, '.2f')}. In {slow} of the {pairs} pairs the real one "
        "is larger"
    )
    if slow and (likely := exceeding(slow, pairs)) < UNLIKELY:
        yield (
            f"{told}; by chance alone so many or more would be with a probability of {rounded(likely, '.1g')} (pairs "
            "independent). So there are slow modes, in which K sweeps do not forget the start."
        )
    else:
        yield f"{told}: no slow mode is resolved."


def exceeding(many: int, of: int) -> float:
    """Probability that at least so many of some values are above the largest of as many others of the same law."""
    return math.prod((of - n) / (2 * of - n) for n in range(many))
