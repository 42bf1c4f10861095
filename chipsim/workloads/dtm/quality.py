"""Image quality: a Frechet distance on features of images, with floor and baselines.

d = |mu_a - mu_b|**2 + tr(C_a + C_b - 2 (C_a C_b)**(1/2)) of the features of two sets (Dowson & Landau 1982). The
features are those of `features.py`, not of InceptionV3: of a small classifier for Fashion-MNIST, of a classifier of
other data if they are labelled, else principal components. This is not the FID and cannot be compared with it. The
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
from chipsim.workloads.dtm.classifier_training import own_classifier
from chipsim.workloads.dtm.features import (
    Classifier,
    PrincipalComponents,
    load_classifier,
    principal_components,
)
from chipsim.workloads.dtm.images import read_images, spins_of
from chipsim.workloads.dtm.labels import read_classes
from chipsim.workloads.dtm.spec import ImagesSpec, LabelsSpec

MAX_IMAGES = 5000
FITTED = 20_000
BOOTSTRAPS = 50
MIXTURES = (1, 10, 100)
# Smallest number of images per component of a mixture.
PER_COMPONENT = 10
NEAREST = 8

Bits = NDArray[np.bool_]
Classes = NDArray[np.integer[Any]]
Features = Classifier | PrincipalComponents


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
        features: what was compared.
        count: images compared.
        distances: of the images, of real ones (the floor), and of the baselines.
        classes: (images, data): shares of the predicted classes, both (classes,); None without a classifier.
        accuracy: of the classifier on held-out images; None without a classifier, or where it was not tested.
        precision: share of the images that are classified as the requested class; None without requests or classifier.
        nearest: (NEAREST,) pixels in which the first images differ from their nearest neighbours in the data.
        neighbours: (NEAREST, pixels) these nearest neighbours.
    """

    features: str
    count: int
    distances: tuple[Distance, ...]
    classes: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    accuracy: float | None
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


def assess_result(images: NDArray[np.uint8], meaning: dict[str, Any], requested: Classes | None = None) -> Quality:
    """Compare images of a result with the data of the model that drew them.

    Args:
        images: (n, rows, columns) bytes, as a run stores them.
        meaning: of the weights in the run (`Dtm.meaning`).
        requested: (n,) class requested for each image, if any.

    Raises:
        ProblemError: the images are too few or have several bits per pixel, or the data are missing.
    """
    data = real_bits(meaning)
    return assess(images.reshape(len(images), -1) > 127, data, features_for(data, meaning), requested)


def features_for(data: Bits, meaning: dict[str, Any]) -> Features:
    """The features on which images are compared with data (images, pixels) of a model.

    Raises:
        ProblemError: the labels are missing, or do not match the images.
    """
    shipped = load_classifier()
    if meaning["images"]["source"] == "fashion-mnist" and data.shape[1] == len(shipped.first):
        return shipped
    if meaning.get("labels") is None:
        return principal_components(data)
    labels = LabelsSpec.model_validate(meaning["labels"])
    return own_classifier(data, read_classes(labels, len(data)), labels.classes)


def real_bits(meaning: dict[str, Any]) -> Bits:
    """The data of a model, (images, pixels).

    Raises:
        ProblemError: they have several bits per pixel or are missing.
    """
    spec = ImagesSpec.model_validate(meaning["images"])
    if spec.bits_per_pixel != 1:
        complaint = f"images are compared at 1 bit per pixel; these have {spec.bits_per_pixel}"
        raise ProblemError(complaint, code="data.wrong-shape")
    data: Bits = spins_of(read_images(spec), spec, np.random.default_rng(0)) > 0
    return data


class Yardstick:
    """Real images, split once into reference, floor and training set of the baselines.

    At most half of them are the reference. Of fewer than 10,000, none are left for the baselines, which then use the
    reference.

    Args:
        data: (m, pixels) real.
        features: of images.
        count: images in each compared set, fewer if there are not as many real ones beside the reference.
        seed: of the split, the bootstrap and the baselines.
    """

    def __init__(self, data: Bits, features: Features, count: int, seed: int = 0) -> None:
        goal = min(MAX_IMAGES, len(data) // 2)
        self.count = min(count, len(data) - goal)
        if self.count <= 2 * features.width:
            raise ProblemError(
                f"{self.count} images are too few for the covariance of {features.width} features; "
                "run with more --lanes, and give more data",
                code="data.too-few",
            )
        self.features = features
        self.random = np.random.default_rng(seed)
        order = self.random.permutation(len(data))
        self.reference, self.real = data[order[:goal]], data[order[goal : goal + self.count]]
        rest = data[order[2 * MAX_IMAGES :][:FITTED]]
        self.rest = rest if len(rest) else self.reference
        self.goal = features.features(self.reference)

    def distance(self, name: str, bits: Bits) -> Distance:
        """Distance of the first `count` of some images."""
        return _distance(name, self.features.features(bits[: self.count]), self.goal, self.random)

    def baselines(self) -> Iterator[Distance]:
        """Distances of real images, independent pixels, and mixtures."""
        yield self.distance("real images (floor)", self.real)
        for components in (number for number in MIXTURES if PER_COMPONENT * number <= len(self.rest)):
            name = "independent pixels" if components == 1 else f"Bernoulli mixture, {components} components"
            yield self.distance(
                name, draw_mixture(*fit_mixture(self.rest, components, self.random), self.count, self.random)
            )


def assess(images: Bits, data: Bits, features: Features, requested: Classes | None = None, seed: int = 0) -> Quality:
    """Compare images (n, pixels) with data (m, pixels), and with the classes requested (n,); see `Yardstick`."""
    yardstick = Yardstick(data, features, min(len(images), MAX_IMAGES), seed)
    count = yardstick.count
    distances = (yardstick.distance("images", images), *yardstick.baselines())
    apart, found = nearest_images(images[:NEAREST], data)
    shares = accuracy = precision = None
    if isinstance(features, Classifier):
        accuracy = features.accuracy
        shares = class_shares(features, images[:count]), class_shares(features, yardstick.reference)
        precision = None if requested is None else precision_of(features, images[:count], requested[:count])
    return Quality(features.title, count, distances, shares, accuracy, precision, apart, found)


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


def class_shares(classifier: Classifier, bits: Bits) -> NDArray[np.float64]:
    """(classes,) share of each predicted class."""
    return np.bincount(classifier.classes(bits), minlength=len(classifier.second_bias)) / len(bits)


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
