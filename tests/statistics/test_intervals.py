"""The 95 % interval of the energy: it covers the long-run value as often as it says, and Student's t is Student's t."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.intervals import student_t

REPETITIONS = 200


@pytest.mark.parametrize("lanes", [8, 64])
def test_intervals_cover_the_long_run_value_in_90_to_98_percent_of_repetitions(lanes: int) -> None:
    """Binomial with p = 0.95 and n = 200: one sigma is 1.5 %, so 90 to 98 % is about two to three sigma wide."""
    settings = {"schedule.sweeps": 30, "schedule.record_every": "never", "problem.seed": 7, "schedule.beta": 0.4}
    ready = plan("tiny", "spin-glass", settings)
    long = simulate(ready, lanes=20_000, seed=10**6)
    # The long run's own error is below a tenth of the intervals that it judges.
    assert long.summary["energy_ci95_j"] < 0.1 * simulate(ready, lanes, seed=0).summary["energy_ci95_j"]
    covered = 0
    for seed in range(REPETITIONS):
        summary = simulate(ready, lanes, seed).summary
        covered += abs(summary["energy_j"] - long.energy_j) <= summary["energy_ci95_j"]
    assert 0.90 <= covered / REPETITIONS <= 0.98


def test_the_interval_is_that_of_the_lanes() -> None:
    ready = plan("tiny", "spin-glass", {"schedule.sweeps": 30})
    run = simulate(ready, lanes=70)
    technology, coupler = ready.chip.model.technology, ready.netlist.domain.coupler.kind
    prices = [coupler.modelled_energy_j("toggle", technology, float(c)) for c in run.trace.activity.class_capacitance_f]
    # Only toggles differ between lanes; everything else is the same for all of them.
    lanes = np.array(prices) @ run.trace.activity.lane_toggles
    expected = student_t(69) * lanes.std(ddof=1) / math.sqrt(70)
    assert run.summary["energy_ci95_j"] == pytest.approx(expected, rel=1e-6, abs=0)


# Quantiles to nine digits: for 1 and 2 degrees tan(pi (p - 1/2)) and (2 p - 1) sqrt(2 / (1 - (2 p - 1)^2)), the others
# from tables.
TABLE_95 = {
    1: 12.7062047,
    2: 4.30265273,
    3: 3.18244631,
    4: 2.77644511,
    5: 2.57058184,
    6: 2.44691185,
    7: 2.36462425,
    10: 2.22813885,
    30: 2.04227246,
    63: 1.99834054,
    10**9: 1.95996398,
}
TABLE_99 = {1: 63.6567412, 2: 9.92484320, 3: 5.84090931, 5: 4.03214298, 10: 3.16927267, 30: 2.74999565}


@pytest.mark.parametrize(("degrees", "quantile"), TABLE_95.items())
def test_student_t_against_the_table(degrees: int, quantile: float) -> None:
    assert student_t(degrees) == pytest.approx(quantile, rel=4e-9, abs=0)


@pytest.mark.parametrize(("degrees", "quantile"), TABLE_99.items())
def test_student_t_at_99_percent(degrees: int, quantile: float) -> None:
    assert student_t(degrees, 0.995) == pytest.approx(quantile, rel=4e-9, abs=0)


def test_student_t_falls_to_the_normal_quantile() -> None:
    values = [student_t(degrees) for degrees in range(1, 2000)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(1.959964, abs=2e-3)
