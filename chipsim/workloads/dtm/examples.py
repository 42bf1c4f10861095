"""Training data of a denoising model, and held-out images that its tests use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.spec.document import Document
from chipsim.spec.model import errors_located_at
from chipsim.workloads.dtm.images import images_path, read_images
from chipsim.workloads.dtm.labels import label_spins, labels_path, read_classes
from chipsim.workloads.dtm.spec import DtmModel

# Default share and largest number of held-out images, and the seed that chooses them: the same ones in all trainings.
HELD_OUT_SHARE, MAX_HELD_OUT, HELD_OUT_SEED = 10, 1000, 0


class Examples:
    """Images of a model.

    Attributes:
        grey: (images, rows, columns) grey values from 0 to 1.
        labels: (images, label cells) spins of their labels; no columns in a model without labels.
    """

    def __init__(self, grey: NDArray[np.float32], labels: NDArray[np.int8] | None = None) -> None:
        self.grey = grey
        self.labels = np.zeros((len(grey), 0), np.int8) if labels is None else labels

    def split(self, held_out: int | None) -> tuple[Examples, Examples]:
        """(images for training, `held_out` images for tests, by default a tenth).

        Raises:
            ProblemError: there are too few images.
        """
        many = len(self.grey)
        count = min(max(1, many // HELD_OUT_SHARE), MAX_HELD_OUT) if held_out is None else held_out
        if count >= many:
            complaint = f"{count:,} of {many:,} images are held out, which leaves none; lower training.held_out"
            raise ProblemError(complaint, code="data.too-few")
        order = np.random.default_rng(HELD_OUT_SEED).permutation(many)
        train, test = np.sort(order[count:]), np.sort(order[:count])
        return Examples(self.grey[train], self.labels[train]), Examples(self.grey[test], self.labels[test])


def example_files(model: DtmModel, document: Document) -> dict[str, Path]:
    """The files of images, and of labels if the model has any; its document says where they are named.

    Raises:
        SpecError: a file is missing.
    """
    with errors_located_at(document, ("images",)):
        images = {"images": images_path(model.images)}
    if model.labels is None:
        return images
    with errors_located_at(document, ("labels",)):
        return images | {"labels": labels_path(model.labels)}


def read_examples(model: DtmModel, document: Document) -> Examples:
    """The images of a model, with labels if it has any; its document says where they are named.

    Raises:
        SpecError: a file is missing or malformed.
    """
    with errors_located_at(document, ("images",)):
        grey = read_images(model.images)
    if model.labels is None:
        return Examples(grey)
    with errors_located_at(document, ("labels",)):
        return Examples(grey, label_spins(read_classes(model.labels, len(grey)), model.labels))
