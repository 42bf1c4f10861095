"""Energies of parts of an array, from the weights that the chip holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from chipsim.components.couplers.base import Weights


def energies_of_parts(
    edges: NDArray[np.int32], weights: Weights, part_of: NDArray[np.int64]
) -> tuple[list[int], Callable[[NDArray[np.int8]], NDArray[np.float64]]]:
    """E = -(sum_i b_i s_i + sum_edges J_ij s_i s_j) of each part.

    Args:
        edges: (E, 2) of the fabric.
        weights: that the chip holds, couplings (E,) and biases by site.
        part_of: (sites,) part of each cell, -1 for none. Couplings between parts are left out.

    Returns:
        Number of terms of each part, which are its codes that are not 0; and a function from spins (lanes, sites), -1
        or +1, to energies (parts, lanes).
    """
    parts = int(part_of.max(initial=-1)) + 1
    couplings, biases = weights.couplings, weights.biases
    ends = part_of[edges]
    joined = np.flatnonzero((ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0) & (couplings != 0))
    biased = np.flatnonzero((part_of >= 0) & (biases != 0))
    inside = [(joined[ends[joined, 0] == part], biased[part_of[biased] == part]) for part in range(parts)]

    def energies(spins: NDArray[np.int8]) -> NDArray[np.float64]:
        out = np.zeros((parts, len(spins)))
        for part, (pairs, cells) in enumerate(inside):
            agree = (spins[:, edges[pairs, 0]] * spins[:, edges[pairs, 1]]).astype(np.float64)
            out[part] = -(agree @ couplings[pairs] + spins[:, cells].astype(np.float64) @ biases[cells])
        return out

    return [len(pairs) + len(cells) for pairs, cells in inside], energies
