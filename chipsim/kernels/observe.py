"""Sums over the words of a group: energies, projections, moments, histograms."""

from __future__ import annotations

import numpy as np
from numba import njit

from chipsim.kernels import vectors
from chipsim.kernels.jit import kernel

# Number of weights of magnitude 1 that int16 lanes can sum before a flush.
_FLUSH = 16384
# Cells whose energies are summed in the type of the couplings before they are added in float64.
ENERGY_BLOCK = 64


@njit(error_model="numpy", forceinline=True)
def add_energies(first, neighbour, coupling, base, words, energies):  # type: ignore[no-untyped-def]
    """Add -s_i (b_i + sum_(j > i) J_ij s_j) of all cells to 64 float64 energies, one a lane.

    Blocks of cells are summed in the type of the couplings, float32 only where that is exact, and blocks in float64.
    """
    one = coupling.dtype.type(1)
    for start in range(0, len(base), ENERGY_BLOCK):
        block = vectors.zeros(coupling)
        for cell in range(start, min(start + ENERGY_BLOCK, len(base))):
            total = vectors.zeros(coupling)
            for k in range(first[cell], first[cell + 1]):
                total = vectors.add_where(words[neighbour[k]], total, coupling[k])
            minus_h = vectors.fma(total, -one - one, -base[cell])
            plus_h = vectors.multiply(minus_h, -one)
            block = vectors.fma(vectors.choose(words[cell], minus_h, plus_h), one, block)
        vectors.add_to_float(energies, 0, block)


@kernel
def lane_energies(first, neighbour, coupling, base, states, energies):  # type: ignore[no-untyped-def]
    """Energies of many recorded states: states (many, cells) uint64 -> energies (many, 64) float64, added to."""
    for row in range(len(states)):
        add_energies(first, neighbour, coupling, base, states[row], energies[row])


@njit(error_model="numpy", forceinline=True)
def add_projections(signs, words, sums):  # type: ignore[no-untyped-def]
    """Add sum_i r_i [s_i = +1] of each projection r to 64 int64 sums a projection; four at a time share each load."""
    rows, cells = signs.shape
    for start in range(0, cells, _FLUSH):
        end = min(start + _FLUSH, cells)
        for row in range(0, rows - 3, 4):
            a = b = c = d = vectors.zeros(signs)
            for cell in range(start, end):
                word = words[cell]
                a = vectors.add_where(word, a, signs[row, cell])
                b = vectors.add_where(word, b, signs[row + 1, cell])
                c = vectors.add_where(word, c, signs[row + 2, cell])
                d = vectors.add_where(word, d, signs[row + 3, cell])
            vectors.add_to(sums, row * 64, a)
            vectors.add_to(sums, (row + 1) * 64, b)
            vectors.add_to(sums, (row + 2) * 64, c)
            vectors.add_to(sums, (row + 3) * 64, d)
        for row in range(rows // 4 * 4, rows):
            a = vectors.zeros(signs)
            for cell in range(start, end):
                a = vectors.add_where(words[cell], a, signs[row, cell])
            vectors.add_to(sums, row * 64, a)


@njit(error_model="numpy", forceinline=True)
def add_moments(pairs, words, lanes, agreements, ones):  # type: ignore[no-untyped-def]
    """Count, over lanes, in how many a pair agrees (one xor, one popcount) and in how many a cell is +1."""
    for row in range(len(pairs)):
        agreements[row] += np.int64(vectors.popcount(~(words[pairs[row, 0]] ^ words[pairs[row, 1]]) & lanes))
    for cell in range(len(ones)):
        ones[cell] += np.int64(vectors.popcount(words[cell] & lanes))


@njit(error_model="numpy", forceinline=True)
def add_histogram(words, cells, lanes, histogram):  # type: ignore[no-untyped-def]
    """Count the configuration of each lane; bit i of its index is the cell in slot i."""
    for lane in range(64):
        bit = np.uint64(lane)
        if (lanes >> bit) & np.uint64(1):
            index = np.uint64(0)
            for cell in range(cells):
                index |= ((words[cell] >> bit) & np.uint64(1)) << np.uint64(cell)
            histogram[index] += 1
