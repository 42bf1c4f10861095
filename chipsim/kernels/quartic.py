"""Steps of cells in a quartic potential, 64 lanes at a time: x' = -(a x + d + k (x - c)**3) + noise, by splitting.

The cubic part alone has the flow y -> y / sqrt(1 + 2 k h y**2), y = x - c, which never diverges; the linear part with
all couplings and its noise is an exact Ornstein-Uhlenbeck transition. Half a flow, the transition and half a flow have
weak order 2; two halves between steps are one flow. States are float32, [cell][64 lanes]. Each lane has its own
xoshiro128+ stream, so its numbers do not depend on the other lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.extending import intrinsic
from numpy.typing import NDArray

from chipsim.kernels import rng, vectors
from chipsim.kernels.gaussian import gaussian
from chipsim.kernels.jit import kernel
from chipsim.kernels.vectors import F32, _as_vector, _call, _constant

LANES = 64
# Of the streams of 64 lanes: four blocks of 16 lanes, four words each.
STREAM_WORDS = 256


def lane_streams(random: Sequence[np.random.Generator]) -> NDArray[np.uint32]:
    """(256,) state of the streams of up to 64 lanes, each seeded from the generator of its lane."""
    words = np.ones((LANES, 4), np.uint32)
    for lane, own in enumerate(random):
        words[lane] = own.integers(1, 2**32, 4, np.uint32)
    return np.ascontiguousarray(words.reshape(4, 16, 4).transpose(0, 2, 1)).ravel()


@intrinsic
def _shrunk(typing_context, x, rate):  # type: ignore[no-untyped-def]
    """X / sqrt(1 + rate x**2), float32 lanes and a float."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        x, rate = (_as_vector(builder, v) for v in arguments)
        one = _constant(F32.llvm, 1.0)
        scaled = builder.fmul(x, rate)
        square: ir.Value = _call(builder, "llvm.fma.v64f32", F32.llvm, [scaled, x, one])
        return builder.fdiv(x, _call(builder, "llvm.sqrt.v64f32", F32.llvm, [square]))

    return F32(F32, vectors._SCALAR["f32"]), codegen


@njit(error_model="numpy", forceinline=True)
def _load(streams):  # type: ignore[no-untyped-def]
    return (
        rng.load_generator(streams, 0),
        rng.load_generator(streams, 64),
        rng.load_generator(streams, 128),
        rng.load_generator(streams, 192),
    )


@njit(error_model="numpy", forceinline=True)
def _store(streams, random):  # type: ignore[no-untyped-def]
    for block in range(4):
        rng.store_generator(streams, 64 * block, random[block])


@njit(error_model="numpy", forceinline=True)
def _normal(random):  # type: ignore[no-untyped-def]
    """64 standard normal numbers, one from the stream of each lane."""
    p, q, r, s = random
    w0, a0, b0, c0, d0 = vectors.xoshiro_step(p[0], p[1], p[2], p[3])
    w1, a1, b1, c1, d1 = vectors.xoshiro_step(q[0], q[1], q[2], q[3])
    w2, a2, b2, c2, d2 = vectors.xoshiro_step(r[0], r[1], r[2], r[3])
    w3, a3, b3, c3, d3 = vectors.xoshiro_step(s[0], s[1], s[2], s[3])
    numbers = gaussian(rng.middle(vectors.join_steps(w0, w1, w2, w3)))
    return numbers, ((a0, b0, c0, d0), (a1, b1, c1, d1), (a2, b2, c2, d2), (a3, b3, c3, d3))


@kernel
def flow(x, centre, rate):  # type: ignore[no-untyped-def]
    """In place: the flow of the cubic part; `rate` is 2 k h."""
    for place in range(0, len(x), LANES):
        y = vectors.fma(vectors.load(x, place), np.float32(1.0), -centre)
        vectors.store(x, place, vectors.fma(_shrunk(y, rate), np.float32(1.0), centre))


@kernel
def decay(modes, factor, push, spread, streams):  # type: ignore[no-untyped-def]
    """In place: y <- factor y + push + spread z for each mode, (modes * 64,)."""
    random = _load(streams)
    for mode in range(len(factor)):
        z, random = _normal(random)
        moved = vectors.fma(vectors.load(modes, mode * LANES), factor[mode], push[mode])
        vectors.store(modes, mode * LANES, vectors.fma(z, spread[mode], moved))
    _store(streams, random)


@kernel
def alone(x, factor, push, spread, centre, rate, steps, streams):  # type: ignore[no-untyped-def]
    """In place: cells without couplings, so many steps of half a flow, decay and half a flow; `rate` is 2 k h.

    `push` (cells * 64,) is that of each lane.
    """
    random = _load(streams)
    half = rate / np.float32(2)
    for cell in range(len(factor)):
        y = vectors.fma(vectors.load(x, cell * LANES), np.float32(1.0), -centre)
        y = _shrunk(y, half)
        # In y = x - c the transition is y <- factor y + (push - (1 - factor) c) + spread z.
        pushed = vectors.load(push, cell * LANES)
        shift = vectors.fma(pushed, np.float32(1.0), -(np.float32(1) - factor[cell]) * centre)
        for step in range(steps):
            z, random = _normal(random)
            y = vectors.fma(z, spread[cell], vectors.fma(y, factor[cell], shift))
            y = _shrunk(y, half if step == steps - 1 else rate)
        vectors.store(x, cell * LANES, vectors.fma(y, np.float32(1.0), centre))
    _store(streams, random)


@kernel
def euler(x, forces, quadratic, cubic, step, spread, streams):  # type: ignore[no-untyped-def]
    """In place: a step of Euler and Maruyama; `forces` (cells * 64,) are those of the linear part."""
    random = _load(streams)
    for place in range(0, len(x), LANES):
        z, random = _normal(random)
        now = vectors.load(x, place)
        inner = vectors.fma(now, -cubic, -quadratic)
        force = vectors.fma(vectors.multiply(now, now), inner, vectors.load(forces, place))
        vectors.store(x, place, vectors.fma(z, spread, vectors.fma(force, step, now)))
    _store(streams, random)


def blocks_of(lanes: int) -> list[Any]:
    """The slices of lanes that are advanced together."""
    return [slice(first, min(first + LANES, lanes)) for first in range(0, lanes, LANES)]


@kernel
def noised(path, drive, amplitudes, linear, quadratic, cubic, step, spread):  # type: ignore[no-untyped-def]
    """In place: (steps, n) standard normal numbers become an Euler-Maruyama path of uncoupled cells from 0.

    They are under a force `drive` (n,) times the amplitude of each step, (steps,).
    """
    steps, cells = path.shape
    x = np.zeros(cells, path.dtype)
    for t in range(steps):
        for i in range(cells):
            force = amplitudes[t] * drive[i] - x[i] * (linear + x[i] * (quadratic + x[i] * cubic))
            x[i] += force * step + spread * path[t, i]
            path[t, i] = x[i]


def in_blocks(states: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(lanes, n) @ (n, n), in blocks of 64 lanes, padded, so that results do not depend on the number of lanes."""
    out, block = np.empty_like(states), np.zeros((LANES, states.shape[1]))
    for lanes in blocks_of(len(states)):
        many = lanes.stop - lanes.start
        block[:many] = states[lanes]
        out[lanes] = (block @ matrix)[:many]
    return out
