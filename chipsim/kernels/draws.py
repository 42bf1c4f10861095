"""Random choices of a schedule: which cells latch, and how many events an interval holds.

All lanes of a group share them, as they share a clock. A stream of 64-bit words (splitmix64) starts from the key of the
group and the tick, so choices depend neither on how a run is cut into calls nor on what the cells draw.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from chipsim.kernels.rng import GOLDEN, mixed

# Below this mean, events are counted by products of uniforms.
SMALL_MEAN = 10.0


@register_jitable
def stream_of(key: Any, tick: Any) -> Any:
    """The start of the stream of one tick."""
    return mixed(mixed(np.uint64(key) + GOLDEN) ^ np.uint64(tick))


@register_jitable
def following(state: Any) -> Any:
    """(word, state): the next 64 random bits of a stream."""
    state = state + GOLDEN
    return mixed(state), state


@register_jitable
def uniform_of(word: Any) -> Any:
    """A float64 in (0, 1), the middle of one of 2**52 steps."""
    return (np.float64(word >> np.uint64(12)) + 0.5) * 2.0**-52


@register_jitable
def pick(word: Any, many: Any) -> Any:
    """A whole number below `many`, at most 2**24, each equally probable to 1 part in 2**40 / many."""
    return np.int64(((word >> np.uint64(24)) * np.uint64(many)) >> np.uint64(40))


@register_jitable
def poisson(mean: Any, state: Any) -> Any:
    """(count, state): a Poisson number.

    Small means multiply uniforms until exp(-mean) is passed (Knuth, TAOCP 3.4.1); large ones use transformed rejection
    (PTRS, Hormann 1993), as numpy does.
    """
    if mean < SMALL_MEAN:
        product, count = 1.0, -1
        while product > math.exp(-mean):
            word, state = following(state)
            product *= uniform_of(word)
            count += 1
        return np.int64(count), state
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    inside = 0.9277 - 3.6224 / (b - 2)
    while True:
        word, state = following(state)
        u = uniform_of(word) - 0.5
        word, state = following(state)
        v = uniform_of(word)
        edge = 0.5 - abs(u)
        count = math.floor((2 * a / edge + b) * u + mean + 0.43)
        if edge >= 0.07 and v <= inside:
            return np.int64(count), state
        if count < 0 or (edge < 0.013 and v > edge):
            continue
        density = count * math.log(mean) - mean - math.lgamma(count + 1.0)
        if math.log(v * inverse_alpha / (a / (edge * edge) + b)) <= density:
            return np.int64(count), state


@register_jitable
def shuffle(order: Any, state: Any) -> Any:
    """Put an array into a random order (Fisher and Yates); returns the state of the stream."""
    for last in range(len(order) - 1, 0, -1):
        word, state = following(state)
        other = pick(word, last + 1)
        order[last], order[other] = order[other], order[last]
    return state
