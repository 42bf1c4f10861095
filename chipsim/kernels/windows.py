"""The schedule of cells that latch at random times and see their neighbours after a delay.

Cells of a window no longer than the shortest delay do not see each other, so they may be updated in the order of slots,
each at times of its own. The events of all cells of a window are those of one Poisson process on their windows, laid
end to end.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import rng, stages, vectors
from chipsim.kernels.draws import following, stream_of, uniform_of
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch
from chipsim.kernels.observers import Look, after_colour, after_sweep
from chipsim.kernels.scattered import AHEAD, BATCH, NEAR
from chipsim.kernels.update import flush, latch_cell, walk


class Windows(NamedTuple):
    """Cells latch in Poisson processes and see what was at least a window ago. A tick is a sweep, a mean interval.

    interval, window: femtoseconds. cell_class: (cells,) int64, price class of each slot, of `classes`.
    """

    interval: int
    window: int
    cell_class: NDArray[np.int64]
    classes: int


@stage(walk, Windows)
def by_windows(schedule: Any, array: Any, start: Any, stop: Any) -> Any:
    """Windows of each tick, events of each window; the tick of a context is the time of an event in femtoseconds."""
    group, classes = array.group, schedule.cell_class
    words, own, free, toggles = group.words, group.own, group.free, group.cell_toggles
    interval, cells, row = np.int64(schedule.interval), len(free), array.scratch[0]
    counts, random = np.zeros(schedule.classes * 64, np.int8), rng.load_generator(group.generators, 0)
    # Cells and times of a batch, then those of the one after it as far as they are fetched.
    chosen, times = np.zeros(BATCH + AHEAD, np.int64), np.zeros(BATCH + AHEAD, np.int64)
    updates = np.int64(0)
    for tick in range(start, stop):
        stream: Any = stream_of(group.stream, tick)
        begin, end = tick * interval, (tick + 1) * interval
        while begin < end:
            length = min(np.int64(schedule.window), end - begin)
            per = 1.0 / length
            place, held = np.int64(0), 0
            while place >= 0 or held:
                while place >= 0 and held < BATCH + AHEAD:
                    word, stream = following(stream)
                    place += np.int64(-math.log(uniform_of(word)) * interval)
                    if place >= cells * length:
                        place = np.int64(-1)
                    else:
                        # Off by one at most, where a division of integers would take most of the time of a draw.
                        about = np.int64(place * per)
                        rest = place - about * length
                        above = np.int64(rest >= length) - np.int64(rest < 0)
                        chosen[held], times[held] = about + above, begin + rest - above * length
                        held += 1
                many = min(BATCH, held)
                for i in range(many):
                    soon = chosen[min(i + AHEAD, held - 1)]
                    stages.ahead(array.coupler, soon)
                    stages.ahead(array.cells, soon)
                    fetch(words, soon)
                    fetch(free, soon)
                    fetch(toggles, soon)
                    fetch(classes, soon)
                    stages.near(array.coupler, words, chosen[min(i + NEAR, held - 1)])
                    cell = np.uint32(chosen[i])
                    random, changed = latch_cell(array, words, own, words, free, toggles, row, cell, times[i], random)
                    updates += np.int64(vectors.popcount(free[cell]))
                    lanes = classes[cell] * 64
                    vectors.store(counts, lanes, vectors.add_where(changed, vectors.load(counts, lanes), np.int8(1)))
                flush(counts, group.lane_toggles)
                held -= many
                for i in range(held):
                    chosen[i], times[i] = chosen[many + i], times[many + i]
            begin += length
        look = Look(words, group.lanes, tick, 0, tick)
        after_colour(array.observers, look)
        after_sweep(array.observers, look)
    rng.store_generator(group.generators, 0, random)
    group.updates[0] += updates
