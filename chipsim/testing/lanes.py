"""Lanes, words and the kernels' arithmetic in single precision, in plain numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels.vectors import EXP2_COEFFICIENTS, LANES, ODDS_COEFFICIENTS, ODDS_ENDS

Floats = NDArray[np.float32]
Lanes = NDArray[np.bool_]

_BIT = np.arange(LANES, dtype=np.uint64)


def lanes_of(words: Any) -> Lanes:
    """The bits of words: shape (...,) uint64 -> (..., 64) bool."""
    return (np.asarray(words, np.uint64)[..., None] >> _BIT & np.uint64(1)).astype(bool)


def word_of(lanes: Lanes) -> np.uint64:
    """The word of 64 bools."""
    return np.uint64((lanes.astype(np.uint64) << _BIT).sum(dtype=np.uint64))


def fma(a: Any, b: Any, c: Any) -> Floats:
    """`a * b + c` of float32 with a single rounding, as the machine's fused multiply-add.

    The product of two float32 is exact in float64; the sum is rounded to odd there, which loses nothing that the last
    rounding to float32 could need (Boldo & Melquiond 2008).
    """
    product = np.asarray(a, np.float32).astype(np.float64) * np.asarray(b, np.float32)
    addend = np.asarray(c, np.float32).astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        total = product + addend
        part = total - product
        missing = (product - (total - part)) + (addend - part)
        inexact = np.isfinite(total) & (missing != 0)
        even = (np.atleast_1d(total).view(np.int64) & 1).reshape(np.shape(total)) == 0
        neighbour = np.nextafter(total, np.where(missing > 0, np.inf, -np.inf))
        return np.where(inexact & even, neighbour, total).astype(np.float32)


def exp2(x: Floats) -> Floats:
    """2**x, x clamped to +-126: a polynomial for the fraction, the whole part added to the exponent bits."""
    return _power(x, (-126, 126), np.floor, EXP2_COEFFICIENTS)


def odds(y: Floats) -> Floats:
    """2**y with fewer digits, for decisions that are not close."""
    return _power(y, ODDS_ENDS, np.rint, ODDS_COEFFICIENTS)


def _power(x: Floats, ends: tuple[float, float], round_by: Any, series: tuple[float, ...]) -> Floats:
    low, high = np.float32(ends[0]), np.float32(ends[1])
    x = np.where(x > low, x, low)
    x = np.where(x < high, x, high)
    whole = round_by(x)
    fraction = x - whole
    value = np.full(x.shape, series[0], np.float32)
    for coefficient in series[1:]:
        value = fma(value, fraction, coefficient)
    return (value.view(np.int32) + (whole.astype(np.int32) << 23)).view(np.float32)
