"""The update of an array: one group of lanes, composed of the stages of its kinds, driven by the stage of a schedule.

A group's state is one 64-lane word per cell. Groups share no data, so threads process groups, and each may have its own
parameters. Counters: toggles per cell (for maps) and per lane and price class (for intervals).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload
from numpy.typing import NDArray

from chipsim.kernels import rng, stages, vectors
from chipsim.kernels.borrow import borrow
from chipsim.kernels.jit import INLINED, has_stage, kernel
from chipsim.kernels.stages import Exact, context_of, with_sight

# Number of cells whose draws are prepared together.
BLOCK = 32


class Group(NamedTuple):
    """State and counters of one group of 64 lanes.

    words: (slots,) uint64; own: state of the noise kind; target: (slots,) uint64, used when coupled cells latch
    together; free: (cells,) uint64, lanes in which a cell is not held; beta: (64,) float32;
    generators: (chunks * 64,) uint32; cell_toggles: (cells,) int64; lane_toggles: (classes * 64,) int64;
    updates: (1,) int64, of all lanes, for schedules that choose cells at random; lanes: lanes in use; stream: key of
    the extra random bits of rare decisions, and of such choices; nodes: float32, state of the couplers, may be empty.
    """

    words: NDArray[np.uint64]
    own: Any
    target: NDArray[np.uint64]
    free: NDArray[np.uint64]
    beta: NDArray[np.float32]
    generators: NDArray[np.uint32]
    cell_toggles: NDArray[np.int64]
    lane_toggles: NDArray[np.int64]
    updates: NDArray[np.int64]
    lanes: np.uint64
    stream: np.uint64
    nodes: NDArray[np.float32]


class Array(NamedTuple):
    """Arguments of a schedule: parameters of the kinds, the group, scratch of `prepare`, observers.

    chunk_first_cell: (chunks + 1,) int64, the cells that share a generator; beta: 64 float32;
    scratch: (BLOCK, n) uint64.
    """

    coupler: Any
    cells: Any
    noise: Any
    chunk_first_cell: Any
    group: Any
    beta: Any
    scratch: Any
    observers: Any


def member(of_type: Any, name: str) -> Any:
    """The numba type of a field of a NamedTuple's numba type."""
    return of_type.types[of_type.fields.index(name)]


def walk(schedule: Any, array: Any, start: Any, stop: Any) -> Any:
    """`walk(schedule, array, start, stop)`: the stage of a schedule, ticks `start` to `stop` of its array."""
    raise TypeError(f"no walk stage for {type(schedule).__name__}")


@njit(error_model="numpy", forceinline=True)
def exact_of(array):  # type: ignore[no-untyped-def]
    """Data for refined decisions of an array's cells."""
    return Exact(array.coupler, array.cells, array.group.stream)


@njit(error_model="numpy", forceinline=True)
def latch_cell(array, words, own, target, free, toggles, scratch, cell, tick, random):  # type: ignore[no-untyped-def]
    """Update one cell; returns the generator, and the word of the lanes that toggled.

    Arrays are arguments, so that loops over cells load them from the group once.
    """
    bare = context_of(words, own, scratch, tick, array.beta, cell, random, exact_of(array), array.group.nodes)
    coupled = with_sight(bare, stages.sight(array.coupler, bare))
    at = with_sight(coupled, stages.sight(array.noise, coupled))
    old = words[cell]
    h = stages.field(array.coupler, at)
    y = stages.activation(array.cells, h, at)
    latched, random = stages.noise(array.noise, y, stages.with_field(at, h))
    changed = (latched ^ old) & free[cell]
    new = old ^ changed
    target[cell] = new
    toggles[cell] += np.int64(vectors.popcount(changed))
    stages.commit(array.noise, old, new, at)
    stages.charge(array.coupler, at)
    return random, changed


@njit(error_model="numpy", forceinline=True)
def update_cell(array, words, own, target, free, toggles, scratch, cell, tick, random, counter):  # type: ignore[no-untyped-def]
    """The same, returning the counter with the lanes that toggled."""
    random, changed = latch_cell(array, words, own, target, free, toggles, scratch, cell, tick, random)
    return random, vectors.add_where(changed, counter, np.int8(1))


def update_run(array: Any, target: Any, begin: Any, end: Any, tick: Any, random: Any) -> Any:
    """`update_run(array, target, begin, end, tick, random)` -> (random, counter): cells of one run, one after another.

    A run has at most 255 cells, so that one byte per lane can count its toggles.
    """
    raise TypeError("chosen while a kernel is compiled")


@overload(update_run, jit_options=INLINED, strict=False)
def _update_run(array, target, begin, end, tick, random):  # type: ignore[no-untyped-def]
    if not has_stage(stages.prepare, member(array, "noise")):

        def one_by_one(array, target, begin, end, tick, random):  # type: ignore[no-untyped-def]
            counter, group = vectors.zeros_i8(), array.group
            words, own, free, toggles = group.words, group.own, group.free, group.cell_toggles
            for cell in range(begin, end):
                random, counter = update_cell(array, words, own, target, free, toggles, 0, cell, tick, random, counter)
            return random, counter

        return one_by_one

    def in_blocks(array, target, begin, end, tick, random):  # type: ignore[no-untyped-def]
        counter, group, scratch = vectors.zeros_i8(), array.group, array.scratch
        words, own, free, toggles = group.words, group.own, group.free, group.cell_toggles
        for block in range(begin, end, BLOCK):
            stop = min(block + BLOCK, end)
            for cell in range(block, stop):
                row = scratch[cell - block]
                at = context_of(words, own, row, tick, array.beta, cell, random, exact_of(array), group.nodes)
                random = stages.prepare(array.noise, at)
            for cell in range(block, stop):
                row = scratch[cell - block]
                random, counter = update_cell(
                    array, words, own, target, free, toggles, row, cell, tick, random, counter
                )
        return random, counter

    return in_blocks


@njit(error_model="numpy", forceinline=True)
def count_toggles(array, price_class, counter):  # type: ignore[no-untyped-def]
    """Add the toggles of a run to the lanes of its price class."""
    vectors.add_to(array.group.lane_toggles, price_class * 64, counter)


@njit(error_model="numpy", forceinline=True)
def flush(counts, lane_toggles):  # type: ignore[no-untyped-def]
    """Move counts of toggles, (classes * 64,) int8, to those of lanes and price classes; each is at most 255."""
    for row in range(0, len(counts), 64):
        vectors.add_to(lane_toggles, row, vectors.load(counts, row))
        vectors.store(counts, row, vectors.zeros_i8())


def _for_each_cell(step: Any) -> Any:
    """A function that calls stage `step` for each cell under its exponent, with the generator of its chunk."""

    def for_each_cell(array, tick):  # type: ignore[no-untyped-def]
        group, scratch, chunks = array.group, array.scratch, array.chunk_first_cell
        words, own = group.words, group.own
        for chunk in range(len(chunks) - 1):
            random = rng.load_generator(group.generators, chunk * 64)
            for cell in range(chunks[chunk], chunks[chunk + 1]):
                bare = context_of(words, own, scratch[0], tick, array.beta, cell, random, exact_of(array), group.nodes)
                at = with_sight(bare, stages.sight(array.coupler, bare))
                y = stages.activation(array.cells, stages.field(array.coupler, at), at)
                random = step(array.noise, y, at)
            rng.store_generator(group.generators, chunk * 64, random)

    return for_each_cell


def drift_all(array: Any, tick: Any) -> Any:
    """`drift_all(array, tick)`: evolve the state between latches in every cell; a no-op if the noise has no `drift`."""
    raise TypeError("chosen while a kernel is compiled")


@overload(drift_all, jit_options=INLINED, strict=False)
def _drift_all(array, tick):  # type: ignore[no-untyped-def]
    has = has_stage(stages.drift, member(array, "noise"))
    return _for_each_cell(stages.drift) if has else lambda array, tick: None


@kernel
def advance(coupler, cells, noise, chunk_first_cell, schedule, group, scratch, observers, start, stop):  # type: ignore[no-untyped-def]
    """Ticks `start` to `stop` of one group; the caller keeps all arrays alive."""
    own = borrow(group)
    beta = vectors.load(own.beta, 0)
    kinds = (borrow(coupler), borrow(cells), borrow(noise), borrow(chunk_first_cell))
    array = Array(kinds[0], kinds[1], kinds[2], kinds[3], own, beta, borrow(scratch), borrow(observers))
    walk(borrow(schedule), array, start, stop)


@kernel
def settle(coupler, cells, noise, chunk_first_cell, group, scratch, tick):  # type: ignore[no-untyped-def]
    """Make the pending draws of the cells of one group: only for noise kinds with a stage `settle`.

    The caller keeps all arrays alive.
    """
    held, beta, source, row = borrow(group), vectors.load(group.beta, 0), borrow(noise), borrow(scratch)[0]
    words, own, chunks = held.words, held.own, borrow(chunk_first_cell)
    array = Array(borrow(coupler), borrow(cells), source, chunks, held, beta, borrow(scratch), ())
    for chunk in range(len(chunks) - 1):
        random = rng.load_generator(held.generators, chunk * 64)
        for cell in range(chunks[chunk], chunks[chunk + 1]):
            bare = context_of(words, own, row, tick, beta, cell, random, exact_of(array), held.nodes)
            at = with_sight(bare, stages.sight(array.coupler, bare))
            random = stages.settle(source, array, at)
        rng.store_generator(held.generators, chunk * 64, random)
    for cell in range(len(held.free)):
        stages.settled(source, context_of(words, own, row, tick, beta, cell, 0, exact_of(array), held.nodes))


@kernel
def rest(coupler, group):  # type: ignore[no-untyped-def]
    """Bring the couplers of one group to rest; the caller keeps all arrays alive."""
    params, held, beta = borrow(coupler), borrow(group), vectors.load(group.beta, 0)
    for cell in range(len(held.free)):
        stages.rest(params, context_of(held.words, held.own, 0, 0, beta, cell, 0, (), held.nodes))
