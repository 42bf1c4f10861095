"""Images and classes for a classifier."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.images import image_path, read_grey, read_labels
from chipsim.workloads.natural_gradient.spec import FILES, DataSpec


class Data(NamedTuple):
    """Inputs (images, pixels), of mean 0 and variance 1 over all pixels of the training images, and classes from 0."""

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]
    test_inputs: NDArray[np.float64]
    test_labels: NDArray[np.int64]


def data_files(spec: DataSpec) -> dict[str, Path]:
    """The files of images and labels, by key.

    Raises:
        ProblemError: a file is missing.
    """
    parts = zip(FILES, ("train-images", "train-labels", "t10k-images", "t10k-labels"), strict=True)
    return {key: image_path(getattr(spec, key) or "fashion-mnist", part, f"data.{key}") for key, part in parts}


def read_data(spec: DataSpec) -> Data:
    """The images that a file describes.

    Raises:
        ProblemError: files are missing or inconsistent.
    """
    files = data_files(spec)
    images, labels = _pairs(spec, files["images"], files["labels"], spec.train)
    test_images, test_labels = _pairs(spec, files["test_images"], files["test_labels"], spec.test)
    mean, spread = float(images.mean()), float(images.std())
    if spread == 0:
        raise ProblemError("all pixels of all images are equal", code="data.wrong-values")
    return Data((images - mean) / spread, labels, (test_images - mean) / spread, test_labels)


def _pairs(
    spec: DataSpec, image_file: Path, label_file: Path, count: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    grey, classes = read_grey(image_file), read_labels(label_file)
    wanted, many = " x ".join(map(str, spec.size)), len(grey)
    if grey.ndim != 3 or grey.shape[1:] != tuple(spec.size) or not many:
        raise ProblemError(
            f"{image_file}: array of shape {grey.shape}, expected (images, {wanted}); set data.size",
            code="data.wrong-shape",
        )
    if classes.shape != (many,):
        raise ProblemError(
            f"{label_file}: array of shape {classes.shape}, expected {many:,} labels", code="data.wrong-shape"
        )
    if classes.max() >= spec.classes:
        raise ProblemError(
            f"{label_file}: contains label {classes.max()}; set data.classes above it", code="data.wrong-values"
        )
    if count is not None and count > len(grey):
        raise ProblemError(f"{image_file}: {len(grey):,} images, expected {count:,}", code="data.too-few")
    grey = grey[:count].astype(np.float64)
    rows, columns = (side // spec.pool for side in spec.size)
    squares = grey.reshape(len(grey), rows, spec.pool, columns, spec.pool)
    return squares.mean(axis=(2, 4)).reshape(len(grey), -1), classes[:count]
