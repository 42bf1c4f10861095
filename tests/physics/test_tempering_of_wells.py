"""Tempering of a cell in a double well, driven from here: V = -x^2 + x^4 / 4 at 8 temperatures from .08 to 5.

160 steps of Euler of .01 from the left well; after every 4, neighbours in temperature may exchange their states, even
pairs, then odd ones. It ends before it has mixed, so both figures depend on every rule: of the coldest cells .358 are
right of 0 (.5 at Boltzmann's law), and .861 of the exchanges are accepted (thermocompute, commit e50a984, has .3593 and
.8609; an independent program .357 and .8608).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.physics.quartic import QuarticLaw, Well

CELLS, LANES = 320, 64
TEMPERATURES = np.linspace(0.08, 5, 8)
BETAS = 1 / TEMPERATURES


def tempered(well: Well, sign: float = 1.0) -> tuple[float, float]:
    """Share of the coldest cells at x > 0, and share of the exchanges that were accepted; 20,480 chains each.

    `sign` is that of the exponent in the rule of exchanges.
    """
    random = np.random.default_rng(5)
    streams = [np.random.default_rng((5, lane)) for lane in range(LANES)]
    drift, still = well.linear * np.eye(CELLS), np.zeros(CELLS)
    laws = [QuarticLaw(drift, 2 * t, well.quadratic, well.cubic, 1.0, "euler", 0.01) for t in TEMPERATURES]
    x = np.full((len(laws), LANES, CELLS), -math.sqrt(2))
    accepted = tried = 0
    for _ in range(40):
        for level, law in enumerate(laws):
            x[level] = law.sample(still, x[level], np.array([0.04]), streams)[:, -1]
        for first in (0, 1):
            for cold in range(first, len(laws) - 1, 2):
                taken = exchanged(x[cold : cold + 2], BETAS[cold] - BETAS[cold + 1], sign, random)
                accepted, tried = accepted + taken, tried + LANES * CELLS
    return float((x[0] > 0).mean()), accepted / tried


def exchanged(pair: NDArray[np.float64], colder: float, sign: float, random: np.random.Generator) -> int:
    """In place: exchange the states of (2, lanes, cells) with probability exp((beta_0 - beta_1)(V_0 - V_1))."""
    energy = Well(-2.0, 0.0, 1.0).energy(pair)
    taken = np.log(random.random(energy.shape[1:])) < sign * colder * (energy[0] - energy[1])
    pair[:, taken] = pair[::-1, taken]
    return int(taken.sum())


def test_tempering_of_a_double_well() -> None:
    """Binomial standard errors are .0033 and below .0005; the bounds hold also the spread of the published draws."""
    right, accepted = tempered(Well(-2.0, 0.0, 1.0))
    assert right == pytest.approx(0.358, abs=0.015)
    assert accepted == pytest.approx(0.861, abs=0.003)


@pytest.mark.parametrize(
    ("well", "sign"),
    [(Well(2.0, 0.0, 1.0), 1.0), (Well(-2.0, 0.2, 1.0), 1.0), (Well(-2.0, 0.0, 1.0), -1.0)],
    ids=["x^2", "x^3 that should not be", "exchange"],
)
def test_a_flipped_sign_shows(well: Well, sign: float) -> None:
    right, accepted = tempered(well, sign)
    assert abs(right - 0.358) > 0.015 or abs(accepted - 0.861) > 0.003
