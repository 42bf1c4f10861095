"""Autocorrelation and split R-hat of chains whose law is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chipsim.statistics.convergence import autocorrelation, split_rhat


def test_frozen_chains_are_not_mixed() -> None:
    """Two chains of one input that stand still at different values: 1, not 0."""
    frozen = np.broadcast_to(np.array([[[-3.0, 5.0]]]), (11, 1, 2))
    assert autocorrelation(frozen, 5) == pytest.approx(1.0)
    assert split_rhat(frozen) == math.inf
    assert autocorrelation(np.zeros((11, 2, 3)), 5) == 1.0


def test_inputs_that_differ_are_no_correlation() -> None:
    """Chains that follow their inputs, and forget nothing else, are mixed."""
    random = np.random.default_rng(0)
    series = 100 * random.normal(size=(1, 64, 1)) + random.normal(size=(11, 64, 16))
    assert autocorrelation(series, 5) == pytest.approx(0, abs=0.03)
    assert split_rhat(series) == pytest.approx(1.0, abs=0.02)


def test_autoregression_is_known() -> None:
    """rho**lag for AR(1); the mean over 16 chains and 11 times costs a few per cent of the variance."""
    random, rho = np.random.default_rng(1), 0.8
    series = np.empty((41, 64, 64))
    series[0] = random.normal(size=(64, 64))
    for t in range(1, 41):
        series[t] = rho * series[t - 1] + math.sqrt(1 - rho**2) * random.normal(size=(64, 64))
    for lag in (1, 3, 8):
        assert autocorrelation(series, lag) == pytest.approx(rho**lag, abs=0.02)
    assert split_rhat(series) > 1.1
