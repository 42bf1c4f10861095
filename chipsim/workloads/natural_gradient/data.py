"""Images and classes for a classifier."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.workloads.labelled_images import testing_images, training_images
from chipsim.workloads.natural_gradient.spec import DataSpec


class Data(NamedTuple):
    """Inputs (images, pixels), of mean 0 and variance 1 over all pixels of the training images, and classes from 0."""

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]
    test_inputs: NDArray[np.float64]
    test_labels: NDArray[np.int64]


def read_data(spec: DataSpec) -> Data:
    """The images that a file describes.

    Raises:
        ProblemError: files are missing or inconsistent.
    """
    training, test = training_images(spec), testing_images(spec)
    images, test_inputs = _pooled(training.grey, spec.pool), _pooled(test.grey, spec.pool)
    mean, spread = float(images.mean()), float(images.std())
    if spread == 0:
        raise ProblemError("all pixels of all images are equal", code="data.wrong-values")
    return Data((images - mean) / spread, training.classes, (test_inputs - mean) / spread, test.classes)


def _pooled(grey: NDArray[np.float32], pool: int) -> NDArray[np.float64]:
    """Means over squares: (images, rows, columns) -> (images, inputs)."""
    rows, columns = (side // pool for side in grey.shape[1:])
    squares = grey.astype(np.float64).reshape(len(grey), rows, pool, columns, pool)
    means: NDArray[np.float64] = squares.mean(axis=(2, 4)).reshape(len(grey), -1)
    return means
