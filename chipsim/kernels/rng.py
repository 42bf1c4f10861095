"""Random numbers: xoshiro128+, 16 parallel streams in registers, four steps for 64 lanes.

A generator's state is 64 consecutive uint32 of a flat array: words a, b, c, d of 16 streams each. Every unit of work
(group, chunk) has its own, seeded from the run's seed and its index, so counts do not depend on threads or lanes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import register_jitable

from chipsim.kernels import vectors

STATE_WORDS = 64


def seed_states(seed: int, die: int, groups: range, chunks: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Generator states for (group, chunk): shape (len(groups), chunks, 64), dtype uint32."""
    states = np.empty((len(groups), chunks, STATE_WORDS), np.uint32)
    for row, group in enumerate(groups):
        for chunk in range(chunks):
            states[row, chunk] = np.random.SeedSequence((seed, die, group, chunk)).generate_state(STATE_WORDS)
    return states


def seed_streams(seed: int, die: int, groups: range) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The key of each group's extra bits: shape (len(groups),), uint64. Distinct from all generator seeds."""
    keys = [np.random.SeedSequence((seed, die, group, 0, 1)).generate_state(1, np.uint64)[0] for group in groups]
    return np.array(keys, np.uint64)


@njit(error_model="numpy", forceinline=True)
def load_generator(states, offset):  # type: ignore[no-untyped-def]
    """The generator whose state starts at `offset`, as a tuple of four registers."""
    return (
        vectors.load_bits(states, offset),
        vectors.load_bits(states, offset + 16),
        vectors.load_bits(states, offset + 32),
        vectors.load_bits(states, offset + 48),
    )


@njit(error_model="numpy", forceinline=True)
def store_generator(states, offset, random):  # type: ignore[no-untyped-def]
    """Store a generator's state."""
    vectors.store_bits(states, offset, random[0])
    vectors.store_bits(states, offset + 16, random[1])
    vectors.store_bits(states, offset + 32, random[2])
    vectors.store_bits(states, offset + 48, random[3])


@njit(error_model="numpy", forceinline=True)
def steps(random):  # type: ignore[no-untyped-def]
    """64 draws, one per lane, as 1 + r / 2**23 with r from 0 to 2**23 - 1, and the generator after them."""
    r0, a, b, c, d = vectors.xoshiro_step(random[0], random[1], random[2], random[3])
    r1, a, b, c, d = vectors.xoshiro_step(a, b, c, d)
    r2, a, b, c, d = vectors.xoshiro_step(a, b, c, d)
    r3, a, b, c, d = vectors.xoshiro_step(a, b, c, d)
    return vectors.join_steps(r0, r1, r2, r3), (a, b, c, d)


@njit(error_model="numpy", forceinline=True)
def uniform(random):  # type: ignore[no-untyped-def]
    """64 uniforms u = (2r + 1) / 2**24, never 0 and never 1, one per lane, and the generator after them."""
    step, random = steps(random)
    return middle(step), random


@njit(error_model="numpy", forceinline=True)
def middle(step):  # type: ignore[no-untyped-def]
    """The middle of each step, exactly."""
    return vectors.fma(step, np.float32(1.0), BELOW_ONE)


@register_jitable
def mixed(z: Any) -> Any:
    """Bit mixing of a 64-bit word (splitmix64: Steele et al. 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@register_jitable
def extra_bits(stream: Any, tick: Any, cell: Any, lane: Any, draw: Any) -> Any:
    """192 bits specific to one draw of one lane, in three words.

    A hash of cell, lane and tick, so they are independent of other refined draws and do not advance the generators. A
    cell may draw twice in a tick, so the draw itself is hashed too.
    """
    state = mixed(np.uint64(stream) ^ np.uint64(tick))
    state = mixed(state + GOLDEN ^ np.uint64(cell))
    state = mixed(state + GOLDEN ^ (np.uint64(lane) << np.uint64(32) | np.uint64(draw)))
    first = state + GOLDEN
    second = first + GOLDEN
    return mixed(first), mixed(second), mixed(second + GOLDEN)


BELOW_ONE = np.float32(2.0**-24 - 1)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
