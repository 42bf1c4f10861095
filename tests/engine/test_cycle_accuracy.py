"""Six transfers on one shared link, every start and end worked out by hand.

The chip (support_chips, in nanoseconds): host, controller and weight memory handle 64 bits a cycle of 1; the link takes
1 a bit and 20 of flight; a phase is 100, two colours; the read-out senses in 10. 16 cells on 4 x 4, 24 couplers.

A word reaches the next component one latency after it came: 1 for host, controller and memory, its bits + 20 for the
link, 10 for the read-out. The slowest component sets by how much the last word comes after the first (the lag); each is
held from its first word until it has served its last.

    write   2*24 + 16 = 64 weights of 8 bits: the link needs 512, 8 a weight; lag 504
            host 0..505, link 1..513, controller 29..534, memory 30..535; ends at 535
    clamp   4 cells of 2 bits: the link needs 8, 2 a value; lag 6
            host 0..7, link 1..9, controller 23..30, latches and array 24..31; ends at 31
    read    16 cells of 1 bit: the link needs 16, 1 a cell; lag 15
            array 0..10, read-out 0..25, controller 10..26, link 11..27, host 32..48; ends at 48
    sample  5 sweeps: 1000 of the array

Called in this order: write, clamp, clamp, sample, write, sample, read, read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support_chips import netlist_of
from support_timelines import Fixed

from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.timeline import Operation, Timeline

NS = 10**6
# The memory is filled from 30 to 535 after the start of a write.
LOAD = 505

#            (what, start, end, why not a tick earlier)
DOUBLE = [
    ("program", 0, 535),  # nothing before it
    ("clamp", 512, 543),  # link: free at 513, reached 1 after the start
    ("clamp", 520, 551),  # link: free at 521
    ("sample", 551, 1551),  # array: latched at 551
    ("program", 528, 1063),  # link: free at 529; the second buffer is empty, so it runs beside the sample
    ("sample", 1551, 2551),  # array: sampled until 1551; its weights are there since 1063
    ("read", 2551, 2599),  # array
    ("read", 2576, 2624),  # read-out: handed on its last bit at 2576
]

SINGLE = [
    ("program", 0, 535),
    ("clamp", 512, 543),
    ("clamp", 520, 551),
    ("sample", 551, 1551),
    ("program", 1521, 2056),  # the only buffer is in use until 1551, and reached 30 after the start
    ("sample", 2056, 3056),  # its weights
    ("read", 3056, 3104),
    ("read", 3081, 3129),
]


def run_six_transfers(buffers: int) -> Device:
    netlist = netlist_of(buffers=buffers)
    device = Device(compile_program(netlist), lanes=1)
    couplings, biases = np.ones(len(netlist.fabric.edges)), np.zeros(16)
    up = np.ones(4, np.int8)
    device.write(couplings, biases)
    device.clamp(np.arange(4), up)
    device.clamp(np.arange(4, 8), up)
    device.sample(5)
    device.write(-couplings, biases)
    device.sample(5)
    device.read()
    device.read()
    return device


def times(device: Device) -> list[tuple[str, int, int]]:
    return [(op.name, op.start_fs, op.end_fs) for op in device.timeline.operations]


def in_fs(table: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    return [(name, start * NS, end * NS) for name, start, end in table]


def test_double_buffered_by_hand() -> None:
    device = run_six_transfers(buffers=2)
    assert times(device) == in_fs(DOUBLE)
    assert device.timeline.elapsed_fs == 2624 * NS


def test_single_buffered_by_hand() -> None:
    assert times(run_six_transfers(buffers=1)) == in_fs(SINGLE)


def test_removing_the_second_buffer_costs_exactly_one_load() -> None:
    double, single = run_six_transfers(buffers=2), run_six_transfers(buffers=1)
    assert single.timeline.elapsed_fs - double.timeline.elapsed_fs == LOAD * NS
    assert single.timeline.busy_fs["weights"] == double.timeline.busy_fs["weights"] == 2 * LOAD * NS
    # A third buffer has nothing to hide.
    assert times(run_six_transfers(buffers=3)) == in_fs(DOUBLE)


def test_the_link_is_held_for_its_bits_only() -> None:
    device = run_six_transfers(buffers=2)
    assert device.timeline.busy_fs["link"] == (2 * 512 + 2 * 8 + 2 * 16) * NS
    link = sorted(
        (op.start_fs + hold.offset_fs, op.start_fs + hold.offset_fs + hold.duration_fs)
        for op in device.timeline.operations
        for hold in op.holds
        if hold.resource == "link"
    )
    expected = [(1, 513), (513, 521), (521, 529), (529, 1041), (2562, 2578), (2587, 2603)]
    assert link == [(start * NS, end * NS) for start, end in expected]


def spans(operation: Operation, shift_fs: int = 0) -> list[tuple[str, int, int]]:
    starts = [(hold, operation.start_fs + shift_fs + hold.offset_fs) for hold in operation.holds]
    return [(hold.resource, start, start + hold.duration_fs) for hold, start in starts]


def collides(one: list[tuple[str, int, int]], other: list[tuple[str, int, int]]) -> bool:
    return any(r == s and a < d and c < b for r, a, b in one for s, c, d in other)


@pytest.mark.parametrize(("buffers", "waits"), [(2, {}), (1, {4: 1521, 5: 2056})])
def test_one_tick_earlier_is_illegal(buffers: int, waits: dict[int, int]) -> None:
    operations = run_six_transfers(buffers).timeline.operations
    replayed = Timeline()
    for index, operation in enumerate(operations):
        # What an operation waits for beside free resources: the start of time, its weights, its buffer.
        ready = waits.get(index, 0) * NS
        start, before = operation.start_fs, operations[:index]
        assert replayed.is_legal(operation.holds, start, ready)
        assert not replayed.is_legal(operation.holds, start - 1, ready)
        assert replayed.earliest_fs(operation.holds, ready) == start
        # The same without the timeline's own bookkeeping.
        assert not any(collides(spans(operation), spans(other)) for other in before)
        assert start == ready or any(collides(spans(operation, -1), spans(other)) for other in before)
        wait = [replayed.book("wait", Fixed((), ready))]
        replayed.book(operation.name, Fixed(operation.holds, operation.end_fs - start), wait)
    again = [(op.start_fs, op.end_fs) for op in replayed.operations if op.name != "wait"]
    assert again == [(op.start_fs, op.end_fs) for op in operations]
