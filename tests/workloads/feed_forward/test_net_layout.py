"""Layers of cells on the graph of a chip."""

from __future__ import annotations

import numpy as np
import pytest

from chipsim.compiler.fabric import build_fabric
from chipsim.errors import ProblemError
from chipsim.mapping.layout import ImageGrid, PlacementSpec
from chipsim.runs.plan import read_chip_file
from chipsim.workloads.feed_forward.layout import NetLayout, Sizes, lay_out

pytestmark = pytest.mark.unit
PLACED = PlacementSpec(order="image")


def laid_out(chip: str, side: int, hidden: Sizes, outputs: int) -> NetLayout:
    fabric = build_fabric(read_chip_file(chip), None)
    return lay_out(fabric, ImageGrid(side, side, 1), PLACED, hidden, outputs, 5)


def test_native_net_of_a_published_chip() -> None:
    """784 pixels, 2,000 and 1,666 hidden cells, 450 outputs on the 4,900 cells of dtca-70."""
    net = laid_out("dtca-70", 28, ["rest", "rest"], 450)
    assert [len(layer) for layer in net.layers] == [784, 2000, 1666, 450]
    assert len(np.unique(np.concatenate(net.layers))) == 4900
    fabric = build_fabric(read_chip_file("dtca-70"), None)
    colour = fabric.positions.sum(axis=1) % 2
    assert [set(colour[layer].tolist()) for layer in net.layers] == [{0}, {1}, {0}, {1}]
    # Every coupler between successive layers carries a weight, counted here once more.
    where = np.full(4900, -9)
    for number, layer in enumerate(net.layers):
        where[layer] = number
    assert net.couplers == net.weights == (np.abs(np.diff(where[fabric.edges], axis=1)) == 1).sum()
    for number, links in enumerate(net.links):
        ends = fabric.edges[links.edge, links.end], fabric.edges[links.edge, 1 - links.end]
        assert (ends[0] == net.layers[number + 1][links.target]).all()
        assert (ends[1] == net.layers[number][links.source]).all()


def test_weights_act_forward_only() -> None:
    net = laid_out("tiny", 2, ["rest"], 4)
    weights = np.arange(1, net.weights + 1).astype(np.float32)
    fabric = build_fabric(read_chip_file("tiny"), None)
    towards = np.zeros((16, 16))  # towards[a, b]: how b acts on a
    for (a, b), (on_a, on_b) in zip(fabric.edges, net.couplings(weights, 0.0), strict=True):
        towards[a, b], towards[b, a] = on_a, on_b
    links = net.links[0]
    number = 3
    later, earlier = net.layers[1][links.target[number]], net.layers[0][links.source[number]]
    assert towards[later, earlier] == weights[number]
    assert towards[earlier, later] == 0
    assert (net.couplings(weights, 0.5).sum(axis=1) == 1.5 * net.couplings(weights, 0.0).sum(axis=1)).all()


def test_numbers_of_cells_and_what_is_left() -> None:
    net = laid_out("dtca-70", 28, [100, 200, "rest", "rest"], 20)
    sizes = [len(layer) for layer in net.layers]
    # Second colour: layers 1 and 3; first colour: 784 pixels, layer 2, layer 4, and the 20 outputs on the second.
    assert sizes == [784, 100, 200, 2450 - 100 - 20, 2450 - 784 - 200, 20]
    assert len(net.unused) == 0
    assert len(laid_out("dtca-70", 28, [100], 20).unused) == 4900 - 784 - 100 - 20


@pytest.mark.parametrize(
    ("hidden", "outputs", "words"),
    [
        ([2000], 2000, "layers of 2,000 cells and 784 pixels on one colour, which has 2,450"),
        ([2400, 10], 100, "layers of 2,400 + 100 cells on one colour, which has 2,450"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_arithmetic(hidden: Sizes, outputs: int, words: str) -> None:
    with pytest.raises(ProblemError, match=words.replace("+", r"\+")):
        laid_out("dtca-70", 28, hidden, outputs)


def test_layers_without_couplers_are_refused() -> None:
    with pytest.raises(ProblemError, match="no coupler joins hidden layer 1 and hidden layer 2"):
        laid_out("dtca-70", 28, [1, 1], 450)
