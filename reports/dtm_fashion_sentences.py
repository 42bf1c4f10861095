"""What `dtm_fashion.py` concludes, sentence by sentence, each from the figures that it is given.

A sentence names its figure with scope, interval and basis; a claim that the figures do not support is not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from dtm_fashion_costs import (
    ACCOUNTINGS,
    ARRAY,
    CHIP_ALONE,
    EVERYTHING,
    GATED,
    NAMES,
    PIPELINED,
    RELOADED,
    Energies,
)
from dtm_fashion_quality import FEATURES, HELD_OUT, Distances, Judged, Measured
from numpy.typing import NDArray

from chipsim.statistics.intervals import NORMAL_95
from chipsim.units import show, show_ratio
from chipsim.workloads.dtm.modes import CHAINS, COMPONENTS, SlowModes
from chipsim.workloads.dtm.quality import MAX_IMAGES
from chipsim.workloads.dtm.training import PROJECTIONS

MANY, ONE = 10_000, 1
UTILISATION, FULL, TENSOR = "fp32, 10%", "fp32, 100%", "tensor, 10%"
OURS = "denoising model"


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
    found = [
        b
        for b in images.baselines
        if b.parameters <= ours.parameters
        and all(b.distances[key].clearly_below(ours.distances[key]) for key in FEATURES)
    ]
    return sorted(found, key=mean_share(ours))


def mean_share(ours: Judged) -> Callable[[Judged], float]:
    """Mean over the sets of features of a distance in units of that of the model."""
    return lambda j: float(np.mean([j.distances[key].value / ours.distances[key].value for key in FEATURES]))


def unbeaten(images: Images) -> list[Judged]:
    """Baselines with no more parameters that the model does not clearly beat on every set of features."""
    ours = images.ours
    return [
        b
        for b in images.baselines
        if b.parameters <= ours.parameters
        and not all(ours.distances[key].clearly_below(b.distances[key]) for key in FEATURES)
    ]


def distances(judged: Judged) -> str:
    """Of all sets of features, in words."""
    return words(judged.distances)


def words(found: Distances) -> str:
    """Distances on all sets of features."""
    return " / ".join(f"{d.value:.1f} +- {d.half_width:.1f}" for d in (found[key] for key in FEATURES))


def reading_sentences(images: Images) -> Iterator[str]:
    """How to read a distance."""
    yield (
        "How to read a distance: it compares the mean and the covariance of 64 features of generated images with those "
        "of real ones (Frechet distance, not the FID); 0 would be equal, and smaller is better. Three values stand for "
        f"three sets of features: {' / '.join(FEATURES)}. Each set has {MAX_IMAGES:,} images; +- is a 95 % interval. "
        f"Two sets of real images are {distances(images.floor)} apart."
    )


def pick(energies: Sequence[Energies], accounting: str, mapping: str = RELOADED, order: str = "mixed") -> Energies:
    """The energies of one accounting, mapping and order."""
    (found,) = (e for e in energies if (e.accounting, e.mapping, e.order) == (accounting, mapping, order))
    return found


def ratio(energies: Energies, contender: str, board: str, scope: str, images: int) -> str:
    """How many times as much a contender takes in the same scope, with the range by the prices of the chip."""
    rival = energies.rivals[contender, board][scope][images]
    cost = energies.scopes[scope]
    low, high = cost.range_j[images]
    least, found, most = (show_ratio(rival / energy) for energy in (high, cost.energy_j[images], low))
    return f"{found} times as much ({least} to {most})"


def contender_sentences(images: Images, energies: Sequence[Energies]) -> Iterator[str]:
    """The comparison with a simple digital model that is at least as good."""
    ahead = [b for b in better(images) if (b.name, UTILISATION) in pick(energies, "parts").rivals]
    if not ahead:
        return
    best, ours = ahead[0], images.ours
    yield (
        f"A simple digital model is better: a {best.name} with {best.parameters:,} parameters, where the denoising "
        f"model has {ours.parameters:,}, is at a distance of {distances(best)} from real images, the denoising "
        f"model at {distances(ours)}."
    )
    chip = {order: pick(energies, "parts", order=order) for order in ("mixed", "sorted")}
    cost = chip["mixed"].scopes[EVERYTHING]
    rival = chip["mixed"].rivals[best.name, UTILISATION][EVERYTHING]
    low, high = cost.range_j[MANY]
    yield (
        f"Everything counted on both sides, host and links included, and the chip priced by parts "
        f"({ACCOUNTINGS['parts']}), an image of that model on an A100 at 10 % of its fp32 peak takes "
        f"{show(rival[MANY], 'J', 3)} at 10,000 images per load of the parameters, and an image of the chip "
        f"{show(cost.energy_j[MANY], 'J', 3)} ({show(low, 'J', 3)} to {show(high, 'J', 3)} with the bounds of the "
        f"prices) with mixed labels: the GPU takes {ratio(chip['mixed'], best.name, UTILISATION, EVERYTHING, MANY)}, "
        f"with labels sorted by class {ratio(chip['sorted'], best.name, UTILISATION, EVERYTHING, MANY)}, and at one "
        f"image per load {ratio(chip['mixed'], best.name, UTILISATION, EVERYTHING, ONE)}. The ranges are by the prices "
        "of the chip; the GPU's side is at nominal prices and rests on the FLOP method, which is assumed. The GPU's "
        "images are nearer to the data, so this is not energy at equal quality."
    )
    yield from assumption_sentences(best.name, energies)
    low, high = cost.range_j[ONE]
    if rival[ONE] < low:
        yield "At one image per load the GPU takes less than the chip at all prices within their bounds."
    elif rival[ONE] < high:
        yield "Which of them takes less at one image per load depends on the prices within their bounds."


def assumption_sentences(contender: str, energies: Sequence[Energies]) -> Iterator[str]:
    """What the lead becomes under other prices and at the full peak of the GPU."""
    told, ratios = [], []
    for accounting, table in ACCOUNTINGS.items():
        found = pick(energies, accounting)
        for board, how in ((UTILISATION, "at 10 %"), (FULL, "at 100 %")):
            if (contender, board) in found.rivals:
                rival = found.rivals[contender, board][EVERYTHING][MANY]
                ratios.append(rival / found.scopes[EVERYTHING].energy_j[MANY])
                told.append(f"{show_ratio(ratios[-1])} ({accounting}, {table}, {how} of the peak)")
    turns = min(ratios) < 1 < max(ratios)
    yield (
        "The same ratio, everything counted, at 10,000 images per load and mixed labels, by the prices of the chip and "
        f"the use of the GPU's fp32 peak: {', '.join(told)}"
        f"{': which side takes less depends on these assumptions' if turns else ''}."
    )


def series_sentences(energies: Sequence[Energies], contender: str) -> Iterator[str]:
    """How many times as much the contender takes, scope by scope, one sentence an accounting."""
    for accounting, table in ACCOUNTINGS.items():
        found = pick(energies, accounting)
        rivals = found.rivals[contender, UTILISATION]
        steps = ", ".join(
            f"{show_ratio(rivals[s][MANY] / found.scopes[s].energy_j[MANY])} ({s})"
            for s in NAMES
            if found.scopes[s].energy_j
        )
        yield (
            f"Priced by {accounting} ({table}), at 10,000 images per load and mixed labels, {contender} on the GPU at "
            f"10 % takes this many times the energy of the chip, by scope: {steps}. The GPU is a whole board in all of "
            "them, so those without links and host, which leave these out on both sides, flatter the chip."
        )


def quality_sentences(images: Images) -> Iterator[str]:
    """What the distances say of the model, its baselines and its variants."""
    ours = images.ours
    yield (
        f"The images of the denoising model are at a distance of {distances(ours)} from real ones. The intervals are "
        "those of the images of one training."
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
        told = " / ".join(f"{gap[key]:+.2f} +- {wide[key]:.2f}" for key in FEATURES)
        nearer = [key for key in FEATURES if gap[key] < -wide[key]]
        farther = [key for key in FEATURES if gap[key] > wide[key]]
        words = [
            f"the model is {word} the data on {'all sets of features' if len(keys) == len(FEATURES) else each(keys)}"
            for word, keys in (("nearer to", nearer), ("farther from", farther))
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
    behind = [m for m in images.monoliths if all(ours.distances[k].clearly_below(m.distances[k]) for k in FEATURES)]
    if len(behind) == len(images.monoliths):
        yield (
            f"It beats all {len(behind)} monoliths at equal sweeps per image, told the class as it is, on all sets of "
            f"features; they have {behind[0].parameters:,} parameters, and each of their images starts from a heated "
            "array."
        )
    for b in told:
        if all(b.distances[k].clearly_below(m.distances[k]) for m in images.monoliths for k in FEATURES):
            yield f"Told the class too, {b.name} ({distances(b)}) beats all monoliths without a single coupler."
    if len({by_distance(images.monoliths, key)[0].name for key in FEATURES}) > 1:
        yield "Which monolith is nearest to the data depends on the features: no one penalty is best on all."


def by_distance(judged: Sequence[Judged], key: str) -> list[Judged]:
    """Nearest to the data first."""
    return sorted(judged, key=lambda j: j.distances[key].value)


def test_sentences(images: Images) -> Iterator[str]:
    """How often a classifier tells generated images from real ones."""
    every = [images.ours, *images.monoliths, images.untold, images.small, *images.baselines]
    hidden = [j for j in every if j.apart.value - j.apart.half_width <= 0.5]
    shown = sorted([*every, images.floor], key=lambda j: j.apart.value)
    told = ", ".join(f"{j.name} {share(j.apart)}" for j in shown)
    yield (
        f"A classifier of 64 hidden units, trained on {MAX_IMAGES - HELD_OUT:,} images of each side, tells generated "
        "from real images in "
        f"so many of {2 * HELD_OUT:,} others (50 % is chance): {told}."
    )
    if not hidden:
        yield "It tells every generator from the data: none of them passes for Fashion-MNIST."


def proportion(value: float) -> Measured:
    """A share of the images compared, with its binomial interval."""
    return Measured(value, NORMAL_95 * float(np.sqrt(value * (1 - value) / MAX_IMAGES)))


def share(measured: Measured) -> str:
    """A share with its interval."""
    return f"{measured.value:.0%} +- {measured.half_width:.0%}"


def class_sentences(images: Images, real: float, classes: int) -> Iterator[str]:
    """Whether images are of the class that their label asks for."""
    asked = [j for j in (images.ours, *images.monoliths, *images.baselines) if j.precision is not None]
    told = ", ".join(f"{j.name} {share(proportion(j.precision or 0.0))}" for j in asked)
    yield (
        f"The shipped classifier sees the class asked for in so many of the images: {told}; in {real:.0%} of the "
        f"data, and by chance in {1 / classes:.0%}. A share above that of the data is no better: such images are more "
        "typical of their class than real ones."
    )


def neighbour_sentences(ours: NDArray[np.int64], real: NDArray[np.int64]) -> Iterator[str]:
    """Whether images are copies: distance to the nearest training image, beside that of real images held out."""
    (low, middle), (real_low, real_middle) = (np.percentile(apart, [5, 50]) for apart in (ours, real))
    verdict = "nearer to them than new real images are" if low < real_low else "no nearer than new real images"
    yield (
        f"The nearest training image differs from an image in {middle:.0f} of 784 pixels in the median and {low:.0f} "
        f"at the 5th percentile ({len(ours)} images); from real images held out in {real_middle:.0f} and "
        f"{real_low:.0f}. Images are {verdict}."
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
        f"Of the random projections, which dilute single slow modes, the slowest has {max(projections):.3f} (layer "
        f"{int(np.argmax(projections)) + 1})."
    )
    figures = [found.figures() for found in modes]
    slowest = max(range(len(modes)), key=lambda layer: float(figures[layer]["component_worst"]))
    worst, chance = figures[slowest], max(found["chance_worst"] for found in figures)
    told = (
        f"{worst['component_worst']:.2f} in the worst input and {worst['component_median']:.2f} in the median one "
        f"(layer {slowest + 1}), that of the slowest cell up to {max(found['cell_worst'] for found in figures):.2f}; "
        f"between unrelated chains of an input, chance gives up to {chance:.2f}"
    )
    if worst["component_worst"] > chance:
        slow = sum(int((found.components > chance).sum()) for found in modes)
        yield (
            f"The slowest principal component has {told}. In {slow} of {inputs * len(modes)} pairs of input and layer "
            f"it is above {chance:.2f}: a slow mode, in which K sweeps do not forget the start."
        )
    else:
        yield f"The slowest principal component has {told}: no slow mode is resolved."


def cost_sentences(energies: Sequence[Energies], cells: int, working: int, layers: int, sweeps: int) -> Iterator[str]:
    """What an image costs by itself: in the scope of the paper, by order, by mapping."""
    paper = pick(energies, "flat").scopes[ARRAY].energy_j[MANY]
    # A layer starts with a sweep of all cells; those of a label are clamped in the others.
    update_j = paper / layers / (sweeps * working + cells)
    yield (
        f"In the scope of the paper, sampling alone at {show(update_j, 'J')} per update, an image costs "
        f"{show(paper, 'J')}, which is {paper / layers * 1e9:.3f} nJ per layer: {sweeps:,} sweeps of the {working:,} "
        f"cells that are not clamped to a label, after one of all {cells:,}. With all cells in every sweep it would be "
        f"{(sweeps + 1) * cells * update_j * 1e9:.3f} nJ (arXiv 2510.23972: 1.6)."
    )
    for order in ("mixed", "sorted"):
        cost = pick(energies, "parts", order=order).scopes[EVERYTHING]
        low, high = cost.range_j[MANY]
        how = "each told its label at each layer" if order == "mixed" else "one class per load, told once"
        yield (
            f"Everything counted and priced part by part, an image of a batch in the order {order} ({how}) costs "
            f"{show(cost.energy_j[ONE], 'J')} at one image per load, {show(cost.energy_j[100], 'J')} at 100 and "
            f"{show(cost.energy_j[MANY], 'J')} at 10,000 ({show(low, 'J', 3)} to {show(high, 'J', 3)} with the bounds "
            "of the prices)."
        )
    yield from mapping_sentences(energies)


def mapping_sentences(energies: Sequence[Energies]) -> Iterator[str]:
    """One reloaded array against an array a layer: energy and how often an image comes."""
    mappings = {
        "one reloaded array": pick(energies, "parts"),
        "an array a layer whose idle arrays are gated": pick(energies, "parts", GATED),
        "a pipelined array a layer": pick(energies, "parts", PIPELINED),
    }
    told = "; ".join(
        f"{name}: {show(e.scopes[EVERYTHING].energy_j[ONE], 'J')} at one image per load, "
        f"{show(e.scopes[EVERYTHING].energy_j[MANY], 'J')} at 10,000, an image every {show(e.interval_s, 's', 3)}"
        for name, e in mappings.items()
    )
    yield f"By mapping, mixed labels, everything counted, at nominal prices: {told}."


def history_sentences(energies: Sequence[Energies], decoder: str, best: str) -> Iterator[str]:
    """The published comparison, and what it becomes where both sides count the same."""
    flat = pick(energies, "flat")
    published = flat.rivals[decoder, UTILISATION][CHIP_ALONE][MANY] / flat.scopes[ARRAY].energy_j[MANY]
    if published < 1000:
        return
    yield (
        f"History: published ratios of ten thousand compare other things. The {decoder} (its images were not measured) "
        f"on a whole board at 10 % of its fp32 peak takes {show_ratio(published)} times what sampling alone takes in "
        f"the array. At these prices of the chip ({ACCOUNTINGS['flat']}), everything counted on both sides, it is "
        f"{ratio(flat, decoder, UTILISATION, EVERYTHING, MANY)} at 10,000 images per load, and at 10 % of the peak of "
        f"its tensor cores {ratio(flat, decoder, TENSOR, EVERYTHING, MANY)}. {best} in place of it, at 10 % of the "
        f"fp32 peak: {ratio(flat, best, UTILISATION, EVERYTHING, MANY)}."
    )
