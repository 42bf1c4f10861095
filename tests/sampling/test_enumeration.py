"""Chips of at most 10 spins against enumeration: the distance between their histogram and Boltzmann's distribution.

The tolerance follows from the effective sample size m: a perfect sampler shows the floor E[TV] on average (known
exactly) with a standard deviation of at most sqrt((1 - 2/pi)/4m) = 0.3/sqrt(m), and 5 of these are allowed for. That is
far below the 0.004 asked for, and low enough to catch errors of 2 % in one coupler and of 0.5 % in beta.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from support_small_chips import (
    FAULTS,
    Fault,
    SmallChip,
    compiled,
    complete,
    grid,
    mixing_of,
    noise_of_bits,
    planted,
    ring,
    start,
)

from chipsim.engine.latched.records import RecordRequest
from chipsim.problems.problem import Problem
from chipsim.testing.exact import boltzmann, total_variation, total_variation_floor

LANES = 8192
LEAST_EFFECTIVE_SAMPLES = 10**7
MAX_TOTAL_VARIATION = 0.004

RING = SmallChip("ring", ring(8), coupling=0, spread=0.6, bias=0.3, seed=1, every=3)
SLOW_TRIANGLES = SmallChip(
    "odd ring, redraw", ring(9), -0.5, 0.2, 0.2, seed=2, every=6, law="redraw", relaxation_time="200 ns"
)
KINGS = SmallChip("kings", grid("kings", 3, 3), 0, 0.4, 0.2, seed=3, every=16, weight_bits=24)
COMPLETE = SmallChip("complete", complete(6), 0.25, 0.1, 0.05, seed=4, every=6)
STRONG = SmallChip("strong", grid("square", 2, 3), 0.7, 0.1, 0.05, seed=5, every=16, beta=1.1)
TEN = SmallChip("ten", grid("triangular", 2, 5), 0.3, 0.3, 0.1, seed=6, every=6, beta=0.8, weight_bits=8)
CHIPS = (RING, SLOW_TRIANGLES, KINGS, COMPLETE, STRONG, TEN)
COLOURS = {"ring": 2, "odd ring, redraw": 3, "kings": 4, "complete": 6, "strong": 2, "ten": 3}


class Sampled(NamedTuple):
    """What a chip was seen to do: frequencies of its configurations, and the samples that they are worth."""

    problem: Problem
    beta: float
    frequencies: NDArray[np.float64]
    effective: float


def sampled(chip: SmallChip, effective: float, fault: Fault = "none") -> Sampled:
    """Run a chip for so many effective samples."""
    with planted(fault):
        tau = max(mixing_of(chip, fault).tau_int, 1.0)
        device, problem = start(chip, LANES, seed=7, fault=fault)
        device.sample(math.ceil(20 * tau) * chip.every)
        records = math.ceil(effective * tau / LANES)
        _, seen = device.sample(records * chip.every, RecordRequest(chip.every, projections=-1, histogram=True))
    assert seen.histogram.sum() == seen.samples == records * LANES
    return Sampled(problem, chip.beta, seen.histogram / seen.samples, seen.samples / tau)


def distance_and_tolerance(seen: Sampled) -> tuple[float, float]:
    """Total variation to enumeration, and what chance explains."""
    exact = boltzmann(seen.problem, seen.beta)
    chance = total_variation_floor(exact, int(seen.effective)) + 1.5 / math.sqrt(seen.effective)
    return total_variation(seen.frequencies, exact), min(MAX_TOTAL_VARIATION, chance)


def check(seen: Sampled) -> None:
    """The test of this file."""
    assert seen.effective >= LEAST_EFFECTIVE_SAMPLES
    distance, tolerance = distance_and_tolerance(seen)
    print(f"TV {distance:.6f}, tolerance {tolerance:.6f}, effective samples {seen.effective:.3g}")
    assert distance <= tolerance, f"total variation {distance:.6f} > {tolerance:.6f}"


@pytest.mark.parametrize("chip", CHIPS, ids=lambda chip: chip.name)
def test_samples_boltzmann(chip: SmallChip) -> None:
    assert compiled(chip).colours == COLOURS[chip.name]
    check(sampled(chip, 1.2e7))


@pytest.mark.parametrize("fault", FAULTS)
def test_catches(fault: Fault) -> None:
    seen = sampled(STRONG, 1.2e7, fault)
    with pytest.raises(AssertionError, match="total variation"):
        check(seen)


def test_noise_of_20_bits_is_good_enough() -> None:
    """What catches 12 bits is their number, not the planting."""
    with noise_of_bits(20):
        check(sampled(COMPLETE, 1.2e7))


# The ring hides 12 bits of noise at this sample size: one cell's small error does not spread. The odd ring's law is not
# the one that is cut short.
SHOWING = [(c, f) for c in CHIPS for f in FAULTS if f != "noise" or c not in (RING, SLOW_TRIANGLES)]


@pytest.mark.slow
@pytest.mark.parametrize(("chip", "fault"), SHOWING, ids=lambda v: getattr(v, "name", v))
def test_catches_on_every_chip(chip: SmallChip, fault: Fault) -> None:
    seen = sampled(chip, 4e7, fault)
    with pytest.raises(AssertionError, match="total variation"):
        check(seen)
