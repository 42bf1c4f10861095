"""Errors of finite averages: the published laws, and Monte Carlo of the exact process at any spacing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.physics.averages import averages_of, averaging
from chipsim.physics.laws import Law, law_of
from chipsim.physics.low_rank import LowRank, LowRankLaw, low_rank_law

K0 = 0.7
DRIFT = np.array([[1.2, 0.4, -0.2], [0.4, 0.8, 0.1], [-0.2, 0.1, 2.0]])
RINGING = np.array([[0.5, 2.0], [-2.0, 0.3]])


def test_an_average_over_two_and_three_samples_by_hand() -> None:
    q = np.exp(-0.3)
    two = (2 + 2 * q) / 4
    three = (3 + 4 * q + 2 * q**2) / 9
    found = [float(averaging(np.array([1.5]), 0.2, samples)[0]) for samples in (2, 3)]
    assert found == pytest.approx([two, three], rel=1e-12)


def test_long_averages_follow_the_published_laws() -> None:
    """E|mean - m|^2 = 2 k0 / T sum 1/l^2 and the law of covariances, times the factors of the sampling interval."""
    rates, spacing, samples = np.linalg.eigvalsh(DRIFT), 0.5, 200_000
    found, total = averages_of(law_of(DRIFT, 2 * K0 * np.eye(3)), 3, 60.0, spacing, samples), spacing * samples

    def factor(rate: NDArray[np.float64]) -> NDArray[np.float64]:
        return rate * spacing / 2 / np.tanh(rate * spacing / 2)

    mean = 2 * K0 / total * (factor(rates) / rates**2).sum()
    assert found.mean_error() == pytest.approx(mean, rel=1e-4)
    sums = np.add.outer(rates, rates)
    pairs = factor(sums) / (np.outer(rates, rates) * sums)
    covariance = 2 * K0**2 / total * (pairs.sum() + (factor(2 * rates) / (2 * rates**3)).sum())
    assert found.covariance_error() == pytest.approx(covariance, rel=1e-4)


def test_one_variance_to_one_per_cent_takes_20000_relaxations() -> None:
    law = law_of(np.ones((1, 1)), 2 * np.ones((1, 1)))
    found = averages_of(law, 1, 60.0, 0.01, 2_000_000)
    assert np.sqrt(found.covariance_error()) == pytest.approx(0.01, rel=1e-3)


LOW_RANK = LowRank(np.ones((4, 1)), np.eye(1), np.ones((1, 4)), 0.6)
LAWS: dict[str, tuple[Law | LowRankLaw, int]] = {
    "symmetric": (law_of(DRIFT, 2 * K0 * np.eye(3)), 3),
    "ringing, half of it read": (law_of(RINGING, np.diag([2 * K0, 0.0])), 1),
    "low rank": (low_rank_law(LOW_RANK, 2 * K0), 4),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("spacing", [0.1, 1.5])
def test_short_averages_against_monte_carlo(name: str, spacing: float) -> None:
    """12 samples of 20,000 lanes from the stationary state; 5 standard errors of the mean square."""
    law, cells = LAWS[name]
    lanes, samples = 20_000, 12
    random = [np.random.default_rng((1, lane)) for lane in range(lanes)]
    size = len(law.drift) if isinstance(law, Law) else law.matrix.size
    times = 60 + np.arange(samples) * spacing
    volts = law.sample(np.zeros(size), np.zeros((lanes, size)), times, random)[:, :, :cells]
    found = averages_of(law, cells, 60 - spacing, spacing, samples)
    squares = (volts.mean(axis=1) ** 2).sum(axis=1)
    assert squares.mean() == pytest.approx(found.mean_error(), abs=5 * squares.std() / np.sqrt(lanes))
    if isinstance(law, Law):
        exact = law.stationary()[:cells, :cells]
        products = np.einsum("lti,ltj->lij", volts, volts) / samples - exact
        squares = (products**2).sum(axis=(1, 2))
        assert squares.mean() == pytest.approx(found.covariance_error(), abs=5 * squares.std() / np.sqrt(lanes))


@pytest.mark.parametrize("name", LAWS)
def test_what_the_start_leaves_behind(name: str) -> None:
    """Averages from 0 V, noise-free for the mean; in expectation, by transitions, for the covariance."""
    law, cells = LAWS[name]
    size = len(law.drift) if isinstance(law, Law) else law.matrix.size
    times, mean = 0.4 + 0.3 * np.arange(1, 6), np.linspace(1, 2, size)
    quiet = replace(law, diffusion=0 * law.diffusion)
    force = law.drift @ mean if isinstance(law, Law) else law.matrix.times(mean)
    states = quiet.sample(force, np.zeros((1, size)), times, [np.random.default_rng(0)])[0]
    found = averages_of(law, cells, 0.4, 0.3, 5)
    np.testing.assert_allclose(found.mean_start(mean), (mean - states.mean(axis=0))[:cells], atol=1e-12)
    if isinstance(law, Law):
        from chipsim.kernels.ou import transition

        reached = np.mean([transition(law.drift, law.diffusion, float(t))[1] for t in times], axis=0)
        missing = (law.stationary() - reached)[:cells, :cells]
        assert found.covariance_start() == pytest.approx((missing**2).sum(), rel=1e-9)


def summed_one_by_one(law: Law, cells: int, settle: float, spacing: float, samples: int) -> tuple[float, float]:
    """(mean, covariance) expected squared errors by noise: E(t - s) C_s of all pairs of readings, by transitions."""
    from chipsim.kernels.ou import transition

    step = transition(law.drift, law.diffusion, spacing)[0]
    vectors = products = 0.0
    for first in range(samples):
        shared = transition(law.drift, law.diffusion, settle + (first + 1) * spacing)[1]
        for second in range(first, samples):
            seen, twice = shared[:cells, :cells], 1 if second == first else 2
            vectors += twice * np.trace(seen)
            products += twice * (np.trace(seen) ** 2 + np.trace(seen @ seen))
            shared = step @ shared
    return vectors / samples**2, products / samples**2


@pytest.mark.parametrize("timing", [(0.0, 0.01, 40), (0.3, 0.1, 30), (0.0, 1.5, 60), (30.0, 0.4, 20), (0.0, 1e-4, 9)])
@pytest.mark.parametrize("name", ["symmetric", "ringing, half of it read"])
def test_readings_that_begin_before_the_law_has_settled(name: str, timing: tuple[float, float, int]) -> None:
    law, cells = LAWS[name]
    assert isinstance(law, Law)
    found = averages_of(law, cells, *timing)
    assert (found.mean_error(), found.covariance_error()) == pytest.approx(
        summed_one_by_one(law, cells, *timing), rel=1e-6
    )


@pytest.mark.parametrize("name", LAWS)
def test_transients_against_monte_carlo(name: str) -> None:
    """10 readings of 20,000 lanes from 0 V; 5 standard errors of the mean square. Before, C itself was taken."""
    law, cells = LAWS[name]
    lanes, (settle, spacing, samples) = 20_000, (0.1, 0.05, 10)
    random = [np.random.default_rng((2, lane)) for lane in range(lanes)]
    size = len(law.drift) if isinstance(law, Law) else law.matrix.size
    times = settle + spacing * np.arange(1, samples + 1)
    volts = law.sample(np.zeros(size), np.zeros((lanes, size)), times, random)[:, :, :cells]
    found = averages_of(law, cells, settle, spacing, samples)
    squares = (volts.mean(axis=1) ** 2).sum(axis=1)
    assert squares.mean() == pytest.approx(found.mean_error(), abs=5 * squares.std() / np.sqrt(lanes))
    assert squares.mean() < 0.7 * averages_of(law, cells, 60.0, spacing, samples).mean_error()
    if isinstance(law, Law):
        products = np.einsum("lti,ltj->lij", volts, volts) / samples
        squares = ((products - found.covariance_mean()) ** 2).sum(axis=(1, 2))
        assert squares.mean() == pytest.approx(found.covariance_error(), abs=5 * squares.std() / np.sqrt(lanes))


@pytest.mark.parametrize("name", ["symmetric", "ringing, half of it read"])
def test_how_far_from_settled(name: str) -> None:
    """The worst direction lacks lambda_max(C^-1 (C - C_s)) of its variance."""
    from chipsim.kernels.ou import transition

    law, cells = LAWS[name]
    assert isinstance(law, Law)
    found, stationary = averages_of(law, cells, 0.0, 1.0, 1), law.stationary()[:cells, :cells]
    for time in (0.1, 0.7, 3.0):
        reached = transition(law.drift, law.diffusion, time)[1][:cells, :cells]
        lacking = np.linalg.eigvals(np.linalg.solve(stationary, stationary - reached)).real.max()
        assert found.short_of_stationary(time) == pytest.approx(lacking, rel=1e-6)
    for share in (0.5, 0.01):
        assert found.short_of_stationary(found.time_to(share)) == pytest.approx(share, rel=1e-6)


def test_many_close_readings_are_added_in_blocks() -> None:
    """A block of readings holds 2**21 elements; the sums of 900,000 of a law that moves through all of them agree with
    the integral over the same time, which 300 of them meet to 1 %.
    """
    law = law_of(DRIFT, 2 * K0 * np.eye(3))
    many, few = (averages_of(law, 3, 0.0, 3.0 / samples, samples) for samples in (900_000, 300))
    assert many.mean_error() == pytest.approx(few.mean_error(), rel=0.01)
    assert many.covariance_error() == pytest.approx(few.covariance_error(), rel=0.02)
