"""Cells for spins where any spin may take any cell: on a fabric that couples every pair.

A cell that toggles recharges all its wires, whether they hold a coupling or not. So spins take the cells with the least
wire, which makes the energy of a toggle as small as it can be. Among these cells, wires that hold a coupling are made
short, which shortens delays: a quadratic assignment problem, solved by the fast approximate algorithm of scipy
(`quadratic_assignment`, method faq), then by swaps of two places as long as they help.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.problems.problem import Problem

# Cells among which spins are arranged; more take the cells with the least wire by number.
MAX_ARRANGED = 512
# Starts of the approximate algorithm, the centre of all arrangements and random ones: at most so many, and fewer for
# more spins.
STARTS, SPINS_STARTED = 16, 1024


def couples_every_pair(fabric: Fabric) -> bool:
    """Whether each cell is coupled with all others."""
    return len(fabric.edges) == math.comb(fabric.sites, 2)


def shortest(problem: Problem, fabric: Fabric, seed: int) -> NDArray[np.int64]:
    """The cell of each spin, (N,), on a fabric that couples every pair and has at least N cells.

    Args:
        problem: to be placed.
        fabric: of the chip.
        seed: of the random starts.
    """
    wire = fabric.wire_pitches()
    order = np.argsort(wire, kind="stable")
    dearest = wire[order[problem.cells - 1]]
    # Cells as dear as the last one are exchangeable.
    among = np.flatnonzero(wire <= dearest * (1 + 1e-12))
    if len(among) > MAX_ARRANGED:
        return np.sort(order[: problem.cells])
    lengths = np.zeros((fabric.sites, fabric.sites))
    lengths[fabric.edges[:, 0], fabric.edges[:, 1]] = fabric.lengths
    lengths = (lengths + lengths.T)[np.ix_(among, among)]
    coupled = np.zeros((len(among), len(among)))
    i, j = problem.edges[problem.coupled].T
    coupled[i, j] = coupled[j, i] = 1
    must = wire[among] < dearest * (1 - 1e-12)
    return among[_arranged(coupled, lengths, must, problem.cells, seed)]


def _arranged(
    coupled: NDArray[np.float64], lengths: NDArray[np.float64], must: NDArray[np.bool_], spins: int, seed: int
) -> NDArray[np.int64]:
    """The place of each spin, (spins,): all places that must be taken are, and others where wires are short."""
    # Imported lazily: it takes a third of a second.
    from scipy.optimize import quadratic_assignment

    found = [np.concatenate([np.flatnonzero(must), np.flatnonzero(~must)])]
    for start in range(min(STARTS, SPINS_STARTED // spins) if spins > 1 else 0):
        random = np.random.default_rng((seed, start))
        places = np.concatenate([np.flatnonzero(must), random.permutation(np.flatnonzero(~must))])
        flow, cost = coupled[:spins, :spins], lengths[np.ix_(places[:spins], places[:spins])]
        options = {"rng": random, "P0": "randomized" if start else "barycenter"}
        order = quadratic_assignment(flow, cost, method="faq", options=options).col_ind
        found.append(np.concatenate([places[:spins][order], places[spins:]]))
    done = [_swapped(coupled, lengths, must, spins, each) for each in found]
    best: NDArray[np.int64] = min(done, key=lambda each: float((coupled * lengths[np.ix_(each, each)]).sum()))
    return best[:spins]


def _swapped(
    coupled: NDArray[np.float64],
    lengths: NDArray[np.float64],
    must: NDArray[np.bool_],
    spins: int,
    places: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Swap places, two at a time, as long as that shortens the wires; places that must be taken stay so."""
    taken = np.arange(len(places)) < spins
    while True:
        moved = lengths[np.ix_(places, places)]
        meets = coupled @ moved
        own = np.diag(meets)
        change = meets + meets.T - own[:, None] - own + 2 * coupled * moved
        kept = must[places]
        # A spin does not leave such a place to an empty one.
        change[(kept & taken)[:, None] & ~taken | (kept & taken) & ~taken[:, None]] = 0
        one, other = np.unravel_index(int(change.argmin()), change.shape)
        if change[one, other] >= -1e-9 * lengths.max():
            return places
        places = places.copy()
        places[[one, other]] = places[[other, one]]
