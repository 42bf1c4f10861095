"""Schedules in which cells drawn at random latch together at each tick, whether they are coupled or not.

All of them read the state before the tick, then all commit. A sweep is `parts` ticks, in which a cell latches once on
average.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from chipsim.kernels import rng, vectors
from chipsim.kernels.draws import following, pick, shuffle, stream_of, uniform_of
from chipsim.kernels.jit import stage
from chipsim.kernels.observers import Look, after_colour, after_sweep
from chipsim.kernels.update import flush, latch_cell, walk

# How the cells of a tick are chosen.
EACH, PARTITION, BLOCK, STRIDE = range(4)
# Updates between two flushes of the counters of lanes, which are bytes.
BATCH = 255


class Together(NamedTuple):
    """Cells that latch together.

    choice: EACH cell with probability 1 / parts; PARTITION, a fresh random one into `parts` parts in each sweep, part
        after part; BLOCK of consecutive cells from a random start; STRIDE, cells at equal random distances.
    order: (cells,) int64, slots by site. cell_class: (cells,) int64, price class of each slot, of `classes`.
    """

    choice: int
    parts: int
    order: NDArray[np.int64]
    cell_class: NDArray[np.int64]
    classes: int


@stage(walk, Together)
def by_choices(schedule: Any, array: Any, start: Any, stop: Any) -> Any:
    """Tick t latches the cells that are chosen for it."""
    group, parts = array.group, schedule.parts
    words, target, own, free, toggles = group.words, group.target, group.own, group.free, group.cell_toggles
    chosen, sequence = np.empty_like(schedule.order), np.empty_like(schedule.order)
    counts, row = np.zeros(schedule.classes * 64, np.int8), array.scratch[0]
    random, updates = rng.load_generator(group.generators, 0), np.int64(0)
    for tick in range(start, stop):
        sweep, part = tick // parts, tick % parts
        if schedule.choice == PARTITION and (part == 0 or tick == start):
            sequence[:] = schedule.order
            shuffle(sequence, stream_of(group.stream, sweep))
        many = choose(schedule, chosen, sequence, part, stream_of(group.stream, tick))
        for begin in range(0, many, BATCH):
            for i in range(begin, min(begin + BATCH, many)):
                cell = chosen[i]
                random, changed = latch_cell(array, words, own, target, free, toggles, row, cell, tick, random)
                updates += np.int64(vectors.popcount(free[cell]))
                lanes = schedule.cell_class[cell] * 64
                vectors.store(counts, lanes, vectors.add_where(changed, vectors.load(counts, lanes), np.int8(1)))
            flush(counts, group.lane_toggles)
        for i in range(many):
            words[chosen[i]] = target[chosen[i]]
        look = Look(words, group.lanes, tick, part, sweep)
        after_colour(array.observers, look)
        if part == parts - 1:
            after_sweep(array.observers, look)
    rng.store_generator(group.generators, 0, random)
    group.updates[0] += updates


@register_jitable
def choose(schedule: Any, chosen: Any, sequence: Any, part: Any, stream: Any) -> Any:
    """Write the slots that latch in part `part` of a sweep into `chosen`; returns how many there are."""
    order, parts = schedule.order, schedule.parts
    cells = len(order)
    # Blocks of a sweep differ by at most one cell and have as many as the array.
    begin, end = part * cells // parts, (part + 1) * cells // parts
    if schedule.choice == EACH:
        many = 0
        for cell in order:
            word, stream = following(stream)
            if uniform_of(word) * parts < 1:
                chosen[many] = cell
                many += 1
        return many
    if schedule.choice == PARTITION:
        chosen[: end - begin] = sequence[begin:end]
        return end - begin
    word, stream = following(stream)
    place, step = pick(word, cells), 1
    if schedule.choice == STRIDE and cells > 1:
        word, stream = following(stream)
        step = coprime(cells, 1 + pick(word, cells - 1))
    for i in range(end - begin):
        chosen[i] = order[place]
        place = (place + step) % cells
    return end - begin


@register_jitable
def coprime(cells: Any, stride: Any) -> Any:
    """The stride, or the next that shares no factor with the number of cells, so that no cell comes twice."""
    while True:
        a, b = cells, stride
        while b:
            a, b = b, a % b
        if a == 1:
            return stride
        stride = stride % (cells - 1) + 1
