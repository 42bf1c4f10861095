"""Distances of distributions: against normal variables with known moments, and their intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chipsim.statistics.deviation import Observables, deviation

RECORDS, LANES, MANY = 200, 64, 12


def normal(seed: int, shift: Any = 0.0, stretch: float = 1.0, lanes: int = LANES) -> Observables:
    """Independent normal samples of `MANY` observables of standard deviation 3 around 7, shifted and stretched."""
    z = np.random.default_rng(seed).standard_normal((RECORDS, lanes, MANY))
    return Observables(7 + 3 * (stretch * z + shift), 0.5)


def test_a_shift_of_the_means_is_found() -> None:
    """By 0.1 standard deviations in one of 12 observables: of 24 moments two differ."""
    shift = np.zeros(MANY)
    shift[3] = 0.1
    found = deviation(normal(1, shift), normal(2))
    assert found is not None
    exact = math.sqrt((0.1**2 + 0.1**4 / 2) / 24)
    assert found.error.low < exact < found.error.high
    assert found.is_resolved
    assert found.error.high - found.error.low < 0.6 * exact


def test_a_stretch_is_found_in_the_second_moments() -> None:
    """By 1.05: each second moment grows by 1.05^2 - 1 standard deviations of 1 / sqrt 2."""
    found = deviation(normal(3, stretch=1.05), normal(4))
    assert found is not None
    exact = (1.05**2 - 1) / math.sqrt(2) / math.sqrt(2)
    assert found.error.value == pytest.approx(exact, rel=0.1)
    assert found.error.low < exact < found.error.high


def test_noise_alone_is_no_error() -> None:
    """Of 100 pairs of equal distributions at most 8 are told apart (95 % interval, upper half: 2.5 expected)."""
    pairs = [deviation(normal(2 * k + 10), normal(2 * k + 11)) for k in range(100)]
    apart = sum(found is None or found.is_resolved for found in pairs)
    assert apart <= 8


def test_the_change_of_temperature_is_that_of_the_energy() -> None:
    """d<E> / d beta = -Var(E): 0.06 standard deviations of 3 up is -0.06 / (3 * 0.5) of beta."""
    shift = np.zeros(MANY)
    shift[0] = 0.06
    found = deviation(normal(5, shift), normal(6))
    assert found is not None
    assert found.temperature is not None
    assert found.temperature.low < -0.04 < found.temperature.high
    assert found.temperature.high - found.temperature.low < 0.05


def test_a_shift_of_more_than_a_standard_deviation_is_no_change_of_temperature() -> None:
    shift = np.zeros(MANY)
    shift[0] = 1.2
    found = deviation(normal(7, shift), normal(8))
    assert found is not None
    assert found.temperature is None


def test_lanes_with_common_random_numbers_are_compared_in_pairs() -> None:
    """The same samples with a shift of 0.001: ten times below what independent lanes would resolve."""
    found = deviation(normal(9, 0.001), normal(9))
    assert found is not None
    assert found.error.value == pytest.approx(0.001 / math.sqrt(2), rel=0.1)
    assert found.is_resolved


@pytest.mark.parametrize("lanes", [1, 3])
def test_few_lanes_give_no_interval_and_so_no_error(lanes: int) -> None:
    assert deviation(normal(1, lanes=lanes), normal(2, lanes=lanes)) is None


def test_what_never_varies_is_left_out() -> None:
    constant = Observables(np.ones((RECORDS, LANES, MANY)), 0.5)
    assert deviation(constant, constant) is None
    one = normal(11)
    one.values[..., 0] = 2.0
    found = deviation(normal(12), one)
    assert found is not None
    assert found.temperature is None
