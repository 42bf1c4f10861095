"""What a cell sees of its neighbours where they latch at random times and wires have delay.

A cell that latches at t sees neighbour j as it was at t - d_ij, d_ij = delay per length * length of the wire. Of each
cell the times of its latest latches are kept, and its words after them, newest first: so many that one more would be
needed with a probability below 1e-12; then the oldest is taken.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.couplers.pairs import PairField, fetch_of_each, first_edge
from chipsim.components.couplers.records import by_edge, in_records
from chipsim.kernels import stages
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch

# Latches of a cell that are together, as nearly all that is looked at is among them; a latch is its time and the word.
NEWEST = 2


class FlightField(NamedTuple):
    """Couplings whose wires have delay.

    inner: `PairField` or `RecordField`; delays: (different delays,) int64, femtoseconds; delay_of: unsigned, which of
    them each directed coupling has, by the numbers of `first_edge`; kept: (4,) int64: the first slots of the newest
    latches and of the older ones, how many of these for each cell, and how long after a latch another cell may still
    look behind it. A latch is in two slots: its time, and the word.
    """

    inner: Any
    delays: NDArray[np.int64]
    delay_of: NDArray[Any]
    kept: NDArray[np.int64]


class InFlight(NamedTuple):
    """View of the neighbours as they were. now: femtoseconds; the others as in `FlightField`."""

    words: Any
    delays: Any
    delay_of: Any
    newest: Any
    older: Any
    many: Any
    now: Any


def flight_field(field: PairField, delays_fs: NDArray[np.int64], first_kept: int, many: int) -> FlightField:
    """Couplings with these delays, (directed couplings,), on an array that keeps `many` latches of each cell, more than
    `NEWEST`, from slot `first_kept`.
    """
    delays, found = np.unique(delays_fs, return_inverse=True)
    inner = in_records(field)
    delay_of = by_edge(inner, found.astype(np.min_scalar_type(len(delays))))
    older = first_kept + 2 * NEWEST * len(field.base)
    # Cells of a window are updated in any order, so one may look back from a window before the latch.
    kept = np.array([first_kept, older, many - NEWEST, delays[-1] + delays[0]])
    return FlightField(inner, delays, delay_of, kept)


@stage(stages.sight, FlightField)
def view_in_flight(params: Any, at: Any) -> Any:
    """Neighbours a delay before the time of the event."""
    kept, now = params.kept, np.int64(at.tick)
    return InFlight(at.words, params.delays, params.delay_of, kept[0], kept[1], kept[2], now)


@stage(stages.seen, InFlight)
def seen_in_flight(sight: Any, edge: Any, slot: Any) -> Any:
    """The word after the latest latch before that time."""
    limit = sight.now - sight.delays[np.uint32(sight.delay_of[edge])]
    place = np.uint64(sight.newest) + np.uint64(slot) * np.uint64(2 * NEWEST)
    one, two = np.uint64(1), np.uint64(2)
    latest, before = sight.words[place + one], sight.words[place + two + one]
    if np.int64(sight.words[place + two]) < limit:
        return latest if np.int64(sight.words[place]) < limit else before
    older = sight.older + np.int64(slot) * 2 * sight.many
    oldest = older + 2 * (sight.many - 1)
    while older < oldest and np.int64(sight.words[older]) >= limit:
        older += 2
    return sight.words[older + 1]


@stage(stages.field, FlightField)
def field_in_flight(params: Any, at: Any) -> Any:
    """The sum over words as they were."""
    return stages.field(params.inner, at)


@stage(stages.charge, FlightField)
def keep_latch(params: Any, at: Any) -> Any:
    """The latch and its word become the newest; latches that no cell will read again stay where they are."""
    words, cell, arrived = at.words, np.int64(at.cell), np.int64(at.tick) - params.kept[3]
    newest, place = params.kept[0] + cell * 2 * NEWEST, params.kept[1] + cell * 2 * params.kept[2]
    end = place + 2 * params.kept[2]
    time, word = words[newest + 2], words[newest + 3]
    words[newest + 2], words[newest + 3] = words[newest], words[newest + 1]
    words[newest], words[newest + 1] = np.uint64(at.tick), words[at.cell]
    needed = np.int64(words[newest + 2]) >= arrived
    while needed and place < end:
        needed = np.int64(time) >= arrived
        words[place], time = time, words[place]
        words[place + 1], word = word, words[place + 1]
        place += 2


@stage(stages.ahead, FlightField)
def fetch_couplings_and_latches(params: Any, cell: Any) -> Any:
    """Couplings and delays."""
    stages.ahead(params.inner, cell)
    fetch(params.delay_of, np.int64(first_edge(params.inner, cell)))


@stage(stages.near, FlightField)
def fetch_latches(params: Any, words: Any, cell: Any) -> Any:
    """The newest latches of all neighbours."""
    fetch_of_each(params.inner, words, params.kept[0], 2 * NEWEST, cell)
