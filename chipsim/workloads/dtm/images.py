"""Images as spins of the data cells, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.images import check_thresholds, image_path, read_grey
from chipsim.workloads.dtm.spec import ImagesSpec


def images_path(spec: ImagesSpec) -> Path:
    """The file of the images.

    Raises:
        ProblemError: the file is missing.
    """
    return image_path(spec.source, "train-images", "images.source")


def read_images(spec: ImagesSpec) -> NDArray[np.float32]:
    """Grey values from 0 to 1, shape (images, rows, columns).

    Raises:
        ProblemError: the file is missing, its images have another size, or a threshold separates none of their pixels.
    """
    path = images_path(spec)
    grey = read_grey(path, spec.dataset)
    if grey.ndim != 3 or grey.shape[1:] != tuple(spec.size) or not len(grey):
        wanted = " x ".join(map(str, spec.size))
        raise ProblemError(
            f"{path}: array of shape {grey.shape}, expected (images, {wanted}); set images.size",
            code="data.wrong-shape",
        )
    check_thresholds(path, grey, spec.thresholds or ())
    return grey


def spins_of(grey: NDArray[np.float32], spec: ImagesSpec, random: np.random.Generator) -> NDArray[np.int8]:
    """Grey values (images, rows, columns) as spins (images, pixels * bits per pixel), -1 or +1, bits of a pixel
    adjacent: one comparison per threshold, or `copies` random bits with the grey value as probability.
    """
    flat = grey.reshape(len(grey), -1, 1)
    levels = random.random((*flat.shape[:2], spec.bits_per_pixel), np.float32)
    if spec.thresholds is not None:
        levels = np.broadcast_to(np.array(spec.thresholds, np.float32), levels.shape)
    return np.where(flat > levels, 1, -1).astype(np.int8).reshape(len(grey), -1)


def grey_of(spins: NDArray[np.int8], spec: ImagesSpec) -> NDArray[np.float32]:
    """The inverse: (images, data cells) spins as (images, rows, columns) grey values, the mean of a pixel's bits."""
    bits = (spins > 0).reshape(len(spins), *spec.size, spec.bits_per_pixel)
    return bits.mean(axis=3, dtype=np.float32)


def as_bytes(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey values from 0 to 1 as bytes."""
    return np.rint(grey * 255).astype(np.uint8)
