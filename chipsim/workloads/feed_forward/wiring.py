"""Feed-forward nets on a graph of their own: neurons of several cells, or a first layer that the host computes.

A cell has at most `degree` couplers, so a neuron with more links takes several cells:

- `copies`: the first cell sums the inputs, and each further one copies the cell before. Copies act one way, so the
  mean of the k-th is tanh(K)**k of that of the first, exactly, with K = beta times the coupling; weights after it are
  divided by that factor.
- `chains`: links and bias are spread over a chain of ferromagnetic couplers. Such a chain is biased towards 0 and slow:
  it follows tanh of its field only if cells * exp(-2 K) << 1, and the larger K is, the longer its cells keep their
  state.
- `host-first-layer`: the host computes the fields of the first hidden layer and writes each as a code of some bits.
  Bits are cells with couplers of strength 1, 1/2, 1/4, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.workloads.feed_forward.layout import Bonds, Links, NetLayout

# A net of so many takes about 1 GB until it is on its chip.
MAX_WEIGHTS = 10**7

Method = Literal["copies", "chains", "host-first-layer"]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Wired:
    """A net, and the problem whose graph is that of its couplers."""

    layout: NetLayout
    problem: Problem


def dense_links(sizes: Sequence[int], fan_in: int | None, seed: int) -> list[tuple[Whole, Whole]]:
    """Source and target of each weight of each pair of layers, ordered by target.

    Args:
        sizes: neurons of each layer.
        fan_in: inputs of each neuron, drawn by the seed; None for all.
        seed: of the inputs.
    """
    random = np.random.default_rng(seed)
    out = []
    for earlier, later in pairwise(sizes):
        many = _inputs(earlier, fan_in)
        if many == earlier:
            source = np.tile(np.arange(earlier), later)
        else:
            chosen = [np.sort(random.choice(earlier, many, replace=False)) for _ in range(later)]
            source = np.concatenate(chosen).astype(np.int64)
        out.append((source, np.arange(later).repeat(many)))
    return out


def _inputs(earlier: int, fan_in: int | None) -> int:
    return earlier if fan_in is None else min(fan_in, earlier)


def wire(
    sizes: Sequence[int], method: Method, degree: int | None, bits: int | None, fan_in: int | None, seed: int
) -> Wired:
    """A net of given layers.

    Args:
        sizes: pixels, neurons of each hidden layer, outputs.
        method: how it is wired.
        degree: couplers of a cell, for `copies` and `chains`.
        bits: of a field, for `host-first-layer`.
        fan_in: inputs of each neuron; None for all of the layer before.
        seed: of the inputs, if not all.

    Raises:
        ProblemError: the net has too many weights (with the arithmetic), or a copied cell cannot sum so many inputs.
    """
    products = [(later, _inputs(earlier, fan_in)) for earlier, later in pairwise(sizes)]
    weights = sum(later * many for later, many in products)
    if weights > MAX_WEIGHTS:
        sums = " + ".join(f"{later:,} x {many:,}" for later, many in products)
        complaint = f"{sums} = {weights:,} weights exceed the limit of {MAX_WEIGHTS:,}; use fewer neurons or net.fan_in"
        raise ProblemError(complaint, code="spec.too-large")
    links = dense_links(sizes, fan_in, seed)
    graph = _Graph()
    if bits is not None:
        return _with_host(sizes, links, bits, graph)
    assert degree is not None
    groups = _neurons(sizes, links, method, degree, graph)
    joined = []
    for number, (source, target) in enumerate(links):
        start, copy = groups[number].leaving(source)
        edge, end = graph.join(start, groups[number + 1].entering(target))
        joined.append(Links(source, target, edge, end, copy if method == "copies" else np.zeros_like(copy)))
    share = [group.bias_share(method == "chains") for group in groups[1:]]
    return graph.wired(sizes, [group.cells.ravel() for group in groups], joined, np.concatenate(share), method)


@dataclass(eq=False)
class _Graph:
    """Cells and couplers as they are added."""

    cells: int = 0
    pairs: list[NDArray[np.int64]] = field(default_factory=list)
    bonds: list[tuple[Whole, Whole, NDArray[np.float64]]] = field(default_factory=list)

    def add(self, neurons: int, each: int) -> Whole:
        """New cells, (neurons, each)."""
        out = np.arange(self.cells, self.cells + neurons * each).reshape(neurons, each)
        self.cells += neurons * each
        return out

    def join(self, earlier: Whole, later: Whole) -> tuple[Whole, Whole]:
        """New couplers: their edges and which end the later cell is. Later cells have larger numbers."""
        first = sum(len(pair) for pair in self.pairs)
        self.pairs.append(np.stack([earlier, later], axis=1))
        return np.arange(first, first + len(earlier)), np.ones(len(earlier), np.int64)

    def bond(self, earlier: Whole, later: Whole, share: NDArray[np.float64]) -> None:
        """New couplers of fixed strength."""
        self.bonds.append((*self.join(earlier, later), share))

    def wired(
        self,
        sizes: Sequence[int],
        layers: list[Whole],
        links: list[Links],
        bias_share: NDArray[np.float64],
        method: Method,
    ) -> Wired:
        edges = np.concatenate(self.pairs).astype(np.int32)
        parts = [np.concatenate(part) for part in zip(*self.bonds, strict=True)] if self.bonds else [np.zeros(0)] * 3
        bonds = Bonds(parts[0].astype(np.int64), parts[1].astype(np.int64), parts[2], method == "chains")
        layout = NetLayout(tuple(sizes), tuple(layers), tuple(links), self.cells, len(edges), bias_share, bonds)
        return Wired(layout, Problem("net", edges, np.ones(len(edges)), np.zeros(self.cells)))


@dataclass(frozen=True, eq=False)
class _Group:
    """The cells of the neurons of a layer: (neurons, cells of each), and the cell at which each link arrives or leaves.

    `inputs` and `outputs` are positions in a neuron, by number of the link.
    """

    cells: Whole
    inputs: Whole
    outputs: Whole

    def entering(self, target: Whole) -> Whole:
        """The cell at which each link arrives."""
        return self.cells[target, self.inputs[_turn(target)]]

    def leaving(self, source: Whole) -> tuple[Whole, Whole]:
        """The cell from which each link starts, and its position in the neuron."""
        position = self.outputs[_turn(source)]
        return self.cells[source, position], position

    def bias_share(self, spread: bool) -> NDArray[np.float64]:
        """Share of the bias that each cell takes: an equal one, or all for the first."""
        share = np.full(self.cells.shape, 1 / self.cells.shape[1])
        if not spread:
            share[:] = np.arange(self.cells.shape[1]) == 0
        return share.ravel()


def _turn(neuron: Whole) -> Whole:
    """Number of each link among those of its neuron."""
    order = np.argsort(neuron, kind="stable")
    many = np.bincount(neuron)
    out = np.empty(len(neuron), np.int64)
    out[order] = np.arange(len(neuron)) - (np.cumsum(many) - many).repeat(many)
    return out


def _neurons(
    sizes: Sequence[int], links: list[tuple[Whole, Whole]], method: Method, degree: int, graph: _Graph
) -> list[_Group]:
    """The cells of all neurons; pixels are clamped, so those of one pixel have no bonds."""
    groups = []
    for number, size in enumerate(sizes):
        fan_in = int(np.bincount(links[number - 1][1]).max()) if number else 0
        fan_out = int(np.bincount(links[number][0]).max()) if number < len(links) else 0
        if not number:
            inputs, outputs = np.zeros(0, np.int64), np.arange(fan_out) // degree
        elif method == "chains":
            inputs, outputs = chain_ports(fan_in, fan_out, degree)
        else:
            inputs, outputs = copy_ports(fan_in, fan_out, degree, number)
        each = int(max(inputs.max(initial=0), outputs.max(initial=0))) + 1
        cells = graph.add(size, each)
        if number:
            many = size * (each - 1)
            graph.bond(cells[:, :-1].ravel(), cells[:, 1:].ravel(), np.ones(many))
        groups.append(_Group(cells, inputs, outputs))
    return groups


def chain_ports(fan_in: int, fan_out: int, degree: int) -> tuple[Whole, Whole]:
    """Position in a chain of each input and each output: (F - 2) / (degree - 2) cells for F links, spread evenly."""
    links = fan_in + fan_out
    many = 1 if links <= degree else -(-(links - 2) // (degree - 2))
    room = np.full(many, degree - 2)
    room[[0, -1]] += 1 if many > 1 else 2
    ports = np.arange(many).repeat(room)
    chosen = ports[np.arange(links) * len(ports) // max(links, 1)]
    along = np.concatenate([(np.arange(n) + 0.5) / max(n, 1) for n in (fan_in, fan_out)])
    position = np.empty(links, np.int64)
    position[np.argsort(along, kind="stable")] = chosen
    return position[:fan_in], position[fan_in:]


def copy_ports(fan_in: int, fan_out: int, degree: int, layer: int) -> tuple[Whole, Whole]:
    """The same of a cell with copies: all inputs at the first cell.

    Raises:
        ProblemError: the first cell has too few couplers.
    """
    left = degree - fan_in
    if left < (1 if fan_out else 0):
        complaint = (
            f"neurons of layer {layer} have {fan_in:,} inputs; a cell of {degree} couplers sums at most {degree - 1} "
            "and passes the result on; set net.fan_in, or use chains"
        )
        raise ProblemError(complaint, code="chip.unsuitable")
    inputs = np.zeros(fan_in, np.int64)
    if fan_out <= left:
        return inputs, np.zeros(fan_out, np.int64)
    rest = fan_out - (left - 1)
    copies = max(1, -(-(rest - 1) // (degree - 2)))
    room = np.array([left - 1, *[degree - 2] * (copies - 1), degree - 1])
    return inputs, np.arange(copies + 1).repeat(room)[:fan_out]


def _with_host(sizes: Sequence[int], links: list[tuple[Whole, Whole]], bits: int, graph: _Graph) -> Wired:
    """One cell per neuron after the first layer; the first layer is the bits of the fields of the second."""
    codes = graph.add(sizes[1], bits)
    layers = [graph.add(size, 1)[:, 0] for size in sizes[1:]]
    graph.bond(codes.ravel(), layers[0].repeat(bits), np.tile(0.5 ** np.arange(bits), sizes[1]))
    source, target = links[0]
    none = np.zeros(len(source), np.int64)
    joined = [Links(source, target, none - 1, none, none)]
    for number, (source, target) in enumerate(links[1:]):
        edge, end = graph.join(layers[number][source], layers[number + 1][target])
        joined.append(Links(source, target, edge, end, np.zeros(len(source), np.int64)))
    # The host adds the biases of the layer that it computes.
    share = np.concatenate([np.zeros(sizes[1]), np.ones(sum(sizes[2:]))])
    return graph.wired(sizes, [codes.ravel(), *layers], joined, share, "host-first-layer")


def field_bits(fields: NDArray[np.float64], scale: float, bits: int) -> NDArray[np.int8]:
    """Spins (..., neurons * bits), most significant first, whose weighted sum is nearest to each field.

    Args:
        fields: (..., neurons).
        scale: strength of the first bit; the largest field is scale * (2 - 2**(1 - bits)).
        bits: of a code.
    """
    top = 2**bits - 1
    codes = np.clip(np.rint((fields / (2 * scale) * 2**bits + top) / 2), 0, top).astype(np.int64)
    spins = (codes[..., None] >> np.arange(bits - 1, -1, -1) & 1) * 2 - 1
    return spins.reshape(*fields.shape[:-1], -1).astype(np.int8)


def arrival_sweeps(layout: NetLayout, edges: NDArray[np.int32], colours: NDArray[np.int32]) -> int:
    """Sweeps until a value of the first layer has reached all cells of the last, along the slowest way.

    A cell takes the value that its neighbour got in the same sweep if the neighbour latches before it, else that of the
    sweep before. Cells of the first layer are clamped, so their values are always there.

    Args:
        layout: the net.
        edges: (edges, 2) of the fabric.
        colours: (sites,) turn of each site.
    """
    turn = colours.astype(np.int64)
    turn[layout.layers[0]] = -1
    layer = np.full(layout.sites, -1)
    for number, cells in enumerate(layout.layers):
        layer[cells] = number
    bonds, arrival = layout.bonds, np.zeros(layout.sites, np.int64)
    for number, links in enumerate(layout.links, start=1):
        there = links.edge >= 0
        arrival = _passed(arrival, edges[links.edge[there]], links.end[there], turn)
        mine = layer[edges[bonds.edge, bonds.end]] == number
        inner, end = edges[bonds.edge[mine]], bonds.end[mine]
        ways = (end, 1 - end) if bonds.symmetric else (end,)
        arrival = np.max([_settled(arrival, inner, way, turn) for way in ways], axis=0)
    return int(arrival[layout.layers[-1]].max()) + 1


def _settled(arrival: Whole, pairs: NDArray[np.int32], end: Whole, turn: Whole) -> Whole:
    """Arrivals after passing all couplers, which form no loop, as often as it changes anything."""
    while True:
        later = _passed(arrival, pairs, end, turn)
        if (later == arrival).all():
            return arrival
        arrival = later


def _passed(arrival: Whole, pairs: NDArray[np.int32], end: Whole, turn: Whole) -> Whole:
    """Arrivals after passing each coupler once, towards the given ends."""
    out, rows = arrival.copy(), np.arange(len(pairs))
    target, source = pairs[rows, end], pairs[rows, 1 - end]
    np.maximum.at(out, target, arrival[source] + (turn[source] >= turn[target]))
    return out
