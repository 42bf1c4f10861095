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
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chipsim.testing.digital  # noqa: F401  (registers its stages)
from chipsim.engine.latched.state import Counters, State
from chipsim.kernels.clocked import Clocked
from chipsim.kernels.stages import Context, Exact, context_of, with_sight
from chipsim.kernels.vectors import LANES
from chipsim.testing.lanes import Floats, Lanes, exp2, fma, lanes_of, word_of
from chipsim.testing.noise_laws import decide
from chipsim.testing.stages import (
    STREAMS,
    activation,
    charge,
    commit,
    drift,
    exponent,
    field,
    keep_past,
    load_generator,
    noise,
    prepare,
    seen,
    settle,
    settled,
    sight,
    store_generator,
    uniform,
)

# For references of kinds from outside.
__all__ = [
    "activation", "charge", "commit", "decide", "drift", "exp2", "exponent", "field", "fma", "keep_past", "lanes_of",
    "load_generator", "noise", "prepare", "reference_settle", "reference_ticks", "seen", "settle", "settled", "sight",
    "store_generator", "uniform", "word_of",
]  # fmt: skip

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
    nodes: Floats

    def context(self, words: NDArray[np.uint64], cell: int, tick: int, random: Any, seeing: Any = None) -> Context:
        """The context of a stage of this cell; the rows of scratch are those of the cells of a block."""
        row = self.scratch[cell % BLOCK]
        coupler, cells, _ = self.parameters
        exact = Exact(coupler, cells, self.stream)
        at = context_of(words, self.own, row, tick, self.beta, cell, random, exact, self.nodes)
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
        state.nodes[index],
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
        held = [load_generator(group.generators, chunk * 4 * STREAMS)]
        first, last = (schedule.run_first_cell[schedule.chunk_first_run[chunk + end]] for end in (0, 1))
        for cell in range(first, last):
            yield cell, held[-1], held.append
        store_generator(group.generators, chunk * 4 * STREAMS, held[-1])


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
    first, last = schedule.colour_first_cell[colour : colour + 2]
    keep_past(group.parameters[0], group.words, first, last)
    looked_at = group.words.copy() if schedule.together else group.words
    for chunk in range(schedule.colour_first_chunk[colour], schedule.colour_first_chunk[colour + 1]):
        random = load_generator(group.generators, chunk * 4 * STREAMS)
        for run in range(schedule.chunk_first_run[chunk], schedule.chunk_first_run[chunk + 1]):
            begin, end = schedule.run_first_cell[run], schedule.run_first_cell[run + 1]
            random = _run(group, looked_at, (begin, end), tick, schedule.run_class[run], random)
        store_generator(group.generators, chunk * 4 * STREAMS, random)


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
            h = field(coupler, at)
            latched, random = noise(noise_source, activation(cells, h, at), at._replace(field=h))
            changed = (latched ^ old) & group.free[cell]
            group.words[cell] = old ^ changed
            commit(noise_source, old, old ^ changed, at)
            charge(coupler, at)
            _count(group, cell, price_class, lanes_of(changed))
    return random


def _count(group: _Group, cell: int, price_class: int, toggled: Lanes) -> None:
    """A toggle counts once for its cell, and once for its lane in the cell's price class."""
    group.by_cell[cell] += np.count_nonzero(toggled)
    group.by_lane[price_class * LANES : (price_class + 1) * LANES] += toggled
