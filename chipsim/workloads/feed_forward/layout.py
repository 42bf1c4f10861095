"""A feed-forward net on the graph of a chip: layers of cells, and the couplers between successive layers.

The fabric is a checkerboard. Pixels are cells of its first colour, the first hidden layer of the other, and so on: all
couplers of a layer lead to the next or the previous one, and a sweep updates a layer at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.mapping.layout import ImageGrid, PlacementSpec, data_sites

Sizes = list[int | Literal["rest"]]


@dataclass(frozen=True, eq=False)
class Links:
    """The couplers from one layer to the next, each with one weight.

    Attributes:
        source: (weights,) index of the cell in the earlier layer.
        target: (weights,) index of the cell in the later layer.
        edge: (weights,) edge of the fabric.
        end: (weights,) which end of the edge, 0 or 1, is the later cell.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    edge: NDArray[np.int64]
    end: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NetLayout:
    """A net on a fabric.

    Attributes:
        layers: sites of each layer: pixels, hidden layers, outputs (all cells of a class together).
        links: of each pair of successive layers.
        sites: cells of the fabric.
        edges: couplers of the fabric.
    """

    layers: tuple[NDArray[np.int64], ...]
    links: tuple[Links, ...]
    sites: int
    edges: int

    @property
    def weights(self) -> int:
        """Number of weights."""
        return sum(len(links.edge) for links in self.links)

    @property
    def couplers(self) -> int:
        """Number of couplers in use."""
        return len(np.unique(np.concatenate([links.edge for links in self.links])))

    @property
    def free(self) -> NDArray[np.int64]:
        """Sites of hidden and output cells, layer by layer."""
        return np.concatenate(self.layers[1:])

    @property
    def unused(self) -> NDArray[np.int64]:
        """Sites that are in no layer."""
        return np.setdiff1d(np.arange(self.sites), np.concatenate(self.layers))

    def couplings(self, weights: NDArray[np.float32], back_action: float) -> NDArray[np.float64]:
        """Directed couplings (edges, 2), in units of J: how an edge acts on its first cell, and how on its second.

        Args:
            weights: (weights,), layer by layer.
            back_action: share of each weight that acts from the later on the earlier layer.
        """
        out = np.zeros((self.edges, 2))
        edge, end = (np.concatenate([getattr(links, name) for links in self.links]) for name in ("edge", "end"))
        out[edge, end] = weights
        out[edge, 1 - end] = back_action * weights
        return out

    def biases(self, biases: NDArray[np.float32]) -> NDArray[np.float64]:
        """Biases by site, (sites,), from those of `free`."""
        out = np.zeros(self.sites)
        out[self.free] = biases
        return out


def checkerboard(fabric: Fabric) -> NDArray[np.int64]:
    """The colour of each cell, 0 or 1, by its position."""
    return (fabric.positions.sum(axis=1) % 2).astype(np.int64)


def lay_out(
    fabric: Fabric, image: ImageGrid, placement: PlacementSpec, hidden: Sizes, outputs: int, seed: int
) -> NetLayout:
    """Place a net.

    Args:
        fabric: the graph of the chip.
        image: the pixels.
        placement: of the pixels.
        hidden: cells of each hidden layer, or "rest".
        outputs: cells of all classes.
        seed: of the cells of each layer.

    Raises:
        ProblemError: it does not fit (with the arithmetic), two layers are not coupled, or the fabric is not a
            checkerboard.
    """
    pixels = data_sites(fabric, image, placement)
    parity = checkerboard(fabric)
    random = np.random.default_rng(seed)
    asked: Sizes = [*hidden, outputs]
    layers: list[NDArray[np.int64]] = [pixels, *(np.zeros(0, np.int64) for _ in asked)]
    # The second colour first: that of the first hidden layer. Outputs are drawn before the hidden layers.
    for colour in (1, 0):
        numbers = [number for number in range(len(asked), 0, -1) if number % 2 == colour]
        free = random.permutation(np.setdiff1d(np.flatnonzero(parity == colour), pixels))
        sizes = _shared([asked[number - 1] for number in numbers], len(free), len(pixels) if colour == 0 else 0)
        for number, part in zip(numbers, np.split(free, np.cumsum(sizes))[: len(sizes)], strict=True):
            layers[number] = part
    links = tuple(_links(fabric, *pair) for pair in pairwise(layers))
    for number, found in enumerate(links):
        if not len(found.edge):
            names = ["the pixels", *(f"hidden layer {k}" for k in range(1, len(hidden) + 1)), "the outputs"]
            complaint = f"no coupler joins {names[number]} and {names[number + 1]}; use more cells in these layers"
            raise ProblemError(complaint, code="chip.unsuitable")
    return NetLayout(tuple(layers), links, fabric.sites, len(fabric.edges))


def _shared(asked: Sizes, free: int, pixels: int) -> list[int]:
    """Sizes of the layers of one colour.

    Args:
        asked: by layer.
        free: cells of this colour that are not pixels.
        pixels: cells of this colour that are pixels, for the message.
    """
    fixed, sharing = sum(size for size in asked if size != "rest"), asked.count("rest")
    left = free - fixed
    if left < sharing:
        layers = " + ".join(f"{size:,}" if size != "rest" else "rest" for size in reversed(asked))
        taken = f" and {pixels:,} pixels" if pixels else ""
        complaint = (
            f"layers of {layers} cells{taken} on one colour, which has {free + pixels:,}; "
            "use a larger chip, or fewer cells in net.hidden and net.outputs"
        )
        raise ProblemError(complaint, code="chip.too-small")
    shares = iter([left * (k + 1) // sharing - left * k // sharing for k in range(sharing)])
    return [next(shares) if size == "rest" else size for size in asked]


def _links(fabric: Fabric, earlier: NDArray[np.int64], later: NDArray[np.int64]) -> Links:
    """Couplers between two layers, ordered by later cell."""
    index = np.full((2, fabric.sites), -1, np.int64)
    index[0, earlier] = np.arange(len(earlier))
    index[1, later] = np.arange(len(later))
    found = []
    for end in (0, 1):
        source, target = index[0, fabric.edges[:, 1 - end]], index[1, fabric.edges[:, end]]
        edge = np.flatnonzero((source >= 0) & (target >= 0))
        found.append(np.stack([source[edge], target[edge], edge, np.full(len(edge), end)]))
    joined = np.concatenate(found, axis=1)
    return Links(*joined[:, np.lexsort((joined[0], joined[1]))])
