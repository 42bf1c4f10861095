"""Fields far beyond the float range of an exponential: cells that they hold stay aligned, over 10**8 updates.

An exponent that wraps around flips such cells the wrong way (kernels clamp it to +-126). A state seen now and then
would not show it, so toggles are counted: each cell that starts wrong toggles once, and that must be all.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from support_small_chips import SmallChip, compiled, grid

from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words

LANES = 4096
SWEEPS = 1600
CELLS = 16
PLANE = grid("square", 4, 4)


def wrong_cells(words: NDArray[np.uint64], up: NDArray[np.bool_]) -> int:
    """In how many cells and lanes a state differs from the aligned one."""
    return int(((lanes_of_words(words, LANES) > 0) != up).sum())


def new_device(chip: SmallChip) -> tuple[Device, NDArray[np.float64]]:
    """A device at beta 1 and the chip's couplings."""
    device = Device(compiled(chip), LANES, seed=1)
    device.hard_wire_beta(1.0)
    return device, chip.weights(device.program)[0]


def check_alignment(chip: SmallChip, magnitude: float) -> None:
    """Biases of both signs; cells align once, and never toggle again."""
    device, couplings = new_device(chip)
    up = np.arange(CELLS) % 3 == 0
    device.write(couplings, np.where(up, magnitude, -magnitude))
    wrong = wrong_cells(device.probe_state(), up)
    device.sample(SWEEPS)
    trace = device.finish()
    assert trace.activity.total("update") == SWEEPS * LANES * CELLS > 10**8
    assert trace.activity.cell_toggles.sum() == wrong, "not aligned: a cell toggled back"
    assert wrong_cells(trace.observations.final_state, up) == 0, "not aligned at the end"


@pytest.mark.parametrize("law", ["ideal", "redraw"])
@pytest.mark.parametrize("magnitude", [40.0, 100.0, 1000.0])
def test_strong_biases_hold(magnitude: float, law: str) -> None:
    check_alignment(SmallChip("held", PLANE, coupling=0, spread=1, bias=0, seed=21, law=law), magnitude)


def test_a_bias_of_8_does_not_hold() -> None:
    """exp(-16) = 1.1e-7: about a dozen wrong updates in 10**8."""
    with pytest.raises(AssertionError, match="not aligned"):
        check_alignment(SmallChip("loose", PLANE, coupling=0, spread=0, bias=0, seed=21), 8.0)


@pytest.mark.parametrize("coupling", [-300.0, 300.0])
def test_strong_couplings_hold(coupling: float) -> None:
    """Put into one of the two ordered states by biases, the cells hold one another when these are gone."""
    device, couplings = new_device(SmallChip("ordered", PLANE, coupling, spread=0, bias=0, seed=22, weight_bits=24))
    rows, columns = np.divmod(np.arange(CELLS), 4)
    up = (coupling > 0) | ((rows + columns) % 2 == 0)
    wrong = wrong_cells(device.probe_state(), up)
    device.write(0 * couplings, np.where(up, 1000.0, -1000.0))
    device.sample(1)
    device.write(couplings, np.zeros(CELLS))
    device.sample(SWEEPS)
    trace = device.finish()
    assert wrong_cells(trace.observations.final_state, up) == 0
    assert trace.activity.cell_toggles.sum() == wrong
