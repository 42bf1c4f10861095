"""The planted noise of few bits is what it claims to be, so that catching it means something."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support_small_chips import SmallChip, compiled, grid, noise_of_bits

from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest

LANES = 4096
SWEEPS = 1000


@pytest.mark.parametrize("bits", [2, 4, 12])
def test_a_free_cell_is_up_with_p_rounded_up(bits: int) -> None:
    """P(floor(u 2**b) / 2**b < p) = ceil(p 2**b) / 2**b, to 5 standard errors of 4 million samples."""
    device = Device(compiled(SmallChip("free", grid("square", 4, 4), 0, 0, 0, seed=0)), LANES, seed=2)
    device.write(np.zeros(24), np.linspace(-0.7, 0.8, 16))
    device.hard_wire_beta(1.0)
    record = RecordRequest(every=1, projections=-1, pairs=np.array([[0, 1]], np.int32))
    with noise_of_bits(bits):
        _, seen = device.sample(SWEEPS, record)
    p = 1 / (1 + np.exp(-2 * device.held_biases))
    expected = 2 * np.ceil(p * 2**bits) / 2**bits - 1
    assert seen.means == pytest.approx(expected, abs=5 / math.sqrt(SWEEPS * LANES))
