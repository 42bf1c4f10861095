"""The summary of a run: parts that do not overwrite each other, names of metrics, and its JSON there and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from support_errors import refused

from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.results.summary import Summary, entry_names
from chipsim.runs.plan import plan
from chipsim.runs.simulate import conclude, drive, simulate

SHORT: dict[str, Any] = {"schedule.sweeps": 40}
GSET: dict[str, Any] = {"problem.graph": "G11", "schedule.sweeps": 100, "schedule.beta.steps": 10}
INVERSE: dict[str, Any] = {"schedule.samples": 64}


def with_figures(**figures: Any) -> Run:
    """A run of 64 lanes whose workload has these figures beside its own."""
    ready = plan("tiny", "spin-glass", SHORT)
    trace = drive(ready, 64, seed=0)
    outcome = ready.workload.outcome(ready.program, trace)
    return conclude(ready, trace, replace(outcome, figures={**outcome.figures, **figures}), seed=0)


def test_a_workload_cannot_overwrite_what_the_run_says() -> None:
    summary = with_figures(lanes=7, energy_by_group_j={"fabric": 1.0}, workload="me", depth=3).summary
    plain = summary.to_json()
    assert (summary.core.request.lanes, plain["lanes"], summary["lanes"]) == (64, 64, 64)
    assert plain["workload"]["figures"]["lanes"] == summary["workload.figures.lanes"] == 7
    metrics = summary.metrics()
    assert (metrics["lanes"], metrics["workload.figures.lanes"]) == (64, 7)
    assert metrics["energy_by_group_j.fabric"] == plain["energy_by_group_j"]["fabric"] != 1.0
    assert metrics["workload.figures.energy_by_group_j.fabric"] == 1.0
    # What the run has no name for goes by its own.
    assert (metrics["depth"], summary["depth"]) == (3, 3)
    assert "workload.figures.depth" not in metrics
    assert summary["workload"]["kind"] == metrics["workload.kind"] == "ising"


@pytest.mark.parametrize(
    ("chip", "workload", "settings"),
    [("tiny", "clamped", SHORT), ("torus-2d", "gset", GSET), ("spu-8", "inverse", INVERSE)],
)
def test_json_there_and_back_is_the_same(chip: str, workload: str, settings: dict[str, Any]) -> None:
    summary = simulate(plan(chip, workload, settings), lanes=4).summary
    plain = summary.to_json()
    again = Summary.from_json(json.loads(json.dumps(plain, allow_nan=False)))
    assert again == summary
    assert again.to_json() == plain
    assert set(plain) <= entry_names()
    # Entries that this run does not have are left out.
    assert ("success_probability" in plain, "energy_to_solution_j" in plain) == (workload == "gset",) * 2
    assert ("methods" in plain) == (workload == "inverse")
    assert (plain["quality"] == {}) == (workload == "inverse")


def test_metrics_are_the_single_values_by_their_paths() -> None:
    summary = simulate(plan("torus-2d", "gset", GSET), lanes=64).summary
    metrics, plain = summary.metrics(), summary.to_json()
    for name, value in {
        "energy_j": summary.priced.energy_j,
        "seed": 0,
        "energy_by_group_j.fabric": plain["energy_by_group_j"]["fabric"],
        "energy_per_job_j.100": plain["energy_per_job_j"]["100"],
        "quality.colours": plain["quality"]["colours"],
        "limit.waits_for": plain["limit"]["waits_for"],
        "success_probability.value": plain["success_probability"]["value"],
        "energy_to_solution_j.value": plain["energy_to_solution_j"]["value"],
        "key_figures.auxiliary_digital.energy_share": plain["key_figures"]["auxiliary_digital"]["energy_share"],
        "technology.vdd": plain["technology"]["vdd"],
        "workload.name": "gset",
        "best_cut": plain["workload"]["figures"]["best_cut"],
    }.items():
        assert metrics[name] == value == summary[name], name
    assert not any(isinstance(value, dict | list) for value in metrics.values())
    assert not any(name.startswith("set.") for name in metrics)


def test_looking_up_what_is_not_there_names_what_is_near() -> None:
    summary = with_figures().summary
    assert "best_energy" in summary
    assert "best_cut" not in summary
    with pytest.raises(KeyError, match="energy_j"):
        summary["energi_j"]


def test_figures_must_be_plain_values() -> None:
    with refused("kind.broken", "workload ising: "):
        with_figures(odd={1, 2})


def test_other_prices_change_what_depends_on_prices_and_nothing_else() -> None:
    run = with_figures(lanes=7)
    again = reprice(run, "dtca-main").summary
    assert again.workload == run.summary.workload
    assert again.core == run.summary.core
    assert again.priced.energy_j != run.summary.priced.energy_j
    assert again.priced.run_id != run.summary.priced.run_id


@pytest.mark.parametrize("value", [math.nan, math.inf, [1.0, -math.inf], {"inside": math.nan}])
def test_a_summary_that_is_not_finite_is_no_result(value: Any) -> None:
    with refused("run.not-finite", "workload.figures.depth"):
        with_figures(depth=value)
