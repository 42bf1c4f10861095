"""The clocked schedule: one colour per tick; a sweep updates every colour once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import rng, stages
from chipsim.kernels.jit import stage
from chipsim.kernels.observers import Look, after_colour, after_sweep
from chipsim.kernels.update import count_toggles, drift_all, update_run, walk


class Clocked(NamedTuple):
    """Order of updates, all int64: colour -> chunks -> runs -> cells (slots).

    With `together`, coupled cells latch at one tick: all cells of a colour read the old state, then all commit.
    Otherwise cells of a colour are independent given the rest, and are updated in place.
    """

    colour_first_chunk: NDArray[np.int64]
    chunk_first_run: NDArray[np.int64]
    run_first_cell: NDArray[np.int64]
    run_class: NDArray[np.int64]
    colour_first_cell: NDArray[np.int64]
    together: bool


@stage(walk, Clocked)
def by_colours(schedule: Any, array: Any, start: Any, stop: Any) -> Any:
    """Tick t latches colour t modulo the number of colours."""
    group = array.group
    words, generators = group.words, group.generators
    target = group.target if schedule.together else words
    colours = len(schedule.colour_first_cell) - 1
    for tick in range(start, stop):
        sweep, colour = tick // colours, tick % colours
        drift_all(array, tick)
        first, last = schedule.colour_first_cell[colour], schedule.colour_first_cell[colour + 1]
        stages.keep_past(array.coupler, words, first, last)
        for chunk in range(schedule.colour_first_chunk[colour], schedule.colour_first_chunk[colour + 1]):
            random = rng.load_generator(generators, chunk * 64)
            for run in range(schedule.chunk_first_run[chunk], schedule.chunk_first_run[chunk + 1]):
                begin, end = schedule.run_first_cell[run], schedule.run_first_cell[run + 1]
                random, counter = update_run(array, target, begin, end, tick, random)
                count_toggles(array, schedule.run_class[run], counter)
            rng.store_generator(generators, chunk * 64, random)
        if schedule.together:
            for cell in range(first, last):
                words[cell] = target[cell]
        look = Look(words, group.lanes, tick, colour, sweep)
        after_colour(array.observers, look)
        if colour == colours - 1:
            after_sweep(array.observers, look)
