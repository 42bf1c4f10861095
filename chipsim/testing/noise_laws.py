"""The laws of noise in plain numpy: references of stage `noise` and its companions for the kind `rng`."""

from __future__ import annotations

from typing import Any

import numpy as np

from chipsim.components.noise.rng import IdealNoise, RedrawNoise, SlowNoise
from chipsim.kernels.decisions import HALF_STEP, ROUNDED
from chipsim.kernels.stages import Context
from chipsim.testing.exact_decisions import extra_bits, is_up
from chipsim.testing.lanes import Floats, Lanes, fma, lanes_of, odds, word_of
from chipsim.testing.stages import (
    Generator,
    activation,
    exponent,
    field,
    noise,
    uniform,
)


def decide(u: Floats, y: Floats, at: Context, keep: Any = 0, renew: Any = 1) -> Lanes:
    """Lanes that latch +1: u, or what is left of it above `keep`, below 1 / (1 + 2**y).

    Single precision decides where it is beyond doubt, which is what the kernel does; else it is done exactly.
    """
    half = HALF_STEP * np.float32(renew)
    fresh = u if not keep else fma(u - HALF_STEP - keep, renew, half)
    margin = fma(fma(fresh, odds(y), fresh), fresh, -fresh)
    up: Lanes = np.signbit(margin)
    close = np.abs(margin) <= np.float32(1.5) * half + ROUNDED
    if close.any():
        h = field(at.exact.coupler, at)
        own_y = activation(at.exact.cells, h, at)
        for lane in np.flatnonzero(close):
            precise = float(y[lane])
            if y[lane] == own_y[lane]:
                precise = exponent(at.exact.cells, precise, float(h[lane]), float(at.beta[lane]), at.cell)
            draw = int(float(u[lane]) * 2**23)
            extra = extra_bits(at.exact.stream, at.tick, at.cell, int(lane), draw)
            up[lane] = is_up(draw, float(keep), precise, extra)
    return up


@noise.register(IdealNoise)
def ideal(params: IdealNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Fresh noise: +1 where u (1 + 2**y) < 1."""
    u, random = uniform(at.random)
    return word_of(decide(u, y, at)), random


@noise.register(RedrawNoise)
def redraw(params: RedrawNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """The old value where u < keep, else the same test with what is left of u, stretched to the unit interval."""
    u, random = uniform(at.random)
    keep = params.keep[at.cell]
    drawn = decide(u, y, at, keep, params.renew[at.cell])
    return word_of(np.where(u < keep, lanes_of(at.words[at.cell]), drawn)), random


@noise.register(SlowNoise)
def slow_redraw(params: SlowNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """The old value where u < keep, else the test with a second u."""
    u, random = uniform(at.random)
    fresh, random = uniform(random)
    drawn = decide(fresh, y, at)
    return word_of(np.where(u < params.keep[at.cell], lanes_of(at.words[at.cell]), drawn)), random
