"""How good the images of `dtm_fashion.py` are: distances on three sets of features, a two-sample test, neighbours.

Every simple baseline is fitted with and without the classes that the model is told, from several starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from train_features import images_and_labels

from chipsim.statistics.intervals import NORMAL_95, mean_ci95
from chipsim.workloads.dtm.classifier_training import trained
from chipsim.workloads.dtm.features import HIDDEN, load_classifier, principal_components
from chipsim.workloads.dtm.quality import (
    BOOTSTRAPS,
    FITTED,
    MAX_IMAGES,
    Bits,
    draw_mixture,
    fit_mixture,
    frechet,
    precision_of,
)
from chipsim.workloads.dtm.quality import Features as AnyFeatures

CLASSES = 10
STARTS = 5
# Components of the baselines, without classes and with them: as many in all, a tenth of them a class.
UNTOLD, TOLD = (1, 10, 100), (10, 100)
HELD_OUT = 1000  # of each side of the two-sample test
REPEATS = 4  # of its training images in an epoch: half as many steps as the shipped classifier took
NEIGHBOURS = 500
FEATURES = ("shipped classifier", "second classifier", "64 principal components")

# By set of features.
Distances = Mapping[str, "Measured"]

Features = Callable[[Bits], NDArray[np.float32]]


@dataclass(frozen=True)
class Measured:
    """A value and the half width of its 95 % interval."""

    value: float
    half_width: float

    def clearly_below(self, other: Measured) -> bool:
        """Whether the difference is outside the interval of the difference."""
        return other.value - self.value > float(np.hypot(self.half_width, other.half_width))


@dataclass(frozen=True)
class Judged:
    """A generator of images.

    Attributes:
        name: of the generator.
        parameters: of the model; 0 for real images.
        told: whether images are asked for by class.
        fits: fits behind the figures; with more than one, their spread is part of the intervals.
        distances: Frechet distance by set of features.
        apart: share that a classifier tells from real images, on images that it has not seen; 50 % is chance.
        precision: share of the images in which the shipped classifier sees the class asked for, or None.
    """

    name: str
    parameters: int
    told: bool
    fits: int
    distances: Distances
    apart: Measured
    precision: float | None


class Judge:
    """Real images, split once: reference, floor, training set of the baselines; and the sets of features."""

    def __init__(self, data: Bits, labels: NDArray[np.uint8], seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        order = self.random.permutation(len(data))
        self.reference = data[order[:MAX_IMAGES]]
        floor = order[MAX_IMAGES : 2 * MAX_IMAGES]
        self.floor, self.floor_labels = data[floor], labels[floor]
        rest = order[2 * MAX_IMAGES :]
        self.rest, self.rest_labels = data[rest], labels[rest]
        self.shipped = load_classifier()
        second = trained(self.rest, self.rest_labels, CLASSES, seed=1)
        # As many components as the classifiers have features.
        judges: list[AnyFeatures] = [self.shipped, second, principal_components(self.rest, HIDDEN)]
        self.features: dict[str, Features] = {n: j.features for n, j in zip(FEATURES, judges, strict=True)}
        self.goals = {name: features(self.reference) for name, features in self.features.items()}

    def judged(
        self,
        name: str,
        fits: list[Bits],
        parameters: int,
        requested: NDArray[np.integer] | None = None,
    ) -> Judged:
        """Figures of a generator from the images of each of its fits, `MAX_IMAGES` each."""
        precision = None if requested is None else precision_of(self.shipped, fits[0], requested)
        apart = self.told_apart(fits[0])
        return Judged(name, parameters, requested is not None, len(fits), self.measured(fits), apart, precision)

    def measured(self, fits: list[Bits]) -> Distances:
        """Distances of the images of each fit, `MAX_IMAGES` each."""
        return {
            key: combined([self._distance(features(bits), self.goals[key]) for bits in fits])
            for key, features in self.features.items()
        }

    def _distance(self, features: NDArray[np.float32], goal: NDArray[np.float32]) -> Measured:
        """Resampling is biased: only the spread of the bootstrap is used."""
        again = [frechet(features[self._resampled(len(features))], goal) for _ in range(BOOTSTRAPS)]
        return Measured(frechet(features, goal), NORMAL_95 * float(np.std(again, ddof=1)))

    def _resampled(self, count: int) -> NDArray[np.int64]:
        return self.random.integers(0, count, count)

    def told_apart(self, bits: Bits) -> Measured:
        """How often a fresh classifier tells images from real ones, on images that neither side trained on."""
        both = np.concatenate([bits[HELD_OUT:], self.reference[HELD_OUT:]])
        sides = np.repeat([0, 1], [len(bits) - HELD_OUT, MAX_IMAGES - HELD_OUT])
        judge = trained(np.tile(both, (REPEATS, 1)), np.tile(sides, REPEATS), 2, seed=2)
        right = [judge.classes(bits[:HELD_OUT]) == 0, judge.classes(self.reference[:HELD_OUT]) == 1]
        share = float(np.mean(right))
        return Measured(share, NORMAL_95 * float(np.sqrt(share * (1 - share) / (2 * HELD_OUT))))

    def baselines(self) -> Iterator[Judged]:
        """Bernoulli mixtures, without and with classes; one component is independent pixels."""
        pixels = self.rest.shape[1]
        for components in UNTOLD:
            name = "independent pixels" if components == 1 else f"Bernoulli mixture, {components} components"
            starts = 1 if components == 1 else STARTS
            fits = [self._drawn(self.rest[:FITTED], components, MAX_IMAGES) for _ in range(starts)]
            yield self.judged(name, fits, components * pixels + components - 1)
        requested = np.arange(MAX_IMAGES) % CLASSES
        for components in TOLD:
            each = components // CLASSES
            name = "class means of independent pixels" if each == 1 else f"Bernoulli mixture, {each} components a class"
            fits = [self._by_class(each) for _ in range(1 if each == 1 else STARTS)]
            yield self.judged(name, fits, components * pixels + CLASSES * (each - 1), requested)

    def _drawn(self, data: Bits, components: int, count: int) -> Bits:
        """Images of a mixture whose means are rounded to 8 bits, as the digital contender holds them."""
        shares, means = fit_mixture(data, components, self.random)
        return draw_mixture(shares, np.round(means * 256) / 256, count, self.random)

    def _by_class(self, components: int) -> Bits:
        """Images whose classes come in turn."""
        images = np.zeros((MAX_IMAGES, self.rest.shape[1]), bool)
        for label in range(CLASSES):
            own = self.rest[self.rest_labels == label][: FITTED // CLASSES]
            images[label::CLASSES] = self._drawn(own, components, MAX_IMAGES // CLASSES)
        return images


def combined(fits: list[Measured]) -> Measured:
    """The mean of fits: the interval holds the bootstrap of one and the spread of all."""
    values = np.array([fit.value for fit in fits])
    return Measured(float(values.mean()), float(np.hypot(fits[0].half_width, mean_ci95(values) or 0.0)))


def nearest(images: Bits, data: Bits) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(pixels by which each of the first images differs from the nearest of the data, which that is)."""
    x, y = images[:NEIGHBOURS].astype(np.float32), data.astype(np.float32)
    apart = x.sum(axis=1)[:, None] + y.sum(axis=1) - 2 * (x @ y.T)
    return apart.min(axis=1).astype(np.int64), apart.argmin(axis=1)


def held_out() -> Bits:
    """Real images that no model has seen."""
    return images_and_labels("t10k")[0]
