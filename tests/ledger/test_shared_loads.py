"""What a load costs is shared by the jobs that it serves: counts, and the power of what is on while it lasts."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest

from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.success import repeats_to_solution

# A slow link, and a host that costs next to nothing: what is left is the power of what is always on.
SLOW_LINK = {
    "schedule.sweeps": 100,
    "link.rate": "1 Mbit/s",
    "prices.host.small_cache.energy": "1 fJ",
    "prices.host.instruction.energy": "0 J",
    "prices.host.instruction.low": "0 J",
    "prices.host.instruction.high": "0 J",
}


@cache
def slow_link() -> Run:
    return simulate(plan("tiny", "spin-glass", SLOW_LINK), lanes=8)


def test_the_power_of_a_load_is_not_charged_to_every_job() -> None:
    """Case 51, recomputed from the ledger of a single job."""
    cost = slow_link().summary["energy_per_job_j"]
    assert cost["100"] == pytest.approx(154.8e-12, rel=1e-3)
    assert cost["10000"] == pytest.approx(139.5e-12, rel=1e-3)


def test_what_is_on_all_the_time_shares_the_time_that_only_loads_take() -> None:
    run = slow_link()
    timing = run.trace.timing
    rows = [
        row for row in run.summary["ledger"] if row["action"] == "on" and row["energy_j"] and row["group"] != "fabric"
    ]
    never_gated = [row for row in rows if row["once_j"]]
    assert never_gated
    for row in never_gated:
        share = row["once_j"] / row["energy_j"]
        assert share == pytest.approx(timing.occupancy.loading_fs / timing.elapsed_fs, rel=1e-9)


def test_the_total_and_the_powered_time_of_one_job_stay() -> None:
    run = slow_link()
    (row,) = (row for row in run.summary["ledger"] if (row["component"], row["action"]) == ("controller", "on"))
    assert row["count"] == pytest.approx(run.summary["elapsed_s"], rel=1e-12)


@pytest.mark.parametrize("jobs", [1, 1000])
@pytest.mark.parametrize("restart", ["reload", "keep"])
def test_time_and_energy_to_solution_have_one_basis(restart: str, jobs: int) -> None:
    settings: dict[str, Any] = {
        "schedule.sweeps": 20,
        "schedule.beta.steps": 20,
        "target.fraction": 0.95,
        "target.restart": restart,
        "jobs_per_load": jobs,
    }
    run = simulate(plan("torus-2d", "gset", settings), lanes=64)
    summary, occupancy = run.summary, run.trace.timing.occupancy
    chance = summary["success_probability"]["value"]
    repeats = repeats_to_solution(chance)
    assert repeats is not None
    assert repeats > 1
    load_s, load_j = occupancy.loading_fs * 1e-15, math.fsum(row["once_j"] for row in summary["ledger"])
    kept = repeats - 1 if restart == "keep" else 0.0
    assert summary["restart"] == restart
    time, energy = summary["time_to_solution_s"]["value"], summary["energy_to_solution_j"]["value"]
    assert time == pytest.approx(repeats * summary["elapsed_s"] - kept * load_s, rel=1e-9)
    assert energy == pytest.approx(repeats * summary["energy_j"] - kept * load_j, rel=1e-9)
