"""A weight memory that may be written in full only now and then: a second write waits, and so does the end of a run."""

from __future__ import annotations

import numpy as np
import pytest
from support_chips import chip_spec, chip_text

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.timeline import Operation
from chipsim.report.describe import describe_chip
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

NS = 10**6
# A load takes 535 ns: the memory is held from 30 to 535 ns after its start.
LOAD_NS = 535
CYCLE = "bits_per_cycle: 64, cycle: 1 ns"


def device_of(interval: str) -> Device:
    text = chip_text().replace(CYCLE, f"{CYCLE}, reload_interval: {interval}")
    return Device(compile_program(elaborate(chip_spec(text))), lanes=1)


def write(device: Device) -> Operation:
    fabric = device.program.netlist.fabric
    return device.write(np.ones(len(fabric.edges)), np.zeros(fabric.sites))


def test_a_second_write_begins_an_interval_after_the_first_and_sampling_does_not_wait() -> None:
    device = device_of("10 us")
    first = write(device)
    sampled, _ = device.sample(2)
    second = write(device)
    third = write(device)
    assert (first.start_fs, first.end_fs) == (0, LOAD_NS * NS)
    assert sampled.start_fs == first.end_fs
    assert second.start_fs == 10_000 * NS
    assert third.start_fs == 20_000 * NS
    # What comes after this run could not load before 30 us have passed since the memory was first written.
    assert device.timeline.elapsed_fs == (30 + 30_000) * NS
    assert device.timeline.busy_fs["weights"] == 30_000 * NS


@pytest.mark.parametrize("interval", ["0 s", "1 ns", "505 ns"])
def test_an_interval_shorter_than_a_write_is_none(interval: str) -> None:
    device = device_of(interval)
    write(device)
    assert write(device).start_fs == 512 * NS  # the link is free: 64 words of 8 bits
    assert {op.name for op in device.timeline.operations if op.end_fs > op.start_fs} == {"program"}


def test_a_write_after_a_long_sample_does_not_wait() -> None:
    device = device_of("10 us")
    write(device)
    sampled, _ = device.sample(100)  # 20 us
    assert write(device).start_fs == sampled.end_fs - 30 * NS


def test_waiting_is_paid_by_the_load() -> None:
    settings = {"weights.reload_interval": "1 ms", "schedule.sweeps": 50}
    run = simulate(plan("tiny", "spin-glass", settings), lanes=2)
    once = {r.component: r.count for r in run.trace.activity.rows if r.action == "on" and r.phase == -1 and r.once}
    worked_fs = max(phase.end_fs for phase in run.trace.timing.phases if phase.name != "reload wait")
    assert worked_fs < 10**11
    # 24 couplers and 16 biases: 64 weights of 6 bits, 10 pW a bit.
    assert once["weights"] == 2 * 384 * (run.trace.timing.elapsed_fs - worked_fs)
    row = next(r for r in run.summary["ledger"] if (r["component"], r["action"]) == ("weights", "on"))
    assert row["once_j"] == pytest.approx(
        384 * 10e-12 * (run.trace.timing.elapsed_fs - worked_fs) * 1e-15, rel=1e-9, abs=0
    )
    rewritten = {**settings, "schedule.mode": "anneal", "schedule.beta": {"start": 1, "end": 2, "steps": 3}}
    three = simulate(plan("tiny", "spin-glass", {**rewritten, "schedule.beta_by": "rewrite"}), lanes=2)
    assert not any(row.once for row in three.trace.activity.rows)
    assert three.summary["elapsed_s"] >= 3e-3


def test_check_says_so() -> None:
    lines = describe_chip("tiny", {"weights.reload_interval": "250 ms"}, None)
    assert (
        "weights: at most one full write every 250 ms; a second write waits, and a run takes at least that long"
        in lines
    )
    assert not [line for line in describe_chip("tiny", {}, None) if "full write" in line]
