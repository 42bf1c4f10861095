"""The laws of noise in plain numpy: references of stage `noise` and its companions for the kind `rng`."""

from __future__ import annotations

from typing import Any

import numpy as np

from chipsim.components.noise.rng import ComparatorNoise, IdealNoise, Past, RedrawNoise, SlowNoise, TelegraphNoise
from chipsim.kernels.decisions import HALF_STEP, ROUNDED
from chipsim.kernels.stages import Context
from chipsim.kernels.vectors import LANES
from chipsim.testing.exact_decisions import extra_bits, is_up
from chipsim.testing.lanes import Floats, Lanes, fma, gaussian, lanes_of, odds, to_int16, word_of
from chipsim.testing.stages import (
    Generator,
    activation,
    commit,
    exponent,
    field,
    noise,
    prepare,
    seen,
    settle,
    settled,
    sight,
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


@seen.register(Past)
def seen_in_the_past(sight: Past, edge: int, slot: int) -> np.uint64:
    """The word before its last latch in lanes without a renewal since."""
    word: np.uint64 = sight.words[slot] ^ (sight.change[slot] & sight.stale[sight.colour[edge]])
    return word


@prepare.register(TelegraphNoise)
def draw_renewals(params: TelegraphNoise, at: Context) -> Generator:
    """Lanes without a renewal since the latch of each colour; for the cell's own, since its last draw."""
    u, random = uniform(at.random)
    at.scratch[:] = [word_of(u < keep) for keep in params.latch[params.colour[at.cell]]]
    return random


@sight.register(TelegraphNoise)
def view_of_the_past(params: TelegraphNoise, at: Context) -> Past:
    """Neighbours at the time of the last renewal."""
    return Past(at.words, at.own[1], at.scratch, params.neighbour_colour)


@noise.register(TelegraphNoise)
def copy_noise(params: TelegraphNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """The noise at the last draw, or that of the last renewal since."""
    at.own[0, at.cell], random = _last_renewed(params, y, at, at.random)
    return at.own[0, at.cell], random


@commit.register(TelegraphNoise)
def note_change(params: TelegraphNoise, old: np.uint64, new: np.uint64, at: Context) -> None:
    """Store what the latch changed."""
    at.own[1, at.cell] = old ^ new


@settle.register(TelegraphNoise)
def draw_until_now(params: TelegraphNoise, parameters: tuple[Any, Any, Any], at: Context) -> Generator:
    """Draw the noise of this instant."""
    coupler, cells, _ = parameters
    u, random = uniform(at.random)
    at.scratch[:] = [word_of(u < keep) for keep in params.now]
    seeing = at._replace(sight=view_of_the_past(params, at))
    y = activation(cells, field(coupler, seeing), seeing)
    at.own[0, at.cell], random = _last_renewed(params, y, seeing, random)
    return random


@settled.register(TelegraphNoise)
def forget_change(params: TelegraphNoise, at: Context) -> None:
    """From here on, every neighbour is seen as it is."""
    at.own[1, at.cell] = 0


def _last_renewed(params: TelegraphNoise, y: Floats, at: Context, random: Generator) -> tuple[np.uint64, Generator]:
    """The noise drawn last, in renewed lanes drawn again."""
    u, random = uniform(random)
    kept = at.scratch[params.colour[at.cell]]
    return (at.own[0, at.cell] & kept) | (word_of(decide(u, y, at)) & ~kept), random


@noise.register(ComparatorNoise)
def compare(params: ComparatorNoise, y: Floats, at: Context) -> tuple[np.uint64, Generator]:
    """Ornstein-Uhlenbeck voltages one step further; +1 where their sum is below -slope y."""
    random, margin = at.random, y * params.slope[0]
    for process, (decay, spread, share) in enumerate(zip(params.decay, params.spread, params.share, strict=True)):
        u, random = uniform(random)
        first = (at.cell * len(params.decay) + process) * LANES
        stored = at.own[first : first + LANES]
        voltage = fma(gaussian(u), spread, stored.astype(np.float32) * decay)
        stored[:] = to_int16(voltage)
        margin = fma(voltage, share, margin)
    return word_of(np.signbit(margin)), random
