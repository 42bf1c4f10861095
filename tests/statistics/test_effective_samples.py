"""Effective samples: chains of known autocorrelation, and chains that never mix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.effective_samples import Chains, autocovariance, mixing, tau_int, thinned_tau_int


def ar1(rho: float, n: int, lanes: int, seed: int) -> NDArray[np.float64]:
    """Stationary chains x' = rho x + noise of unit variance: tau_int = (1 + rho)/(1 - rho)."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((n, lanes)) * math.sqrt(1 - rho * rho)
    series = np.empty((n, lanes))
    series[0] = random.standard_normal(lanes)
    for step in range(1, n):
        series[step] = rho * series[step - 1] + noise[step]
    return series


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8, 0.95])
def test_tau_int_of_ar1(rho: float) -> None:
    tau = (1 + rho) / (1 - rho)
    # Relative error about sqrt(4 * window / (n lanes)), window about 6 tau: below 2 % at tau = 39.
    assert tau_int(ar1(rho, 8_000, 128, seed=1)) == pytest.approx(tau, rel=0.05, abs=0)


def test_tau_int_says_how_much_a_mean_fluctuates() -> None:
    # 300 independent means of 1,600 steps: their variance is var * tau / steps, known to sqrt(2/300) = 8 %.
    series = ar1(0.8, 1_600, 300, seed=2)
    measured = series.mean(axis=0).var(ddof=1) * 1_600
    assert measured == pytest.approx(9.0, rel=0.25, abs=0)
    assert tau_int(series) == pytest.approx(measured, rel=0.3, abs=0)


def test_an_alternating_chain_has_less_than_1() -> None:
    assert tau_int(ar1(-0.5, 4_000, 64, seed=3)) == pytest.approx(1 / 3, rel=0.1, abs=0)


def test_frozen_chains_never_mix() -> None:
    assert tau_int(np.full((100, 4), 3.7)) == math.inf
    # About its own mean each of these would look mixed; about the mean of both they do not.
    assert tau_int(np.tile([1.0, -1.0], (100, 1))) == math.inf
    assert tau_int(np.zeros((3, 2))) == math.inf


def test_a_stuck_lane_among_mixing_ones_is_noticed() -> None:
    series = ar1(0.0, 500, 16, seed=4)
    series[:, 0] = 6.0
    assert tau_int(series) > 50
    assert mixing(Chains(series, np.zeros((500, 16, 0), np.float32))).verdict == "unresolved"


def test_autocovariance_against_its_definition() -> None:
    series = np.random.default_rng(5).standard_normal((7, 3))
    centred = series - series.mean()
    for lag, value in enumerate(autocovariance(series)):
        products = [centred[t, lane] * centred[t + lag, lane] for t in range(7 - lag) for lane in range(3)]
        assert value == pytest.approx(sum(products) / len(products), abs=1e-12)


def test_the_worst_observable_counts() -> None:
    fast, slow = ar1(0.2, 4_000, 8, seed=6), ar1(0.9, 4_000, 8, seed=7)
    projections = np.stack([fast, slow, fast], axis=2).astype(np.float32)
    found = mixing(Chains(fast, projections))
    assert found.worst == "projection 1"
    assert found.tau_int == pytest.approx(19, rel=0.2, abs=0)
    assert found.verdict == "resolved"
    assert mixing(Chains(fast[:500], projections[:500])).verdict == "unresolved"


@pytest.mark.parametrize("spacing", [1, 2, 5, 20])
def test_thinning_ar1(spacing: int) -> None:
    rho = 0.9
    kept = rho**spacing
    assert thinned_tau_int((1 + rho) / (1 - rho), spacing) == pytest.approx((1 + kept) / (1 - kept))
    assert thinned_tau_int(0.7, spacing) == 1.0
    thinned = ar1(rho, 20_000, 32, seed=8)[::spacing]
    assert tau_int(thinned) == pytest.approx((1 + kept) / (1 - kept), rel=0.1, abs=0)


def test_free_cells_under_redraw_mix_as_the_law_says() -> None:
    # At beta 0 nothing couples: a cell latched every T = 200 ns keeps its value with k = exp(-T/tau0), so its tau_int
    # is (1 + k)/(1 - k) = coth(T / (2 tau0)) latches.
    settings = {
        "schedule.beta": 0,
        "rng.law": "redraw",
        "cells.relaxation_time": "400 ns",
        "schedule.sweeps": 4000,
        "schedule.record_every": 1,
    }
    summary = simulate(plan("tiny", "spin-glass", settings), lanes=64, seed=1).summary
    expected = 1 / math.tanh(200 / (2 * 400))
    # The worst of 34 observables, each known to about 1 %.
    assert summary["sampling"] == "resolved"
    assert summary["tau_int_sweeps"] == pytest.approx(expected, rel=0.1, abs=0)
    assert summary["effective_samples"] == pytest.approx(0.8 * 4000 * 64 / expected, rel=0.1, abs=0)
    assert summary["joules_per_effective_sample"] == pytest.approx(
        summary["total_energy_j"] / summary["effective_samples"], rel=1e-12, abs=0
    )


def test_samples_that_are_not_known_are_not_priced() -> None:
    frozen = simulate(plan("tiny", "spin-glass", {"schedule.beta": 4, "schedule.sweeps": 200}), lanes=8).summary
    assert frozen["sampling"].startswith("unresolved: ")
    assert frozen["effective_samples"] is None
    assert frozen["joules_per_effective_sample"] is None
    unseen = simulate(plan("tiny", "spin-glass", {"schedule.record_every": "never", "schedule.sweeps": 20})).summary
    assert (unseen["sampling"], unseen["effective_samples"]) == ("not recorded", None)
