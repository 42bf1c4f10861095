"""Which cells of a fabric hold the bits of an image; the others are latent."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.workloads.dtm.spec import ImagesSpec, PlacementSpec


def data_sites(fabric: Fabric, images: ImagesSpec, placement: PlacementSpec) -> NDArray[np.int64]:
    """The site of each bit of an image, shape (data cells,), drawn without replacement.

    Raises:
        ProblemError: the image does not fit, with the arithmetic; or the grid has no checkerboard to take a colour of.
    """
    sites = np.arange(fabric.sites)
    where = "cells"
    if placement.colours == "one":
        parity = fabric.positions.sum(axis=1) % 2
        if (parity[fabric.edges[:, 0]] == parity[fabric.edges[:, 1]]).any():
            raise ProblemError("the fabric is no checkerboard, so there is no one colour; use placement.colours: all")
        sites, where = sites[parity == 0], "cells of one colour"
    if images.data_cells > len(sites):
        rows, columns = images.size
        raise ProblemError(
            f"{rows} x {columns} pixels x {images.bits_per_pixel} bits = {images.data_cells:,} data cells, but the "
            f"fabric has {len(sites):,} {where}; use a larger fabric.size, fewer bits a pixel or smaller images"
        )
    return np.random.default_rng(placement.seed).permutation(sites)[: images.data_cells]


def fabric_id(fabric: Fabric) -> str:
    """Hash of the graph: weights of one graph mean nothing on another."""
    edges = np.ascontiguousarray(fabric.edges, np.int32).tobytes()
    return hashlib.sha256(f"{fabric.sites} ".encode() + edges).hexdigest()[:16]
