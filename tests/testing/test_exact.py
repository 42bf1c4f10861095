"""The exact oracles against each other, against published numbers and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support_errors import refused

from chipsim.problems.problem import Problem
from chipsim.testing.exact import (
    boltzmann,
    enumerate_states,
    kaufman_energy,
    moments,
    ring_energy,
    total_variation,
    total_variation_floor,
)

K_CRITICAL = math.log(1 + math.sqrt(2)) / 2

KAUFMAN_K = (0.2, 0.3, 0.4, K_CRITICAL, 0.5, 0.6)
KAUFMAN_ENERGY = {
    4: (-0.4561354, -0.8440541, -1.3791165, -1.5656238, -1.7553803, -1.9080695),
    8: (-0.4283681, -0.7124674, -1.2223206, -1.4915891, -1.7456832, -1.9090674),
    16: (-0.4282288, -0.7045327, -1.1313180, -1.4530649, -1.7455307, -1.9090862),
    32: (-0.4282288, -0.7044991, -1.1072917, -1.4336585, -1.7455645, -1.9090862),
    64: (-0.4282288, -0.7044991, -1.1060830, -1.4239384, -1.7455646, -1.9090862),
}
KAUFMAN_TABLE = [(L, K, u) for L, row in KAUFMAN_ENERGY.items() for K, u in zip(KAUFMAN_K, row, strict=True)]


def ring(n: int) -> Problem:
    edges = np.sort([(i, (i + 1) % n) for i in range(n)], axis=1).astype(np.int32)
    return Problem(f"ring{n}", edges, np.ones(n), np.zeros(n))


def torus(rows: int, columns: int) -> Problem:
    sites = [(x, y) for x in range(rows) for y in range(columns)]
    right = [(x * columns + y, x * columns + (y + 1) % columns) for x, y in sites]
    down = [(x * columns + y, (x + 1) % rows * columns + y) for x, y in sites]
    edges = np.sort(right + down, axis=1).astype(np.int32)
    return Problem("torus", edges, np.ones(len(edges)), np.zeros(rows * columns))


def glass(seed: int, n: int) -> Problem:
    draw = np.random.default_rng(seed)
    first, second = np.triu_indices(n, k=1)
    edges = np.column_stack([first, second]).astype(np.int32)
    return Problem("glass", edges, draw.normal(size=len(edges)), draw.normal(size=n))


def mean_energy_per_spin(problem: Problem, beta: float) -> float:
    return float(boltzmann(problem, beta) @ problem.energy(enumerate_states(problem.cells))) / problem.cells


def test_states_are_the_bits_of_their_row() -> None:
    states = enumerate_states(3)
    assert states.dtype == np.int8
    assert states.tolist() == [
        [-1, -1, -1],
        [1, -1, -1],
        [-1, 1, -1],
        [1, 1, -1],
        [-1, -1, 1],
        [1, -1, 1],
        [-1, 1, 1],
        [1, 1, 1],
    ]


@pytest.mark.parametrize("n", [-1, 0, 25])
def test_states_of_too_many_spins_are_refused(n: int) -> None:
    with refused("run.argument"):
        enumerate_states(n)


def test_boltzmann_by_hand() -> None:
    pair = Problem("pair", np.array([[0, 1]], dtype=np.int32), np.array([0.7]), np.array([0.2, -0.5]))
    weights = [math.exp(1.5 * (0.2 * a - 0.5 * b + 0.7 * a * b)) for b in (-1, 1) for a in (-1, 1)]
    assert boltzmann(pair, 1.5) == pytest.approx(np.array(weights) / sum(weights), rel=1e-14)


def test_boltzmann_satisfies_detailed_balance_across_blocks() -> None:
    problem = glass(1, 15)
    p = boltzmann(problem, 0.4)
    energy = problem.energy(enumerate_states(15))
    flipped = np.arange(2**15) ^ (1 << 14)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert np.log(p[flipped] / p) == pytest.approx(-0.4 * (energy[flipped] - energy), abs=1e-9)


@pytest.mark.parametrize("beta", [0.0, 1e4, -1e4])
def test_boltzmann_survives_extreme_temperatures(beta: float) -> None:
    p = boltzmann(ring(4), beta)
    assert p.sum() == pytest.approx(1)
    chosen = {0.0: range(16), 1e4: (0, 15), -1e4: (5, 10)}[beta]
    assert np.flatnonzero(p).tolist() == list(chosen)
    assert p.max() == pytest.approx(1 / len(chosen))


def test_moments_by_definition() -> None:
    p = boltzmann(glass(2, 6), 0.5)
    means, correlations = moments(p)
    states = enumerate_states(6).astype(float)
    assert means == pytest.approx(sum(p[k] * states[k] for k in range(64)))
    assert correlations == pytest.approx(sum(p[k] * np.outer(states[k], states[k]) for k in range(64)))
    assert np.diag(correlations) == pytest.approx(np.ones(6))


def test_moments_add_up_across_blocks() -> None:
    problem = glass(3, 16)
    means, correlations = moments(boltzmann(problem, 0.3))
    first, second = problem.edges.T
    energy = -(problem.biases @ means + problem.couplings @ correlations[first, second])
    assert energy / 16 == pytest.approx(mean_energy_per_spin(problem, 0.3), rel=1e-12)


@pytest.mark.parametrize("length", [0, 1, 3, 12])
def test_moments_of_no_set_of_spins(length: int) -> None:
    with refused("run.argument"):
        moments(np.full(length, 1.0))


def test_ring_correlations_match_the_transfer_matrix() -> None:
    t = math.tanh(0.6)
    _, correlations = moments(boltzmann(ring(7), 0.6))
    assert correlations[0] == pytest.approx([(t**r + t ** (7 - r)) / (1 + t**7) for r in range(7)], abs=1e-12)


def test_total_variation() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    assert total_variation(p, p) == 0
    assert total_variation(p, q) == total_variation(q, p) == 0.5
    assert total_variation(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1
    with refused("run.argument"):
        total_variation(p, np.array([1.0]))


@pytest.mark.parametrize("samples", [1, 10, 300, 20_000])
@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_floor_matches_simulation(samples: int, beta: float) -> None:
    """400 histograms over 256 states; the mean of their TV is known to a standard error of 1 % or much better."""
    p = boltzmann(glass(4, 8), beta)
    draw = np.random.default_rng(20240607)
    found = [total_variation(row / samples, p) for row in draw.multinomial(samples, p, size=400)]
    error = np.std(found) / math.sqrt(len(found))
    floor = total_variation_floor(p, samples)
    assert error < 0.01 * floor
    assert abs(np.mean(found) - floor) < 4 * error + 1e-12


def test_floor_by_hand() -> None:
    coin = np.array([0.5, 0.5])
    assert total_variation_floor(coin, 1) == pytest.approx(0.5)
    assert total_variation_floor(coin, 2) == pytest.approx(0.25)
    assert total_variation_floor(np.array([0.25, 0.75]), 2) == pytest.approx((9 * 0.25 + 6 * 0.25 + 0.75) / 16)
    assert total_variation_floor(np.array([0.0, 1.0]), 5) == 0


def test_floor_tends_to_the_normal_limit() -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4])
    limit = np.sqrt(p * (1 - p) / (2 * math.pi * 10**7)).sum()
    assert total_variation_floor(p, 10**7) == pytest.approx(limit, rel=1e-6)


def test_floor_needs_a_sample() -> None:
    with refused("run.argument"):
        total_variation_floor(np.array([0.5, 0.5]), 0)


@pytest.mark.parametrize("n", [3, 4, 9, 12])
@pytest.mark.parametrize("K", [-0.8, 0.0, 0.3, 1.0, 3.0])
def test_ring_matches_enumeration(n: int, K: float) -> None:
    assert ring_energy(n, K) == pytest.approx(math.copysign(1, K) * mean_energy_of_ring(n, K), abs=1e-12)


def mean_energy_of_ring(n: int, K: float) -> float:
    """Enumeration at |K| with the sign of K in the coupling, so that it does not lean on negative temperatures."""
    problem = ring(n)
    signed = Problem(problem.name, problem.edges, math.copysign(1, K) * problem.couplings, problem.biases)
    return mean_energy_per_spin(signed, abs(K))


def test_ring_of_two_is_refused() -> None:
    with refused("run.argument"):
        ring_energy(2, 0.5)


@pytest.mark.parametrize(("L", "K", "energy"), KAUFMAN_TABLE)
def test_kaufman_table(L: int, K: float, energy: float) -> None:
    assert kaufman_energy(L, L, K) == pytest.approx(energy, abs=0.51e-7)


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 5), (5, 3), (3, 4)])
@pytest.mark.parametrize("K", [1e-6, 0.05, 0.3, 0.44, K_CRITICAL, 0.441, 0.6, 2.0])
def test_kaufman_matches_enumeration(rows: int, columns: int, K: float) -> None:
    assert kaufman_energy(rows, columns, K) == pytest.approx(mean_energy_per_spin(torus(rows, columns), K), abs=1e-9)


@pytest.mark.parametrize("K", [0.01, 0.2, K_CRITICAL, 0.45, 1.0, 30.0])
def test_kaufman_does_not_care_which_side_is_the_height(K: float) -> None:
    assert kaufman_energy(5, 64, K) == pytest.approx(kaufman_energy(64, 5, K), abs=1e-12)


def test_kaufman_is_smooth_at_the_critical_point() -> None:
    below, at, above = (kaufman_energy(64, 64, K_CRITICAL + step) for step in (-1e-7, 0.0, 1e-7))
    assert below > at > above
    assert at == pytest.approx((below + above) / 2, abs=1e-10)


def test_kaufman_limits() -> None:
    assert kaufman_energy(64, 64, 100.0) == pytest.approx(-2, abs=1e-12)
    assert kaufman_energy(64, 64, 1e-4) == pytest.approx(-2 * math.tanh(1e-4), abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "columns", "K"), [(2, 4, 0.3), (4, 2, 0.3), (4, 4, 0.0), (4, 4, math.nan), (4, 4, 1e3)]
)
def test_kaufman_refuses(rows: int, columns: int, K: float) -> None:
    with refused("run.argument"):
        kaufman_energy(rows, columns, K)
