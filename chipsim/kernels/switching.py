"""Cells that switch between modes: a mode is drawn anew at random times, and a voltage relaxes to its mean.

States are float64, [cell][64 lanes]. Each lane has its own xoshiro128+ stream (`kernels/quartic.py`), so its numbers do
not depend on the other lanes. Between two redraws the voltage takes one exact Ornstein-Uhlenbeck transition.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from chipsim.kernels.jit import kernel

# Streams of 64 lanes are four blocks of 16 lanes, four words each.
BLOCK, WORD = 64, 16
# A redraw on a grid this far beyond the end, in steps, still belongs to it: times are sums of floats.
SLACK = 1e-6


@njit(error_model="numpy", forceinline=True)
def _uniform(streams, base):  # type: ignore[no-untyped-def]
    """The middle of one of 2**32 steps of (0, 1), from the stream at this place; never 0 and never 1."""
    s0, s1 = streams[base], streams[base + WORD]
    s2, s3 = streams[base + 2 * WORD], streams[base + 3 * WORD]
    word = np.uint32(s0 + s3)
    s2 ^= s0
    s3 ^= s1
    streams[base + WORD] = s1 ^ s2
    streams[base] = s0 ^ s3
    streams[base + 2 * WORD] = s2 ^ np.uint32(s1 << np.uint32(9))
    streams[base + 3 * WORD] = np.uint32(s3 << np.uint32(11)) | (s3 >> np.uint32(21))
    return (np.float64(word) + 0.5) * 2.0**-32


@njit(error_model="numpy", forceinline=True)
def _drawn(cumulative, cell, u):  # type: ignore[no-untyped-def]
    """The mode whose part of the cumulative probabilities holds u."""
    mode = 0
    while mode < cumulative.shape[1] - 1 and u >= cumulative[cell, mode]:
        mode += 1
    return mode


@kernel
def switch(  # type: ignore[no-untyped-def]
    volts, modes, redraws, cumulative, means, deviations, duration, dwell, grid, relaxation, streams, lanes
):
    """In place: volts, modes and numbers of redraws (cells, 64) after a time.

    `cumulative`, `means` and `deviations` (cells, k) are those of the modes. Redraws come at a rate of 1 / `dwell`, at
    the next multiple of `grid` if it is not 0; at a `relaxation` of 0 the voltage is the mean of its mode at once.
    """
    for lane in range(lanes):
        base = lane // WORD * BLOCK + lane % WORD
        for cell in range(len(volts)):
            v, mode, left = volts[cell, lane], np.int64(modes[cell, lane]), duration
            while True:
                wait = -math.log(_uniform(streams, base)) * dwell
                if grid > 0:
                    wait = math.ceil(wait / grid) * grid
                again = wait <= left + SLACK * grid
                passed = min(wait, left)
                if relaxation > 0:
                    kept = math.exp(-passed / relaxation)
                    # Box and Muller; the second number is not kept, so that a lane takes as many as it needs.
                    size = math.sqrt(-2 * math.log(_uniform(streams, base)))
                    z = size * math.cos(2 * math.pi * _uniform(streams, base))
                    spread = deviations[cell, mode] * math.sqrt(-math.expm1(-2 * passed / relaxation))
                    v = means[cell, mode] + (v - means[cell, mode]) * kept + spread * z
                if not again:
                    break
                left -= passed
                mode = _drawn(cumulative, cell, _uniform(streams, base))
                redraws[cell, lane] += 1
            volts[cell, lane] = v if relaxation > 0 else means[cell, mode]
            modes[cell, lane] = mode
