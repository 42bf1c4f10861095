"""The decision of a p-bit: +1 if its draw is below P = 1 / (1 + 2**y), exact even far below the step of a draw.

A draw is one of 2**23 equal steps of the unit interval. In almost all cases the whole step is below or above P, and
single precision decides. Otherwise, in about one of a million decisions, `refined` recomputes the exponent in double
precision and, if P is within the step, uses extra bits for the position inside it. The rarer sign is compared, so both
have the same relative accuracy of about 2**-52. Probabilities below 2**-215 are lost.

The accuracy is then limited by the exponent: beta and the field are float32, each rounded by up to 2**-24 relative. If
they are not exact, P has a relative error of 1.2e-7 |ln P|: 2e-6 at P = 1e-6, 8e-6 at P = 1e-30. A noise kind with its
own exponent, or cells without a stage `exponent`, add the rounding of y, of the same size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import register_jitable

from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import INLINED
from chipsim.kernels.near import any_within, lane, negated, negative, within
from chipsim.kernels.rng import extra_bits, middle

# Steps of a draw in the unit interval; a uniform is in the middle of its step.
STEPS = 2.0**23
HALF_STEP = np.float32(2.0**-24)
# How near to 0 u (u / P - 1) may be in single precision for a draw whose step does not lie wholly on one side of P: 1.5
# times half a step, and what is rounded: 7.3e-7 by `vectors.odds`, which counts by P (1 - P), 2.4e-7 by four roundings.
ROUNDED = np.float32(1e-6)
CLOSE = np.float32(1.5) * HALF_STEP + ROUNDED


@register_jitable(**INLINED)
def decide(u: Any, y: Any, at: Any) -> Any:
    """Word of the lanes that latch +1: `u` from `rng.uniform`, `y` the exponent."""
    margin = margins(u, y)
    word = negative(margin)
    if any_within(margin, CLOSE):
        word = refined(word, within(margin, CLOSE), u, np.float32(0.0), y, quiet(at))
    return word


@register_jitable(**INLINED)
def decide_above(step: Any, keep: Any, renew: Any, y: Any, at: Any) -> Any:
    """Words of the lanes whose draw is below `keep`, and of those that latch +1 by the rescaled rest above it.

    `step` is from `rng.steps`, `keep` a whole number of steps, and renew = 1 / (1 - keep). Lanes below `keep` are
    undefined in the second word.
    """
    half = HALF_STEP * renew
    above = vectors.fma(step, np.float32(1.0), -(np.float32(1.0) + keep))
    kept = negative(above)
    margin = margins(vectors.fma(above, renew, half), y)
    word = negative(margin)
    close = np.float32(1.5) * half + ROUNDED
    if any_within(margin, close):
        word = refined(word, within(margin, close), middle(step), keep, y, quiet(at))
    return kept, word


@register_jitable(**INLINED)
def margins(u: Any, y: Any) -> Any:
    """U (u (1 + 2**y) - 1), negative if u is below P; the factor u gives half a step the same size for all P."""
    x = vectors.fma(u, vectors.odds(y), u)
    return vectors.fma(x, u, negated(u))


@register_jitable(**INLINED)
def quiet(at: Any) -> Any:
    """The context without its generator, which would otherwise stay in registers for a rare path."""
    return stages.Context(at.words, at.own, at.scratch, at.tick, at.beta, at.cell, 0, at.sight, at.exact, 0, at.nodes)


@njit(error_model="numpy")
def refined(word, close, u, keep, y, at):  # type: ignore[no-untyped-def]
    """The word with the lanes of `close` decided again, exactly.

    A separate function that recomputes the field, so that the common path keeps no registers for it.
    """
    exact, kept = at.exact, STEPS * np.float64(keep)
    h = stages.field(exact.coupler, at)
    own_y = stages.activation(exact.cells, h, at)
    for k in range(64):
        bit = np.uint64(1) << np.uint64(k)
        if close & bit:
            draw = STEPS * np.float64(lane(u, k)) - 0.5
            precise = np.float64(lane(y, k))
            # A noise kind may have computed its own exponent, which then applies.
            if lane(own_y, k) == lane(y, k):
                beta = np.float64(lane(at.beta, k))
                precise = stages.exponent(exact.cells, precise, np.float64(lane(h, k)), beta, at.cell)
            extra = extra_bits(exact.stream, at.tick, at.cell, k, np.int64(draw))
            word = word | bit if is_up(draw - kept, STEPS - kept, precise, extra) else word & ~bit
    return word


@register_jitable
def is_up(place: Any, steps: Any, y: Any, extra: Any) -> Any:
    """Whether a draw is below P = 1 / (1 + 2**y): in step `place` of `steps`, at the position inside it given by
    `extra`.

    The rarer sign gets the outermost steps on its side, so that small probabilities keep all digits.
    """
    odds = 2.0 ** -abs(y)
    share = steps * (odds / (1 + odds))
    if y >= 0:
        return is_below(share - place, extra)
    return not is_below(share - (steps - 1 - place), extra)


@register_jitable
def is_below(threshold: Any, extra: Any) -> Any:
    """Whether the binary fraction 0.extra is below a threshold."""
    if threshold <= 0:
        return False
    if threshold >= 1:
        return True
    for word in extra:
        threshold *= 2.0**64
        whole = np.uint64(threshold)
        if word != whole:
            return word < whole
        threshold -= np.float64(whole)
    return False
