"""Features of binary images.

Fashion-MNIST: 64 hidden units of a small classifier of 28 x 28 pixels, one layer of ReLUs trained by
`reports/train_features.py` on images binarised like those of `fashion-dtm`. Any other data: the hidden units of a
classifier trained on them if they are labelled (`classifier_training.py`), else their principal components.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from chipsim.spec.presets import preset_root

HIDDEN = 64
COMPONENTS = 16
# Arrays of a classifier, by their names in files.
PARTS = ("first", "first_bias", "second", "second_bias")


@dataclass(eq=False)
class Classifier:
    """A classifier.

    Attributes:
        first, first_bias, second, second_bias: float32 weights (pixels, features), (features,), (features, classes),
            (classes,).
        title: what the features are.
        accuracy: share of held-out images that it classifies right; None where it was not tested.
    """

    first: NDArray[np.float32]
    first_bias: NDArray[np.float32]
    second: NDArray[np.float32]
    second_bias: NDArray[np.float32]
    title: str = "64 features of a small classifier"
    accuracy: float | None = None

    @property
    def parts(self) -> tuple[NDArray[np.float32], ...]:
        """The weights, in the order of `PARTS`."""
        return self.first, self.first_bias, self.second, self.second_bias

    def save(self, file: Path | BinaryIO, kind: type[np.floating[Any]] = np.float32) -> None:
        """Write the weights as .npz, as numbers of some kind."""
        np.savez_compressed(
            file,
            first=self.first.astype(kind),
            first_bias=self.first_bias.astype(kind),
            second=self.second.astype(kind),
            second_bias=self.second_bias.astype(kind),
        )

    @property
    def width(self) -> int:
        """Number of features."""
        return self.first.shape[1]

    def features(self, bits: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(images, pixels) bits -> (images, features) hidden activities."""
        return np.maximum(bits.astype(np.float32) @ self.first + self.first_bias, 0)

    def classes(self, bits: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(images, pixels) bits -> (images,) predicted class."""
        seen: NDArray[np.int64] = self.logits(self.features(bits)).argmax(axis=1)
        return seen

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(images, features) -> (images, classes)."""
        return features @ self.second + self.second_bias


@dataclass(eq=False)
class PrincipalComponents:
    """Projections of images on the principal axes of some data: mean (pixels,), axes (pixels, components); float32."""

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]

    @property
    def title(self) -> str:
        """What the features are."""
        return f"{self.width} principal components of the data"

    @property
    def width(self) -> int:
        """Number of features."""
        return self.axes.shape[1]

    def features(self, bits: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(images, pixels) bits -> (images, components)."""
        return ((bits.astype(np.float32) - self.mean) @ self.axes).astype(np.float32)


def principal_components(data: NDArray[np.bool_], most: int = COMPONENTS) -> PrincipalComponents:
    """The first components of data (images, pixels), at most `most` and a quarter of the images."""
    images, pixels = data.shape
    count = max(1, min(most, pixels, images // 4))
    values = data.astype(np.float64)
    mean = values.mean(axis=0)
    values -= mean
    # The smaller of two matrices with the same eigenvalues.
    if images < pixels:
        axes = values.T @ np.linalg.eigh(values @ values.T)[1][:, ::-1][:, :count]
        axes /= np.maximum(np.linalg.norm(axes, axis=0), np.finfo(float).tiny)
    else:
        axes = np.linalg.eigh(values.T @ values)[1][:, ::-1][:, :count]
    return PrincipalComponents(mean.astype(np.float32), axes.astype(np.float32))


def shipped_path() -> Path:
    """Path of the shipped weights."""
    return preset_root() / "workloads/weights/fashion-features.npz"


def read_classifier(file: Path | BinaryIO) -> Classifier:
    """A classifier that `Classifier.save` has written.

    Raises:
        OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile: the file is missing or damaged.
    """
    with np.load(file, allow_pickle=False) as held:
        return Classifier(*(held[name].astype(np.float32) for name in PARTS))


def load_classifier() -> Classifier:
    """The shipped classifier, of Fashion-MNIST."""
    return read_classifier(shipped_path())
