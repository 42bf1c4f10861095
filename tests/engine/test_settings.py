"""What a chip makes of the beta, the weights and the clamps that it is given, held against enumeration.

Every lane gives one independent sample: the state of its cells long after the last change. A mean of spins, or of
products of two, is then known to sqrt((1 - mean**2) / lanes).
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from support_chips import chip_spec, chip_text

from chipsim.compiler.netlist import elaborate
from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.exact import boltzmann, moments

LANES = 20_000
# A ring of four is at equilibrium to better than 1e-4 after a quarter of these.
SETTLED = 60
RING = "edges: [[0, 1], [1, 2], [2, 3], [0, 3]]"


def device_of(text: str) -> Device:
    return Device(compile_program(elaborate(chip_spec(text))), lanes=LANES, seed=11)


def spins(device: Device) -> NDArray[np.int8]:
    return lanes_of_words(device.probe_state(), LANES)


def assert_boltzmann(states: NDArray[np.int8], problem: Problem, beta: float) -> None:
    """All means and correlations within 4.5 sigma of enumeration."""
    means, correlations = moments(boltzmann(problem, beta))
    found = states.astype(np.float64)
    pairs = np.triu_indices(problem.cells, 1)
    expected = np.concatenate([means, correlations[pairs]])
    measured = np.concatenate([found.mean(axis=0), (found.T @ found / len(found))[pairs]])
    z = (measured - expected) / np.sqrt((1 - expected**2) / len(found))
    assert np.abs(z).max() < 4.5, z


# --- latches that pull -----------------------------------------------------------------------------------------------

PULL, BETA = 0.7, 0.8
COUPLINGS = np.array([64, -127, 32, 90]) / 127  # codes of 8 bits
BIASES = np.array([0, 30, 0, -50]) / 127


def pulled(pulls: dict[int, float]) -> Problem:
    """A latch is one more neighbour that never moves: a bias of the cell."""
    biases = BIASES.copy()
    for site, value in pulls.items():
        biases[site] += PULL * value
    return Problem("pulled", np.array([[0, 1], [1, 2], [2, 3], [0, 3]], np.int32), COUPLINGS, biases)


def pulling_device() -> Device:
    device = device_of(chip_text(fabric=RING, coupling=PULL))
    device.hard_wire_beta(BETA)
    device.write(COUPLINGS, BIASES)
    return device


def test_latches_pull_with_their_coupling_from_when_they_are_written() -> None:
    device = pulling_device()
    device.sample(SETTLED)
    assert_boltzmann(spins(device), pulled({}), BETA)
    device.clamp(np.array([0, 2]), np.array([1, -1], np.int8))
    device.sample(SETTLED)
    assert_boltzmann(spins(device), pulled({0: 1, 2: -1}), BETA)
    # One latch turns, another comes in, one stays.
    device.clamp(np.array([0, 3]), np.array([-1, 1], np.int8))
    device.sample(SETTLED)
    assert_boltzmann(spins(device), pulled({0: -1, 2: -1, 3: 1}), BETA)
    # New weights leave the latches alone.
    device.write(COUPLINGS, BIASES)
    device.sample(SETTLED)
    assert_boltzmann(spins(device), pulled({0: -1, 2: -1, 3: 1}), BETA)


def test_every_lane_has_its_own_latches() -> None:
    device = pulling_device()
    values = np.where(np.arange(LANES)[:, None] % 3 == 0, 1, -1).astype(np.int8)  # up in every third lane
    device.clamp(np.array([1]), values)
    device.sample(SETTLED)
    up = values[:, 0] > 0
    assert_boltzmann(spins(device)[up], pulled({1: 1}), BETA)
    assert_boltzmann(spins(device)[~up], pulled({1: -1}), BETA)


def test_a_pull_is_no_clamp() -> None:
    # Pulled cells are updated and paid for; a latch is no cell that toggles.
    device = pulling_device()
    device.clamp(np.array([0, 2]), np.array([1, -1], np.int8))
    device.sample(5)
    trace = device.finish()
    assert trace.activity.total("update") == 5 * 4 * LANES
    assert trace.activity.cell_toggles.sum() == trace.activity.total("toggle")


# --- settings that are rounded ---------------------------------------------------------------------------------------

COARSE_DAC = chip_text(fabric="edges: [[0, 1]]").replace("bits: 8, full_scale: 4", "bits: 2, full_scale: 3")


@pytest.mark.parametrize(("requested", "realised"), [(0.6, 1.0), (0.4, 0.0), (1.7, 2.0), (9.0, 3.0)])
def test_the_chip_works_at_the_beta_that_its_converter_can_set(requested: float, realised: float) -> None:
    # Two bits of 3: the codes 0, 1, 2, 3 stand for themselves.
    device = device_of(COARSE_DAC)
    device.write(np.array([0.5]), np.zeros(2))
    device.set_beta(requested)
    device.sample(SETTLED)
    pair = Problem("pair", np.array([[0, 1]], np.int32), device.held_couplings, np.zeros(2))
    assert device.held_couplings[0] == 64 / 127
    assert_boltzmann(spins(device), pair, realised)
    assert device.finish().fidelity.beta_error == pytest.approx(abs(requested - realised))


def test_the_largest_error_of_all_settings_is_kept() -> None:
    device = device_of(COARSE_DAC)
    # 10.4 codes of 127 are held as 10, then a whole code as it is, then -3.3 as -3.
    errors = []
    for codes, beta in ((10.4, 1.0), (127.0, 0.7), (-3.3, 2.9)):
        device.write(np.array([codes / 127]), np.zeros(2))
        device.set_beta(beta)
        errors.append(abs(device.held_couplings[0] * 127 - codes))
    assert errors == pytest.approx([0.4, 0.0, 0.3], abs=1e-9)
    trace = device.finish()
    assert trace.fidelity.weight_error == pytest.approx(0.4 / 127)
    assert trace.fidelity.beta_error == pytest.approx(0.3)


def test_biases_are_rounded_too() -> None:
    device = device_of(COARSE_DAC)
    device.write(np.array([1.0]), np.array([0.0, 20.25 / 127]))
    device.write(np.array([1.0]), np.zeros(2))
    assert device.finish().fidelity.weight_error == pytest.approx(0.25 / 127)
