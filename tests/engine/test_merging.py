"""Lanes that are added later and merged are those of one run of all of them, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

from chipsim.engine.activity import Row
from chipsim.engine.joining import merge_lanes
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import conclude, drive, simulate

MACHINE = {"wall_s", "kernel_s", "updates_per_ns"}
SAMPLING: dict[str, Any] = {"fabric.size": [12, 10], "schedule.sweeps": 300, "schedule.beta": 0.25}
# A sense amplifier with little swing reads wrong bits now and then, a different few in each group.
NOISY = {**SAMPLING, "schedule.read_every": 60, "readout.swing": "5 mV", "rng.law": "redraw"}


def merged(chip: str, workload: str, settings: dict[str, Any], parts: tuple[int, ...], seed: int) -> tuple[Run, Run]:
    """Lanes in parts and at once."""
    ready = plan(chip, workload, settings)
    starts = np.cumsum([0, *parts[:-1]]) // 64
    pieces = [drive(ready, n, seed, first_group=int(first)) for n, first in zip(parts, starts, strict=True)]
    trace = merge_lanes([merge_lanes(pieces[:2]), *pieces[2:]])
    together = conclude(ready, trace, ready.workload.outcome(ready.program, trace), seed)
    return together, simulate(ready, sum(parts), seed)


@pytest.mark.parametrize(
    ("workload", "settings", "parts"),
    [
        ("spin-glass", SAMPLING, (64, 64)),
        ("spin-glass", NOISY, (64, 128, 7)),
        ("spin-glass", {**SAMPLING, "schedule.start": "up", "schedule.record_every": "never"}, (64, 64)),
        ("clamped", {"fabric.size": [12, 10]}, (128, 64)),
        ("gset", {"problem.graph": "G11", "schedule.sweeps": 400, "schedule.beta.steps": 20}, (64, 70)),
    ],
    ids=["sampling", "wrong bits", "ordered start", "clamped anneal", "solution"],
)
def test_merged_lanes_are_those_of_one_run(workload: str, settings: dict[str, Any], parts: tuple[int, ...]) -> None:
    chip = "any-graph" if workload == "gset" else "torus-2d"
    together, at_once = merged(chip, workload, settings, parts, seed=5)
    assert {k: v for k, v in together.summary.to_json().items() if k not in MACHINE} == {
        k: v for k, v in at_once.summary.to_json().items() if k not in MACHINE
    }
    if settings is NOISY:
        assert at_once.summary["quality"]["read_error_probability"] * 12 * 10 * 64 > 1
    a, b = together.trace, at_once.trace
    for name in (
        "activity.lane_toggles", "activity.cell_toggles", "observations.states", "observations.final_state"
    ):  # fmt: skip
        assert np.array_equal(attrgetter(name)(a), attrgetter(name)(b)), name
    assert (a.observations.records is None) == (b.observations.records is None)
    if a.observations.records is not None and b.observations.records is not None:
        assert np.array_equal(a.observations.records.energies, b.observations.records.energies)
        assert np.array_equal(a.observations.records.projections, b.observations.records.projections)


def test_later_groups_are_other_lanes() -> None:
    ready = plan("torus-2d", "spin-glass", SAMPLING)
    first, second = (drive(ready, 64, 5, first_group=group) for group in (0, 1))
    assert not np.array_equal(first.observations.final_state, second.observations.final_state)


def test_rows_that_only_some_lanes_have_are_in_their_place() -> None:
    """A frozen group toggles nothing and so has no row; the merged trace has the row where one run would have it."""
    trace = drive(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), 64, 1)
    rows = tuple(row for row in trace.activity.rows if row.action != "toggle")
    without = replace(trace, activity=replace(trace.activity, rows=rows))
    both = merge_lanes([without, trace])
    assert [(r.component, r.action) for r in both.activity.rows] == [
        (r.component, r.action) for r in trace.activity.rows
    ]
    counts = {(r.component, r.action, r.phase): r.count for r in trace.activity.rows}
    for row in both.activity.rows:
        assert row.count == counts[row.component, row.action, row.phase] * (1 if row.action == "toggle" else 2)
    assert isinstance(both.activity.rows[0], Row)


def test_what_does_not_belong_together_is_refused() -> None:
    short, long = (drive(plan("tiny", "spin-glass", {"schedule.sweeps": n}), 64, 1) for n in (20, 30))
    with pytest.raises(ValueError, match="different runs"):
        merge_lanes([short, long])
    few = drive(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), 10, 1)
    with pytest.raises(ValueError, match="64 lanes"):
        merge_lanes([few, short])
