"""Cells with states: the closed forms of their law, and the simulation against them.

The mixture is that of a test of thermocompute (commit e50a984), redraws at 3e5 1/s, tau = 100 ns: variance 1.4252 with
redraws at steps of tau, 1.4191 at any time, 1.4598 for long dwells (the "target" of that test).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import chi2

from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.physics import switching
from chipsim.physics.switching import Modes, SwitchingLaw
from chipsim.testing.trial import trial_program
from chipsim.workloads.samplers.laws import chi_square, tau_of_mean

LOGITS = np.array([-0.2, 1.0, 0.4, -1.2])
MEANS = np.array([-2.0, -0.35, 1.1, 2.6])
DEVIATIONS = np.array([0.25, 0.18, 0.35, 0.22])
RATE, TAU = 3e5, 1e-7
CELLS, LANES = 8, 256
MIXTURE = SwitchingLaw(CELLS, 4, 1 / RATE, 1.0, 1.0, TAU)
PDIT = SwitchingLaw(CELLS, 4, TAU, 1.0, levels=np.arange(4.0))
FORCE = np.tile(np.concatenate([LOGITS, MEANS, DEVIATIONS]), CELLS)


def generators(lanes: int, seed: int = 1) -> list[np.random.Generator]:
    return [np.random.default_rng((seed, lane)) for lane in range(lanes)]


def drawn(law: SwitchingLaw, force: NDArray[np.float64], samples: int, spacing: float, seed: int = 1) -> Any:
    """(lanes, samples, 3, cells) variables long after the start."""
    times = 1000 * max(spacing, law.slowest_s) * 0.02 + spacing * np.arange(samples)
    if law.grid_s:
        times = np.rint(times / law.grid_s) * law.grid_s
    found = law.sample(force, np.zeros((LANES, law.variables)), times, generators(LANES, seed))
    return found.reshape(LANES, samples, 3, law.cells)


# --- closed forms ---------------------------------------------------------------------------------------------------


def test_variances_of_the_mixture() -> None:
    modes = MIXTURE.set_by(FORCE)
    assert MIXTURE.variance(modes)[0] == pytest.approx(1.4191, abs=5e-5)
    assert replace(MIXTURE, grid_s=TAU).variance(modes)[0] == pytest.approx(1.4252, abs=5e-5)
    assert replace(MIXTURE, dwell_s=1e6).variance(modes)[0] == pytest.approx(1.4598, abs=5e-5)
    fine = replace(MIXTURE, grid_s=1e-5 * TAU).variance(modes)[0]
    assert fine == pytest.approx(MIXTURE.variance(modes)[0], rel=1e-6)


@pytest.mark.parametrize("grid", [TAU, 0.3 * TAU])
@pytest.mark.parametrize("dwell", [1 / RATE, 0.2 * TAU, TAU])
def test_autocovariance_on_a_grid_is_the_sum_over_all_pairs(grid: float, dwell: float) -> None:
    """x_n = (1 - a) sum a^i m_(n-1-i), Cov(m_i, m_j) = q^|i-j|: the double sum."""
    law = replace(MIXTURE, grid_s=grid, dwell_s=dwell)
    # Equal time constants are moved apart by 1e-5.
    q, a = np.exp(-grid / law._times())
    i = np.arange(400)
    pairs = np.add.outer(i, i)
    for lag in (0, 1, 5):
        exact = (1 - a) ** 2 * (a**pairs * q ** np.abs(lag + np.subtract.outer(i, i))).sum()
        slow, fast = law._shares()
        assert slow * q**lag + fast * a**lag == pytest.approx(exact, rel=1e-9)


def test_tau_int_is_the_sum_of_the_autocorrelation() -> None:
    lags = np.arange(1, 10_000)
    equal = replace(MIXTURE, dwell_s=TAU)
    near = [
        replace(MIXTURE, dwell_s=TAU * factor).voltage_tau_int(equal.set_by(FORCE), TAU)[0] for factor in (0.99, 1.01)
    ]
    assert equal.voltage_tau_int(equal.set_by(FORCE), TAU)[0] == pytest.approx(np.mean(near), rel=1e-4)
    for spacing in (0.3 * TAU, 2 * TAU):
        wanted = 1 + 2 * np.exp(-lags * spacing / TAU).sum()
        assert PDIT.tau_int(spacing) == pytest.approx(wanted, rel=1e-9)
    modes, spacing = MIXTURE.set_by(FORCE), 2 * TAU
    slow, fast = MIXTURE._shares()
    covariance = [
        modes.between()[0] * (slow * np.exp(-t * RATE) + fast * np.exp(-t / TAU)) + modes.within()[0] * np.exp(-t / TAU)
        for t in spacing * np.arange(3000)
    ]
    wanted = 1 + 2 * sum(covariance[1:]) / covariance[0]
    assert MIXTURE.voltage_tau_int(modes, spacing)[0] == pytest.approx(wanted, rel=1e-9)


def test_tau_of_a_mean_of_few_readings() -> None:
    """Variance of a mean of n correlated numbers by the sum over all pairs."""
    kept, n = np.exp(-0.7), 9
    i = np.arange(n)
    pairs = kept ** np.abs(np.subtract.outer(i, i))
    assert tau_of_mean(PDIT, 0.7 * TAU, n) == pytest.approx(pairs.sum() / n, rel=1e-12)


# --- simulation -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["at once", "in pieces"])
def _pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long times are simulated in pieces, for interruptions between them; here of 0.4 redraws, or a step."""
    if request.param == "in pieces":
        monkeypatch.setattr(switching, "REDRAWS", 0.4 * CELLS * 64)


def mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """Of one number for each lane; lanes are independent."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize(("grid", "variance"), [(TAU, 1.4252), (0.0, 1.4191)])
def test_simulated_variance(grid: float, variance: float) -> None:
    """Within 1 % and within 4 standard errors, which are below 0.3 %: the target of long dwells is excluded."""
    law = replace(MIXTURE, grid_s=grid)
    volts = drawn(law, FORCE, 300, 10e-6)[:, :, 0]
    exact = law.set_by(FORCE)
    found, error = mean_and_error(((volts - exact.mean()) ** 2).mean(axis=(1, 2)))
    assert error < 0.003 * variance
    assert found == pytest.approx(variance, rel=0.01)
    assert abs(found - variance) < 4 * error
    assert abs(found - 1.4598) > 6 * error
    middle, error = mean_and_error(volts.mean(axis=(1, 2)))
    assert abs(middle - exact.mean()[0]) < 4 * error
    # The error that the closed form gives, from 256 lanes: to 4 of 1 / sqrt(2 * 255).
    stated = np.sqrt(law.variance(exact)[0] * law.voltage_tau_int(exact, 10e-6)[0] / volts.size)
    assert error == pytest.approx(stated, rel=4 / np.sqrt(2 * 255))


def test_a_voltage_without_redraws_is_an_exact_transition() -> None:
    """From 0 V: mean m (1 - e^-t), variance s^2 (1 - e^-2t); 2,048 cells and lanes, to 4 standard errors."""
    law = replace(MIXTURE, dwell_s=1e3)
    time = 0.4
    volts = law.sample(FORCE, np.zeros((LANES, law.variables)), np.array([time * TAU]), generators(LANES))[:, 0, :CELLS]
    spread = DEVIATIONS[0] * np.sqrt(1 - np.exp(-2 * time))
    assert volts.mean() == pytest.approx(MEANS[0] * (1 - np.exp(-time)), abs=4 * spread / np.sqrt(volts.size))
    assert volts.var() == pytest.approx(spread**2, rel=4 * np.sqrt(2 / volts.size))


@pytest.mark.usefixtures("_pieces")
def test_states_follow_softmax_with_the_correlation_of_redraws() -> None:
    """At 0.5 tau0 apart: p by chi-square with tau_int, correlation e^-0.5, redraws Poisson of 0.5 a reading."""
    spacing = 0.5 * TAU
    found = drawn(PDIT, np.tile(LOGITS, CELLS), 500, spacing)
    states, redraws = found[:, :, 1].astype(int), found[:, :, 2]
    assert np.array_equal(found[:, :, 0], states)
    counts = np.stack([(states == k).sum(axis=(0, 1)) for k in range(4)], axis=1).astype(np.float64)
    law, tau = PDIT.set_by(np.tile(LOGITS, CELLS)), tau_of_mean(PDIT, spacing, 500)
    statistic, degrees, p = chi_square(counts, law, tau)
    assert degrees == 3 * CELLS
    assert p is not None
    assert p > 1e-3
    # Also not too good: taken for independent, the readings would be refused.
    assert chi2.cdf(statistic, degrees) > 1e-3
    assert chi_square(counts, law, 1.0)[2] < 1e-6
    above = (states == 1) - law.probabilities[0, 1]
    each = (above[:, 1:] * above[:, :-1]).mean(axis=(1, 2)) / (above**2).mean()
    kept, error = mean_and_error(each)
    assert abs(kept - np.exp(-0.5)) < 4 * error
    events = np.diff(redraws, axis=1)
    assert events.mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.5 / events.size))
    assert events.var() == pytest.approx(0.5, rel=0.02)
    # Without a redraw the state stays; with one it is independent of the one before.
    still = events == 0
    assert np.array_equal(states[:, 1:][still], states[:, :-1][still])
    changed = (states[:, 1:] != states[:, :-1])[~still].mean()
    share = 1 - (law.probabilities[0] ** 2).sum()
    assert changed == pytest.approx(share, abs=4 * np.sqrt(share / (~still).sum()))


@pytest.mark.usefixtures("_pieces")
def test_redraws_on_a_grid_are_one_a_step_at_most() -> None:
    """Each step of 0.7 dwells redraws with probability 1 - e^-0.7, to 4 standard errors of 204,800 steps."""
    law = replace(PDIT, grid_s=0.7 * TAU)
    times = law.grid_s * np.arange(1, 101)
    assert list(law._pieces(5 * law.grid_s, 0.4)) == pytest.approx([law.grid_s] * 5)
    found = law.sample(np.tile(LOGITS, CELLS), np.zeros((LANES, law.variables)), times, generators(LANES))
    events = np.diff(found[:, :, 2 * CELLS :], axis=1, prepend=0)
    assert set(np.unique(events)) == {0, 1}
    chance = 1 - np.exp(-0.7)
    assert events.mean() == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / events.size))


@pytest.mark.parametrize("ignored", range(4))
def test_a_redraw_that_ignores_a_logit_is_refused(ignored: int) -> None:
    wrong = LOGITS.copy()
    wrong[ignored] = 0.0
    states = drawn(PDIT, np.tile(wrong, CELLS), 200, 2 * TAU)[:, :, 1]
    counts = np.stack([(states == k).sum(axis=(0, 1)) for k in range(4)], axis=1).astype(np.float64)
    p = chi_square(counts, PDIT.set_by(np.tile(LOGITS, CELLS)), tau_of_mean(PDIT, 2 * TAU, 200))[2]
    assert p is not None
    assert p < 1e-9


def test_two_states_are_a_p_bit() -> None:
    """Logits -b and b give P(1) = sigmoid(2 b), as 4 uncoupled p-bits of biases b at beta 1; both to 4.5 errors."""
    biases = np.array([0.8, -0.1, 0.3, 0.0])
    law = SwitchingLaw(4, 2, TAU, 1.0, levels=np.arange(2.0))
    force = np.stack([-biases, biases], axis=1).ravel()
    assert law.set_by(force).probabilities[:, 1] == pytest.approx(expit(2 * biases), rel=1e-12)
    lanes = 16_384
    states = law.sample(force, np.zeros((lanes, 12)), np.array([30 * TAU]), generators(lanes))[:, 0, 4:8]
    program = trial_program()
    array = LatchedArray(program, lanes, seed=2)
    array.load(program.field(program.netlist.latched.coupler.kind.quantise(np.zeros(4), biases)))
    array.set_beta(1.0)
    array.advance(0, 20 * program.sweep_fs)
    spins = lanes_of_words(array.words(program.slot_of), lanes)
    # Biases of the p-bits are codes of 8 bits.
    error = 4.5 * np.sqrt(0.25 / lanes)
    assert states.mean(axis=0) == pytest.approx(expit(2 * biases), abs=error)
    assert (spins > 0).mean(axis=0) == pytest.approx(expit(2 * biases), abs=error + 0.005)


def test_lanes_do_not_depend_on_each_other_or_on_threads() -> None:
    times = np.array([1e-6, 3e-6])
    start = np.zeros((130, MIXTURE.variables))
    whole = MIXTURE.sample(FORCE, start, times, generators(130))
    assert np.array_equal(whole, MIXTURE.sample(FORCE, start, times, generators(130), threads=2))
    part = MIXTURE.sample(FORCE, start[:3], times, generators(130)[64:67])
    assert np.array_equal(whole[64:67], part)


def test_modes_of_cells_differ() -> None:
    """Each cell has the law of its own inputs."""
    logits = np.array([[5.0, 0, 0, 0], [0, 0, 0, 5.0]])
    law = replace(PDIT, cells=2)
    states = law.sample(logits.ravel(), np.zeros((LANES, 6)), np.array([20 * TAU]), generators(LANES))[:, 0, 2:4]
    exact = Modes(logits, np.zeros((2, 4)), np.zeros((2, 4))).probabilities
    assert (states[:, 0] == 0).mean() == pytest.approx(exact[0, 0], abs=4 * np.sqrt(0.03 / LANES))
    assert (states[:, 1] == 3).mean() == pytest.approx(exact[1, 3], abs=4 * np.sqrt(0.03 / LANES))
