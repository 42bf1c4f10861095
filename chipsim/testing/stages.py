"""The stages of an update in plain numpy, chosen by the type of their parameters, and the random numbers.

`reference.py` composes them; kinds from outside register their stages there. Lanes are arrays of 64: float32 for
numbers, bool for masks; a word is a uint64 whose bit k belongs to lane k.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.components.cells.pbit import PBitActivation
from chipsim.components.couplers.late import LateField, NodeField
from chipsim.components.couplers.pairs import PairField
from chipsim.components.digital.input_cell import PulledField
from chipsim.kernels.stages import Context, Plain
from chipsim.kernels.vectors import LANES
from chipsim.testing.lanes import Floats, fma, lanes_of

Generator = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]

STREAMS = 16


# --- random numbers -------------------------------------------------------------------------------------------------


def load_generator(states: NDArray[np.uint32], offset: int) -> Generator:
    """The generator whose 64 words start at `offset`: words a, b, c, d of 16 streams each."""
    a, b, c, d = states[offset : offset + 4 * STREAMS].reshape(4, STREAMS).copy()
    return a, b, c, d


def store_generator(states: NDArray[np.uint32], offset: int, random: Generator) -> None:
    """Store a generator's state."""
    states[offset : offset + 4 * STREAMS] = np.concatenate(random)


def xoshiro_step(random: Generator) -> tuple[NDArray[np.uint32], Generator]:
    """One output of xoshiro128+ in each of 16 streams, and the generator after it (Blackman & Vigna 2021)."""
    a, b, c, d = random
    out = a + d
    shifted = b << np.uint32(9)
    c = c ^ a
    d = d ^ b
    b = b ^ c
    a = a ^ d
    c = c ^ shifted
    d = d << np.uint32(11) | d >> np.uint32(21)
    return out, (a, b, c, d)


def uniform(random: Generator) -> tuple[Floats, Generator]:
    """64 uniforms (2r + 1) / 2**24, r the upper 23 bits of an output: lanes 0 to 15 from the first step, and so on."""
    outputs = []
    for _ in range(LANES // STREAMS):
        out, random = xoshiro_step(random)
        outputs.append(out)
    odd = np.concatenate(outputs) >> np.uint32(8) | np.uint32(1)
    return odd.astype(np.float32) * np.float32(2.0**-24), random


# --- stages, chosen by the type of their parameters -----------------------------------------------------------------


@singledispatch
def sight(params: Any, at: Context) -> Any:
    """The view of the other cells: by default that of the context."""
    return at.sight


@singledispatch
def seen(sight: Any, edge: int, slot: int) -> np.uint64:
    """The word of a neighbour in this view."""
    raise TypeError(f"no reference of stage seen for {type(sight).__name__}; register one")


@singledispatch
def field(params: Any, at: Context) -> Floats:
    """The local field of a cell in 64 lanes."""
    raise TypeError(f"no reference of stage field for {type(params).__name__}; register one")


@singledispatch
def activation(params: Any, h: Floats, at: Context) -> Floats:
    """The exponent y in 64 lanes: the cell is +1 with probability 1 / (1 + 2**y)."""
    raise TypeError(f"no reference of stage activation for {type(params).__name__}; register one")


@singledispatch
def exponent(params: Any, y: float, h: float, beta: float, cell: int) -> float:
    """The exponent of one lane in double precision; by default as rounded by `activation`."""
    return y


@singledispatch
def noise(params: Any, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """The new word of the cell, and the generator after it."""
    raise TypeError(f"no reference of stage noise for {type(params).__name__}; register one")


@singledispatch
def commit(params: Any, old: np.uint64, new: np.uint64, at: Context) -> None:
    """Notified of the old and new word; by default a no-op."""


@singledispatch
def keep_past(params: Any, words: NDArray[np.uint64], begin: int, end: int) -> None:
    """Cells are about to latch; by default nothing of the past is kept."""


@singledispatch
def charge(params: Any, at: Context) -> None:
    """The cell has latched; by default its node carries nothing over."""


@singledispatch
def prepare(params: Any, at: Context) -> Generator:
    """Draws for a block of cells before they update; by default none."""
    random: Generator = at.random
    return random


@singledispatch
def drift(params: Any, y: Floats, at: Context) -> Generator:
    """Evolution of every cell between latches; by default none."""
    random: Generator = at.random
    return random


@singledispatch
def settle(params: Any, parameters: tuple[Any, Any, Any], at: Context) -> Generator:
    """Pending draws of a cell; by default none. `parameters` are those of all kinds."""
    random: Generator = at.random
    return random


@singledispatch
def settled(params: Any, at: Context) -> None:
    """Called for each cell after all have settled; by default a no-op."""


@seen.register(Plain)
def seen_as_it_is(sight: Plain, edge: int, slot: int) -> np.uint64:
    """The word in the slot."""
    word: np.uint64 = sight.words[slot]
    return word


@field.register(PairField)
def pair_field(params: PairField, at: Context) -> Floats:
    """Scale times the whole number sum_j code_j s_j, plus the bias: exact up to one rounding."""
    edges = range(params.first[at.cell], params.first[at.cell + 1])
    total = np.zeros(LANES, np.int64)
    for edge in edges:
        up = lanes_of(seen(at.sight, edge, params.neighbour[edge]))
        total += int(params.weight[edge]) * (2 * up.astype(np.int64) - 1)
    return fma(params.scale[at.cell], total.astype(np.float32), params.bias[at.cell])


@field.register(LateField)
def late_pairs(params: LateField, at: Context) -> Floats:
    """The sum over words of the past."""
    return field(params.inner, at)


@keep_past.register(LateField)
@keep_past.register(NodeField)
def keep_words(params: LateField | NodeField, words: NDArray[np.uint64], begin: int, end: int) -> None:
    """Each word of the past grows older by one latch."""
    planes = [0, *params.past]
    for older, newer in zip(planes[:0:-1], planes[-2::-1], strict=True):
        words[older + begin : older + end] = words[newer + begin : newer + end]


def _late_sums(params: NodeField, at: Context) -> tuple[Floats, Floats]:
    """The node's voltage, and (1 - k) sum_j J e s."""
    h = at.nodes[at.cell * LANES : (at.cell + 1) * LANES] + params.bias[at.cell]
    stale = np.zeros(LANES, np.float32)
    for part in range(params.first_part[at.cell], params.first_part[at.cell + 1]):
        total = np.zeros(LANES, np.int64)
        for edge in range(params.first[part], params.first[part + 1]):
            up = lanes_of(seen(at.sight, edge, params.neighbour[edge]))
            total += int(params.weight[edge]) * (2 * up.astype(np.int64) - 1)
        h = fma(params.fresh[part], total.astype(np.float32), h)
        stale = fma(params.stale[part], total.astype(np.float32), stale)
    return h, stale


@field.register(NodeField)
def node_voltage(params: NodeField, at: Context) -> Floats:
    """U, the bias, and what arrived since as far as it has settled."""
    h, at.nodes[len(params.bias) * LANES :] = _late_sums(params, at)
    return h


@charge.register(NodeField)
def carry_over(params: NodeField, at: Context) -> None:
    """U for the next latch."""
    held = at.nodes[at.cell * LANES : (at.cell + 1) * LANES]
    held[:] = fma(params.keep[0], held, at.nodes[len(params.bias) * LANES :])


@keep_past.register(PulledField)
def keep_past_of_pulled(params: PulledField, words: NDArray[np.uint64], begin: int, end: int) -> None:
    """The couplers'."""
    keep_past(params.inner, words, begin, end)


@charge.register(PulledField)
def charge_pulled(params: PulledField, at: Context) -> None:
    """The couplers'."""
    charge(params.inner, at)


@field.register(PulledField)
def pulled_field(params: PulledField, at: Context) -> Floats:
    """The couplers' field, and +-pull by the latch behind the cells."""
    up = lanes_of(at.words[at.cell + len(params.pull)])
    latch = np.where(up, np.float32(1), np.float32(-1))
    return fma(latch, params.pull[at.cell], field(params.inner, at))


@activation.register(PBitActivation)
def logistic(params: PBitActivation, h: Floats, at: Context) -> Floats:
    """Slope times beta times h, plus the offset."""
    return fma(at.beta * params.slope[at.cell], h, params.offset[at.cell])


@exponent.register(PBitActivation)
def precise_logistic(params: PBitActivation, y: float, h: float, beta: float, cell: int) -> float:
    """The same in double precision."""
    slope, offset = params.precise if len(params.precise) else (params.slope[cell], params.offset[cell])
    return float(slope) * beta * h + float(offset)
