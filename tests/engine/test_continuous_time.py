"""Time on chips with continuous cells: who waits for whom, and what limits a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chipsim.compiler.program import ContinuousProgram
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.limits import limits
from chipsim.engine.timeline import Operation
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.units import to_fs

MATRIX = np.array([[2.0, -0.5, -0.3], [-0.5, 1.5, 0.0], [-0.3, 0.0, 1.0]])
MICROSECOND = to_fs(1e-6)
FS = 1e-15


def device(changes: dict[str, Any] | None = None) -> ContinuousDevice:
    program = plan("ou-256", "linear-solve", {"matrix.size": 3, **(changes or {})}).program
    assert isinstance(program, ContinuousProgram)
    return ContinuousDevice(program, lanes=2)


def held(operation: Operation, resource: str) -> tuple[int, int]:
    """From when to when."""
    hold = next(hold for hold in operation.holds if hold.resource == resource)
    begin = operation.start_fs + hold.offset_fs
    return begin, begin + hold.duration_fs


def test_a_read_out_follows_the_first_sample_and_the_array_goes_on() -> None:
    chip = device()
    written = chip.write(MATRIX)
    seen = chip.observe(5, 10e-6)
    rest, stream = seen.done
    assert stream.start_fs == written.end_fs + 10 * MICROSECOND == rest.start_fs
    assert rest.end_fs == written.end_fs + 50 * MICROSECOND
    assert stream.end_fs < rest.end_fs
    assert chip.relax(1e-6).start_fs == rest.end_fs
    phases = [(phase.name, phase.end_fs - phase.start_fs) for phase in chip.finish().timing.phases]
    assert phases[1] == ("observe", 50 * MICROSECOND)


def test_a_single_sample_takes_its_spacing() -> None:
    chip = device()
    written = chip.write(MATRIX)
    rest, stream = chip.observe(1, 10e-6).done
    assert rest.end_fs == stream.start_fs == written.end_fs + 10 * MICROSECOND


def test_heat_of_an_observation_belongs_to_it() -> None:
    chip = device()
    chip.write(MATRIX)
    chip.drive(np.full(3, 0.1))
    chip.observe(5, 10e-6)
    trace = chip.finish()
    heat = [row for row in trace.activity.rows if row.action == "dissipate"]
    assert [trace.timing.phases[row.phase].name for row in heat] == ["observe"]
    assert heat[0].count > 0


def test_with_one_buffer_everything_stands_still_while_it_is_written() -> None:
    chip = device()
    chip.write(MATRIX)
    relaxing = chip.relax(100e-6)
    again = chip.write(2 * MATRIX)
    begin, end = held(again, "weights")
    assert begin == relaxing.end_fs
    assert held(again, "(array)") == (begin, end)
    assert held(chip.drive(np.zeros(3)), "(array)")[0] >= end
    assert chip.relax(1e-6).start_fs >= end


def test_with_two_buffers_it_relaxes_while_the_next_matrix_is_written() -> None:
    chip = device({"weights.buffers": 2})
    first = chip.write(MATRIX)
    relaxing = chip.relax(100e-6)
    second = chip.write(2 * MATRIX)
    assert second.start_fs < first.end_fs < relaxing.end_fs
    assert second.end_fs < relaxing.end_fs
    third = chip.write(3 * MATRIX)
    assert held(third, "weights")[0] == relaxing.end_fs
    assert chip.relax(1e-6).start_fs >= third.end_fs


FASTER = {
    "link": {"link.rate": "1e17 bit/s", "link.latency": "0 s"},
    "readout": {"readout.rate": "1e12 Hz"},
    "inputs": {"inputs.rate": "1e12 Hz"},
}


def driven(chip: ContinuousDevice, relax_s: float = 100e-6) -> ContinuousDevice:
    """Two matrices; inputs, relaxation, a reading and some work for the host with each."""
    for factor in (1.0, 2.0):
        chip.write(factor * MATRIX)
        chip.drive(np.full(3, 0.1))
        chip.relax(relax_s)
        seen = chip.read()
        chip.compute(500, after=seen.done)
    return chip


@pytest.mark.parametrize("name", FASTER)
def test_a_chip_with_that_part_made_fast_takes_what_is_foretold(name: str) -> None:
    """A fast part still stands in its place; one that is left out is not waited for. Here that is the same."""
    found = limits(driven(device()).timeline, [name])
    fast = driven(device(FASTER[name])).timeline
    assert found[0].resources == (name,)
    assert found[0].gain_s > 0
    assert found[0].elapsed_s == pytest.approx(fast.elapsed_fs * FS, rel=1e-7)


def test_the_cells_are_what_a_relaxation_waits_for() -> None:
    slow = driven(device())
    first = slow.finish().timing.limits[0]
    assert (first.resources, first.operations) == (("cells",), ("relax",))
    assert first.elapsed_s == pytest.approx(driven(device(), 0.0).timeline.elapsed_fs * FS, rel=1e-12)


def test_a_run_says_what_limits_it_down_to_nothing() -> None:
    summary = simulate(plan("ou-256", "linear-solve", {"matrix.size": 3, "schedule.samples": 7}), lanes=2).summary
    steps = summary["limit"]["steps"]
    assert summary["limit"]["waits_for"] == "cells"
    assert steps[0]["operations"] == ["relax", "observe"]
    assert steps[-1]["elapsed_s"] == 0
    assert sum(step["gain_s"] for step in steps) == pytest.approx(summary["elapsed_s"])
    named = [name for step in steps for name in step["resources"]]
    assert {"cells", "link", "host", "readout", "inputs"} <= set(named)
    assert not any(name.startswith("(") for name in named)
