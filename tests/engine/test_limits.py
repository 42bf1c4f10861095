"""What limits a run, against timelines worked out by hand, a second replay, and chips without the part in question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_chips import chip_spec, chip_text
from support_timelines import Fixed

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.limits import limits
from chipsim.engine.timeline import Occupation, Recovery, Service, Stream, Timeline

FS = 1e-15


def by_hand() -> Timeline:
    """Load 0..25, compute 19..59 (the host is free at 19), sample 25..125, read 125..154.

    load    host 1 a word, link 2, memory 1, ten words: the link sets the pace, so the last word comes 18 later
    sample  the clock makes the array work for 100
    read    the read-out senses in 10 and lets the array go; 16 words, of which the host handles one in 1
    """
    timeline = Timeline()
    services = (Service("host", 1, 9, 1), Service("link", 2, 18, 5), Service("memory", 1, 9, 1))
    load = timeline.book("load", Stream(services))
    timeline.book("sample", Stream((Service("clock", 0, 100, 0, ("(array)",)),)), [load])
    timeline.book("compute", Stream((Service("host", 40, 0, 0),)))
    sense = Service("readout", 10, 0, 10, ("(array)",), releases_early=True)
    timeline.book("read", Stream((sense, Service("link", 1, 12, 3), Service("host", 1, 15, 1))))
    return timeline


def told(timeline: Timeline, names: Sequence[str]) -> list[tuple[str, float, float]]:
    """(who, gain, what is left), in femtoseconds."""
    found = limits(timeline, names)
    return [("+".join(s.resources), round(s.gain_s / FS, 6), round(s.elapsed_s / FS, 6)) for s in found]


def test_each_step_by_hand() -> None:
    timeline = by_hand()
    assert [(op.start_fs, op.end_fs) for op in timeline.operations] == [(0, 25), (25, 125), (19, 59), (125, 154)]
    assert told(timeline, ["clock", "host", "link", "memory", "readout"]) == [
        ("clock", 79, 75),  # the read waits for the host, busy until 59 and reached after 13: 46 + 29
        ("host", 26, 49),  # load 24, then read at the pace of the link: 10 + 3 + 12
        ("link", 29, 20),  # the memory sets the pace: load 10; read 10, nothing behind the read-out takes time
        ("memory", 10, 10),
        ("readout", 10, 0),
    ]
    steps = limits(timeline, ["clock", "host", "link", "memory", "readout"])
    assert [step.operations for step in steps] == [
        ("sample",), ("load", "compute", "read"), ("load", "read"), ("load",), ("read",)
    ]  # fmt: skip


def test_equal_stages_are_left_out_together() -> None:
    timeline = Timeline()
    timeline.book(
        "load", Stream((Service("host", 1, 10, 1), Service("controller", 1, 50, 1), Service("memory", 1, 50, 1)))
    )
    timeline.book("compute", Stream((Service("host", 8, 0, 0),)))
    # The load holds the host for 51, whichever of the two is gone; for 11 without both.
    assert told(timeline, ["host", "controller", "memory"]) == [("controller+memory", 40, 19), ("host", 19, 0)]


def test_where_two_take_as_long_the_first_alone_gains_nothing() -> None:
    timeline = Timeline()
    for name in ("a", "b"):
        timeline.book("work", Stream((Service(name, 30, 0, 0),)))
    assert told(timeline, ["a", "b"]) == [("a", 0, 30), ("b", 30, 0)]


def test_a_recovery_grows_when_the_stream_before_it_shrinks() -> None:
    write = Stream((Service("link", 1, 70, 0), Service("memory", 1, 5, 1)))
    timeline = Timeline()
    for _ in range(2):
        timeline.book("write", write)
        timeline.book("wait", Recovery("memory", write, 90))
    assert timeline.elapsed_fs == 180
    # Without the link the memory is held for 6 and still waits until 90 are over.
    assert told(timeline, ["link", "memory"]) == [("memory", 38, 142), ("link", 142, 0)]


def test_nothing_limits_what_takes_no_time() -> None:
    assert limits(Timeline(), ["a"]) == ()


_SERVICES = st.lists(
    st.builds(
        Service, st.sampled_from("abcd"), st.integers(0, 9), st.integers(0, 40), st.integers(0, 9),
        st.sampled_from([(), ("(array)",)]), st.booleans(),
    ),
    min_size=1, max_size=4, unique_by=lambda service: service.resource,
)  # fmt: skip
_STREAMS = st.lists(st.tuples(_SERVICES, st.sets(st.integers(0, 9))), min_size=1, max_size=10)


def booked_without(timeline: Timeline, without: frozenset[str]) -> int:
    """The same operations on a new timeline, with fixed occupations: the rule of `book`, not that of the kernel."""
    again = Timeline()
    for operation, occupation in zip(timeline.operations, timeline.occupations, strict=True):
        after = [again.operations[index] for index in operation.after]
        again.book(operation.name, Fixed(*occupation.held(without)), after)
    return again.elapsed_fs


@given(_STREAMS)
def test_every_step_is_what_booking_without_it_gives(streams: list[tuple[list[Service], set[int]]]) -> None:
    timeline = Timeline()
    for services, before in streams:
        after = [timeline.operations[index] for index in before if index < len(timeline.operations)]
        # The array is held with one component at most.
        alone = [replace_along(service) if index else service for index, service in enumerate(services)]
        timeline.book("work", Stream(tuple(alone)), after)
    elapsed, gone = timeline.elapsed_fs, frozenset[str]()
    for step in limits(timeline, "abcd"):
        singles = [elapsed - booked_without(timeline, gone | {name}) for name in "abcd" if name not in gone]
        gone = gone.union(step.resources)
        assert step.elapsed_s == pytest.approx(booked_without(timeline, gone) * FS, rel=1e-12, abs=0)
        assert step.gain_s == pytest.approx((elapsed - booked_without(timeline, gone)) * FS, rel=1e-9, abs=0)
        assert step.gain_s >= max(singles) * FS * (1 - 1e-9)
        elapsed = booked_without(timeline, gone)
    assert elapsed == 0


def replace_along(service: Service) -> Service:
    return service._replace(along=())


FASTER = {
    "link": ("rate: 1 Gbit/s, latency: 20 ns", "rate: 1e17 bit/s, latency: 0 s"),
    "clock": ("phase: 100 ns", "phase: 1 fs"),
    "bias_dac": ("settle_time: 1 us", "settle_time: 1 fs"),
}


def driven(text: str) -> Device:
    """Two loads, samples in between, three readings, each with some work for the host."""
    netlist = elaborate(chip_spec(text))
    device = Device(compile_program(netlist), lanes=1)
    couplings, biases = np.ones(len(netlist.fabric.edges)), np.zeros(16)
    for beta in (1.0, 2.0):
        device.set_beta(beta)
        device.write(couplings, biases)
        device.sample(3)
        reading = device.read()
        device.compute(500, after=[reading.done])
        device.sample(2)
        device.read()
    return device


@pytest.mark.parametrize("name", FASTER)
def test_a_chip_with_that_part_made_fast_takes_what_is_foretold(name: str) -> None:
    """A fast part still stands in its place; an infinitely fast one is not waited for. Here that is the same."""
    old, new = FASTER[name]
    assert old in chip_text()
    fast = driven(chip_text().replace(old, new))
    slow = driven(chip_text())
    found = limits(slow.timeline, [name])
    assert found[0].resources == (name,)
    assert found[0].elapsed_s == pytest.approx(fast.timeline.elapsed_fs * FS, rel=1e-6)
    assert found[0].gain_s > 0


def test_more_operations_than_anybody_waits_for() -> None:
    """The same loop a thousand times as often gives the same steps, a thousand times as long."""

    def loop(times: int) -> Timeline:
        timeline = Timeline()
        reading: Occupation = Stream((Service("readout", 10, 0, 10, ("(array)",)), Service("host", 1, 60, 1)))
        sampling: Occupation = Stream((Service("clock", 0, 50, 0, ("(array)",)),))
        for _ in range(times):
            timeline.book("sample", sampling)
            timeline.book("read", reading)
        return timeline

    few, many = (limits(loop(times), ["clock", "readout", "host"]) for times in (100, 100_000))
    assert [step.resources for step in few] == [step.resources for step in many]
    for one, thousand in zip(few, many, strict=True):
        assert thousand.gain_s == pytest.approx(1000 * one.gain_s, rel=0.02)


def test_the_trace_says_it_per_component_of_the_chip() -> None:
    trace = driven(chip_text()).finish()
    names = {name for step in trace.timing.limits for name in step.resources}
    assert {"clock", "host", "link", "bias_dac"} <= names
    assert not any(name.startswith("(") for name in names)
