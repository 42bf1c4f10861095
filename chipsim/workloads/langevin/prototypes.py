"""The images that cells in quartic potentials remember, and how near an image is to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.images import image_path, read_grey
from chipsim.workloads.langevin.spec import PrototypesSpec

# Of the random projection of the pixels that drives hidden cells.
PROJECTION_SEED = 42
SHAPE_SIDE = 8


def prototype_files(spec: PrototypesSpec) -> dict[str, Path]:
    """The file of the images, if there is one.

    Raises:
        ProblemError: the file is missing.
    """
    return {} if spec.source == "shapes" else {"images": image_path(spec.source, "train-images", "images.source")}


def read_prototypes(spec: PrototypesSpec) -> NDArray[np.float32]:
    """The chosen images, (images, pixels), each with mean 0 and variance 1.

    Raises:
        ProblemError: the file is missing, or its images do not fit.
    """
    files = prototype_files(spec)
    grey = read_grey(files["images"], spec.dataset) if files else shapes()
    name = str(files.get("images", "shapes"))
    wanted = " x ".join(map(str, spec.size))
    if grey.ndim != 3 or grey.shape[1:] != tuple(spec.size):
        complaint = f"{name}: array of shape {grey.shape}, expected (images, {wanted}); set images.size"
        raise ProblemError(complaint, code="data.wrong-shape")
    if max(spec.chosen) >= len(grey):
        complaint = f"{name}: image {max(spec.chosen)} of {len(grey):,} images; images.chosen counts from 0"
        raise ProblemError(complaint, code="data.too-few")
    flat = grey[spec.chosen].reshape(len(spec.chosen), -1).astype(np.float64)
    spread = flat.std(axis=1, keepdims=True)
    if not spread.all():
        raise ProblemError(f"{name}: a chosen image has one grey value only; choose others", code="data.wrong-values")
    return ((flat - flat.mean(axis=1, keepdims=True)) / spread).astype(np.float32)


def shapes() -> NDArray[np.float32]:
    """A cross, both diagonals, and stripes, (3, 8, 8)."""
    row, column = np.indices((SHAPE_SIDE, SHAPE_SIDE))
    middle = (SHAPE_SIDE // 2 - 1, SHAPE_SIDE // 2)
    cross = np.isin(row, middle) | np.isin(column, middle)
    diagonals = (row == column) | (row + column == SHAPE_SIDE - 1)
    return np.stack([cross, diagonals, row % 2 == 0]).astype(np.float32)


def drives(prototypes: NDArray[np.float32], hidden: int, by: str) -> NDArray[np.float32]:
    """Force of amplitude 1 on all cells of each image, (images, visible + hidden)."""
    pixels = prototypes.shape[1]
    if by == "pixels":
        own = prototypes[:, np.arange(hidden) % pixels]
    else:
        projection = np.random.default_rng(PROJECTION_SEED).normal(size=(pixels, hidden)) / np.sqrt(pixels)
        own = (prototypes @ projection).astype(np.float32)
    return np.concatenate([prototypes, own], axis=1)


def contents(images: NDArray[Any], prototypes: NDArray[Any]) -> NDArray[np.float64]:
    """(images, prototypes) size of each prototype in the least-squares mixture that is nearest to the image."""
    away = images - images.mean(axis=1, keepdims=True)
    return np.asarray(np.abs(np.linalg.lstsq(prototypes.T, away.T, rcond=None)[0].T), np.float64)


def correlations(images: NDArray[Any], prototypes: NDArray[Any]) -> NDArray[np.float64]:
    """(images, prototypes) correlation of the pixels; 0 for an image of one grey value."""
    away = images - images.mean(axis=1, keepdims=True)
    sizes = np.sqrt((away**2).sum(axis=1, keepdims=True))
    known = prototypes / np.sqrt((prototypes**2).sum(axis=1, keepdims=True))
    return np.asarray((away / np.where(sizes == 0, 1, sizes)) @ known.T, np.float64)
