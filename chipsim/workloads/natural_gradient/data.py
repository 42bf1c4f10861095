"""Images and classes for a classifier."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.images import image_path, read_grey, read_labels
from chipsim.workloads.natural_gradient.spec import DataSpec


class Data(NamedTuple):
    """Inputs (images, pixels), of mean 0 and variance 1 over all pixels of the training images, and classes from 0."""

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]
    test_inputs: NDArray[np.float64]
    test_labels: NDArray[np.int64]

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(max(self.labels.max(), self.test_labels.max())) + 1


def read_data(spec: DataSpec) -> Data:
    """The images that a file describes.

    Raises:
        ProblemError: there are none, or they do not go together.
    """
    images, labels = _pairs(spec, "train", spec.images, spec.labels, spec.train)
    test_images, test_labels = _pairs(spec, "t10k", spec.test_images, spec.test_labels, spec.test)
    if images.shape[1] != test_images.shape[1]:
        raise ProblemError(
            f"images for training have {images.shape[1]} pixels, those for testing {test_images.shape[1]}"
        )
    mean, spread = float(images.mean()), float(images.std())
    if spread == 0:
        raise ProblemError("all pixels of all images are the same; there is nothing to learn")
    data = Data((images - mean) / spread, labels, (test_images - mean) / spread, test_labels)
    if data.classes < 2:
        raise ProblemError("all labels are 0; a classifier needs two classes or more")
    return data


def _pairs(
    spec: DataSpec, part: str, images: str | None, labels: str | None, most: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    key = "data." + ("test_" if part == "t10k" else "")
    image_file = image_path(images or "fashion-mnist", f"{part}-images", f"{key}images")
    label_file = image_path(labels or "fashion-mnist", f"{part}-labels", f"{key}labels")
    grey, classes = read_grey(image_file), read_labels(label_file)
    if grey.ndim != 3 or classes.shape != (len(grey),) or not len(grey):
        raise ProblemError(
            f"{image_file}: an array of shape {grey.shape} for labels of shape {classes.shape}; wanted "
            "(images, rows, columns) and (images,)"
        )
    if most is not None and most > len(grey):
        raise ProblemError(f"{image_file}: holds {len(grey):,} images, wanted {most:,}")
    grey = grey[:most].astype(np.float64)
    if any(size % spec.pool for size in grey.shape[1:]):
        raise ProblemError(f"{image_file}: squares of {spec.pool} pixels do not fill images of {grey.shape[1:]} pixels")
    rows, columns = (size // spec.pool for size in grey.shape[1:])
    squares = grey.reshape(len(grey), rows, spec.pool, columns, spec.pool)
    return squares.mean(axis=(2, 4)).reshape(len(grey), -1), classes[:most]
