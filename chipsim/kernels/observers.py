"""Observers of a group of lanes, each a NamedTuple with its own stage. They are not billed.

    after_colour   after each tick of the array
    after_sweep    after the last colour of each sweep

A kernel gets a tuple of observers, which may be empty. Numba compiles a kernel for each tuple of types in their order,
so tuples must be sorted by class name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.extending import overload
from numpy.typing import NDArray

from chipsim.kernels.jit import INLINED, has_stage, stage
from chipsim.kernels.observe import add_energies, add_histogram, add_moments, add_projections


class Look(NamedTuple):
    """Input of an observer: words (slots,) uint64, lanes in use, tick, colour that latched, and sweep, from 0."""

    words: Any
    lanes: Any
    tick: Any
    colour: Any
    sweep: Any


def after_colour(params: Any, look: Any) -> Any:
    """`after_colour(params, look)`: called after each tick."""
    raise TypeError("chosen while a kernel is compiled")


def after_sweep(params: Any, look: Any) -> Any:
    """`after_sweep(params, look)`: called after each sweep."""
    raise TypeError("chosen while a kernel is compiled")


def _for_each(slot: Callable[..., Any]) -> None:
    """Extend a stage of observers to tuples, and to observers without it, for which it is a no-op."""

    def choose(params: Any, look: Any) -> Callable[..., Any] | None:
        if isinstance(params, types.BaseNamedTuple):
            return None if has_stage(slot, params) else lambda params, look: None
        if len(params) == 0:
            return lambda params, look: None

        def first_then_rest(params, look):  # type: ignore[no-untyped-def]
            slot(params[0], look)
            slot(params[1:], look)

        return (lambda params, look: slot(params[0], look)) if len(params) == 1 else first_then_rest

    overload(slot, jit_options=INLINED, strict=False)(choose)


_for_each(after_colour)
_for_each(after_sweep)


class Changes(NamedTuple):
    """Lanes in which each slot ever differed from the first record after sweep `begin`.

    first, changed: (cells,) uint64; seen: (1,) int64, records so far.
    """

    every: int
    origin: int
    begin: int
    first: NDArray[np.uint64]
    changed: NDArray[np.uint64]
    seen: NDArray[np.int64]


class Energies(NamedTuple):
    """Energies of a problem every `every` sweeps, counted from sweep `origin`.

    first, neighbour, coupling, base: each edge once, at its lower slot; base = b - sum J. out: (records, 64) float64.
    """

    every: int
    origin: int
    first: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    coupling: NDArray[np.floating]
    base: NDArray[np.floating]
    out: NDArray[np.float64]


class Histogram(NamedTuple):
    """Counts of each configuration of all cells, bit i = slot i. out: (2**cells,) int64."""

    every: int
    origin: int
    cells: int
    out: NDArray[np.int64]


class Moments(NamedTuple):
    """Number of lanes in which a pair of slots agrees, and in which a cell is +1.

    pairs: (pairs, 2) int32; agreements: (pairs,) int64; ones: (cells,) int64.
    """

    every: int
    origin: int
    pairs: NDArray[np.int32]
    agreements: NDArray[np.int64]
    ones: NDArray[np.int64]


class Projections(NamedTuple):
    """Sums over cells of +-1 patterns.

    signs: (rows, cells) int16; out: (records, rows * 64) int64, sum_i r_i [s_i = +1].
    """

    every: int
    origin: int
    signs: NDArray[np.int16]
    out: NDArray[np.int64]


@stage(after_sweep, Changes)
def mark_changes(params: Any, look: Any) -> Any:
    """Store the first record and compare later ones with it."""
    done = look.sweep + 1
    if (done - params.origin) % params.every == 0 and done > params.begin:
        for cell in range(len(params.first)):
            if params.seen[0] == 0:  # not by a slice: the message of its error takes 5 s to compile
                params.first[cell] = look.words[cell]
            params.changed[cell] |= look.words[cell] ^ params.first[cell]
        params.seen[0] += 1


@stage(after_sweep, Energies)
def record_energies(params: Any, look: Any) -> Any:
    """One row of energies if a record is due."""
    done = look.sweep + 1 - params.origin
    if done % params.every == 0:
        row = params.out[done // params.every - 1]
        add_energies(params.first, params.neighbour, params.coupling, params.base, look.words, row)


@stage(after_sweep, Histogram)
def count_configurations(params: Any, look: Any) -> Any:
    """Count the configuration of each lane if a record is due."""
    if (look.sweep + 1 - params.origin) % params.every == 0:
        add_histogram(look.words, params.cells, look.lanes, params.out)


@stage(after_sweep, Moments)
def count_moments(params: Any, look: Any) -> Any:
    """Agreements and ones if a record is due."""
    if (look.sweep + 1 - params.origin) % params.every == 0:
        add_moments(params.pairs, look.words, look.lanes, params.agreements, params.ones)


@stage(after_sweep, Projections)
def record_projections(params: Any, look: Any) -> Any:
    """One row of projections if a record is due."""
    done = look.sweep + 1 - params.origin
    if done % params.every == 0:
        add_projections(params.signs, look.words, params.out[done // params.every - 1])
