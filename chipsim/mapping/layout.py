"""Assignment of cells to bits of an image and of its label; all others are latent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError, RuleError
from chipsim.spec.fields import Whole
from chipsim.spec.model import SpecModel


class PlacementSpec(SpecModel):
    """Placement of data cells, on the first colour or on all cells.

    `order: random` draws them by the seed (arXiv 2510.23972); `order: image` spreads the image over the array, so that
    couplers, which are short, join pixels that are near each other.
    """

    order: Literal["random", "image"] = "random"
    seed: Annotated[int, Whole(ge=0, le=2**32)] = 0
    colours: Literal["one", "all"] = "one"

    @model_validator(mode="after")
    def _seed_is_used(self) -> PlacementSpec:
        if self.order == "image" and self.seed:
            raise RuleError("the seed has no effect with order: image; remove it", code="spec.no-effect")
        return self


@dataclass(frozen=True)
class ImageGrid:
    """The bits of an image: rows x columns of pixels with `bits_per_pixel` bits."""

    rows: int
    columns: int
    bits_per_pixel: int

    @property
    def bits(self) -> int:
        """Bits of the whole image."""
        return self.rows * self.columns * self.bits_per_pixel


def data_sites(fabric: Fabric, image: ImageGrid, placement: PlacementSpec) -> NDArray[np.int64]:
    """The site of each bit of an image on the first copy of a fabric, shape (data cells,), all different.

    Raises:
        ProblemError: the image does not fit (with the arithmetic), or the grid is not a checkerboard.
    """
    fabric = fabric.one_copy()
    sites = np.arange(fabric.sites)
    where = "cells"
    if placement.colours == "one":
        parity = fabric.positions.sum(axis=1) % 2
        if (parity[fabric.edges[:, 0]] == parity[fabric.edges[:, 1]]).any():
            raise ProblemError(
                "the fabric is not a checkerboard; use placement.colours: all",
                code="chip.unsuitable",
            )
        sites, where = sites[parity == 0], "cells of one colour"
    if image.bits > len(sites):
        raise ProblemError(
            f"{image.rows} x {image.columns} pixels x {image.bits_per_pixel} bits = {image.bits:,} data cells, but the "
            f"fabric has {len(sites):,} {where}; use a larger fabric.size, fewer bits per pixel or smaller images",
            code="chip.too-small",
        )
    if placement.order == "random":
        return np.random.default_rng(placement.seed).permutation(sites)[: image.bits]
    return _like_the_image(sites, fabric.positions[sites].astype(float), image)


def label_sites(
    fabric: Fabric, data: NDArray[np.int64], classes: int, spots: int, placement: PlacementSpec
) -> NDArray[np.int64]:
    """The site of each label cell on the first copy of a fabric, shape (classes * spots,), spots of a class together.

    Args:
        fabric: whose sites they are.
        data: (data cells,) occupied sites.
        classes: number of classes.
        spots: label cells of each class.
        placement: of the data; its seed also places the label cells.

    Raises:
        ProblemError: they do not fit (with the arithmetic).
    """
    fabric = fabric.one_copy()
    free = np.ones(fabric.sites, bool)
    free[data] = False
    where = "latent cells"
    if placement.colours == "one":
        free &= fabric.positions.sum(axis=1) % 2 == 1
        where += " of the other colour"
    sites = np.flatnonzero(free)
    cells = classes * spots
    if cells > len(sites):
        raise ProblemError(
            f"{classes} classes x {spots} spots = {cells:,} label cells, but the fabric has "
            f"{len(sites):,} {where}; use fewer labels.spots",
            code="chip.too-small",
        )
    return np.random.default_rng((placement.seed, len(data))).permutation(sites)[:cells]


def _like_the_image(sites: NDArray[np.int64], positions: NDArray[np.float64], image: ImageGrid) -> NDArray[np.int64]:
    """Each bit at the free site nearest to its position in the image stretched over the array, pixel by pixel."""
    rows, columns = image.rows, image.columns
    low, extent = positions.min(axis=0), np.ptp(positions, axis=0) + 1
    row, column = np.divmod(np.arange(rows * columns), columns)
    centres = np.stack([(column + 0.5) / columns, (row + 0.5) / rows], axis=1) * extent + low - 0.5
    chosen = []
    free = np.ones(len(sites), bool)
    for centre in centres.repeat(image.bits_per_pixel, axis=0):
        nearest = int(np.argmin(np.where(free, ((positions - centre) ** 2).sum(axis=1), np.inf)))
        free[nearest] = False
        chosen.append(nearest)
    return sites[np.array(chosen)]


def fabric_id(fabric: Fabric) -> str:
    """Hash of the graph of one copy, to which weights belong."""
    fabric = fabric.one_copy()
    edges = np.ascontiguousarray(fabric.edges, np.int32).tobytes()
    return hashlib.sha256(f"{fabric.sites} ".encode() + edges).hexdigest()[:16]
