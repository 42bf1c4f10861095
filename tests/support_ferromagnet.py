"""A small ferromagnet whose autocorrelation time is known exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# A ferromagnet of 4 x 4 p-bits: its slowest observable is the magnetisation.
SIDE = 4
COLOURS = [[(x, y) for x in range(SIDE) for y in range(SIDE) if (x + y) % 2 == colour] for colour in (0, 1)]
FERROMAGNET: dict[str, Any] = {"problem.native": "ferromagnet", "problem.seed": 0, "schedule.sweeps": 1000}


def exact_tau(beta: float) -> float:
    """tau_int of the magnetisation, in sweeps of colour after colour, by the matrix of transitions of 2^8 states."""
    joined = np.array([[abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for b in COLOURS[1]] for a in COLOURS[0]], float)
    states = 1.0 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)

    def latched(fields: NDArray[np.float64]) -> NDArray[np.float64]:
        up = 1 / (1 + np.exp(-2 * beta * fields))[:, None]
        return np.where(states[None] > 0, up, 1 - up).prod(axis=2)

    second, first = latched(states @ joined), latched(states @ joined.T)
    weights = (2 * np.cosh(beta * (states @ joined))).prod(axis=1)
    joint = (weights / weights.sum())[:, None] * second
    sums = states.sum(axis=1)
    both, coming = sums[:, None] + sums[None], sums + second @ sums
    now, total, sweep = (joint * both).sum(axis=0) @ first, 0.0, second @ first
    for _ in range(5000):
        total += float(now @ coming)
        now = now @ sweep
    return 1 + 2 * total / float((joint * both**2).sum())
