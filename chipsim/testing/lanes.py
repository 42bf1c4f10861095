"""Lanes, words and the kernels' arithmetic in single precision, in plain numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels.gaussian import CENTRE_COEFFICIENTS, LARGEST, LOG2_COEFFICIENTS, TAIL_COEFFICIENTS
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
    value = _series(x - whole, series)
    return (value.view(np.int32) + (whole.astype(np.int32) << 23)).view(np.float32)


def _series(x: Floats, coefficients: tuple[float, ...]) -> Floats:
    value = np.full(x.shape, coefficients[0], np.float32)
    for coefficient in coefficients[1:]:
        value = fma(value, x, coefficient)
    return value


def gaussian(u: Floats) -> Floats:
    """Standard normals from uniforms: sqrt(2) erf^-1(2 u - 1) by polynomials in w = -ln(4 u (1 - u))."""
    one, product = np.float32(1), (u * np.float32(4)) * (np.float32(1) - u)
    bits = product.view(np.int32)
    exponent = ((bits >> 23) - 127).astype(np.float32)
    fraction = (bits & 0x7FFFFF | 0x3F800000).view(np.float32)
    w = (exponent + _series(fraction, LOG2_COEFFICIENTS)) * np.float32(-np.log(2))
    near = _series(w - np.float32(2.5), CENTRE_COEFFICIENTS)
    far = _series(np.sqrt(np.where(w > 0, w, np.float32(0))) - np.float32(3), TAIL_COEFFICIENTS)
    normals: Floats = np.where(w < 5, near, far) * fma(u, 2, -one)
    return normals


def to_int16(value: Floats) -> NDArray[np.int16]:
    """Rounded to the nearest, ties to even."""
    return np.clip(np.rint(value), -LARGEST, LARGEST).astype(np.int16)
