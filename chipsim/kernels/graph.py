"""Graph loops that would be slow in Python."""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from chipsim.kernels.jit import kernel


@njit
def heap_key(saturation, degree, vertex):  # type: ignore[no-untyped-def]
    """High saturation first, then high degree, then low index, in one integer."""
    return ((4095 - min(saturation, 4095)) << 51) | ((2**20 - 1 - min(degree, 2**20 - 1)) << 31) | np.int64(vertex)


@kernel
def dsatur(first, neighbour, max_colours):  # type: ignore[no-untyped-def]
    """Greedy colouring by saturation (Brelaz 1979): exact on bipartite graphs and on triangulated lattices.

    Args:
        first: (n + 1,) int64, start of each vertex's neighbours.
        neighbour: (directed edges,) int32.
        max_colours: upper bound on the number of colours.

    Returns:
        (n,) int32 colours from 0; -1 where more than `max_colours` would be needed.
    """
    n = len(first) - 1
    colour = np.full(n, -1, np.int32)
    words = (max_colours + 63) // 64
    used = np.zeros((n, words), np.uint64)
    saturation = np.zeros(n, np.int64)
    # One integer a heap entry: high saturation first, then high degree, then low index. Stale entries are skipped.
    # Only the order depends on the key, so both are clipped to the bits that they have.
    heap = [heap_key(np.int64(0), first[v + 1] - first[v], v) for v in range(n)]
    heapq.heapify(heap)
    while len(heap) > 0:
        top = heapq.heappop(heap)
        v = top & np.int64(2**31 - 1)
        if colour[v] >= 0 or 4095 - (top >> 51) != min(saturation[v], 4095):
            continue
        if saturation[v] >= max_colours:
            return colour
        c = 0
        while (used[v, c >> 6] >> np.uint64(c & 63)) & np.uint64(1):
            c += 1
        colour[v] = c
        bit = np.uint64(1) << np.uint64(c & 63)
        for k in range(first[v], first[v + 1]):
            w = neighbour[k]
            if colour[w] < 0 and not (used[w, c >> 6] & bit):
                used[w, c >> 6] |= bit
                saturation[w] += 1
                heapq.heappush(heap, heap_key(saturation[w], first[w + 1] - first[w], w))
    return colour
