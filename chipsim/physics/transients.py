"""Sums over readings of a law that starts from a point and is not yet stationary at the first of them.

A state that was known at time 0 has at time s the covariance C_s = C - E(s) C E(s)^T, and a later one at s + t the
covariance E(t) C_s with it. In modes both are exponentials, so what a reading shares with all later ones is a geometric
sum over these: 1 + 2 (q + q^2 + ...), q = e^(-l h). Readings are added one by one while C_s moves, and as one term of
the settled law from there on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# After this many relaxation times e^(-2 l s) is below the precision of a float.
SETTLED_TIMES = 19.0
# Elements of the largest array of a block of readings.
BLOCK = 2**21

Modes = NDArray[Any]


def averaging(rates: Modes, spacing: float, samples: int) -> Modes:
    """S: variance of the average of so many samples, in units of the variance of one."""
    q = np.exp(-rates * spacing)
    gap = -np.expm1(-rates * spacing)
    return np.asarray((1 + q) / gap / samples - 2 * q * -np.expm1(-rates * spacing * samples) / (samples * gap) ** 2)


@dataclass(frozen=True)
class Readings:
    """`samples` readings, `spacing` seconds apart, the first that long after `settle` seconds from the start."""

    settle: float
    spacing: float
    samples: int

    @property
    def first(self) -> float:
        """Time of the first one."""
        return self.settle + self.spacing

    def moving(self, slowest: float) -> int:
        """Number of readings before stationarity."""
        steps = (SETTLED_TIMES / slowest - self.settle) / self.spacing
        return int(np.clip(np.ceil(steps), 0, self.samples))

    def blocks(self, slowest: float, width: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """(times, readings from each on, with it) while the law moves, a block of readings after the other."""
        moving, size = self.moving(slowest), max(1, BLOCK // width)
        for first in range(0, moving, size):
            numbers = np.arange(first, min(first + size, moving))
            yield np.asarray(self.settle + (numbers + 1) * self.spacing), np.asarray(self.samples - numbers, float)


def summed_mean(rates: Modes, weights: NDArray[Any], readings: Readings) -> Modes:
    """(m,) variance of the averaged modes, by mode.

    Args:
        rates: (m,) of the modes.
        weights: (m, m): a mode's share of the variance at time s is sum_c weights[a, c] (1 - e^(-(l_a + l_c) s)).
        readings: when it is read.
    """
    slowest, settled = float(rates.real.min()), weights.sum(axis=1)
    rest = readings.samples - readings.moving(slowest)
    out = settled * rest**2 * averaging(rates, readings.spacing, rest) if rest else np.zeros_like(settled)
    for times, left in readings.blocks(slowest, len(rates)):
        decay = np.exp(-np.outer(times, rates))
        reached = settled - decay * (decay @ weights.T)
        out = out + (reached * _with_later(rates, readings.spacing, left)).sum(axis=0)
    return np.asarray(out / readings.samples**2)


def summed_pairs(rates: Modes, mixed: NDArray[Any], overlap: NDArray[Any], readings: Readings) -> float:
    """Expected squared Frobenius norm of what averaged products deviate from their expectation (Wick).

    Args:
        rates: (m,) of the modes.
        mixed: (m, m) stationary covariance of the modes, V^-1 C V^-T.
        overlap: (m, m) V^T P V, P keeping what is read.
        readings: when it is read.
    """
    slowest, sums, inside = float(rates.real.min()), np.add.outer(rates, rates), mixed @ overlap
    weights, rest = np.diag(inside), readings.samples - readings.moving(slowest)
    settled = np.outer(weights, weights) + inside * inside.T
    total = (settled * averaging(sums, readings.spacing, rest)).sum() * rest**2 if rest else 0.0
    # Modes that neither share noise nor overlap need no matrices.
    apart = not (_beside(mixed).any() or _beside(overlap).any())
    for times, left in readings.blocks(slowest, len(rates) if apart else len(rates) ** 2):
        decay = np.exp(-np.outer(times, rates))
        later = np.exp(-np.outer(left * readings.spacing, rates))
        if apart:
            own, crossed = weights * -np.expm1(-2 * np.outer(times, rates)), None
        else:
            matrices = inside - decay[:, :, None] * ((mixed * decay[:, None, :]) @ overlap)
            own, crossed = np.diagonal(matrices, axis1=1, axis2=2), matrices * matrices.transpose(0, 2, 1)
        total = total + _pair_sum(-np.expm1(-sums * readings.spacing), own, crossed, later)
    return float(np.real(total)) / readings.samples**2


def _beside(matrix: NDArray[Any]) -> NDArray[Any]:
    """What is beside the diagonal, and more than rounding."""
    size = np.abs(matrix).max()
    return np.asarray(np.abs(matrix - np.diag(np.diag(matrix))) > 1e-12 * size)


def _pair_sum(gap: Modes, own: Modes, crossed: Modes | None, later: Modes) -> Any:
    """Sum over readings and pairs of modes of (2 (1 - q^left) - (1 - q)) / (1 - q) times what a pair has then."""
    if crossed is None:
        all_, gone = own.T @ own, (own * later).T @ (own * later)
        all_, gone = (part + np.diag(np.diag(part)) for part in (all_, gone))
    else:
        all_ = own.T @ own + crossed.sum(axis=0)
        gone = (own * later).T @ (own * later) + np.einsum("ka,kb,kab->ab", later, later, crossed, optimize=True)
    return (((2 - gap) * all_ - 2 * gone) / gap).sum()


def _with_later(rates: Modes, spacing: float, left: NDArray[np.float64]) -> Modes:
    """(readings, m) what one of them counts for with all later ones: 1 + 2 (q + ... + q^(left - 1))."""
    return np.asarray(-2 * np.expm1(-np.outer(left * spacing, rates)) / -np.expm1(-rates * spacing) - 1)
