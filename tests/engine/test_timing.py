"""When things may happen on a device: who waits for whom, and what overlaps. Times in nanoseconds, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from support_chips import chip_spec, chip_text, netlist_of
from support_errors import refused

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.periphery import ARRAY
from chipsim.engine.timeline import Operation
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

NS = 10**6


def device_of(**changes: object) -> Device:
    return Device(compile_program(netlist_of(**changes)), lanes=1)


def write(device: Device) -> Operation:
    fabric = device.program.netlist.fabric
    return device.write(np.ones(len(fabric.edges)), np.zeros(fabric.sites))


def held(operation: Operation, resource: str) -> tuple[float, float]:
    hold = next(h for h in operation.holds if h.resource == resource)
    start = operation.start_fs + hold.offset_fs
    return start / NS, (start + hold.duration_fs) / NS


def test_a_converter_settles_without_keeping_the_link() -> None:
    device = device_of()
    bias = device.set_beta(1.0)
    # 8 bits: host 0..1, link 1..9, controller 29..30 (after 20 of flight), converter 30..1030.
    assert (bias.start_fs, bias.end_fs) == (0, 1030 * NS)
    assert held(bias, "link") == (1, 9)
    assert held(bias, "bias_dac") == held(bias, ARRAY) == (30, 1030)
    # The weights follow on the link at once, the array samples when both are there.
    load = write(device)
    assert held(load, "link") == (9, 521)
    operation, _ = device.sample(1)
    assert operation.start_fs == 1030 * NS


def test_sampling_waits_for_its_weights() -> None:
    device = device_of()
    load = write(device)
    operation, _ = device.sample(3)
    assert operation.start_fs == load.end_fs == 535 * NS
    assert operation.end_fs - operation.start_fs == 3 * 2 * 100 * NS


def test_the_only_buffer_is_not_written_while_it_is_sampled_even_before_the_first_write() -> None:
    device = device_of(buffers=1)
    sampled, _ = device.sample(10)
    load = write(device)
    assert sampled.start_fs == 0
    assert held(load, "weights")[0] == sampled.end_fs / NS == 2000


def test_three_writes_use_two_buffers_in_turn() -> None:
    device = device_of(buffers=2)
    write(device)
    first, _ = device.sample(10)  # 535 .. 2535 with the first buffer
    second_load = write(device)  # beside it, into the second
    third_load = write(device)  # into the first again: free at 2535
    assert second_load.end_fs < first.end_fs
    assert held(third_load, "weights")[0] == first.end_fs / NS == 2535


def test_a_read_waits_for_the_sample_and_lets_the_array_go_after_sensing() -> None:
    device = device_of()
    write(device)
    sampled, _ = device.sample(5)
    reading = device.read()
    assert reading.done.start_fs == sampled.end_fs
    following, _ = device.sample(1)
    assert following.start_fs == sampled.end_fs + 10 * NS
    # 16 bits on the link, 1 each: the host has them 48 after the start.
    assert reading.done.end_fs == sampled.end_fs + 48 * NS


def test_cells_hold_still_while_adcs_convert_them() -> None:
    device = device_of(mode="adc", channels=4, bits=3)
    write(device)
    sampled, _ = device.sample(5)
    reading = device.read()
    # 16 cells, four at a time: 4 conversions of 10. The link needs 3 a cell, 48 in all: lag 45, so the last conversion
    # waits for it.
    assert held(reading.done, ARRAY) == ((sampled.end_fs / NS), sampled.end_fs / NS + 45 + 10)
    following, _ = device.sample(1)
    assert following.start_fs == sampled.end_fs + 55 * NS


def test_shared_adcs_take_their_cells_in_turn() -> None:
    device = device_of(mode="adc", channels=4, bits=1)
    sampled, _ = device.sample(5)
    reading = device.read()
    # 4 rounds of 10, while the link needs no more than 16 for 16 bits.
    assert held(reading.done, ARRAY) == (sampled.end_fs / NS, sampled.end_fs / NS + 40)
    # The last bit: 1 in the controller, 1 and 20 of flight on the link, 1 in the host.
    assert reading.done.end_fs == sampled.end_fs + (40 + 1 + 21 + 1) * NS


def test_a_read_queues_behind_a_program_transfer_on_the_link() -> None:
    device = device_of(buffers=2)
    write(device)
    device.sample(1)  # 535 .. 735
    load = write(device)  # link 513 .. 1025, controller to 1046
    reading = device.read()
    # Controller free at 1046, reached 10 after the start.
    assert held(load, "controller")[1] == 1046
    assert reading.done.start_fs == 1036 * NS


def test_the_host_computes_when_it_has_the_data() -> None:
    device = device_of()
    write(device)
    device.sample(1)
    reading = device.read()
    work = device.compute(100, after=[reading.done])
    assert (work.start_fs, work.end_fs) == (reading.done.end_fs, reading.done.end_fs + 100 * NS)
    other = device.compute(5, unit="controller")
    assert other.end_fs - other.start_fs == 5 * NS
    with refused("chip.no-unit", "gpu"):
        device.compute(1, unit="gpu")


def test_independent_work_overlaps_and_after_forbids_it() -> None:
    device = device_of(buffers=2)
    write(device)
    sampled, _ = device.sample(20)
    computed = device.compute(10)
    later = device.compute(10, after=[sampled])
    assert computed.end_fs < sampled.end_fs
    assert later.start_fs == sampled.end_fs


def test_a_chip_without_a_route_says_which() -> None:
    text = chip_text().replace("  - controller -> bias_dac -> cells\n", "  - controller -> bias_dac\n")
    device = Device(compile_program(elaborate(chip_spec(text))), lanes=1)
    with refused("chip.no-route", "no net leads from a host through a dac"):
        device.set_beta(1.0)


def test_partial_reads_bring_what_was_asked_for() -> None:
    device = device_of()
    write(device)
    device.clamp(np.array([3, 7]), np.array([1, -1], np.int8))
    device.sample(2)
    part = device.read(np.array([7, 3]))
    whole = device.read()
    assert part.spins.tolist() == [[-1, 1]]
    assert whole.spins[0, [3, 7]].tolist() == [1, -1]
    trace = device.finish()
    assert trace.activity.total("sense") == 2 + 16
    assert trace.observations.states.shape == (1, 16, 1)


def test_cores_with_own_links_program_in_half_the_time() -> None:
    spread, together = cored(own_links=True), cored(own_links=False)
    # Two cores: 24 couplers and 16 biases, 64 weights of 8 bits. Through one link 512; through two 256 each, and the
    # lag is what a link needs for all its weights but one.
    one, two = write(together), write(spread)
    assert held(one, "link")[1] - held(one, "link")[0] == 512
    assert held(two, "core.link")[1] - held(two, "core.link")[0] == 256
    assert one.end_fs - two.end_fs == 256 * NS
    for device in (spread, together):
        device.sample(1)
    bits = [device.finish().activity.total("transfer") for device in (spread, together)]
    assert bits == [512, 512]


def cored(own_links: bool) -> Device:
    """The round chip as two cores of 8 cells; each with its link, or both behind one."""
    parts = ("link", "controller", "weights", "cells", "rng", "couplers", "clock")
    inside = parts if own_links else parts[3:]
    lines = chip_text().splitlines()
    written = [line for line in lines if line.startswith("  ") and "kind:" in line]
    entries = {line.strip().split(":")[0].split("[")[0]: line for line in written}
    outer = [entries[name] for name in ("host", *parts) if name not in inside]
    core = ["  core[0..1]:", "    kind: container", "    components:"]
    core += ["    " + entries[name].replace("[*]", "[0..7]") for name in inside]

    def at(name: str) -> str:
        return f"core.{name}" if name in inside else name

    nets = [
        f"  - host <-> {at('link')} <-> {at('controller')}",
        f"  - {at('controller')} -> {at('weights')} -> {at('couplers')} <-> {at('cells')}",
        f"  - {at('rng')} -> {at('cells')}",
        f"  - {at('clock')} -> {at('cells')}",
    ]
    head = lines[: lines.index("components:") + 1]
    text = "\n".join([*head, *outer, *core, "nets:", *nets, "price_table: dtca-physical"])
    return Device(compile_program(elaborate(chip_spec(text))), lanes=1)


def test_what_cells_share_is_powered_in_every_phase() -> None:
    for gated, count in (("core.couplers", 2), ("core.clock", 2)):
        device = cored(own_links=True)
        component = device.program.netlist.components[gated]
        object.__setattr__(component, "kind", component.kind.model_copy(update={"gated": "phase"}))
        device.sample(5)
        rows = [row for row in device.finish().activity.rows if (row.component, row.action) == (gated, "on")]
        assert [row.count for row in rows] == [count * 1000 * NS]
    cells = cored(own_links=True)
    cells.sample(5)
    powered = [row.count for row in cells.finish().activity.rows if (row.component, row.action) == ("core.cells", "on")]
    # 16 cells, each in its own one of two phases of 100, five times.
    assert powered == [16 * 5 * 100 * NS]


def test_rewriting_weights_overlaps_with_sampling_only_where_there_is_a_second_buffer() -> None:
    settings = {"schedule.beta_by": "rewrite", "schedule.beta.steps": 4, "schedule.read_every": "end"}
    one = simulate(plan("tiny", "clamped", settings), lanes=1).summary
    two = simulate(plan("tiny", "clamped", {**settings, "weights.buffers": 2}), lanes=1).summary
    sampled = 200 * 200e-9
    assert two["elapsed_s"] < one["elapsed_s"]
    busy = {row["component"]: row["busy_s"] for row in one["ledger"]}
    # Three of the four loads stand in the way of sampling where there is one buffer, and none where there are two.
    assert one["elapsed_s"] - two["elapsed_s"] == pytest.approx(3 * busy["weights"] / 4, rel=0.2, abs=0)
    assert two["elapsed_s"] > sampled


def test_readings_are_kept_in_their_order() -> None:
    device = device_of()
    write(device)
    readings = []
    for _ in range(4):
        device.sample(1)
        readings.append(device.read().words)
    assert not np.array_equal(readings[0], readings[1])
    assert np.array_equal(device.finish().observations.states, np.array(readings))
