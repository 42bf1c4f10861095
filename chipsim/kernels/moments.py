"""Sums over read states that a host computes: moments of pairs by xor and popcount, projections lane by lane."""

from __future__ import annotations

import numpy as np

from chipsim.kernels import vectors
from chipsim.kernels.jit import kernel
from chipsim.kernels.observe import add_moments, add_projections

_EVEN = np.uint64(0x5555555555555555)
_ONE = np.uint64(1)


@kernel
def count_moments(pairs, words, lanes, agreements, ones):  # type: ignore[no-untyped-def]
    """Add up, over groups and lanes, agreements of pairs (int64, (pairs,)) and cells that are +1 (int64, (cells,)).

    pairs: (pairs, 2) int32; words: (groups, cells) uint64; lanes: (groups,) uint64, lanes that count.
    """
    for group in range(len(words)):
        add_moments(pairs, words[group], lanes[group], agreements, ones)


@kernel
def count_twin_agreements(pairs, words, lanes, agreements):  # type: ignore[no-untyped-def]
    """Add up in how many lanes cell i agrees with cell j of the twin lane (2k <-> 2k + 1).

    Twins are independent chains of one input x, so the mean of s_i s'_j is that of <s_i>_x <s_j>_x without bias.
    """
    for group in range(len(words)):
        for row in range(len(pairs)):
            other = words[group, pairs[row, 1]]
            twin = ((other & _EVEN) << _ONE) | ((other >> _ONE) & _EVEN)
            same = ~(words[group, pairs[row, 0]] ^ twin) & lanes[group]
            agreements[row] += np.int64(vectors.popcount(same))


@kernel
def lane_projections(signs, words, sums):  # type: ignore[no-untyped-def]
    """Add sum_i r_i [s_i = +1] for each projection, group and lane.

    signs: (projections, cells) int16 of +-1; words: (groups, cells) uint64; sums: (groups, projections * 64) int64.
    """
    for group in range(len(words)):
        add_projections(signs, words[group], sums[group])
