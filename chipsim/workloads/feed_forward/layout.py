"""A feed-forward net on a fabric: the cells of each layer, and the couplers between successive layers.

`lay_out` finds a net on the graph of a chip, one cell per neuron. The fabric is a checkerboard. Pixels are cells of its
first colour, the first hidden layer of the other, and so on: all couplers of a layer lead to the next or the previous
one, and a sweep updates a layer at once. `wiring.py` makes nets on graphs of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.mapping.layout import ImageGrid, PlacementSpec, data_sites

Sizes = list[int | Literal["rest"]]


@dataclass(frozen=True, eq=False)
class Links:
    """The weights from one layer to the next, and the coupler of each.

    Attributes:
        source: (weights,) index of the neuron in the earlier layer.
        target: (weights,) index of the neuron in the later layer.
        edge: (weights,) edge of the fabric; -1 for weights of the host.
        end: (weights,) which end of the edge, 0 or 1, is the later cell.
        copy: (weights,) number of copies between the cell that is summed and the one that this coupler starts from.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    edge: NDArray[np.int64]
    end: NDArray[np.int64]
    copy: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bonds:
    """Couplers of fixed strength.

    Attributes:
        edge: (bonds,) edge of the fabric.
        end: (bonds,) which end of the edge it acts on.
        share: (bonds,) strength, as a share of that of the strongest.
        symmetric: whether it acts on the other end as well.
    """

    edge: NDArray[np.int64]
    end: NDArray[np.int64]
    share: NDArray[np.float64]
    symmetric: bool = False


NO_BONDS = Bonds(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, eq=False)
class NetLayout:
    """A net on a fabric.

    Attributes:
        neurons: number of pixels, neurons of each hidden layer, and outputs.
        layers: sites of the cells of each layer, those of a neuron together.
        links: of each pair of successive layers.
        sites: cells of the fabric.
        edges: couplers of the fabric.
        bias_share: (cells after the first layer,) share of the bias of its neuron that a cell takes.
        bonds: between the cells of a neuron, or from the bits that the host writes.
    """

    neurons: tuple[int, ...]
    layers: tuple[NDArray[np.int64], ...]
    links: tuple[Links, ...]
    sites: int
    edges: int
    bias_share: NDArray[np.float64]
    bonds: Bonds = NO_BONDS

    @property
    def weights(self) -> int:
        """Number of weights."""
        return sum(len(links.source) for links in self.links)

    @property
    def host_weights(self) -> int:
        """Number of weights that the host multiplies by."""
        return sum(int((links.edge < 0).sum()) for links in self.links)

    @property
    def biases(self) -> int:
        """Number of biases: one per neuron after the pixels."""
        return sum(self.neurons[1:])

    @property
    def couplers(self) -> int:
        """Number of couplers in use."""
        used = np.unique(np.concatenate([*(links.edge for links in self.links), self.bonds.edge]))
        return int((used >= 0).sum())

    @property
    def longest(self) -> int:
        """Cells of the neuron that takes most."""
        return max(len(layer) // many for layer, many in zip(self.layers, self.neurons, strict=True))

    @property
    def unused(self) -> NDArray[np.int64]:
        """Sites that are in no layer."""
        return np.setdiff1d(np.arange(self.sites), np.concatenate(self.layers))

    def cells_of(self, values: NDArray[Any], layer: int) -> NDArray[Any]:
        """Values of the neurons of a layer, along the last axis, for each of its cells."""
        return values.repeat(len(self.layers[layer]) // self.neurons[layer], axis=-1)

    def couplings(
        self, weights: NDArray[np.float32], back_action: float = 0.0, bond: float = 0.0, kept: float = 1.0
    ) -> NDArray[np.float64]:
        """Directed couplings (edges, 2), in units of J: how an edge acts on its first cell, and how on its second.

        Args:
            weights: (weights,), layer by layer.
            back_action: share of each weight that acts from the later on the earlier layer.
            bond: strength of the strongest bond.
            kept: share of its mean that a copy keeps; weights after copies make up for what is lost.
        """
        out = np.zeros((self.edges, 2))
        edge, end, copy = (np.concatenate([getattr(x, name) for x in self.links]) for name in ("edge", "end", "copy"))
        there = edge >= 0
        acting = weights[there] / kept ** copy[there]
        out[edge[there], end[there]] = acting
        out[edge[there], 1 - end[there]] = back_action * acting
        bonds = self.bonds
        out[bonds.edge, bonds.end] = bond * bonds.share
        if bonds.symmetric:
            out[bonds.edge, 1 - bonds.end] = bond * bonds.share
        return out

    def site_biases(self, biases: NDArray[np.float32]) -> NDArray[np.float64]:
        """Biases by site, (sites,), from those of the neurons after the pixels."""
        out = np.zeros(self.sites)
        parts = np.split(biases, np.cumsum(self.neurons[1:-1]))
        of_cells = [self.cells_of(part, number) for number, part in enumerate(parts, start=1)]
        out[np.concatenate(self.layers[1:])] = np.concatenate(of_cells) * self.bias_share
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
    neurons = tuple(len(layer) for layer in layers)
    return NetLayout(neurons, tuple(layers), links, fabric.sites, len(fabric.edges), np.ones(sum(neurons[1:])))


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
    ordered = joined[:, np.lexsort((joined[0], joined[1]))]
    source, target, edge, end = ordered
    return Links(source, target, edge, end, np.zeros(len(edge), np.int64))
