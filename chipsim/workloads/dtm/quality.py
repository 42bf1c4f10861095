"""Image quality: a Frechet distance on 64 features of a small classifier, with floor and baselines.

d = |mu_a - mu_b|**2 + tr(C_a + C_b - 2 (C_a C_b)**(1/2)) of the features of two sets (Dowson & Landau 1982). The
features are those of `features.py`, not of InceptionV3: this is not the FID and cannot be compared with it. The
estimate is biased upwards for small sets, so all sets have the same n and the same reference images.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.statistics.intervals import NORMAL_95
from chipsim.workloads.dtm.features import CLASSES, Classifier
from chipsim.workloads.dtm.images import read_images, spins_of
from chipsim.workloads.dtm.spec import ImagesSpec

MAX_IMAGES = 5000
FITTED = 20_000
BOOTSTRAPS = 50
MIXTURES = (1, 10, 100)
NEAREST = 8

Bits = NDArray[np.bool_]
Classes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Distance:
    """A Frechet distance to the reference, and the half width of its 95 % bootstrap interval over the set."""

    name: str
    value: float
    half_width: float


@dataclass(frozen=True, eq=False)
class Quality:
    """Quality of a set of images.

    Attributes:
        count: images compared.
        distances: of the images, of real ones (the floor), and of the baselines.
        classes: (images, data): shares of the predicted classes, both (10,).
        precision: share of the images that are classified as the requested class; None without requests.
        nearest: (NEAREST,) pixels in which the first images differ from their nearest neighbours in the data.
        neighbours: (NEAREST, pixels) these nearest neighbours.
    """

    count: int
    distances: tuple[Distance, ...]
    classes: tuple[NDArray[np.float64], NDArray[np.float64]]
    precision: float | None
    nearest: NDArray[np.int64]
    neighbours: Bits


def frechet(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Frechet distance of two sets of features, (n, d) and (m, d)."""
    (mean_a, cov_a), (mean_b, cov_b) = ((x.mean(axis=0), np.cov(x.T)) for x in (a.astype(float), b.astype(float)))
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)


def assess_result(
    images: NDArray[np.uint8], meaning: dict[str, Any], classifier: Classifier, requested: Classes | None = None
) -> Quality:
    """Compare images of a result with the data of the model that drew them.

    Args:
        images: (n, rows, columns) bytes, as a run stores them.
        meaning: of the weights in the run (`Dtm.meaning`).
        classifier: whose features are used.
        requested: (n,) class requested for each image, if any.

    Raises:
        ProblemError: the images do not fit the classifier, are too few, or the data are missing.
    """
    return assess(images.reshape(len(images), -1) > 127, real_bits(meaning, classifier), classifier, requested)


def real_bits(meaning: dict[str, Any], classifier: Classifier) -> Bits:
    """The data of a model, (images, pixels), if they fit the classifier.

    Raises:
        ProblemError: they do not fit or are missing.
    """
    spec = ImagesSpec.model_validate(meaning["images"])
    if spec.bits_per_pixel != 1 or spec.grid.bits != len(classifier.first):
        size = f"{spec.size[0]} x {spec.size[1]} pixels of {spec.bits_per_pixel} bits"
        raise ProblemError(
            f"the shipped features require 28 x 28 pixels of 1 bit; these images have {size}", code="data.wrong-shape"
        )
    data: Bits = spins_of(read_images(spec), spec, np.random.default_rng(0)) > 0
    return data


class Yardstick:
    """Real images, split once into reference, floor and training set of the baselines.

    Args:
        data: (m, pixels) real, at least 12,000.
        classifier: whose features are used.
        count: images in each compared set.
        seed: of the split, the bootstrap and the baselines.
    """

    def __init__(self, data: Bits, classifier: Classifier, count: int, seed: int = 0) -> None:
        if count <= 2 * classifier.first.shape[1]:
            raise ProblemError(
                f"{count} images are too few for the covariance of 64 features; run with --lanes 5000",
                code="data.too-few",
            )
        self.classifier = classifier
        self.count = count
        self.random = np.random.default_rng(seed)
        order = self.random.permutation(len(data))
        self.reference, self.real = data[order[:MAX_IMAGES]], data[order[MAX_IMAGES : MAX_IMAGES + count]]
        self.rest = data[order[2 * MAX_IMAGES :][:FITTED]]
        self.goal = classifier.features(self.reference)

    def distance(self, name: str, bits: Bits) -> Distance:
        """Distance of the first `count` of some images."""
        return _distance(name, self.classifier.features(bits[: self.count]), self.goal, self.random)

    def baselines(self) -> Iterator[Distance]:
        """Distances of real images, independent pixels, and mixtures."""
        yield self.distance("real images (floor)", self.real)
        for components in MIXTURES:
            name = "independent pixels" if components == 1 else f"Bernoulli mixture, {components} components"
            yield self.distance(
                name, draw_mixture(*fit_mixture(self.rest, components, self.random), self.count, self.random)
            )

    def shares(self, bits: Bits) -> NDArray[np.float64]:
        """(10,) share of each predicted class."""
        return _shares(self.classifier, bits)


def assess(
    images: Bits, data: Bits, classifier: Classifier, requested: Classes | None = None, seed: int = 0
) -> Quality:
    """Compare images (n, pixels) with data (m, pixels), and with the classes requested (n,); see `Yardstick`."""
    count = min(len(images), MAX_IMAGES)
    yardstick = Yardstick(data, classifier, count, seed)
    distances = (yardstick.distance("images", images), *yardstick.baselines())
    shares = (yardstick.shares(images[:count]), yardstick.shares(yardstick.reference))
    apart, found = nearest_images(images[:NEAREST], data)
    precision = None if requested is None else precision_of(classifier, images[:count], requested[:count])
    return Quality(count, distances, shares, precision, apart, found)


def precision_of(classifier: Classifier, bits: Bits, requested: Classes) -> float:
    """Share of images (n, pixels) that are classified as the requested class (n,)."""
    return float((classifier.classes(bits) == requested).mean())


def nearest_images(images: Bits, data: Bits) -> tuple[NDArray[np.int64], Bits]:
    """(pixels in which each differs from its nearest neighbour in the data, these neighbours)."""
    apart = [np.count_nonzero(data != image, axis=1) for image in images]
    found = [int(np.argmin(d)) for d in apart]
    return np.array([d[i] for d, i in zip(apart, found, strict=True)]), data[found]


def _distance(
    name: str, features: NDArray[np.float32], goal: NDArray[np.float32], random: np.random.Generator
) -> Distance:
    """Distance with its interval, which uses only the spread of the bootstrap, since resampling is biased."""
    again = [frechet(features[random.integers(0, len(features), len(features))], goal) for _ in range(BOOTSTRAPS)]
    return Distance(name, frechet(features, goal), NORMAL_95 * float(np.std(again, ddof=1)))


def _shares(classifier: Classifier, bits: Bits) -> NDArray[np.float64]:
    return np.bincount(classifier.classes(bits), minlength=len(CLASSES)) / len(bits)


def fit_mixture(
    bits: Bits, components: int, random: np.random.Generator, rounds: int = 25
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(shares, means) of a mixture of independent Bernoullis by expectation-maximisation; one component is exact."""
    x = bits.astype(np.float32)
    # Half a pseudo-count for each value, so that no probability is 0 or 1.
    means = (x[random.choice(len(x), components, replace=False)] + 0.5) / 2 if components > 1 else x[:1] * 0 + 0.5
    shares = np.full(components, 1 / components)
    for _ in range(rounds if components > 1 else 1):
        log = x @ (np.log(means) - np.log1p(-means)).T + np.log1p(-means).sum(axis=1) + np.log(shares)
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        total = weight.sum(axis=0)
        shares = (total + 1e-9) / (total + 1e-9).sum()
        means = ((weight.T @ x + 0.5) / (total[:, None] + 1)).astype(np.float32)
    return shares.astype(float), means.astype(float)


def draw_mixture(
    shares: NDArray[np.float64], means: NDArray[np.float64], count: int, random: np.random.Generator
) -> Bits:
    """Images of a mixture."""
    chosen = means[random.choice(len(shares), count, p=shares / shares.sum())]
    return random.random(chosen.shape) < chosen
