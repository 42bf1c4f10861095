"""What `chipsim check` says of the size of a sweep, before anything is simulated."""

from __future__ import annotations

from typing import Any

import pytest
from support_cli import call

from chipsim.errors import RunError
from chipsim.runs.plan import plan
from chipsim.runs.size import size_of
from chipsim.sweeps.size import POINT_S, SIMULATION_S, size_of_sweep
from chipsim.sweeps.spec import read_sweep

SWEEP: dict[str, Any] = {
    "chipsim": 1, "name": "sizes", "chip": "tiny", "workload": "spin-glass",
    "axes": {"schedule.sweeps": [1000, 3000], "prices.host.memory.energy": ["1.4 nJ", "1.6 nJ", "2 nJ"]},
    "metrics": ["energy_j"],
}  # fmt: skip


def test_simulations_are_counted_once_and_points_all() -> None:
    found = size_of_sweep(read_sweep(SWEEP))
    runs = [size_of(plan("tiny", "spin-glass", {"schedule.sweeps": sweeps}), 64) for sweeps in (1000, 3000)]
    assert (found.points, found.simulations) == (6, 2)
    assert (
        found.cpu_s
        == found.most_cpu_s
        == pytest.approx(sum(run.cpu_s for run in runs) + 2 * SIMULATION_S + 6 * POINT_S)
    )
    assert found.largest.total == runs[1].total
    assert found.memory == 200 * 2**20 + 6 * 7000
    assert found.disk == sum(run.disk for run in runs) + 6 * 15_000


def test_a_stop_rule_gives_a_range() -> None:
    until = {"joules_per_effective_sample": "5 %", "max_lanes": 640}
    found = size_of_sweep(read_sweep({**SWEEP, "until": until}))
    most = [size_of(plan("tiny", "spin-glass", {"schedule.sweeps": sweeps}), 640).cpu_s for sweeps in (1000, 3000)]
    assert found.most_cpu_s == pytest.approx(sum(most) + 2 * SIMULATION_S + 6 * POINT_S)
    assert found.cpu_s < found.most_cpu_s


def test_many_simulations_are_taken_to_be_like_those_that_are_planned() -> None:
    axes = {"cells.relaxation_time": {"from": "50 ns", "to": "400 ns", "points": 100}}
    one = size_of_sweep(read_sweep({**SWEEP, "axes": {"cells.relaxation_time": ["50 ns"]}}))
    many = size_of_sweep(read_sweep({**SWEEP, "axes": axes}))
    assert (many.points, many.simulations) == (100, 100)
    assert many.cpu_s == pytest.approx(100 * one.cpu_s)


def test_nothing_possible_is_refused() -> None:
    with pytest.raises(RunError, match="none of 1 points that were planned is possible") as caught:
        size_of_sweep(read_sweep({**SWEEP, "axes": {"clock.phase": ["1e-300 s"]}}))
    assert caught.value.code == "sweep.all-failed"


def test_check_takes_a_sweep() -> None:
    checked = call("check", "relaxation")
    assert checked.stdout.splitlines()[1] == "axis cells.relaxation_time: 2 values"
    assert "its 8 points by 8 simulations take about" in checked.stdout
    refused = call("check", "relaxation", "--prices", "analog")
    assert refused.exit_code == 2
    assert "--prices has no effect on a sweep" in refused.stderr
