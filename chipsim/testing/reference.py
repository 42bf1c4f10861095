"""The specification of the update: plain numpy, one cell after another, the same random numbers bit for bit.

`reference_ticks` does to the state and the counters of an array exactly what the compiled `chipsim.kernels.update`
does to them: words, toggles and generators end up identical. Another backend is right when it does the same. Nothing
here is fast.

The stages are chosen by the type of their parameters, like the compiled ones. A kind from outside adds its own:

    from chipsim.testing import reference

    @reference.noise.register(MyNoiseParameters)
    def my_noise(params, y, at):
        u, random = reference.uniform(at.random)
        return reference.word_of(u * (1 + reference.exp2(y)) < 1), random

Lanes are arrays of 64: float32 for numbers, bool for masks; a word is a uint64 whose bit k belongs to lane k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.components.cells.pbit import PBitActivation
from chipsim.components.couplers.coupler import PairField
from chipsim.components.digital.input_cell import PulledField
from chipsim.components.noise.rng import IdealNoise, RedrawNoise, SlowNoise
from chipsim.engine.latched.state import Counters, State
from chipsim.kernels.clocked import Clocked
from chipsim.kernels.decisions import HALF_STEP, ROUNDED
from chipsim.kernels.stages import Context, Exact, Plain, context_of, with_sight
from chipsim.kernels.vectors import LANES
from chipsim.testing.exact_decisions import extra_bits, is_up
from chipsim.testing.lanes import Floats, Lanes, lanes_of, odds
from chipsim.testing.lanes import exp2 as exp2
from chipsim.testing.lanes import fma as fma
from chipsim.testing.lanes import word_of as word_of

Generator = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]

_STREAMS = 16


# --- random numbers -------------------------------------------------------------------------------------------------


def load_generator(states: NDArray[np.uint32], offset: int) -> Generator:
    """The generator whose 64 words start at `offset`: words a, b, c, d of 16 streams each."""
    a, b, c, d = states[offset : offset + 4 * _STREAMS].reshape(4, _STREAMS).copy()
    return a, b, c, d


def store_generator(states: NDArray[np.uint32], offset: int, random: Generator) -> None:
    """Store a generator's state."""
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


def decide(u: Floats, y: Floats, at: Context, keep: Any = 0, renew: Any = 1) -> Lanes:
    """Lanes that latch +1: u, or what is left of it above `keep`, below 1 / (1 + 2**y).

    Single precision decides where it is beyond doubt, which is what the kernel does; else it is done exactly.
    """
    half = HALF_STEP * np.float32(renew)
    fresh = u if not keep else fma(u - HALF_STEP - keep, renew, half)
    margin = fma(fma(fresh, odds(y), fresh), fresh, -fresh)
    up: Lanes = np.signbit(margin)
    close = np.abs(margin) <= np.float32(1.5) * half + ROUNDED
    if close.any():
        h = field(at.exact.coupler, at)
        own_y = activation(at.exact.cells, h, at)
        for lane in np.flatnonzero(close):
            precise = float(y[lane])
            if y[lane] == own_y[lane]:
                precise = exponent(at.exact.cells, precise, float(h[lane]), float(at.beta[lane]), at.cell)
            draw = int(float(u[lane]) * 2**23)
            extra = extra_bits(at.exact.stream, at.tick, at.cell, int(lane), draw)
            up[lane] = is_up(draw, float(keep), precise, extra)
    return up


@exponent.register(PBitActivation)
def precise_logistic(params: PBitActivation, y: float, h: float, beta: float, cell: int) -> float:
    """The same in double precision."""
    slope, offset = params.precise if len(params.precise) else (params.slope[cell], params.offset[cell])
    return float(slope) * beta * h + float(offset)


@noise.register(IdealNoise)
def ideal(params: IdealNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Fresh noise: +1 where u (1 + 2**y) < 1."""
    u, random = uniform(at.random)
    return word_of(decide(u, y, at)), random


@noise.register(RedrawNoise)
def redraw(params: RedrawNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """The old value where u < keep, else the same test with what is left of u, stretched to the unit interval."""
    u, random = uniform(at.random)
    keep = params.keep[at.cell]
    drawn = decide(u, y, at, keep, params.renew[at.cell])
    return word_of(np.where(u < keep, lanes_of(at.words[at.cell]), drawn)), random


@noise.register(SlowNoise)
def slow_redraw(params: SlowNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """The old value where u < keep, else the test with a second u."""
    u, random = uniform(at.random)
    fresh, random = uniform(random)
    drawn = decide(fresh, y, at)
    return word_of(np.where(u < params.keep[at.cell], lanes_of(at.words[at.cell]), drawn)), random


# --- the update -----------------------------------------------------------------------------------------------------

BLOCK = 32


@dataclass(eq=False)
class _Group:
    """Parameters of the kinds, and what is changed of one group."""

    parameters: tuple[Any, Any, Any]
    words: NDArray[np.uint64]
    own: Any
    free: NDArray[np.uint64]
    beta: Floats
    generators: NDArray[np.uint32]
    by_cell: NDArray[np.int64]
    by_lane: NDArray[np.int64]
    scratch: NDArray[np.uint64]
    stream: np.uint64

    def context(self, words: NDArray[np.uint64], cell: int, tick: int, random: Any, seeing: Any = None) -> Context:
        """The context of a stage of this cell; the rows of scratch are those of the cells of a block."""
        row = self.scratch[cell % BLOCK]
        coupler, cells, _ = self.parameters
        exact = Exact(coupler, cells, self.stream)
        at = context_of(words, self.own, row, tick, self.beta, cell, random, exact)
        return at if seeing is None else with_sight(at, seeing)

    def sighted(self, words: NDArray[np.uint64], cell: int, tick: int, random: Any) -> Context:
        """The same with the views of couplers and noise."""
        coupler, _, noise_source = self.parameters
        at = self.context(words, cell, tick, random)
        at = at._replace(sight=sight(coupler, at))
        return at._replace(sight=sight(noise_source, at))


def _group(
    parameters: tuple[Any, Any, Any], state: State, counters: Counters | None, index: int, scratch_words: int
) -> _Group:
    none = np.zeros(0, np.int64)
    return _Group(
        parameters,
        state.words[index],
        state.own[index],
        state.free[index],
        state.beta[index],
        state.generators[index],
        none if counters is None else counters.by_cell[index],
        none if counters is None else counters.by_lane[index],
        np.zeros((BLOCK, scratch_words), np.uint64),
        state.streams[index],
    )


def reference_ticks(
    parameters: tuple[Any, Any, Any],
    schedule: Clocked,
    state: State,
    counters: Counters,
    ticks: int,
    scratch_words: int = 1,
) -> None:
    """Ticks of all groups of a clocked array, in place.

    Args:
        parameters: of stages `field`, `activation` and `noise`.
        schedule: order of updates.
        state: words, own state, what is free, betas and generators; its `tick` moves on.
        counters: toggles.
        ticks: how many.
        scratch_words: words that a stage `prepare` draws for a cell.
    """
    colours = len(schedule.colour_first_cell) - 1
    for index in range(len(state.lanes)):
        group = _group(parameters, state, counters, index, scratch_words)
        for tick in range(state.tick, state.tick + ticks):
            _drift(group, schedule, tick)
            _latch(group, schedule, tick, tick % colours)
    state.tick += ticks


def reference_settle(parameters: tuple[Any, Any, Any], schedule: Clocked, state: State, scratch_words: int = 1) -> None:
    """Make the pending draws of the cells of all groups, in place."""
    coupler, _, noise_source = parameters
    for index in range(len(state.lanes)):
        group = _group(parameters, state, None, index, scratch_words)
        for cell, random, keep in _each_cell(group, schedule):
            at = group.context(group.words, cell, state.tick, random)
            keep(settle(noise_source, parameters, at._replace(sight=sight(coupler, at))))
        for cell in range(len(group.free)):
            settled(noise_source, group.context(group.words, cell, state.tick, None))


def _each_cell(group: _Group, schedule: Clocked) -> Iterator[tuple[int, Any, Callable[[Any], None]]]:
    """(cell, generator, where the generator after it goes), chunk by chunk."""
    for chunk in range(len(schedule.chunk_first_run) - 1):
        held = [load_generator(group.generators, chunk * 4 * _STREAMS)]
        first, last = (schedule.run_first_cell[schedule.chunk_first_run[chunk + end]] for end in (0, 1))
        for cell in range(first, last):
            yield cell, held[-1], held.append
        store_generator(group.generators, chunk * 4 * _STREAMS, held[-1])


def _drift(group: _Group, schedule: Clocked, tick: int) -> None:
    """Evolve every cell between latches."""
    coupler, cells, noise_source = group.parameters
    if drift.dispatch(type(noise_source)) is drift.dispatch(object):
        return
    for cell, random, keep in _each_cell(group, schedule):
        at = group.context(group.words, cell, tick, random)
        at = at._replace(sight=sight(coupler, at))
        keep(drift(noise_source, activation(cells, field(coupler, at), at), at))


def _latch(group: _Group, schedule: Clocked, tick: int, colour: int) -> None:
    """One colour: its chunks, each with a generator of its own; in a chunk its runs, each of one price class."""
    looked_at = group.words.copy() if schedule.together else group.words
    for chunk in range(schedule.colour_first_chunk[colour], schedule.colour_first_chunk[colour + 1]):
        random = load_generator(group.generators, chunk * 4 * _STREAMS)
        for run in range(schedule.chunk_first_run[chunk], schedule.chunk_first_run[chunk + 1]):
            begin, end = schedule.run_first_cell[run], schedule.run_first_cell[run + 1]
            random = _run(group, looked_at, (begin, end), tick, schedule.run_class[run], random)
        store_generator(group.generators, chunk * 4 * _STREAMS, random)


def _run(
    group: _Group, words: NDArray[np.uint64], cells_of_run: tuple[int, int], tick: int, price_class: int, random: Any
) -> Any:
    """Cells of one run in blocks: draws of a block first, then its updates."""
    coupler, cells, noise_source = group.parameters
    begin, end = cells_of_run
    for block in range(begin, end, BLOCK):
        for cell in range(block, min(block + BLOCK, end)):
            random = prepare(noise_source, group.context(words, cell, tick, random))
        for cell in range(block, min(block + BLOCK, end)):
            at = group.sighted(words, cell, tick, random)
            old = words[cell]
            latched, random = noise(noise_source, activation(cells, field(coupler, at), at), at)
            changed = (latched ^ old) & group.free[cell]
            group.words[cell] = old ^ changed
            commit(noise_source, old, old ^ changed, at)
            _count(group, cell, price_class, lanes_of(changed))
    return random


def _count(group: _Group, cell: int, price_class: int, toggled: Lanes) -> None:
    """A toggle counts once for its cell, and once for its lane in the cell's price class."""
    group.by_cell[cell] += np.count_nonzero(toggled)
    group.by_lane[price_class * LANES : (price_class + 1) * LANES] += toggled
