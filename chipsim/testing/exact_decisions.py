"""Rare decisions by whole numbers and fractions: what `chipsim.kernels.decisions` does in a compiled form."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
_STEPS = 2**23


def _mixed(z: int) -> int:
    """splitmix64."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    return z ^ z >> 31


def extra_bits(stream: Any, tick: int, cell: int, lane: int, draw: int) -> tuple[int, int, int]:
    """Three words of 64 bits that belong to one draw of one lane."""
    state = _mixed(int(stream) ^ int(tick))
    state = _mixed((state + _GOLDEN & _MASK) ^ int(cell))
    state = _mixed((state + _GOLDEN & _MASK) ^ (int(lane) << 32 | draw))
    first, second, third = (_mixed(state + k * _GOLDEN & _MASK) for k in (1, 2, 3))
    return first, second, third


def is_up(draw: int, keep: float, y: float, extra: tuple[int, ...]) -> bool:
    """Whether a draw lies below the part 1 / (1 + 2**y) of what is above `keep`.

    Args:
        draw: number of its step among 2**23.
        keep: a whole number of steps.
        y: the exponent.
        extra: where in its step it lies, words of 64 bits.
    """
    inside = Fraction(0)
    for word in reversed(extra):
        inside = (inside + word) / 2**64
    kept = int(keep * _STEPS)
    odds = 2.0 ** -abs(y)
    share = (_STEPS - kept) * Fraction(odds / (1 + odds))
    if y >= 0:
        return draw - kept + inside < share
    # The rarer sign gets the outermost steps on its side.
    return not _STEPS - 1 - draw + inside < share
