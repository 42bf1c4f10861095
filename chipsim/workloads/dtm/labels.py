"""Labels of images as spins of label cells: one group of cells per class, +1 in that of the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.images import image_path, read_labels
from chipsim.workloads.dtm.spec import LabelsSpec

Classes = NDArray[np.int64]


def labels_path(spec: LabelsSpec) -> Path:
    """The file of the class of each image.

    Raises:
        ProblemError: the file is missing.
    """
    return image_path(spec.source, "train-labels", "labels.source")


def read_classes(spec: LabelsSpec, images: int) -> Classes:
    """The class of each image of the training, shape (images,).

    Raises:
        ProblemError: the file is missing, or does not match the images.
    """
    path = labels_path(spec)
    classes = read_labels(path)
    if classes.shape != (images,):
        raise ProblemError(
            f"{path}: array of shape {classes.shape}, expected {images:,} labels; set labels.source, or labels to null",
            code="data.wrong-shape",
        )
    if classes.max() >= spec.classes:
        raise ProblemError(
            f"{path}: contains label {classes.max()}; set labels.classes above it", code="data.wrong-values"
        )
    return classes


def label_spins(classes: Classes, spec: LabelsSpec) -> NDArray[np.int8]:
    """Spins of the label cells for some classes (n,): shape (n, classes * spots)."""
    one_hot = np.where(classes[:, None] == np.arange(spec.classes), 1, -1).astype(np.int8)
    return one_hot.repeat(spec.spots, axis=1)


def requested_classes(requested: list[int], lanes: int, images: int, order: str, first: int = 0) -> Classes:
    """The class of each image of each lane from lane `first` on, (images, lanes).

    Classes come in turn over all images of a run (`order` mixed), or from lane to lane (sorted).
    """
    lane, image = np.arange(first, first + lanes), np.arange(images)[:, None]
    turn = lane * images + image if order == "mixed" else lane + 0 * image
    return np.array(requested, np.int64)[turn % len(requested)]
