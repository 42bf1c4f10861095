"""Distance from Boltzmann's law and the fitted beta, against exact counts and known numbers of samples."""

from __future__ import annotations

import numpy as np
import pytest

from chipsim.problems.problem import Problem
from chipsim.statistics.boltzmann import boltzmann_law, distance_to, enumerated, fitted_beta, independent_samples
from chipsim.testing.exact import boltzmann, enumerate_states, total_variation, total_variation_floor
from chipsim.workloads.ising.law import fields_of

FIELD = np.array([0.3, -0.2, 0.5, 0.1])
COUPLED = np.zeros((4, 4))
COUPLED[[0, 1, 2, 3], [1, 2, 3, 0]] = (1.0, -0.7, 0.4, 0.9)
RING = Problem.from_arrays(COUPLED + COUPLED.T, FIELD)
STATES = enumerated(4)


def test_the_law_is_that_of_the_independent_enumeration() -> None:
    assert (enumerate_states(4) == STATES).all()
    assert boltzmann_law(RING.energy(STATES), 0.8) == pytest.approx(boltzmann(RING, 0.8), rel=1e-12)


@pytest.mark.parametrize("beta", [-0.5, 0.0, 0.25, 1.0, 3.0])
def test_the_fit_of_exact_frequencies_is_beta(beta: float) -> None:
    counts = np.tile(boltzmann(RING, beta), (8, 1))
    found = fitted_beta(STATES, fields_of(RING, STATES), counts)
    assert found is not None
    assert found.value == pytest.approx(beta, abs=1e-9)
    assert found.high - found.low < 1e-6


def test_the_interval_of_the_fit_holds_beta_in_95_of_100_runs() -> None:
    """200 runs of 32 lanes: binomial with 95 %, below 89.5 % or all 200 of them once in 10,000 (the latter: 4e-5)."""
    random, fields, held = np.random.default_rng(1), fields_of(RING, STATES), 0
    for _ in range(200):
        found = fitted_beta(STATES, fields, random.multinomial(50, boltzmann(RING, 0.8), 32).astype(float))
        assert found is not None
        held += found.low <= 0.8 <= found.high
    assert 179 <= held < 200


def test_states_that_were_seen_once_each_need_no_table_of_counts() -> None:
    spins = STATES[np.random.default_rng(5).choice(16, 60, p=boltzmann(RING, 0.8))]
    found = fitted_beta(spins, fields_of(RING, spins), None)
    assert found is not None
    assert found == fitted_beta(spins, fields_of(RING, spins), np.eye(60))


def test_no_beta_fits_a_ground_state() -> None:
    frozen = np.tile(np.eye(16)[int(RING.energy(STATES).argmin())], (8, 1))
    assert fitted_beta(STATES, fields_of(RING, STATES), frozen) is None


def test_perfect_samples_are_at_the_floor_and_others_above_it() -> None:
    random, law = np.random.default_rng(2), boltzmann(RING, 0.8)
    above = []
    for _ in range(200):
        counts = random.multinomial(250, law, 16).astype(float)
        found = distance_to(law, counts)
        assert found is not None
        above.append(found.value > found.high)
    # 2.5 % are expected, some more since the number of samples is itself an estimate; 8.5 % once in 10,000 at 3 %.
    assert np.mean(above) < 0.085
    wrong = random.multinomial(250, boltzmann(RING, 0.6), 16).astype(float)
    found = distance_to(law, wrong)
    assert found is not None
    assert found.value > found.high
    assert found.value == pytest.approx(total_variation(law, boltzmann(RING, 0.6)), abs=2 * found.floor)


@pytest.mark.parametrize(("states", "number"), [(16, 1000), (2**12, 100)])
def test_the_floor_is_that_of_the_formula(states: int, number: int) -> None:
    """Of few states with many samples, and of many with few."""
    random = np.random.default_rng(3)
    law = boltzmann(RING, 0.8) if states == 16 else random.dirichlet(np.ones(states))
    counts = random.multinomial(number, law, 16).astype(float)
    found = distance_to(law, counts)
    assert found is not None
    assert (independent_samples(counts) < states) is (states > 16)
    # 200 draws: the mean of a distance has a standard error of 2 % of it.
    assert found.floor == pytest.approx(total_variation_floor(law, int(independent_samples(counts))), rel=0.1)


def test_samples_that_come_in_copies_count_once() -> None:
    """Each state drawn nine times in a row; 32 blocks and 15 degrees each know the number to about 7 %."""
    law = boltzmann(RING, 0.8)
    counts = 9.0 * np.random.default_rng(4).multinomial(500, law, 32)
    assert independent_samples(counts) == pytest.approx(32 * 500, rel=0.3)
