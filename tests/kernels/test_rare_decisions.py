"""Decisions that 23 random bits cannot make: exact to every digit of P, alike for both signs, bit by bit.

Here the random bits are given. Chance comes in only where the lowest steps of a draw are counted.
"""

from __future__ import annotations

from decimal import Decimal, getcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from chipsim.components.cells.pbit import PBitActivation
from chipsim.components.couplers.pairs import PairField
from chipsim.components.noise.rng import IdealNoise, RedrawNoise, SlowNoise
from chipsim.kernels import decisions, rng, stages, vectors
from chipsim.kernels.jit import kernel
from chipsim.kernels.stages import Exact, context_of
from chipsim.testing import exact_decisions

getcontext().prec = 60
STEPS = 2**23
SLOPE = -2 * np.log2(np.e)
CHANCES = [0.3, 1e-2, 1e-4, 1e-6, 1.2e-7, 2e-8, 1e-9, 1e-12, 1e-18, 1e-24, 1e-30]


def chance(y: float) -> Fraction:
    """1 / (1 + 2**y), to 60 digits."""
    return Fraction(1 / (1 + Decimal(2) ** Decimal(y)))


def bits_of(value: Fraction) -> tuple[int, tuple[np.uint64, ...]]:
    """The step of a number in the unit interval, and three words for the place in it."""
    step, rest = divmod(value * STEPS, 1)
    words = []
    for _ in range(3):
        word, rest = divmod(rest * 2**64, 1)
        words.append(np.uint64(word))
    return int(step), tuple(words)


@njit
def is_up(draw, keep_steps, y, extra):  # type: ignore[no-untyped-def]
    return decisions.is_up(draw - keep_steps, decisions.STEPS - keep_steps, y, extra)


@pytest.mark.parametrize("p", CHANCES)
@pytest.mark.parametrize("sign", [1, -1])
def test_given_bits_decide_within_a_millionth(p: float, sign: int) -> None:
    """Bits that lie a millionth of P, and then a billionth, on either side of it; the mirrored ones for -1."""
    y = sign * float(np.log2(1 / p - 1))
    rare = chance(abs(y))
    for off in (Fraction(1, 10**6), Fraction(1, 10**9)):
        for factor, rarer in ((1 - off, True), (1 + off, False)):
            step, extra = bits_of(rare * factor)
            draw = step if sign > 0 else STEPS - 1 - step
            assert is_up(float(draw), 0.0, y, extra) is (rarer == (sign > 0))
            assert exact_decisions.is_up(draw, 0.0, y, extra) is (rarer == (sign > 0))


def test_random_bits_decide_as_fractions_do() -> None:
    """Random bits in the step in which P lies, with a part of the unit interval taken away or not; both signs."""
    random = np.random.default_rng(1)
    seen = []
    for _ in range(4000):
        kept = int(random.choice([0, STEPS // 3, STEPS * 15 // 16]))
        y = float(random.choice([-1, 1]) * random.uniform(0, 40))
        words = random.integers(0, 2**64, 3, np.uint64)
        words[0] >>= np.uint64(random.integers(0, 40))
        extra = tuple(words)
        step = int(chance(abs(y)) * (STEPS - kept))
        draw = kept + step if y > 0 else STEPS - 1 - step
        inside = sum(Fraction(int(word), 2 ** (64 * (k + 1))) for k, word in enumerate(extra))
        rarer = step + inside < chance(abs(y)) * (STEPS - kept)
        seen.append(rarer)
        assert is_up(float(draw), float(kept), y, extra) is (rarer == (y > 0))
        assert exact_decisions.is_up(draw, kept / STEPS, y, extra) is (rarer == (y > 0))
    assert 0.5 < np.mean(seen) < 0.95


@njit
def bits(stream, tick, cell, lane, draw):  # type: ignore[no-untyped-def]
    return rng.extra_bits(stream, tick, cell, lane, draw)


def test_extra_bits_are_those_of_the_reference_and_depend_on_everything() -> None:
    places = [(np.uint64(2**64 - 5), 7, 3, 1, 0), (np.uint64(12), 7, 3, 1, 0), (np.uint64(12), 8, 3, 1, 0)]
    places += [(np.uint64(12), 8, 4, 1, 0), (np.uint64(12), 8, 4, 2, 0), (np.uint64(12), 8, 4, 2, 1)]
    words = {word for place in places for word in bits(*place)}
    assert len(words) == 3 * len(places)
    assert all(bits(*place) == exact_decisions.extra_bits(*place) for place in places)
    many = np.array([bits(np.uint64(1), tick, 0, 0, 0) for tick in range(20_000)], np.uint64)
    ones = np.array([(many >> np.uint64(k) & np.uint64(1)).mean(axis=0) for k in range(64)])
    assert np.abs(ones - 0.5).max() < 5 * 0.5 / np.sqrt(20_000)


# --- the stages of the noise, with given draws ----------------------------------------------------------------------

STREAM = np.uint64(0x1234_5678_9ABC_DEF0)


@kernel
def latch(field, activation, noise, words, betas, states, stream, out):  # type: ignore[no-untyped-def]
    """One cell, again and again: row by row with betas and generator of its own; the tick is the row."""
    for row in range(len(out)):
        beta, random = vectors.load(betas, row * 64), rng.load_generator(states, row * 64)
        exact = Exact(field, activation, stream)
        at = context_of(words, words, words, row, beta, 0, random, exact, words)
        y = stages.activation(activation, stages.field(field, at), at)
        out[row], _ = stages.noise(noise, y, at)


def latched(noise: Any, beta: NDArray[np.float64], draws: NDArray[np.int64], bias: float, skip: int = 0) -> Any:
    """What a lone cell latches, (rows, 16) bool, for betas and draws of the same shape: lanes 0 to 15 of the kernel.

    `skip` is the number of draws of the cell before the one that is given.
    """
    rows = len(beta)
    lanes = np.ones((rows, 64), np.float32)
    lanes[:, :16] = beta
    states = np.zeros((rows, 4, 16), np.uint32)
    # The first output of a generator is a + d. Later ones: so many steps back from there.
    states[:, 0] = draws.astype(np.uint32) << np.uint32(9)
    for _ in range(skip):
        states = back(states)
    none = np.zeros(0, np.int32)
    field = PairField(
        np.zeros(2, np.int32), none, none.astype(np.int16), np.zeros(1, np.int16), *np.float32([[1], [bias]])
    )
    slope = np.full(1, SLOPE, np.float32)
    activation = PBitActivation(slope, np.zeros(1, np.float32), np.array([SLOPE, 0.0]))
    words, out = np.zeros(1, np.uint64), np.zeros(rows, np.uint64)
    latch(field, activation, noise, words, lanes.reshape(-1), states.reshape(-1), STREAM, out)
    return (out[:, None] >> np.arange(16, dtype=np.uint64) & np.uint64(1)).astype(bool)


def back(states: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Four steps of xoshiro128+ back, (rows, 4, 16): one draw of 64 lanes."""
    a, b, c, d = states.transpose(1, 0, 2)
    for _ in range(4):
        d = d >> np.uint32(11) | d << np.uint32(21)
        # After a step: a' = a ^ d ^ b, b' = a ^ b ^ c, c' = a ^ c ^ b << 9, d' = d ^ b, before its rotation.
        a = a ^ d
        c_xor_b = b ^ a
        shifted = c ^ a
        # c ^ (b << 9) = c' ^ a = shifted, and b ^ c = b' ^ a: b ^ (b << 9) = both together.
        mixed = c_xor_b ^ shifted
        b = mixed.copy()
        for shift in (9, 18, 27):
            b = b ^ mixed << np.uint32(shift)
        c, d = c_xor_b ^ b, d ^ b
    return np.stack([a, b, c, d], axis=1)


def truth(beta: NDArray[np.float64], draws: NDArray[np.int64], bias: float, kept: int = 0) -> list[list[bool]]:
    """The decisions by fractions, from beta and the field."""
    out = []
    for row in range(len(beta)):
        line = []
        for lane in range(16):
            y = SLOPE * float(np.float32(beta[row, lane])) * float(np.float32(bias))
            draw = int(draws[row, lane])
            extra = exact_decisions.extra_bits(STREAM, row, 0, lane, draw)
            inside = sum(Fraction(word, 2 ** (64 * (k + 1))) for k, word in enumerate(extra))
            step = draw - kept if y > 0 else STEPS - 1 - draw
            line.append((step + inside < chance(abs(y)) * (STEPS - kept)) == (y > 0))
        out.append(line)
    return out


LAWS = {
    "ideal": (IdealNoise(np.ones(1, np.float32)), 0, 0),
    "redraw": (RedrawNoise(np.float32([0.75]), np.float32([4])), STEPS * 3 // 4, 0),
    "redraw, stretched most": (RedrawNoise(np.float32([0.9375]), np.float32([16])), STEPS * 15 // 16, 0),
    "slow": (SlowNoise(np.zeros(1, np.float32)), 0, 1),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("bias", [1.0, -1.0])
def test_every_law_decides_as_fractions_do_around_its_threshold(law: str, bias: float) -> None:
    """Draws within 24 steps of P, and P from 1/2 to 1e-20: single precision alone would get a tenth of them wrong."""
    noise, kept, skip = LAWS[law]
    random = np.random.default_rng(3)
    beta = np.abs(random.choice([0.3, 4.0, 9.0], (500, 16)) * random.normal(size=(500, 16))).astype(np.float32)
    y = SLOPE * beta * -abs(bias)
    first = ((STEPS - kept) / (1 + 2.0 ** y.astype(np.float64))).astype(np.int64)
    step = np.clip(first + random.integers(-24, 25, beta.shape) * random.integers(0, 2, beta.shape), 0, None)
    step = np.minimum(step, STEPS - kept - 1)
    draws = kept + step if bias < 0 else STEPS - 1 - step
    found = latched(noise, beta, draws, bias, skip)
    assert np.array_equal(found, truth(beta, draws, bias, kept))
    assert 0.05 < found.mean() < 0.95


@pytest.mark.parametrize("bias", [1.0, -1.0])
def test_a_beta_a_digit_larger_or_smaller_turns_a_decision(bias: float) -> None:
    """Given bits U, and the float32 betas next to that with P = U: a few millionths of P apart, and rightly told."""
    rows, outermost = 400, STEPS - 1 if bias > 0 else 0
    first = [
        [exact_decisions.extra_bits(STREAM, row, 0, lane, outermost)[0] for lane in range(16)] for row in range(rows)
    ]
    u = np.array(first) / 2.0**64 / STEPS
    beta = (np.log2(1 / u - 1) / abs(SLOPE)).astype(np.float32)
    draws = np.full((rows, 16), outermost)
    for direction in (0, 100):
        near = np.nextafter(beta, np.float32(direction))
        assert np.array_equal(latched(LAWS["ideal"][0], near, draws, bias), truth(near, draws, bias))
    lower = latched(LAWS["ideal"][0], np.nextafter(beta, np.float32(0)), draws, bias)
    higher = latched(LAWS["ideal"][0], np.nextafter(beta, np.float32(100)), draws, bias)
    assert (lower == (bias < 0)).all()
    assert (higher == (bias > 0)).all()


@pytest.mark.parametrize("p", [1e-7, 2e-8, 1e-8, 1e-9])
@pytest.mark.parametrize("bias", [1.0, -1.0])
def test_the_outermost_step_is_shared_out(p: float, bias: float) -> None:
    """All draws in the outermost step, which is the rarer sign in p * 2**23 of them."""
    rows = 40_000
    beta = np.full((rows, 16), np.float32(np.log(1 / p - 1) / 2))
    draws = np.full((rows, 16), STEPS - 1 if bias > 0 else 0)
    rarer = latched(LAWS["ideal"][0], beta, draws, bias) != (bias > 0)
    wanted = rarer.size * p * STEPS
    assert abs(rarer.sum() - wanted) < 4.5 * np.sqrt(wanted * (1 - p * STEPS))
