"""r_yy, split R-hat and the controller of the penalty."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support_cli import call

from chipsim.workloads.dtm.mixing import autocorrelation, next_penalty, split_rhat
from chipsim.workloads.dtm.spec import PenaltySpec


def test_frozen_chains_are_not_mixed():
    """Two chains of one input that stand still at different values: 1, not 0."""
    frozen = np.broadcast_to(np.array([[[-3.0, 5.0]]]), (11, 1, 2))
    assert autocorrelation(frozen, 5) == pytest.approx(1.0)
    assert split_rhat(frozen) == math.inf
    assert autocorrelation(np.zeros((11, 2, 3)), 5) == 1.0


def test_inputs_that_differ_are_no_correlation():
    """Chains that follow their inputs, and forget nothing else, are mixed."""
    random = np.random.default_rng(0)
    series = 100 * random.normal(size=(1, 64, 1)) + random.normal(size=(11, 64, 16))
    assert autocorrelation(series, 5) == pytest.approx(0, abs=0.03)
    assert split_rhat(series) == pytest.approx(1.0, abs=0.02)


def test_autoregression_is_known():
    """rho**lag for AR(1); the mean over 16 chains and 11 times costs a few per cent of the variance."""
    random, rho = np.random.default_rng(1), 0.8
    series = np.empty((41, 64, 64))
    series[0] = random.normal(size=(64, 64))
    for t in range(1, 41):
        series[t] = rho * series[t - 1] + math.sqrt(1 - rho**2) * random.normal(size=(64, 64))
    for lag in (1, 3, 8):
        assert autocorrelation(series, lag) == pytest.approx(rho**lag, abs=0.02)
    assert split_rhat(series) > 1.1


@pytest.mark.parametrize(
    ("penalty", "now", "before", "expected"),
    [
        (0.1, 0.01, 0.2, 0.08),
        (0.1, 0.2, 0.3, 0.1),
        (0.1, 0.3, 0.2, 0.12),
        (0.0, 0.3, 0.2, 0.0012),
        (0.0, 0.01, 0.2, 0.0),
        (0.0011, 0.01, 0.2, 0.0),
    ],
)
def test_controller(penalty, now, before, expected):
    assert next_penalty(penalty, now, before, target=0.05, change=0.2, smallest=0.001) == pytest.approx(expected)


def test_penalties_for_all_layers_or_for_each() -> None:
    spec = PenaltySpec(start=[0.3, 0.2], smallest=0.01, target=[0.05, 0.1], change=0.25)
    assert [spec.of(layer) for layer in (0, 1)] == [(0.3, 0.01, 0.05, 0.25), (0.2, 0.01, 0.1, 0.25)]
    assert spec.fits(2) == ""
    assert spec.fits(3) == "penalty.start has 2 values"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("training.penalty.start=[0.1, 0.2]", "training.penalty.start has 2 values for 4 layers; write one for each"),
        ("training.penalty.target=[0.1, 0.1, 2, 0.1]", "training.penalty.target[2]: 2: input should be less than 1"),
        ("training.penalty.start=much", "training.penalty.start: 'much' is not a number"),
    ],
)
def test_penalties_that_make_no_sense(change: str, complaint: str) -> None:
    result = call("check", "dtca-70", "fashion-dtm-small", "--set", change)
    assert result.exit_code == 2
    assert complaint in result.stderr
