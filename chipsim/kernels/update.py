"""The shared update kernel: sweeps over a coloured array, composed of the stages of its kinds.

State is `[group][plane][cell]`, one 64-lane word each: plane 0 holds the cells, the planes after it the noise
source's own bits. Groups never share data, so threads take groups. Counters: toggles per cell (for maps) and per lane
and price class (for intervals).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from chipsim.kernels import rng, stages, vectors
from chipsim.kernels.jit import kernel
from chipsim.kernels.observe import observe


class Schedule(NamedTuple):
    """Order of updates, all int64: colour -> chunks -> runs -> cells (slots)."""

    colour_first_chunk: NDArray[np.int64]
    chunk_first_run: NDArray[np.int64]
    run_first_cell: NDArray[np.int64]
    run_class: NDArray[np.int64]
    colour_first_cell: NDArray[np.int64]


class Bank(NamedTuple):
    """State and counters of all groups of a domain.

    state: (groups, 1 + planes, slots) uint64; target: (groups, slots) uint64, used when coupled cells latch together;
    free: (groups, cells) uint64, lanes in which a cell is not clamped; beta: (groups, 64) float32;
    generators: (groups, chunks * 64) uint32; cell_toggles: (groups, cells) int64;
    lane_toggles: (groups, classes * 64) int64; lanes: (groups,) uint64, lanes in use.
    """

    state: NDArray[np.uint64]
    target: NDArray[np.uint64]
    free: NDArray[np.uint64]
    beta: NDArray[np.float32]
    generators: NDArray[np.uint32]
    cell_toggles: NDArray[np.int64]
    lane_toggles: NDArray[np.int64]
    lanes: NDArray[np.uint64]


@njit(error_model="numpy", forceinline=True)
def update_run(coupler, cells, noise, words, memory, target, free, beta, begin, end, toggles, random):  # type: ignore[no-untyped-def]
    """Update the cells of one run; returns the generator and the toggles of each lane, in bytes."""
    counter = vectors.zeros_i8()
    for cell in range(begin, end):
        old = words[cell]
        h = stages.field(coupler, words, cell)
        y = stages.activation(cells, h, beta, cell)
        latched, random = stages.noise(noise, y, old, memory, cell, random)
        changed = (latched ^ old) & free[cell]
        target[cell] = old ^ changed
        toggles[cell] += np.int64(vectors.popcount(changed))
        counter = vectors.add_where(changed, counter, np.int8(1))
    return random, counter


@njit(error_model="numpy", forceinline=True)
def update_colour(coupler, cells, noise, schedule, bank, group, target, beta, colour):  # type: ignore[no-untyped-def]
    """One phase: every chunk of a colour."""
    words, memory = bank.state[group, 0], bank.state[group, 1:]
    generators, lane_toggles = bank.generators[group], bank.lane_toggles[group]
    for chunk in range(schedule.colour_first_chunk[colour], schedule.colour_first_chunk[colour + 1]):
        random = rng.load_generator(generators, chunk * 64)
        for run in range(schedule.chunk_first_run[chunk], schedule.chunk_first_run[chunk + 1]):
            begin, end = schedule.run_first_cell[run], schedule.run_first_cell[run + 1]
            random, counter = update_run(
                coupler, cells, noise, words, memory, target, bank.free[group], beta,
                begin, end, bank.cell_toggles[group], random,
            )  # fmt: skip
            vectors.add_to(lane_toggles, schedule.run_class[run] * 64, counter)
        rng.store_generator(generators, chunk * 64, random)


@kernel
def advance(coupler, cells, noise, schedule, bank, recorder, coupled, start, sweeps, first_group, end_group):  # type: ignore[no-untyped-def]
    """Sweeps `start` to `start + sweeps` of a segment, for groups `first_group` to `end_group`.

    With `coupled`, cells of one colour read the old state and commit together (two-phase), as coupled cells that latch
    at one tick do. Otherwise they are independent given the rest and are updated in place.
    """
    for group in range(first_group, end_group):
        words = bank.state[group, 0]
        target = bank.target[group] if coupled else words
        beta = vectors.load(bank.beta[group], 0)
        for sweep in range(start, start + sweeps):
            for colour in range(len(schedule.colour_first_cell) - 1):
                update_colour(coupler, cells, noise, schedule, bank, group, target, beta, colour)
                if coupled:
                    for cell in range(schedule.colour_first_cell[colour], schedule.colour_first_cell[colour + 1]):
                        words[cell] = target[cell]
            if recorder.every > 0 and (sweep + 1) % recorder.every == 0:
                observe(recorder, words, group, (sweep + 1) // recorder.every - 1, bank.lanes[group])
