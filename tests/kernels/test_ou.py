"""Exact transitions against Lyapunov's equation, quadrature, closed forms of finite averages, and each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.kernels import ou
from chipsim.testing.euler import euler_maruyama, euler_variance

K0 = 0.7


def generators(many: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng((seed, lane)) for lane in range(many)]


def wishart(size: int, seed: int = 1) -> NDArray[np.float64]:
    factor = np.random.default_rng(seed).standard_normal((size, 2 * size))
    return factor @ factor.T / (2 * size) + 0.3 * np.eye(size)


DRIFTS = {
    "symmetric": wishart(6),
    "triangular": np.array([[1.0, 3.0], [0.0, 1.5]]),
    "defective": np.array([[1.0, 1.0], [0.0, 1.0]]),
    "oscillating": np.array([[0.2, -5.0], [5.0, 0.2]]),
    "stiff": np.diag([1e-2, 1.0, 1e3]),
}


def diffusion_of(size: int) -> NDArray[np.float64]:
    root = np.random.default_rng(3).standard_normal((size, size))
    return root @ root.T


def lyapunov(drift: NDArray[np.float64], diffusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """A C + C A^T = D as one linear system, independent of the code under test."""
    size, one = len(drift), np.eye(len(drift))
    return np.linalg.solve(np.kron(drift, one) + np.kron(one, drift), diffusion.ravel()).reshape(size, size)


@pytest.mark.parametrize("name", DRIFTS)
def test_stationary_covariance_solves_lyapunovs_equation(name: str) -> None:
    drift = DRIFTS[name]
    diffusion = diffusion_of(len(drift))
    found = ou.stationary(drift, diffusion)
    np.testing.assert_allclose(found, lyapunov(drift, diffusion), rtol=1e-8, atol=1e-9 * np.abs(found).max())


@pytest.mark.parametrize("time", [1e-3, 1.0, 6.0, 300.0])
@pytest.mark.parametrize("name", DRIFTS)
def test_covariance_over_a_time_holds_for_drifts_that_are_not_normal(name: str, time: float) -> None:
    drift = DRIFTS[name]
    diffusion = diffusion_of(len(drift))
    decay, covariance = ou.transition(drift, diffusion, time)
    # e^(-At) a second way: by many small exact squarings of a diagonalisable neighbour is no oracle for the defective
    # one, so both are held against the differential equations that they solve, over half the time twice.
    half, half_covariance = ou.transition(drift, diffusion, time / 2)
    np.testing.assert_allclose(decay, half @ half, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(covariance, half @ half_covariance @ half.T + half_covariance, rtol=1e-9, atol=1e-12)
    limit = lyapunov(drift, diffusion)
    expected = limit - decay @ limit @ decay.T
    np.testing.assert_allclose(covariance, expected, rtol=1e-7, atol=1e-9 * np.abs(limit).max())


def test_decay_of_known_exponentials() -> None:
    decay, _ = ou.transition(DRIFTS["defective"], np.eye(2), 2.0)
    np.testing.assert_allclose(decay, np.exp(-2.0) * np.array([[1.0, -2.0], [0.0, 1.0]]), rtol=1e-13)
    decay, _ = ou.transition(DRIFTS["oscillating"], np.eye(2), 0.3)
    turn = np.array([[np.cos(1.5), np.sin(1.5)], [-np.sin(1.5), np.cos(1.5)]])
    np.testing.assert_allclose(decay, np.exp(-0.06) * turn, rtol=1e-12)


def test_an_unstable_drift_has_no_stationary_state() -> None:
    with pytest.raises(ValueError, match="no stationary state"):
        ou.stationary(np.diag([1.0, -0.1]), np.eye(2))


def test_sampled_autocorrelation_is_that_of_the_equation() -> None:
    """<x(t+h) x(t)^T> = e^(-Ah) k0 A^-1, from 4,000 lanes; 5 standard errors of a product of two normals."""
    drift, lanes, lag = wishart(4), 4000, 0.6
    modes = ou.dense_modes(drift)
    mean = np.array([1.0, -2.0, 0.5, 0.0])
    states = ou.sample(modes, mean, K0, np.zeros((lanes, 4)), np.array([60.0, 60.0 + lag]), generators(lanes))
    first, second = states[:, 0] - mean, states[:, 1] - mean
    covariance = K0 * np.linalg.inv(drift)
    tolerance = 5 * np.sqrt(2 / lanes) * np.outer(*(2 * [np.sqrt(np.diag(covariance))]))
    assert (np.abs(first.T @ first / lanes - covariance) < tolerance).all()
    wanted = ou.apply(modes, lambda a: np.exp(-a * lag), covariance)
    assert (np.abs(second.T @ first / lanes - wanted) < tolerance).all()
    assert (np.abs(first.mean(axis=0)) < 5 * np.sqrt(np.diag(covariance) / lanes)).all()


def test_general_and_modal_sampling_have_one_law() -> None:
    drift, lanes = wishart(3), 4000
    times = np.array([0.5, 2.0])
    start = np.ones((lanes, 3))
    both = [
        ou.sample(ou.dense_modes(drift), np.zeros(3), K0, start, times, generators(lanes)),
        ou.sample_any(drift, np.zeros(3), 2 * K0 * np.eye(3), start, times, generators(lanes, 1)),
    ]
    for index in range(2):
        covariances = [np.cov(states[:, index].T) for states in both]
        means = [states[:, index].mean(axis=0) for states in both]
        size = np.sqrt(np.abs(covariances[0]).max())
        np.testing.assert_allclose(covariances[0], covariances[1], atol=7 * np.sqrt(2 / lanes) * size**2)
        np.testing.assert_allclose(means[0], means[1], atol=7 * np.sqrt(1 / lanes) * size)


def test_a_lane_does_not_depend_on_the_others() -> None:
    drift, times = wishart(5), np.linspace(0, 3, 7)
    few, many = (
        ou.sample(ou.dense_modes(drift), np.ones(5), K0, np.zeros((n, 5)), times, generators(n)) for n in (3, 20)
    )
    np.testing.assert_allclose(many[:3], few, rtol=1e-12)


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_eulers_scheme_is_biased_and_this_is_not(step: float) -> None:
    """Variance 2/(2 - a dt) times too large under Euler; exact here at any spacing. 5 sigma of 20,000 lanes."""
    lanes = 20_000
    start, drift = np.zeros((lanes, 1)), np.ones((1, 1))
    euler = euler_maruyama(drift, np.zeros(1), K0, start, step, int(30 / step), np.random.default_rng(2)).var()
    times = np.arange(step, 30, step)
    exact = ou.sample(ou.dense_modes(drift), np.zeros(1), K0, start, times[-40:], generators(lanes))[:, -1].var()
    error = 5 * np.sqrt(2 / lanes)
    assert euler == pytest.approx(euler_variance(1.0, K0, step), rel=error)
    assert exact == pytest.approx(K0, rel=error)
    assert abs(euler / exact - 1) > error / 2 or step < 0.5


def test_rlc_network_against_its_published_covariances() -> None:
    """dv = -C^-1 (v/R + i) dt + sqrt(2 k0) C^-1 dW, di = v/L dt (arXiv 2312.04836): Cov v = k0 R C^-1."""
    coupling = np.array([[0.0, 0.3, 0.1], [0.3, 0.0, 0.2], [0.1, 0.2, 0.0]])
    capacitance = np.diag(1 + coupling.sum(axis=1)) - coupling
    inverse, resistance, inductance = np.linalg.inv(capacitance), 0.8, 2.5
    drift = np.block([[inverse / resistance, inverse], [-np.eye(3) / inductance, np.zeros((3, 3))]])
    diffusion = np.zeros((6, 6))
    diffusion[:3, :3] = 2 * K0 * inverse @ inverse
    found = ou.stationary(drift, diffusion)
    np.testing.assert_allclose(found[:3, :3], K0 * resistance * inverse, atol=1e-12)
    np.testing.assert_allclose(found[3:, 3:], K0 * resistance / inductance * np.eye(3), atol=1e-12)
    np.testing.assert_allclose(found[:3, 3:], 0, atol=1e-12)
