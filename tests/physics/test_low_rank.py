"""Laws of low rank against the dense matrix that they never form: limits, transitions, covariances."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.kernels import ou
from chipsim.physics.low_rank import PANEL, GeneralLaw, LowRank, SymmetricLaw, low_rank_law

SIZE, RANK = 9, 4
DIFFUSION = 1.4
# Copies of J that are the same, differ by mismatch, or have nothing to do with each other (far from normal).
SKEWS = [0.0, 0.1, 0.5]


def generators(many: int) -> list[np.random.Generator]:
    return [np.random.default_rng((7, lane)) for lane in range(many)]


def factors(skew: float) -> LowRank:
    """J^T H J + 0.4 I; H has a direction of rate 0, as those of softmax have."""
    random = np.random.default_rng(4)
    rows = random.standard_normal((RANK, SIZE))
    middle = random.standard_normal((RANK, RANK - 1))
    left = (rows + skew * random.standard_normal(rows.shape)).T
    return LowRank(left, middle @ middle.T, rows, 0.4)


def dense(matrix: LowRank) -> NDArray[np.float64]:
    return matrix.left @ matrix.middle @ matrix.right + matrix.rest * np.eye(matrix.size)


@pytest.mark.parametrize("skew", SKEWS)
def test_it_settles_where_the_dense_matrix_does(skew: float) -> None:
    matrix, force = factors(skew), np.linspace(-1, 1, SIZE)
    law = low_rank_law(matrix, DIFFUSION)
    assert isinstance(law, GeneralLaw if skew else SymmetricLaw)
    np.testing.assert_allclose(law.mean(force), np.linalg.solve(dense(matrix), force), atol=1e-11)
    wanted = np.linalg.eigvals(dense(matrix))
    for rate in law.rates():
        assert np.abs(wanted - rate).min() < 1e-9
    np.testing.assert_allclose(matrix.times(force), dense(matrix) @ force, atol=1e-12)


def test_only_a_transpose_is_a_transpose() -> None:
    """Rows in another order share their memory with the original, and are another matrix."""
    matrix = factors(0.0)
    for left, same in ((matrix.right.T, True), (matrix.right.T.copy(), True), (matrix.right[::-1].T, False)):
        other = matrix._replace(left=left)
        assert other.is_symmetric is same
        law = low_rank_law(other, DIFFUSION)
        force = np.linspace(-1, 1, SIZE)
        np.testing.assert_allclose(law.mean(force), np.linalg.solve(dense(other), force), atol=1e-10)


@pytest.mark.parametrize("skew", SKEWS)
def test_it_relaxes_like_the_dense_matrix_without_noise(skew: float) -> None:
    matrix, force, start = factors(skew), np.linspace(-1, 1, SIZE), np.linspace(2, 0, SIZE)
    law, mean = low_rank_law(matrix, 0.0), np.linalg.solve(dense(matrix), force)
    states = law.sample(force, start[None], np.array([0.0, 0.3, 2.0, 40.0]), generators(1))[0]
    for time, state in zip((0.0, 0.3, 2.0, 40.0), states, strict=True):
        decay, _ = ou.transition(dense(matrix), np.zeros((SIZE, SIZE)), time)
        np.testing.assert_allclose(state, mean + decay @ (start - mean), atol=1e-11)


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("times", [(0.4,), (0.05, 6.0)])
def test_it_spreads_like_the_dense_matrix(skew: float, times: tuple[float, ...]) -> None:
    """C(t) by Lyapunov's equation of the dense drift; 5 standard errors of 20,000 lanes."""
    matrix, lanes = factors(skew), 20_000
    law = low_rank_law(matrix, DIFFUSION)
    states = law.sample(np.zeros(SIZE), np.zeros((lanes, SIZE)), np.array(times), generators(lanes))
    for time, seen in zip(times, states.transpose(1, 0, 2), strict=True):
        _, wanted = ou.transition(dense(matrix), DIFFUSION * np.eye(SIZE), time)
        spread = np.sqrt(np.diag(wanted))
        tolerance = 5 * np.sqrt(2 / lanes) * np.outer(spread, spread)
        assert (np.abs(seen.T @ seen / lanes - wanted) < tolerance).all()


@pytest.mark.parametrize("time", [0.01, 0.7, 30.0])
def test_noise_of_a_skew_network_has_exactly_the_right_covariance(time: float) -> None:
    """Built from what a step does to each mode, without drawing a number: the same as Lyapunov to 1e-10."""
    matrix = factors(0.5)
    law = low_rank_law(matrix, DIFFUSION)
    assert isinstance(law, GeneralLaw)
    _values, vectors, into = law._modes
    _, share, own_noise = law._step(time)
    alone = ou.spread(np.array([matrix.rest]), DIFFUSION / 2, time)[0] * np.eye(SIZE)
    # x = p + L V b with b = share (V^-1 M R) p + sum over nodes of own_noise * (driven zeta).
    follow = alone + matrix.left @ (vectors * share @ into).real @ matrix.right @ alone
    fresh = (own_noise @ own_noise.conj().T) * (law._driven @ law._driven.conj().T)
    apart = matrix.left @ vectors
    found = follow @ follow.T + (apart @ fresh @ apart.conj().T).real
    _, wanted = ou.transition(dense(matrix), DIFFUSION * np.eye(SIZE), time)
    np.testing.assert_allclose(found, wanted, atol=1e-10 * np.abs(wanted).max())


def test_symmetric_samples_are_functions_of_the_same_noise() -> None:
    """x = m + e^(-At)(x0 - m) + f(A) z with the very numbers z that were drawn, step after step."""
    matrix = factors(0.0)
    modes, times = ou.dense_modes(dense(matrix)), np.array([0.0, 0.2, 1.7])
    mean, start = np.linspace(-1, 1, SIZE), np.ones((2, SIZE))
    states = low_rank_law(matrix, DIFFUSION).sample(dense(matrix) @ mean, start, times, generators(2))
    numbers = np.stack([g.standard_normal((3, SIZE)) for g in generators(2)])
    now = start
    for index, step in enumerate(np.diff(times, prepend=0.0)):
        decayed = ou.apply(modes, lambda a, step=step: np.exp(-a * step), now - mean)
        gained = ou.apply(modes, lambda a, step=step: ou.spread(a, DIFFUSION / 2, step), numbers[:, index])
        now = mean + decayed + gained
        np.testing.assert_allclose(states[:, index], now, atol=1e-11)


@pytest.mark.parametrize("small", [0.0, 1e-15, 1e-12, 1e-9, 1e-6])
def test_modes_that_hardly_differ_from_the_rest_are_as_exact(small: float) -> None:
    """Their eigenvectors are inaccurate by eps/small; what is made of them must not be."""
    rows = factors(0.0).right
    matrix = LowRank(rows.T, np.diag([1.0, small, 2.0, -small]), rows, 0.3)
    law, modes = low_rank_law(matrix, DIFFUSION), ou.dense_modes(dense(matrix))
    assert isinstance(law, SymmetricLaw)
    force, start, times = np.linspace(-1, 1, SIZE), np.ones((1, SIZE)), np.array([0.3, 9.0])
    mean = np.linalg.solve(dense(matrix), force)
    np.testing.assert_allclose(law.mean(force), mean, atol=1e-12)
    states = law.sample(force, start, times, generators(1))
    wanted = ou.apply(modes, lambda a: np.exp(-a * 0.3), start[0] - mean) + mean
    numbers = generators(1)[0].standard_normal((2, SIZE))
    wanted += ou.apply(modes, lambda a: ou.spread(a, DIFFUSION / 2, 0.3), numbers[0])
    np.testing.assert_allclose(states[0, 0], wanted, atol=1e-12)


def test_an_indefinite_middle_and_rows_that_depend_on_each_other() -> None:
    rows = factors(0.0).right.copy()
    rows[3] = rows[0] - 2 * rows[1]
    matrix = LowRank(rows.T, np.diag([1.0, -0.01, 0.5, 0.3]), rows, 5.0)
    law = low_rank_law(matrix, 1.0)
    assert isinstance(law, SymmetricLaw)
    np.testing.assert_allclose(law.mean(np.ones(SIZE)), np.linalg.solve(dense(matrix), np.ones(SIZE)), atol=1e-11)
    copy = matrix._replace(left=rows.T + 0.0)
    np.testing.assert_allclose(low_rank_law(copy, 1.0).mean(np.ones(SIZE)), law.mean(np.ones(SIZE)), atol=1e-11)


def test_blocks_along_the_diagonal_of_many_rows() -> None:
    """More rows than are multiplied together, blocks that end where panels do not, and one of zeros."""
    random, count, width, size = np.random.default_rng(3), PANEL // 4 + 2, 9, 500
    middle = np.zeros((count, width, count, width))
    for k in range(1, count):
        block = random.standard_normal((width, width))
        middle[k, :, k, :] = block + block.T
    rows = random.standard_normal((count * width, size)) / size
    matrix = LowRank(rows.T, middle.reshape(count * width, -1), rows, 1.0)
    law, force = low_rank_law(matrix, DIFFUSION), random.standard_normal(size)
    np.testing.assert_allclose(law.mean(force), np.linalg.solve(dense(matrix), force), rtol=0, atol=1e-11)
    wanted = np.linalg.eigvalsh(dense(matrix))
    np.testing.assert_allclose(np.sort(law.rates().real)[[0, -1]], wanted[[0, -1]], atol=1e-11)


@pytest.mark.parametrize("skew", [0.0, 0.5])
def test_reduced_laws_hold_the_same_matrix(skew: float) -> None:
    matrix = factors(skew)
    reduced = low_rank_law(matrix, DIFFUSION).reduced()
    assert reduced.basis is not None
    assert reduced.rest is not None
    outside = np.eye(SIZE) - reduced.basis @ reduced.basis.T
    found = reduced.basis @ reduced.inside.drift @ reduced.basis.T + reduced.rest * outside
    np.testing.assert_allclose(found, dense(matrix), atol=1e-12)
    np.testing.assert_allclose(reduced.inside.diffusion, DIFFUSION * np.eye(len(reduced.inside.drift)), atol=1e-14)
