"""The same seed gives the same run: with any number of threads, and lane by lane when more lanes are asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import chipsim
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.kernels import ou
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

SETTINGS: dict[str, Any] = {
    "fabric.size": [20, 24],
    "schedule.sweeps": 60,
    "schedule.read_every": 20,
    "schedule.record_every": 3,
    "rng.law": "redraw",
}


def simulated(lanes: int, threads: int = 1, seed: int = 4, **changes: Any) -> Run:
    return simulate(plan("torus-2d", "clamped", {**SETTINGS, **changes}), lanes, seed, threads)


@pytest.fixture(scope="module")
def one_thread() -> Run:
    return simulated(lanes=200)


def same_activity(a: Trace, b: Trace) -> bool:
    """Whether two traces count the same, lane by lane and cell by cell."""
    rows = [
        [(r.component, r.action, r.phase, r.once, r.count, None if r.by_class is None else r.by_class.tolist())
         for r in trace.activity.rows]
        for trace in (a, b)
    ]  # fmt: skip
    names = ("activity.lane_toggles", "activity.cell_toggles", "observations.states", "observations.final_state")
    parts = (attrgetter(name) for name in names)
    return rows[0] == rows[1] and all(np.array_equal(part(a), part(b)) for part in parts)


def test_two_threads_count_and_draw_what_one_does(one_thread: Run) -> None:
    other = simulated(lanes=200, threads=2)
    assert same_activity(one_thread.trace, other.trace)
    assert np.array_equal(one_thread.trace.observations.records.energies, other.trace.observations.records.energies)
    assert np.array_equal(
        one_thread.trace.observations.records.projections, other.trace.observations.records.projections
    )
    machine = {"wall_s", "kernel_s", "updates_per_ns"}
    assert {k: v for k, v in one_thread.summary.to_json().items() if k not in machine} == {
        k: v for k, v in other.summary.to_json().items() if k not in machine
    }


def test_the_first_lanes_stay_when_more_are_asked_for(one_thread: Run) -> None:
    few = simulated(lanes=64)
    many = one_thread
    assert few.summary["activity_id"] == many.summary["activity_id"]
    assert few.summary["run_id"] == many.summary["run_id"]
    assert np.array_equal(few.trace.observations.states, many.trace.observations.states[:, :, :1])
    assert np.array_equal(few.trace.activity.lane_toggles, many.trace.activity.lane_toggles[:, :64])
    assert np.array_equal(few.trace.observations.records.energies, many.trace.observations.records.energies[:, :64])
    assert np.array_equal(
        few.trace.observations.records.projections, many.trace.observations.records.projections[:, :64]
    )


def test_fewer_lanes_than_a_word_are_its_first(one_thread: Run) -> None:
    few = simulated(lanes=5)
    spins = lanes_of_words(few.trace.observations.states, 5)
    assert spins.shape == (3, 5, 480)
    assert np.array_equal(spins, lanes_of_words(one_thread.trace.observations.states, 200)[:, :5])
    # Nothing is counted in lanes that nobody asked for.
    assert few.trace.activity.lane_toggles.shape[1] == 5
    assert (
        few.trace.activity.lane_toggles.sum()
        == few.trace.activity.cell_toggles.sum()
        == few.trace.activity.total("toggle")
    )


def test_another_seed_is_another_run(one_thread: Run) -> None:
    other = simulated(lanes=200, seed=5)
    assert other.summary["activity_id"] != one_thread.summary["activity_id"]
    assert not np.array_equal(other.trace.observations.final_state, one_thread.trace.observations.final_state)


def test_lanes_differ_from_each_other(one_thread: Run) -> None:
    spins = lanes_of_words(one_thread.trace.observations.final_state, 200)
    assert len(np.unique(spins, axis=0)) == 200


def test_prices_change_the_run_id_and_not_the_activity_id() -> None:
    physical, flat = (
        simulated(64, **{"schedule.sweeps": 20, **extra}) for extra in ({}, {"prices.rng.on.power": "4 nW"})
    )
    assert physical.summary["activity_id"] == flat.summary["activity_id"]
    assert physical.summary["run_id"] != flat.summary["run_id"]
    assert same_activity(physical.trace, flat.trace)
    assert flat.energy_j > physical.energy_j


@pytest.mark.parametrize(("chip", "workload"), [("ou-256", "linear-solve"), ("spu-8", "inverse")])
def test_threads_of_continuous_cells_are_as_many_as_asked_for(
    chip: str, workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread opens no pool; two give the same readings, bit for bit."""
    settings = {"schedule.samples": 50}
    pools: list[int] = []

    class Counted(ThreadPoolExecutor):
        def __init__(self, threads: int) -> None:
            pools.append(threads)
            super().__init__(threads)

    monkeypatch.setattr(ou, "ThreadPoolExecutor", Counted)
    one = chipsim.run(chip, workload, set=settings, lanes=3, threads=1)
    assert not pools
    two = chipsim.run(chip, workload, set=settings, lanes=3, threads=2)
    assert set(pools) == {2}
    answers = one.trace.observations.answers
    assert answers
    assert all(np.array_equal(values, two.trace.observations.answers[name]) for name, values in answers.items())
    assert one.energy_j == two.energy_j
