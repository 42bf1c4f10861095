"""Intervals of joules per effective sample cover the truth at 8, 64 and 256 lanes, by the exact tau_int."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from support_ferromagnet import FERROMAGNET, exact_tau

from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.effective_samples import Chains, mixing
from chipsim.statistics.intervals import jackknife_ci95, jackknife_log_ci95


@dataclass
class Coverage:
    """Share of runs whose interval holds the truth, and that lie wholly below or above it."""

    covered: float
    below: float
    above: float


def coverage(values: Any, widths: Any, truth: float) -> Coverage:
    off, wide = np.array(values) - truth, np.array(widths)
    return Coverage(float((abs(off) <= wide).mean()), float((off < -wide).mean()), float((off > wide).mean()))


def coverage_of_runs(beta: float, lanes: int, seeds: int) -> Coverage:
    """Of runs of the ferromagnet; energies of a sweep are known far better than tau_int."""
    ready = plan("tiny", "spin-glass", {**FERROMAGNET, "schedule.beta": beta})
    runs = [simulate(ready, lanes, seed).summary for seed in range(seeds)]
    tau = exact_tau(runs[0]["beta_realised"])
    truth = np.mean([run["energy_j"] for run in runs]) * tau / 800
    values = [run["joules_per_effective_sample"] for run in runs]
    return coverage(values, [run["joules_per_effective_sample_ci95_j"] for run in runs], truth)


def coverage_of_chains(tau: float, lanes: int, seeds: int) -> Coverage:
    """Of autoregressive chains of 60 tau, their tau_int and its interval as a cost of samples has it."""
    decay, steps = (tau - 1) / (tau + 1), round(60 * tau)
    values, widths = [], []
    for seed in range(seeds):
        numbers = np.random.default_rng((seed, lanes)).standard_normal((steps, lanes)) * math.sqrt(1 - decay**2)
        numbers[0] /= math.sqrt(1 - decay**2)
        for k in range(1, steps):
            numbers[k] += decay * numbers[k - 1]
        found = mixing(Chains(numbers, np.zeros((steps, lanes, 0), np.float32)))
        values.append(found.tau_int)
        widths.append(jackknife_log_ci95(found.tau_int, found.without_block))
    return coverage(values, widths, tau)


def test_tau_int_of_the_ferromagnet() -> None:
    """Case 50: 22.3 sweeps, there by its own matrix."""
    assert exact_tau(0.5) == pytest.approx(22.3, abs=0.05)


def test_an_interval_on_the_scale_of_logarithms() -> None:
    """Its upper arm, longer than that of the plain jackknife; the same where all blocks agree nearly."""
    spread = np.random.default_rng(1).standard_normal(8)
    wide, narrow = np.exp(0.05 * spread), np.exp(1e-6 * spread)
    assert jackknife_log_ci95(1.0, wide) == pytest.approx(math.expm1(0.05 * jackknife_ci95(spread)), rel=1e-9)
    assert jackknife_log_ci95(1.0, wide) > 1.05 * jackknife_ci95(wide)
    assert jackknife_log_ci95(1.0, narrow) == pytest.approx(jackknife_ci95(narrow), rel=1e-4)
    assert jackknife_log_ci95(0.0, np.zeros(8)) == 0


@pytest.mark.parametrize("lanes", [8, 64])
def test_intervals_of_chains(lanes: int) -> None:
    """Binomial with p = 0.95 and n = 100: one sigma is 2.2 %, so 88 % is three below."""
    assert coverage_of_chains(5.0, lanes, 100).covered >= 0.88


@pytest.mark.slow
@pytest.mark.parametrize("lanes", [8, 64, 256])
def test_intervals_of_runs(lanes: int) -> None:
    """500 seeds, one sigma 1.0 %; at 8 lanes a plain jackknife misses the truth above it five times as often."""
    found = coverage_of_runs(0.4, lanes, 500)
    assert 0.93 <= found.covered <= 0.97, found


@pytest.mark.slow
@pytest.mark.parametrize("lanes", [8, 64, 256])
@pytest.mark.parametrize("tau", [5.0, 20.0])
def test_intervals_of_many_chains(tau: float, lanes: int) -> None:
    found = coverage_of_chains(tau, lanes, 500)
    assert 0.93 <= found.covered <= 0.97, found
