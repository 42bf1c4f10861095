"""What a cell sees of its neighbours where wires have delay and the node that sums the couplings has an R C.

A change reaches the other end of a coupler after d = delay per length * length of its wire, plus the pulse of the clock
during which the latching cell does not yet show its new value. A change that arrives at the very instant of a latch is
not seen. The voltage x_ij of coupler ij at the node of cell i follows what has arrived,

    R C dx_ij/dt = s_j(t - d_ij) - x_ij,     h_i(t) = sum_j J_ij x_ij(t) + b_i,

and cell i latches under h_i of that instant. In a clocked array each neighbour latches once in a sweep of length T, so
for each coupler there is a fixed number of latches whose change has not arrived, and a fixed time a_ij <= T since the
last one arrived. With e = exp(-a / R C), k = exp(-T / R C) and s_n the word that arrived last before latch n,

    x_n = (1 - e) s_n + u_n,     u_n+1 = k u_n + (1 - k) e s_n,

so a cell keeps one sum, U = sum_j J u. At rest u = e s. In a pause of the array, however short, everything arrives and
settles; biases are constant and have settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.couplers.pairs import PairField
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage


@dataclass(frozen=True, eq=False)
class Links:
    """When changes of neighbours arrive, in a clocked array; by directed coupling, in the order of neighbour lists.

    Attributes:
        unseen: (directed couplings,) int64, how many of the latest latches of the neighbour have not arrived.
        age_s: (directed couplings,) float64, time since the one before arrived; above 0, at most a sweep.
        sweep_s: time between two latches of a cell.
        cells: number of cells.
        past: (depth,) int64, first slot of the words of all cells one, two, ... latches ago.
    """

    unseen: NDArray[np.int64]
    age_s: NDArray[np.float64]
    sweep_s: float
    cells: int
    past: NDArray[np.int64]

    def slots(self, neighbour: NDArray[np.integer]) -> NDArray[np.int32]:
        """The slots in which the words that have arrived are kept."""
        planes = np.append(0, self.past)
        return (planes[self.unseen] + neighbour).astype(np.int32)


class LateField(NamedTuple):
    """Couplings whose wires have delay.

    inner: a `PairField` whose neighbours are in slots of the past; past: see `Links`.
    """

    inner: Any
    past: NDArray[np.int64]


class NodeField(NamedTuple):
    """Couplings on nodes with an R C. The couplings of a cell that arrived at the same time are one part of its sum.

    first_part: (cells + 1,) int32; first: (parts + 1,) int32; neighbour: (directed couplings,) int32, slots of the
    past; weight: same, int16 or int32; base: (parts,) same integer, minus the sum of the weights of a part;
    fresh: (parts,) float32, scale (1 - e); stale: (parts,) float32, scale (1 - k) e; bias: (cells,) float32;
    keep: (2,) float32, k and 1 / (1 - k); past: see `Links`.

    Its state, `at.nodes`: (cells + 1) * 64 float32, U of each cell, and behind them (1 - k) sum J e s of the cell whose
    field was computed last.
    """

    first_part: NDArray[np.int32]
    first: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    weight: NDArray[Any]
    base: NDArray[Any]
    fresh: NDArray[np.float32]
    stale: NDArray[np.float32]
    bias: NDArray[np.float32]
    keep: NDArray[np.float32]
    past: NDArray[np.int64]


def late_field(field: PairField, links: Links, node_rc_s: float) -> LateField | NodeField:
    """Couplings that see the past.

    Args:
        field: the same couplings without delay.
        links: when changes arrive.
        node_rc_s: R C of the nodes; 0 for none.
    """
    if not node_rc_s:
        return LateField(field._replace(neighbour=links.slots(field.neighbour)), links.past)
    cell = np.repeat(np.arange(links.cells), np.diff(field.first))
    order = np.lexsort((links.age_s, cell))
    cell, age = cell[order], links.age_s[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (np.diff(cell) > 0) | (np.diff(age) > 0)
    starts = np.flatnonzero(begins)
    weight = field.weight[order]
    sums = np.add.reduceat(weight.astype(np.int64), starts) if len(starts) else np.zeros(0, np.int64)
    # As rounded, so that a node at rest stays as it is.
    keep = float(np.float32(np.exp(-links.sweep_s / node_rc_s)))
    of, late = cell[starts], np.exp(-age[starts] / node_rc_s)
    scale = field.scale.astype(np.float64)[of]
    return NodeField(
        np.searchsorted(of, np.arange(links.cells + 1)).astype(np.int32),
        np.append(starts, len(order)).astype(np.int32),
        links.slots(field.neighbour)[order],
        weight,
        (-sums).astype(weight.dtype),
        (scale * (1 - late)).astype(np.float32),
        (scale * (1 - keep) * late).astype(np.float32),
        field.bias,
        np.array([keep, 1 / (1 - keep)], np.float32),
        links.past,
    )


@stage(stages.field, LateField)
def late_pairs(params: Any, at: Any) -> Any:
    """The sum over the words that have arrived."""
    return stages.field(params.inner, at)


@stage(stages.keep_past, NodeField)
@stage(stages.keep_past, LateField)
def keep_words(params: Any, words: Any, begin: Any, end: Any) -> Any:
    """Each word of the past grows older by one latch."""
    for age in range(len(params.past) - 1, -1, -1):
        older, newer = params.past[age], params.past[age - 1] if age else np.int64(0)
        for cell in range(begin, end):
            words[older + cell] = words[newer + cell]


@stage(stages.field, NodeField)
def node_voltage(params: Any, at: Any) -> Any:
    """U plus what arrived since, as far as it has settled; leaves what `charge` needs behind the cells."""
    h = vectors.fma(vectors.load(at.nodes, at.cell * 64), np.float32(1.0), params.bias[at.cell])
    stale = vectors.zeros(params.bias)
    for part in range(np.uint32(params.first_part[at.cell]), np.uint32(params.first_part[at.cell + 1])):
        total = vectors.zeros(params.weight)
        for k in range(np.uint32(params.first[part]), np.uint32(params.first[part + 1])):
            word = stages.seen(at.sight, k, np.uint32(params.neighbour[k]))
            total = vectors.add_where(word, total, params.weight[k])
        signed = vectors.to_float(vectors.twice_plus(total, params.base[part]))
        h = vectors.fma(params.fresh[part], signed, h)
        stale = vectors.fma(params.stale[part], signed, stale)
    vectors.store(at.nodes, len(params.bias) * 64, stale)
    return h


@stage(stages.charge, NodeField)
def carry_over(params: Any, at: Any) -> Any:
    """U for the next latch."""
    held, place = vectors.load(at.nodes, at.cell * 64), len(params.bias) * 64
    vectors.store(at.nodes, at.cell * 64, vectors.fma(params.keep[0], held, vectors.load(at.nodes, place)))


@stage(stages.rest, NodeField)
def settle_node(params: Any, at: Any) -> Any:
    """U where all that arrived has settled."""
    place = len(params.bias) * 64
    stages.field(params, at)
    vectors.store(at.nodes, at.cell * 64, vectors.multiply(vectors.load(at.nodes, place), params.keep[1]))
