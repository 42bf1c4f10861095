"""Laws of continuous chips: low rank against the dense matrix, symmetric or not; samples and limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.kernels import ou
from chipsim.kernels.laws import LowRank, law_of, low_rank_law

SIZE, RANK = 9, 3
DIFFUSION = 1.4


def generators(many: int) -> list[np.random.Generator]:
    return [np.random.default_rng((7, lane)) for lane in range(many)]


def factors(skew: float) -> LowRank:
    """J^T H J + 0.4 I, the copies of J apart by `skew`."""
    random = np.random.default_rng(4)
    rows = random.standard_normal((RANK, SIZE))
    middle = random.standard_normal((RANK, RANK))
    left = (rows + skew * random.standard_normal(rows.shape)).T
    return LowRank(left, middle @ middle.T, rows, 0.4)


def dense(matrix: LowRank) -> NDArray[np.float64]:
    return matrix.left @ matrix.middle @ matrix.right + matrix.rest * np.eye(matrix.size)


@pytest.mark.parametrize("skew", [0.0, 0.1])
def test_low_rank_settles_where_the_dense_matrix_does(skew: float) -> None:
    matrix, force = factors(skew), np.linspace(-1, 1, SIZE)
    law = low_rank_law(matrix, DIFFUSION)
    assert (law.modes is None) == (skew > 0)
    np.testing.assert_allclose(law.mean(force), np.linalg.solve(dense(matrix), force), atol=1e-11)
    wanted = np.linalg.eigvals(dense(matrix))
    for rate in law.rates():
        assert np.abs(wanted - rate).min() < 1e-9
    np.testing.assert_allclose(matrix.times(force), dense(matrix) @ force, atol=1e-12)


@pytest.mark.parametrize("skew", [0.0, 0.1])
def test_low_rank_relaxes_like_the_dense_matrix_without_noise(skew: float) -> None:
    matrix, force, start = factors(skew), np.linspace(-1, 1, SIZE), np.linspace(2, 0, SIZE)
    law, mean = low_rank_law(matrix, 0.0), np.linalg.solve(dense(matrix), force)
    states = law.sample(mean, start[None], np.array([0.0, 0.3, 2.0]), generators(1))[0]
    for time, state in zip((0.0, 0.3, 2.0), states, strict=True):
        decay, _ = ou.transition(dense(matrix), np.zeros((SIZE, SIZE)), time)
        np.testing.assert_allclose(state, mean + decay @ (start - mean), atol=1e-11)


@pytest.mark.parametrize("skew", [0.0, 0.5])
def test_low_rank_spreads_like_the_dense_matrix(skew: float) -> None:
    """C(t) by Lyapunov's equation of the dense drift; 5 standard errors of 20,000 lanes."""
    matrix, lanes, time = factors(skew), 20_000, 0.4
    law = low_rank_law(matrix, DIFFUSION)
    states = law.sample(np.zeros(SIZE), np.zeros((lanes, SIZE)), np.array([time]), generators(lanes))[:, 0]
    _, wanted = ou.transition(dense(matrix), DIFFUSION * np.eye(SIZE), time)
    spread = np.sqrt(np.diag(wanted))
    tolerance = 5 * np.sqrt(2 / lanes) * np.outer(spread, spread)
    assert (np.abs(states.T @ states / lanes - wanted) < tolerance).all()


def test_stationary_covariance_of_any_law() -> None:
    drift = np.array([[1.0, 3.0], [0.0, 1.5]])
    for diffusion in (np.eye(2), np.array([[1.0, 0.3], [0.3, 2.0]])):
        found = law_of(drift, diffusion).stationary()
        np.testing.assert_allclose(drift @ found + found @ drift.T, diffusion, atol=1e-12)
    even = law_of(np.array([[2.0, 1.0], [1.0, 3.0]]), 2 * np.eye(2))
    assert even.modes is not None
    np.testing.assert_allclose(even.stationary(), np.linalg.inv(np.array([[2.0, 1.0], [1.0, 3.0]])), atol=1e-14)


def test_an_indefinite_middle_goes_the_general_way() -> None:
    matrix = factors(0.0)._replace(middle=np.diag([1.0, -0.01, 0.5]), rest=5.0)
    law = low_rank_law(matrix, 1.0)
    assert law.modes is None
    np.testing.assert_allclose(law.mean(np.ones(SIZE)), np.linalg.solve(dense(matrix), np.ones(SIZE)), atol=1e-11)
