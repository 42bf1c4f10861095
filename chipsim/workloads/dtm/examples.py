"""Training data of a denoising model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.workloads.dtm.images import images_path, read_images
from chipsim.workloads.dtm.labels import label_spins, labels_path, read_classes
from chipsim.workloads.dtm.spec import DtmModel


class Examples:
    """Training images of a model.

    Attributes:
        grey: (images, rows, columns) grey values from 0 to 1.
        labels: (images, label cells) spins of their labels; no columns in a model without labels.
    """

    def __init__(self, grey: NDArray[np.float32], labels: NDArray[np.int8] | None = None) -> None:
        self.grey = grey
        self.labels = np.zeros((len(grey), 0), np.int8) if labels is None else labels


def example_files(model: DtmModel) -> dict[str, Path]:
    """The files of images, and of labels if the model has any.

    Raises:
        ProblemError: a file is missing.
    """
    images = {"images": images_path(model.images)}
    return images if model.labels is None else images | {"labels": labels_path(model.labels)}


def read_examples(model: DtmModel) -> Examples:
    """The images of a model, with labels if it has any.

    Raises:
        ProblemError: a file is missing or malformed.
    """
    grey, labels = read_images(model.images), model.labels
    return Examples(grey, None if labels is None else label_spins(read_classes(labels, len(grey)), labels))
