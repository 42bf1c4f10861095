"""Wrong bits of a read-out whose swing drowns in noise, counted against what was held.

sqrt(kT/C) of 1 fF at 300 K is 2.0352 mV. Half a swing of 5.2163 mV is 1.28155 times that, and a Gaussian lies beyond
1.28155 sigma in one case of ten.
"""

from __future__ import annotations

import numpy as np
import pytest
from support_chips import chip_spec, chip_text

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device, Reading

CHIP = chip_text().replace("sampling_capacitance: 1 fF", "sampling_capacitance: 1 fF\n    swing: 5.2163 mV")
CELLS, LANES = 16, 1_000
BITS = CELLS * LANES
# Up, down, up, ...: a wrong bit turns either.
HELD = np.resize(np.array([1, -1], np.int8), CELLS)


def clamped() -> Device:
    device = Device(compile_program(elaborate(chip_spec(CHIP))), lanes=LANES, seed=3)
    device.clamp(np.arange(CELLS), HELD)
    return device


def wrong(reading: Reading) -> np.ndarray:
    return reading.spins != HELD


def four_sigma(probability: float, trials: int) -> float:
    return 4 * float(np.sqrt(trials * probability * (1 - probability)))


def test_one_bit_in_ten_is_wrong() -> None:
    errors = wrong(clamped().read())
    assert errors.sum() == pytest.approx(0.1 * BITS, abs=four_sigma(0.1, BITS))
    # Of those that are up as of those that are down; and of every cell.
    for sign in (1, -1):
        assert errors[:, sign == HELD].sum() == pytest.approx(0.05 * BITS, abs=four_sigma(0.1, BITS // 2))
    assert errors.sum(axis=0) == pytest.approx(0.1 * LANES, abs=1.25 * four_sigma(0.1, LANES))  # 5 sigma: 16 cells


def test_every_reading_has_errors_of_its_own() -> None:
    device = clamped()
    first, second = wrong(device.read()), wrong(device.read())
    # Wrong both times, if the two are independent: one in a hundred.
    assert (first & second).sum() == pytest.approx(0.01 * BITS, abs=four_sigma(0.01, BITS))
    # And so are two groups of 64 lanes.
    both = first[:64] & first[64:128]
    assert both.sum() == pytest.approx(0.01 * both.size, abs=four_sigma(0.01, both.size))


def test_errors_are_in_what_was_read_and_not_on_the_chip() -> None:
    device = clamped()
    before = device.probe_state()
    reading = device.read()
    assert np.array_equal(device.probe_state(), before)
    assert np.array_equal(device.finish().observations.states[0], reading.words)


def test_lanes_that_nobody_uses_read_nothing() -> None:
    # 1,000 lanes are 15 words of 64 and 40 bits of the next.
    unused = clamped().read().words[:, 15] >> np.uint64(40)
    assert not unused.any()


def test_a_wide_swing_reads_what_is_there() -> None:
    device = Device(compile_program(elaborate(chip_spec(chip_text()))), lanes=LANES, seed=3)
    device.clamp(np.arange(CELLS), HELD)
    assert not wrong(device.read()).any()
