"""Schedules in which cells latch one after another, each seeing all before it: sequential, random and free-running.

Cells in Poisson clocks of equal rate: given how many latch in an interval, each is any cell with equal probability. So
only the number of events of a tick is drawn, and their cells. Without delay this is exact at the ends of ticks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import rng, stages, vectors
from chipsim.kernels.draws import following, pick, poisson, stream_of
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch
from chipsim.kernels.observers import Look, after_colour, after_sweep
from chipsim.kernels.update import flush, latch_cell, walk

# Events between two flushes of the counters of lanes, which are bytes; and how far ahead cells are drawn, so that what
# an update reads is on its way from memory: first its parameters, then the words of its neighbours.
BATCH = 128
AHEAD = 16
NEAR = 6
# As many words are in a cache near enough without that.
CACHED = 2**15


class Scattered(NamedTuple):
    """Cells latch one after another, `mean` of them in a tick.

    order: (cells,) int64, slots in the order in which they latch; empty if each is drawn from all.
    cell_class: (cells,) int64, price class of each slot, of `classes`.
    random_count: whether the number of latches of a tick is a Poisson number, else it is the mean.
    ticks_per_sweep: whole number.
    """

    order: NDArray[np.int64]
    cell_class: NDArray[np.int64]
    classes: int
    mean: float
    random_count: bool
    ticks_per_sweep: int


@stage(walk, Scattered)
def one_by_one(schedule: Any, array: Any, start: Any, stop: Any) -> Any:
    """Tick t latches as many cells as it has events."""
    group = array.group
    words, own, free, toggles = group.words, group.own, group.free, group.cell_toggles
    order, classes = schedule.order, schedule.cell_class
    cells, in_turn = len(free), len(order) > 0
    counts, row = np.zeros(schedule.classes * 64, np.int8), array.scratch[0]
    chosen = np.zeros(BATCH + AHEAD, np.int64)
    random, updates = rng.load_generator(group.generators, 0), np.int64(0)
    events: Any = np.int64(schedule.mean)
    for tick in range(start, stop):
        stream: Any = stream_of(group.stream, tick)
        if schedule.random_count:
            events, stream = poisson(schedule.mean, stream)
        for i in range(AHEAD):
            word, stream = following(stream)
            chosen[i] = order[i % cells] if in_turn else pick(word, cells)
        for done in range(0, events, BATCH):
            many = min(BATCH, events - done)
            for i in range(AHEAD, many + AHEAD):
                word, stream = following(stream)
                chosen[i] = order[(done + i) % cells] if in_turn else pick(word, cells)
            for i in range(many):
                soon = chosen[i + AHEAD]
                stages.ahead(array.coupler, soon)
                stages.ahead(array.cells, soon)
                fetch(words, soon)
                fetch(free, soon)
                fetch(toggles, soon)
                fetch(classes, soon)
                if cells > CACHED:
                    stages.near(array.coupler, words, chosen[i + NEAR])
                # Unsigned indices skip numba's check for negative ones, which takes a tenth of an update.
                cell = np.uint32(chosen[i])
                # No two events of a tick share what refined decisions are hashed from.
                moment = (np.int64(tick) << 32) + done + i
                random, changed = latch_cell(array, words, own, words, free, toggles, row, cell, moment, random)
                updates += np.int64(vectors.popcount(free[cell]))
                lanes = classes[cell] * 64
                vectors.store(counts, lanes, vectors.add_where(changed, vectors.load(counts, lanes), np.int8(1)))
            flush(counts, group.lane_toggles)
            for i in range(AHEAD):
                chosen[i] = chosen[many + i]
        sweep = tick // schedule.ticks_per_sweep
        look = Look(words, group.lanes, tick, tick - sweep * schedule.ticks_per_sweep, sweep)
        after_colour(array.observers, look)
        if (tick + 1) % schedule.ticks_per_sweep == 0:
            after_sweep(array.observers, look)
    rng.store_generator(group.generators, 0, random)
    group.updates[0] += updates
