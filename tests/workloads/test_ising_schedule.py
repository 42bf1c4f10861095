"""When a run of an Ising problem does what, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from chipsim.workloads.ising.schedule import ScheduleSpec


def schedule(**keys: Any) -> ScheduleSpec:
    return ScheduleSpec.model_validate({"mode": "sample", "sweeps": 100, "beta": 1.0, **keys})


@pytest.mark.parametrize(
    ("read_every", "reads"),
    [("end", [100]), ("never", []), (40, [40, 80, 100]), (50, [50, 100]), (100, [100]), (1000, [100])],
)
def test_reads(read_every: Any, reads: list[int]) -> None:
    assert schedule(read_every=read_every).reads == reads


def test_steps_begin_at_the_first_sweep_that_is_theirs() -> None:
    """Three steps in ten sweeps: from 0, 3 1/3 and 6 2/3, rounded up."""
    ramp = schedule(mode="anneal", sweeps=10, beta={"start": 1.0, "end": 3.0, "steps": 3})
    assert ramp.steps == {0: 1.0, 4: 2.0, 7: 3.0}
    assert ramp.marks == [0, 4, 7, 10]
    assert ramp.warmup == 0


def test_short_runs_record_every_sweep() -> None:
    short = schedule(read_every=40)
    assert (short.warmup, short.record_spacing, len(short.fine_stretch), short.records) == (20, 1, 0, 100)
    assert short.marks == [0, 40, 80, 100]


def test_long_runs_record_a_stretch_after_the_warm_up_sweep_by_sweep() -> None:
    long = schedule(sweeps=10_001)
    assert (long.warmup, long.record_spacing) == (2000, 11)  # 1,000 records at most: 10,001 / 1,000, rounded up
    assert long.fine_stretch == range(2000, 3000)
    assert long.marks == [0, 2000, 3000, 10_001]
    assert long.records == 909 + 1000
    assert schedule(sweeps=10_001, record_every=5).records == 2000
    assert schedule(sweeps=10_001, record_every="never").records == 0


def test_an_ordered_start_takes_a_sweep_before_the_schedule() -> None:
    assert (schedule().first_sweep, schedule(start="up").first_sweep) == (0, 1)
