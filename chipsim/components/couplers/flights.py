"""What a cell sees of its neighbours where they latch at random times and wires have delay.

A cell that latches at t sees neighbour j as it was at t - d_ij, d_ij = delay per length * length of the wire. Of each
cell the times of its latest latches are kept, and its words after them, newest first: so many that one more would be
needed with a probability below 1e-12; then the oldest is taken.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.couplers.pairs import PairField
from chipsim.kernels import stages
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch


class FlightField(NamedTuple):
    """Couplings whose wires have delay.

    inner: a `PairField`; delays: (directed couplings,) int64, femtoseconds; kept: (3,) int64, the first slots of the
    newest latches and of the older ones, and how many of these for each cell. A latch is in two slots: its time, and
    the word. The newest, which are nearly all that is looked at, are together, so that more of them stay in the cache.
    """

    inner: Any
    delays: NDArray[np.int64]
    kept: NDArray[np.int64]


class InFlight(NamedTuple):
    """View of the neighbours as they were. now: femtoseconds; the others as in `FlightField`."""

    words: Any
    delays: Any
    newest: Any
    older: Any
    many: Any
    now: Any


def flight_field(field: PairField, delays_fs: NDArray[np.int64], first_kept: int, many: int) -> FlightField:
    """Couplings with these delays, (directed couplings,), on an array that keeps `many` latches of each cell, at least
    2, from slot `first_kept`.
    """
    return FlightField(field, delays_fs, np.array([first_kept, first_kept + 2 * len(field.base), many - 1]))


@stage(stages.sight, FlightField)
def view_in_flight(params: Any, at: Any) -> Any:
    """Neighbours a delay before the time of the event."""
    return InFlight(at.words, params.delays, params.kept[0], params.kept[1], params.kept[2], np.int64(at.tick))


@stage(stages.seen, InFlight)
def seen_in_flight(sight: Any, edge: Any, slot: Any) -> Any:
    """The word after the latest latch before that time."""
    limit, place = sight.now - sight.delays[edge], sight.newest + np.int64(slot) * 2
    if np.int64(sight.words[place]) >= limit:
        place = sight.older + np.int64(slot) * 2 * sight.many
        oldest = place + 2 * (sight.many - 1)
        while place < oldest and np.int64(sight.words[place]) >= limit:
            place += 2
    return sight.words[place + 1]


@stage(stages.field, FlightField)
def field_in_flight(params: Any, at: Any) -> Any:
    """The sum over words as they were."""
    return stages.field(params.inner, at)


@stage(stages.charge, FlightField)
def keep_latch(params: Any, at: Any) -> Any:
    """The latch and its word become the newest."""
    newest, older = params.kept[0] + np.int64(at.cell) * 2, params.kept[1] + np.int64(at.cell) * 2 * params.kept[2]
    for place in range(older + 2 * params.kept[2] - 1, older + 1, -1):
        at.words[place] = at.words[place - 2]
    for part in range(2):
        at.words[older + part] = at.words[newest + part]
    at.words[newest] = np.uint64(at.tick)
    at.words[newest + 1] = at.words[at.cell]


@stage(stages.ahead, FlightField)
def fetch_couplings_and_latches(params: Any, cell: Any) -> Any:
    """Couplings and delays."""
    stages.ahead(params.inner, cell)
    first = np.int64(params.inner.first[cell])
    fetch(params.delays, first)
    fetch(params.delays, first + 8)


@stage(stages.near, FlightField)
def fetch_latches(params: Any, words: Any, cell: Any) -> Any:
    """The newest latches of all neighbours, and those of the cell."""
    fetch(words, params.kept[1] + np.int64(cell) * 2 * params.kept[2])
    for k in range(np.uint32(params.inner.first[cell]), np.uint32(params.inner.first[cell + 1])):
        fetch(words, params.kept[0] + np.int64(params.inner.neighbour[k]) * 2)
