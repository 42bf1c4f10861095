"""Predicted errors are those of readings as taken, settled or not; unsettled ones are no effective samples."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import chipsim
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.workloads.covariance import MAX_SHORT

EARLY: dict[str, Any] = {"schedule.settle": "1 us", "schedule.samples": 20, "schedule.spacing": "0.1 us"}


@pytest.mark.parametrize(
    ("chip", "workload", "told"), [("spu-8", "inverse", 0.8508), ("ou-256", "gaussian-sample", 3.1026)]
)
def test_readings_before_the_network_has_settled(chip: str, workload: str, told: float) -> None:
    """`told` is summed over pairs of readings (case 52; 1.444 and 3.73 with settled noise)."""
    run = chipsim.run(chip, workload, lanes=400, set=EARLY)
    assert run.summary["predicted_error"] == pytest.approx(told, rel=0.003)
    assert run.summary["error"] == pytest.approx(told, rel=0.05)


def test_noise_of_the_readings_themselves() -> None:
    """40 readings that the converters and the supply blur more than the cells move."""
    settings = {"noise.sigma": "1 mV", "readout.noise": "3 mV", "cells.common_mode": "1 mV", "cells.offset": "0 V"}
    settings |= {"matrix.size": 6, "schedule.samples": 40, "readout.bits": 20}
    run = chipsim.run("ou-256", "inverse", lanes=2000, set=settings)
    assert run.summary["error"] == pytest.approx(run.summary["predicted_error"], rel=0.03)


def test_a_mean_of_readings_that_begin_at_once() -> None:
    """The scatter of the answers over 2,000 lanes is the predicted noise; that of the settled law was twice as much."""
    settings = {"schedule.settle": "0 us", "schedule.samples": 10, "schedule.spacing": "0.1 us", "matrix.size": 10}
    quiet = {"readout.bits": 24, "readout.noise": "0 V", "readout.sampling_capacitance": "1 uF"}
    ready = plan("ou-256", "linear-solve", {**settings, **quiet, "cells.common_mode": "0 V"})
    run = simulate(ready, lanes=2000)
    answers, solution = run.trace.observations.answers["answer"], ready.workload.solution  # type: ignore[attr-defined]
    scatter = np.sqrt(answers.var(axis=0).sum() / (solution**2).sum())
    assert scatter == pytest.approx(run.summary["predicted_parts"]["noise"], rel=0.02)


@pytest.mark.parametrize("settings", [EARLY, {"schedule.settle": "0 us", "schedule.spacing": "2 us"}])
def test_they_are_no_effective_samples_and_the_advice_is_enough(settings: dict[str, Any]) -> None:
    small = {**settings, "matrix.size": 8}
    run = chipsim.run("ou-256", "gaussian-sample", lanes=4, set=small)
    summary = run.summary
    assert summary["sampling"].startswith("withheld: readings begin after 0")
    assert "(at most 1 %)" in summary["sampling"]
    for figure in ("effective_samples", "delivered_samples"):
        assert summary[figure] is None
    for figure in ("joules_per_effective_sample", "seconds_per_effective_sample", "joules_per_delivered_sample"):
        assert summary[figure] is None
    assert [method["method"] for method in summary["methods"]] == ["chip"]
    advice = re.search(r"raise schedule.settle to (.+)$", summary["sampling"])
    assert advice is not None
    enough = chipsim.run("ou-256", "gaussian-sample", lanes=4, set={**small, "schedule.settle": advice[1]})
    assert enough.summary["sampling"] == "resolved"


def test_the_bound_is_on_the_worst_direction() -> None:
    """e^(-2 t / tau) = 1 %: t = 2.3 relaxation times of 5 us, the slowest of condition 5 at 1 mS over 1 nF or less."""
    words = [
        chipsim.run("ou-256", "gaussian-sample", lanes=1, set={"matrix.size": 8, "schedule.settle": settle}).summary
        for settle in ("1 us", "60 us")
    ]
    assert [summary["sampling"][:8] for summary in words] == ["resolved", "resolved"]  # spacing alone is 10 us
    assert MAX_SHORT == 0.01


def test_all_readings_are_delivered_and_none_is_counted_twice() -> None:
    close = {"matrix.size": 8, "schedule.settle": "100 us", "schedule.spacing": "0.5 us", "schedule.samples": 500}
    summary = chipsim.run("ou-256", "gaussian-sample", lanes=4, set=close).summary
    assert summary["effective_samples"] < 4 * 500 / 5
    assert summary["delivered_samples"] == summary["effective_samples"]
    cholesky = summary["methods"][1]
    assert cholesky["macs"] == pytest.approx(8**3 / 6 + summary["effective_samples"] / 4 * 8**2 / 2, rel=0.05)
