"""Powered time, clock pins and conversions of a chip with two cores, by hand.

Each core has a triangle of cells, and one coupler joins the two: 6 cells, 7 couplers, 3 colours, phases of 100 ns.
A bit takes 1 ns on a link, a controller or host 1 ns a word of 64 bits, a bias code 1,000 ns, a latch 1 ns a value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml
from support_chips import chip_spec, chip_text

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace

NS = 10**6
LANES = 3
EDGES = [[0, 1], [1, 2], [0, 2], [2, 3], [3, 4], [4, 5], [3, 5]]
SWEEPS = 7
SAMPLED = SWEEPS * 3 * 100
# What a set of weights takes: a value of 8 bits at either end of a coupler, and a bias for each cell.
WEIGHT_BITS = (2 * 7 + 6) * 8


def two_cores(**changes: dict[str, Any]) -> Device:
    """The round chip of support_chips with everything but host and clock in two cores; `changes` by component."""
    chip = yaml.safe_load(chip_text(fabric=f"edges: {EDGES}"))
    parts = {name.removesuffix("[*]"): part for name, part in chip["components"].items()}
    for name, change in changes.items():
        parts[name].update(change)
    outside = {name: chip["components"].pop(name) for name in ("host", "clock")}
    nets = ["link <-> controller", *(net for net in chip["nets"] if not net.startswith(("host", "clock")))]
    core = {"kind": "container", "components": chip["components"], "nets": nets}
    chip["components"] = {**outside, "core[0..1]": core}
    chip["nets"] = ["host <-> core.link", "clock -> core.cells"]
    return Device(compile_program(elaborate(chip_spec(yaml.safe_dump(chip, sort_keys=False)))), lanes=LANES)


def driven(device: Device, clamped: int = 0) -> Trace:
    device.set_beta(1.0)
    if clamped:
        device.clamp(np.arange(clamped), np.ones(clamped, np.int8))
    device.sample(SWEEPS)
    return device.finish()


def per_lane(trace: Trace, action: str, component: str) -> int:
    total = trace.activity.total(action, component)
    assert total % LANES == 0
    return total // LANES


def test_every_core_is_powered_while_it_is_held() -> None:
    phase = {"gated": "phase"}
    device = two_cores(host=phase, link=phase, controller=phase, bias_dac=phase, inputs=phase)
    trace = driven(device, clamped=4)
    # A bias of 8 bits in 8 ns of each link. Clamps of 2 bits: cells 0, 1, 2 in one core and 3 in the other, so the
    # last of the first core comes 2 * 2 ns after the first one; all are held for their first word and those 4.
    held_ns = {
        "host": 1 * (1 + 1 + 4),
        "core.link": 2 * (8 + 2 + 4),
        "core.controller": 2 * (1 + 1 + 4),
        "core.bias_dac": 2 * 1_000,
        "core.inputs": 6 * (1 + 4),  # a latch beside each cell
    }
    assert {name: per_lane(trace, "on", name) for name in held_ns} == {k: v * NS for k, v in held_ns.items()}


def test_every_core_is_powered_while_the_array_works() -> None:
    run = {"gated": "run"}
    parts = ("host", "link", "controller", "bias_dac", "inputs", "clock", "rng", "weights")
    trace = driven(two_cores(**dict.fromkeys(parts, run)))
    instances = {
        "host": 1, "clock": 1, "core.link": 2, "core.controller": 2, "core.bias_dac": 2,
        "core.inputs": 6, "core.rng": 6, "core.weights": WEIGHT_BITS,
    }  # fmt: skip
    assert {name: per_lane(trace, "on", name) for name in instances} == {
        name: many * SAMPLED * NS for name, many in instances.items()
    }


def test_every_core_is_powered_all_the_time() -> None:
    trace = driven(two_cores(weights={"buffers": 3}))
    # Host 1 ns, link 20 + 8, controller 1, converter 1,000; then the sweeps.
    elapsed = (1 + 28 + 1 + 1_000 + SAMPLED) * NS
    assert trace.timing.elapsed_fs == elapsed
    units = {"host": 1, "core.link": 2, "core.controller": 2, "core.bias_dac": 2, "core.inputs": 6}
    for name, many in {**units, "core.weights": 3 * WEIGHT_BITS}.items():
        assert per_lane(trace, "on", name) == many * elapsed


@pytest.mark.parametrize("clamped", [0, 4])
def test_gated_cells_are_powered_in_their_own_phase_and_shared_parts_in_all(clamped: int) -> None:
    phase = {"gated": "phase"}
    trace = driven(two_cores(cells=phase, rng=phase, clock=phase), clamped)
    updates = SWEEPS * (6 - clamped)
    assert per_lane(trace, "update", "core.cells") == updates
    assert per_lane(trace, "on", "core.cells") == per_lane(trace, "on", "core.rng") == updates * 100 * NS
    assert per_lane(trace, "on", "clock") == SAMPLED * NS


@pytest.mark.parametrize("clamped", [0, 4])
def test_a_free_tree_drives_all_cells_in_every_phase(clamped: int) -> None:
    free = driven(two_cores(clock={"tree": "free"}), clamped)
    assert per_lane(free, "tick", "clock") == SWEEPS * 3 * 6
    gated = driven(two_cores(clock={"tree": "gated"}), clamped)
    assert per_lane(gated, "tick", "clock") == SWEEPS * (6 - clamped)


def test_a_bias_is_converted_in_every_core() -> None:
    trace = driven(two_cores())
    assert per_lane(trace, "convert", "core.bias_dac") == 2
    assert per_lane(trace, "transfer", "core.link") == 2 * 8
    assert (per_lane(trace, "word", "core.controller"), per_lane(trace, "small_cache", "host")) == (2, 1)
