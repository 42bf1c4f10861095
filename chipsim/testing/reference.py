"""The specification of the update: plain numpy, one cell after another, the same random numbers bit for bit.

`reference_sweeps` does to a bank exactly what the compiled `chipsim.kernels.update.advance` does to it: states, toggle
counters and generators end up identical. Another backend is right when it does the same. Nothing here is fast.

The stages are chosen by the type of their parameters, like the compiled ones. A kind from outside adds its own:

    from chipsim.testing import reference

    @reference.noise.register(MyNoiseParameters)
    def my_noise(params, y, old, memory, cell, random):
        u, random = reference.uniform(random)
        return reference.word_of(u * (1 + reference.exp2(y)) < 1), random

Lanes are arrays of 64: float32 for numbers, bool for masks; a word is a uint64 whose bit k belongs to lane k.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.components.cells.pbit import PBitActivation
from chipsim.components.couplers.coupler import PairField
from chipsim.components.digital.input_cell import PulledField
from chipsim.components.noise.rng import IdealNoise, RedrawNoise, SlowNoise
from chipsim.kernels.update import Bank, Schedule
from chipsim.kernels.vectors import EXP2_COEFFICIENTS, LANES

Floats = NDArray[np.float32]
Lanes = NDArray[np.bool_]
Generator = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]

_BIT = np.arange(LANES, dtype=np.uint64)
_STREAMS = 16


# --- lanes and words ------------------------------------------------------------------------------------------------


def lanes_of(words: Any) -> Lanes:
    """The bits of words: shape (...,) uint64 -> (..., 64) bool."""
    return (np.asarray(words, np.uint64)[..., None] >> _BIT & np.uint64(1)).astype(bool)


def word_of(lanes: Lanes) -> np.uint64:
    """The word of 64 bools."""
    return np.uint64((lanes.astype(np.uint64) << _BIT).sum(dtype=np.uint64))


# --- arithmetic in single precision ---------------------------------------------------------------------------------


def fma(a: Any, b: Any, c: Any) -> Floats:
    """`a * b + c` of float32 with a single rounding, as the machine's fused multiply-add.

    The product of two float32 is exact in float64; the sum is rounded to odd there, which loses nothing that the last
    rounding to float32 could need (Boldo & Melquiond 2008).
    """
    product = np.asarray(a, np.float32).astype(np.float64) * np.asarray(b, np.float32)
    addend = np.asarray(c, np.float32).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        total = product + addend
        part = total - product
        missing = (product - (total - part)) + (addend - part)
        inexact = np.isfinite(total) & (missing != 0)
        even = (np.atleast_1d(total).view(np.int64) & 1).reshape(np.shape(total)) == 0
        beside = np.nextafter(total, np.where(missing > 0, np.inf, -np.inf))
        return np.where(inexact & even, beside, total).astype(np.float32)


def exp2(x: Floats) -> Floats:
    """2**x, x clamped to +-126: a polynomial for the fraction, the whole part added to the exponent bits."""
    low, high = np.float32(-126), np.float32(126)
    x = np.where(x > low, x, low)
    x = np.where(x < high, x, high)
    whole = np.floor(x)
    fraction = x - whole
    value = np.full(x.shape, EXP2_COEFFICIENTS[0], np.float32)
    for coefficient in EXP2_COEFFICIENTS[1:]:
        value = fma(value, fraction, coefficient)
    return (value.view(np.int32) + (whole.astype(np.int32) << 23)).view(np.float32)


# --- random numbers -------------------------------------------------------------------------------------------------


def load_generator(states: NDArray[np.uint32], offset: int) -> Generator:
    """The generator whose 64 words start at `offset`: words a, b, c, d of 16 streams each."""
    a, b, c, d = states[offset : offset + 4 * _STREAMS].reshape(4, _STREAMS).copy()
    return a, b, c, d


def store_generator(states: NDArray[np.uint32], offset: int, random: Generator) -> None:
    """Put a generator's state back."""
    states[offset : offset + 4 * _STREAMS] = np.concatenate(random)


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
    for _ in range(LANES // _STREAMS):
        out, random = xoshiro_step(random)
        outputs.append(out)
    odd = np.concatenate(outputs) >> np.uint32(8) | np.uint32(1)
    return odd.astype(np.float32) * np.float32(2.0**-24), random


# --- stages, chosen by the type of their parameters -----------------------------------------------------------------


@singledispatch
def field(params: Any, words: NDArray[np.uint64], cell: int) -> Floats:
    """The local field of a cell in 64 lanes, from the words of all cells of its group."""
    raise TypeError(f"no reference of stage field for {type(params).__name__}; register one")


@singledispatch
def activation(params: Any, h: Floats, beta: Floats, cell: int) -> Floats:
    """The exponent y in 64 lanes: the cell is +1 with probability 1 / (1 + 2**y)."""
    raise TypeError(f"no reference of stage activation for {type(params).__name__}; register one")


@singledispatch
def noise(
    params: Any, y: Floats, old: np.uint64, memory: NDArray[np.uint64], cell: int, random: Generator
) -> tuple[np.uint64, Generator]:
    """The word that the cell would latch, and the generator after it; may write its bits of `memory`."""
    raise TypeError(f"no reference of stage noise for {type(params).__name__}; register one")


@field.register(PairField)
def pair_field(params: PairField, words: NDArray[np.uint64], cell: int) -> Floats:
    """Scale times the whole number sum_j code_j s_j, plus the bias: exact up to one rounding."""
    edges = slice(params.first[cell], params.first[cell + 1])
    codes = params.weight[edges].astype(np.int64)
    up = lanes_of(words[params.neighbour[edges]])
    total = 2 * (codes[:, None] * up).sum(axis=0) - codes.sum()
    return fma(params.scale[cell], total.astype(np.float32), params.bias[cell])


@field.register(PulledField)
def pulled_field(params: PulledField, words: NDArray[np.uint64], cell: int) -> Floats:
    """The couplers' field, and +-pull by the latch behind the cells."""
    up = lanes_of(words[cell + len(params.pull)][None])[0]
    latch = np.where(up, np.float32(1), np.float32(-1))
    return fma(latch, params.pull[cell], field(params.inner, words, cell))


@activation.register(PBitActivation)
def logistic(params: PBitActivation, h: Floats, beta: Floats, cell: int) -> Floats:
    """Slope times beta times h, plus the offset."""
    return fma(beta * params.slope[cell], h, params.offset[cell])


@noise.register(IdealNoise)
def ideal(
    params: IdealNoise, y: Floats, old: np.uint64, memory: NDArray[np.uint64], cell: int, random: Generator
) -> tuple[np.uint64, Generator]:
    """Fresh noise: +1 where u (1 + 2**y) < 1."""
    u, random = uniform(random)
    return word_of(fma(u, exp2(y), u) < np.float32(1)), random


@noise.register(RedrawNoise)
def redraw(
    params: RedrawNoise, y: Floats, old: np.uint64, memory: NDArray[np.uint64], cell: int, random: Generator
) -> tuple[np.uint64, Generator]:
    """The old value where u < keep, else the same test with what is left of u, stretched to the unit interval."""
    u, random = uniform(random)
    keep = params.keep[cell]
    fresh = (u - keep) * params.renew[cell]
    drawn = fma(fresh, exp2(y), fresh) < np.float32(1)
    return word_of(np.where(u < keep, lanes_of(old), drawn)), random


@noise.register(SlowNoise)
def slow_redraw(
    params: SlowNoise, y: Floats, old: np.uint64, memory: NDArray[np.uint64], cell: int, random: Generator
) -> tuple[np.uint64, Generator]:
    """The old value where u < keep, else the test with a second u."""
    u, random = uniform(random)
    fresh, random = uniform(random)
    drawn = fma(fresh, exp2(y), fresh) < np.float32(1)
    return word_of(np.where(u < params.keep[cell], lanes_of(old), drawn)), random


# --- the update -----------------------------------------------------------------------------------------------------


def reference_sweeps(
    coupler: Any, cells: Any, noise_source: Any, schedule: Schedule, bank: Bank, coupled: bool, sweeps: int
) -> None:
    """Sweeps of all groups of a bank, in place.

    Args:
        coupler: parameters of stage `field`.
        cells: parameters of stage `activation`.
        noise_source: parameters of stage `noise`.
        schedule: order of updates.
        bank: states, clamps, betas, generators and counters.
        coupled: cells of one colour read the old state and commit together.
        sweeps: how many.
    """
    for group in range(len(bank.lanes)):
        for _ in range(sweeps):
            for colour in range(len(schedule.colour_first_cell) - 1):
                _phase(coupler, cells, noise_source, schedule, bank, group, coupled, colour)


def _phase(
    coupler: Any, cells: Any, noise_source: Any, schedule: Schedule, bank: Bank, group: int, coupled: bool, colour: int
) -> None:
    """One colour: its chunks, each with a generator of its own; in a chunk its runs, each of one price class."""
    words = bank.state[group, 0]
    seen = words.copy() if coupled else words
    for chunk in range(schedule.colour_first_chunk[colour], schedule.colour_first_chunk[colour + 1]):
        random = load_generator(bank.generators[group], chunk * 4 * _STREAMS)
        for run in range(schedule.chunk_first_run[chunk], schedule.chunk_first_run[chunk + 1]):
            for cell in range(schedule.run_first_cell[run], schedule.run_first_cell[run + 1]):
                h = field(coupler, seen, cell)
                y = activation(cells, h, bank.beta[group], cell)
                latched, random = noise(noise_source, y, seen[cell], bank.state[group, 1:], cell, random)
                changed = (latched ^ seen[cell]) & bank.free[group, cell]
                words[cell] = seen[cell] ^ changed
                _count(bank, group, cell, schedule.run_class[run], lanes_of(changed))
        store_generator(bank.generators[group], chunk * 4 * _STREAMS, random)


def _count(bank: Bank, group: int, cell: int, price_class: int, toggled: Lanes) -> None:
    """A toggle counts once for its cell, and once for its lane in the cell's price class."""
    bank.cell_toggles[group, cell] += np.count_nonzero(toggled)
    bank.lane_toggles[group, price_class * LANES : (price_class + 1) * LANES] += toggled
