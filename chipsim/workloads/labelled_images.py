"""Labelled images for training and testing a classifier: Fashion-MNIST, or four files of the user."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.errors import ProblemError, RuleError
from chipsim.problems.images import image_path, read_grey, read_labels, stored_values
from chipsim.spec.fields import FileName, Whole
from chipsim.spec.model import SpecModel

FILES = ("images", "labels", "test_images", "test_labels")
PARTS = ("train-images", "train-labels", "t10k-images", "t10k-labels")


class LabelledImagesSpec(SpecModel):
    """Images of a size and their `classes`: Fashion-MNIST, or four files (.npy or IDX).

    The first `train` and `test` images are used, or all.
    """

    source: Literal["fashion-mnist"] | None = None
    images: Annotated[str, FileName()] | None = None
    labels: Annotated[str, FileName()] | None = None
    test_images: Annotated[str, FileName()] | None = None
    test_labels: Annotated[str, FileName()] | None = None
    train: Annotated[int, Whole(ge=2, le=10**7)] | None = None
    test: Annotated[int, Whole(ge=1, le=10**7)] | None = None
    size: tuple[Annotated[int, Whole(ge=1, le=4096)], Annotated[int, Whole(ge=1, le=4096)]] = (28, 28)
    classes: Annotated[int, Whole(ge=2, le=10**4)] = 10

    @model_validator(mode="after")
    def _one_source(self) -> LabelledImagesSpec:
        given = [name for name in FILES if getattr(self, name) is not None]
        if self.source is None and len(given) < len(FILES):
            raise RuleError(f"needs source: fashion-mnist, or all of {', '.join(FILES)}", code="spec.one-of")
        if self.source is not None and given:
            both = (("source",), tuple(given))
            raise RuleError("takes source or files, not both", code="spec.no-effect", alternatives=both)
        return self

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return int(self.size[0] * self.size[1])


# Bytes of a grey value at the peak: as float32, divided into data for training and tests, and as spins.
PIXEL_BYTES = 10


class Labelled(NamedTuple):
    """Grey values from 0 to 1, float32 (images, rows, columns), and the class of each image, int64 (images,)."""

    grey: NDArray[np.float32]
    classes: NDArray[np.int64]


def data_files(spec: LabelledImagesSpec) -> dict[str, Path]:
    """The files of images and labels, by key.

    Raises:
        ProblemError: a file is missing.
    """
    parts = zip(FILES, PARTS, strict=True)
    return {key: image_path(getattr(spec, key) or "fashion-mnist", part, f"data.{key}") for key, part in parts}


def pixels_of(spec: LabelledImagesSpec) -> tuple[int, int]:
    """Numbers of grey values for training and for tests, from the sizes of the files.

    Raises:
        ProblemError: a file is missing.
    """
    files = data_files(spec)
    return stored_values(files["images"]), stored_values(files["test_images"])


def training_images(spec: LabelledImagesSpec) -> Labelled:
    """The images for training.

    Raises:
        ProblemError: files are missing or inconsistent.
    """
    files = data_files(spec)
    return _pairs(spec, files["images"], files["labels"], spec.train)


def testing_images(spec: LabelledImagesSpec) -> Labelled:
    """The images for testing.

    Raises:
        ProblemError: files are missing or inconsistent.
    """
    files = data_files(spec)
    return _pairs(spec, files["test_images"], files["test_labels"], spec.test)


def _pairs(spec: LabelledImagesSpec, image_file: Path, label_file: Path, count: int | None) -> Labelled:
    grey, classes = read_grey(image_file), read_labels(label_file)
    wanted = " x ".join(map(str, spec.size))
    if grey.ndim != 3 or grey.shape[1:] != tuple(spec.size) or not len(grey):
        raise ProblemError(
            f"{image_file}: array of shape {grey.shape}, expected (images, {wanted}); set data.size",
            code="data.wrong-shape",
        )
    many = len(grey)
    if classes.shape != (many,):
        raise ProblemError(
            f"{label_file}: array of shape {classes.shape}, expected {many:,} labels", code="data.wrong-shape"
        )
    if classes.max() >= spec.classes:
        raise ProblemError(
            f"{label_file}: contains label {classes.max()}; set data.classes above it", code="data.wrong-values"
        )
    if count is not None and count > many:
        raise ProblemError(f"{image_file}: {many:,} images, expected {count:,}", code="data.too-few")
    return Labelled(grey[:count], classes[:count])
