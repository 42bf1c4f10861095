"""Graph loops that would be slow in Python."""

from __future__ import annotations

import heapq

import numpy as np

from chipsim.kernels.jit import kernel


@kernel
def dsatur(first, neighbour, most_colours):  # type: ignore[no-untyped-def]
    """Greedy colouring by saturation (Brelaz 1979): exact on bipartite graphs and on triangulated lattices.

    Args:
        first: (n + 1,) int64, start of each vertex's neighbours.
        neighbour: (directed edges,) int32.
        most_colours: upper bound on the number of colours, at most 4096.

    Returns:
        (n,) int32 colours from 0.
    """
    n = len(first) - 1
    colour = np.full(n, -1, np.int32)
    words = (most_colours + 63) // 64
    used = np.zeros((n, words), np.uint64)
    saturation = np.zeros(n, np.int64)
    # One integer a heap entry: high saturation first, then high degree, then low index. Stale entries are skipped.
    heap = [((4095 - np.int64(0)) << 51) | ((2**20 - 1 - (first[v + 1] - first[v])) << 31) | v for v in range(n)]
    heapq.heapify(heap)
    while len(heap) > 0:
        top = heapq.heappop(heap)
        v = top & np.int64(2**31 - 1)
        if colour[v] >= 0 or 4095 - (top >> 51) != saturation[v]:
            continue
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
                degree = first[w + 1] - first[w]
                heapq.heappush(heap, ((4095 - saturation[w]) << 51) | ((2**20 - 1 - degree) << 31) | np.int64(w))
    return colour
