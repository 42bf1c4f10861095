"""Cells in containers: each core's own link, controller, memory and read-out carry what belongs to its own cells.

The chip is the round one of support_chips with 16 x 4 cells, once flat and once in four cores of 4 x 4.
A bit a nanosecond on each link, weights of 8 bits, everything by hand.
"""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from support_chips import chip_spec, chip_text

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.components.base import Transfer
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace

NS = 10**6
FLAT = chip_text(fabric="pattern: square, size: [16, 4]")
ALL = np.arange(64)


def in_cores(text: str, cores: int = 4) -> str:
    """The same chip with everything but host and clock in cores."""
    chip = yaml.safe_load(text)
    outside = {name: chip["components"].pop(name) for name in ("host", "clock")}
    inner_nets = [net for net in chip["nets"] if not net.startswith(("host", "clock"))]
    core = {"kind": "container", "components": chip["components"], "nets": ["link <-> controller", *inner_nets]}
    chip["components"] = {**outside, f"core[0..{cores - 1}]": core}
    chip["nets"] = ["host <-> core.link", "clock -> core.cells"]
    return str(yaml.safe_dump(chip, sort_keys=False))


def device_of(text: str) -> Device:
    return Device(compile_program(elaborate(chip_spec(text))), lanes=64, seed=5)


def driven(text: str) -> Trace:
    """Weights, a bias, clamps, sweeps and a reading."""
    device = device_of(text)
    device.write(np.resize([1.0, -0.5, 0.25], len(device.program.netlist.fabric.edges)), np.zeros(64))
    device.set_beta(0.7)
    device.clamp(np.array([1, 2, 50]), np.array([1, -1, 1], np.int8))
    device.sample(20)
    device.read()
    return device.finish()


def counts_of(trace: Trace) -> dict[str, int]:
    """Counts of one repetition by component and action, without the core's name and without power."""
    names = {(row.component, row.action) for row in trace.activity.rows if row.action != "on"}
    return {f"{c.removeprefix('core.')}.{a}": trace.activity.total(a, c) // trace.lanes for c, a in names}


def test_cores_compute_the_same_and_count_the_same_but_for_packing_and_ways() -> None:
    flat, cores = driven(FLAT), driven(in_cores(FLAT))
    assert np.array_equal(flat.observations.final_state, cores.observations.final_state)
    assert np.array_equal(flat.activity.cell_toggles, cores.activity.cell_toggles)
    assert np.array_equal(flat.observations.states, cores.observations.states)
    one, four = counts_of(flat), counts_of(cores)
    # Weights: 280 words of 8 bits, in cores 68, 72, 72 and 68 words. A bias of 8 bits, for each core. Clamps of 2 bits,
    # two cells in the first core and one in the last. A reading of 64 bits, 16 in each core.
    assert one.pop("controller.word") == 2240 // 64 + 1 + 1 + 1
    assert four.pop("controller.word") == 4 * 9 + 4 + (1 + 1) + 4
    # The mean way is 7.5 + 1.5 pitches of 6 um across the die, 1.5 + 1.5 across a core.
    assert (one.pop("weights.distribute"), four.pop("weights.distribute")) == (2240 * 54, 2240 * 18)
    assert (one.pop("inputs.distribute"), four.pop("inputs.distribute")) == (6 * 54, 6 * 18)
    assert (one.pop("bias_dac.convert"), four.pop("bias_dac.convert")) == (1, 4)
    assert (one.pop("link.transfer"), four.pop("link.transfer")) == (2240 + 8 + 6 + 64, 2240 + 4 * 8 + 6 + 64)
    assert one.pop("host.small_cache") == four.pop("host.small_cache") == 35 + 1 + 1 + 1
    assert one == four
    assert (four["weights.program"], four["weights.write"], four["inputs.clamp"]) == (64, 2240, 3)


@pytest.mark.parametrize(
    ("sites", "flat_ns", "cores_ns"),
    [
        (ALL, 63, 15),
        (ALL[:16], 15, 15),  # all of one core: its link is as slow as ever
        (ALL[::4], 15, 3),  # four of each core
        (ALL[12:20], 7, 3),  # four of each of two cores
        (ALL[48:49], 0, 0),
    ],
)
def test_a_reading_takes_as_long_as_the_core_with_most_of_its_cells(
    sites: np.ndarray, flat_ns: int, cores_ns: int
) -> None:
    for text, lag_ns in ((FLAT, flat_ns), (in_cores(FLAT), cores_ns)):
        done = device_of(text).read(sites).done
        # Sensing 10, controller 1, link 1 and 20 of flight, host 1; then the other bits, one a nanosecond.
        assert done.end_fs == (33 + lag_ns) * NS


def test_a_program_takes_as_long_as_the_core_with_most_couplers() -> None:
    # 48 horizontal and 60 vertical couplers. A core has 12 and 12 inside, and the middle ones 4 on either border, each
    # with one of its two weights here.
    for text, words in ((FLAT, 2 * 108 + 64), (in_cores(FLAT), 2 * 24 + 8 + 16)):
        operation = device_of(text).write(np.ones(108), np.zeros(64))
        assert operation.end_fs == (1 + 28 + 1 + 1 + (words - 1) * 8) * NS


def test_the_parts_of_a_transfer_add_up() -> None:
    netlist = elaborate(chip_spec(in_cores(FLAT)))
    transfer = netlist.weights
    assert [part.words for part in transfer.parts] == [68, 72, 72, 68]
    assert sum(part.words for part in transfer.parts) == transfer.words == 280
    assert [part.cells for part in transfer.parts] == [16] * 4
    read = netlist.cells_transfer("read", 1, np.array([3, 15, 16, 63]))
    assert [part.cells for part in read.parts] == [2, 1, 0, 1]
    # Where nothing says which container, words are shared out evenly.
    parts = netlist.components["core.link"].parts(Transfer("read", 10, 1, cells=10))
    assert [part.words for part in parts] == [2, 3, 2, 3]


def test_power_is_that_of_all_cores() -> None:
    trace = driven(in_cores(FLAT))
    for name, instances in (("core.link", 4), ("core.inputs", 64), ("host", 1)):
        assert trace.activity.total("on", name) == instances * trace.timing.elapsed_fs * trace.lanes
