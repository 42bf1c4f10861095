"""The field of pair couplings: exact sums of integers over neighbour lists."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch


class PairField(NamedTuple):
    """h = scale * sum_j code_ij s_j + bias, over a neighbour list in slot order.

    first: (cells + 1,) int32; neighbour: (directed edges,) int32; weight: same, int16 or int32;
    base: (cells,) same integer, minus the sum of a cell's weights; scale, bias: (cells,) float32.
    """

    first: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    weight: NDArray[Any]
    base: NDArray[Any]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]


@stage(stages.ahead, PairField)
def fetch_couplings(params: Any, cell: Any) -> Any:
    """The neighbour list of a cell, as far as two cache lines reach, and its weights."""
    first = np.int64(params.first[cell])
    fetch(params.neighbour, first)
    fetch(params.neighbour, first + 11)
    fetch(params.weight, first)
    fetch(params.base, np.int64(cell))
    fetch(params.scale, np.int64(cell))
    fetch(params.bias, np.int64(cell))


@stage(stages.near, PairField)
def fetch_neighbours(params: Any, words: Any, cell: Any) -> Any:
    """The words of all neighbours."""
    fetch_of_each(params, words, 0, 1, cell)


def first_edge(params: Any, cell: Any) -> Any:
    """`first_edge(params, cell)`: the number of the first coupling of a cell, as stage `seen` gets it."""
    raise TypeError("chosen while a kernel is compiled")


def fetch_of_each(params: Any, words: Any, start: Any, step: Any, cell: Any) -> Any:
    """`fetch_of_each(params, words, start, step, cell)`: fetch word `start + step * slot` of each neighbour."""
    raise TypeError("chosen while a kernel is compiled")


@stage(first_edge, PairField)
def first_of_pairs(params: Any, cell: Any) -> Any:
    """Couplings are numbered cell by cell."""
    return np.uint32(params.first[cell])


@stage(fetch_of_each, PairField)
def fetch_of_each_pair(params: Any, words: Any, start: Any, step: Any, cell: Any) -> Any:
    """One word of each neighbour."""
    for k in range(np.uint32(params.first[cell]), np.uint32(params.first[cell + 1])):
        fetch(words, start + step * np.int64(params.neighbour[k]))


@stage(stages.field, PairField)
def pair_field(params: Any, at: Any) -> Any:
    """Sum w over the neighbours that are +1, per lane: sum_j w s = 2 * this - sum_j w."""
    total = vectors.zeros(params.weight)
    # Unsigned indices skip numba's check for negative ones.
    for k in range(np.uint32(params.first[at.cell]), np.uint32(params.first[at.cell + 1])):
        word = stages.seen(at.sight, k, np.uint32(params.neighbour[k]))
        total = vectors.add_where(word, total, params.weight[k])
    signed = vectors.to_float(vectors.twice_plus(total, params.base[at.cell]))
    return vectors.fma(params.scale[at.cell], signed, params.bias[at.cell])
