"""64 features of a 28 x 28 binary image: the hidden units of a small classifier of Fashion-MNIST.

One hidden layer of ReLUs, trained by `reports/train_features.py` on images binarised like those of `fashion-dtm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.spec.presets import preset_root

HIDDEN = 64
CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


@dataclass(eq=False)
class Classifier:
    """Weights: first (784, 64), its biases (64,), second (64, 10), its biases (10,); float32."""

    first: NDArray[np.float32]
    first_bias: NDArray[np.float32]
    second: NDArray[np.float32]
    second_bias: NDArray[np.float32]

    def features(self, bits: NDArray[np.bool_]) -> NDArray[np.float32]:
        """(images, 784) bits -> (images, 64) hidden activities."""
        return np.maximum(bits.astype(np.float32) @ self.first + self.first_bias, 0)

    def classes(self, bits: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(images, 784) bits -> (images,) predicted class."""
        seen: NDArray[np.int64] = self.logits(self.features(bits)).argmax(axis=1)
        return seen

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(images, 64) -> (images, 10)."""
        return features @ self.second + self.second_bias


def shipped_path() -> Path:
    """Path of the shipped weights."""
    return preset_root() / "workloads/weights/fashion-features.npz"


def load_classifier() -> Classifier:
    """The shipped classifier; its weights are stored as float16."""
    with np.load(shipped_path(), allow_pickle=False) as held:
        names = ("first", "first_bias", "second", "second_bias")
        return Classifier(*(held[name].astype(np.float32) for name in names))
