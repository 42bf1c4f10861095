"""64 lanes to a word: spins to words and back, masks of the last word, and counters that agree with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support_chips import netlist_of

from chipsim.compiler.program import compile_program
from chipsim.engine.device import Device
from chipsim.engine.latched.records import RecordRequest
from chipsim.engine.latched.state import lane_masks
from chipsim.engine.packing import lanes_of_words, words_of_lanes


@given(st.integers(1, 200), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_round_trip(lanes: int, cells: int, seed: int) -> None:
    spins = np.random.default_rng(seed).integers(0, 2, (lanes, cells)).astype(np.int8) * 2 - 1
    words = words_of_lanes(spins.astype(np.int8))
    assert words.shape == (cells, -(-lanes // 64))
    assert words.dtype == np.uint64
    assert np.array_equal(lanes_of_words(words, lanes), spins)
    # Lanes that nobody asked for are zero.
    assert not (words & ~lane_masks(lanes)).any()


def test_bit_l_of_word_g_is_lane_64_g_plus_l() -> None:
    spins = np.full((130, 3), -1, np.int8)
    spins[0, 0] = spins[63, 1] = spins[64, 1] = spins[129, 2] = 1
    words = words_of_lanes(spins)
    assert words.tolist() == [[1, 0, 0], [2**63, 1, 0], [0, 0, 2]]


def test_leading_axes_are_kept() -> None:
    words = np.random.default_rng(1).integers(0, 2**64, (5, 4, 2), np.uint64)  # reads, cells, groups
    spins = lanes_of_words(words, 100)
    assert spins.shape == (5, 100, 4)
    for read, lane, cell in ((0, 0, 0), (4, 63, 3), (2, 64, 1), (3, 99, 2)):
        bit = (int(words[read, cell, lane // 64]) >> (lane % 64)) & 1
        assert spins[read, lane, cell] == 2 * bit - 1


@pytest.mark.parametrize(
    ("lanes", "masks"), [(1, [1]), (64, [2**64 - 1]), (65, [2**64 - 1, 1]), (127, [2**64 - 1, 2**63 - 1])]
)
def test_lane_masks(lanes: int, masks: list[int]) -> None:
    assert lane_masks(lanes).tolist() == masks


def test_clamps_may_differ_by_lane_and_hold() -> None:
    netlist = netlist_of()
    device = Device(compile_program(netlist), lanes=70)
    values = np.random.default_rng(2).integers(0, 2, (70, 3)).astype(np.int8) * 2 - 1
    device.set_beta(0.5)
    device.write(np.ones(len(netlist.fabric.edges)), np.zeros(16))
    before = lanes_of_words(device.probe_state(), 70)[:, [2, 9, 11]]
    device.clamp(np.array([2, 9, 11]), values.astype(np.int8))
    device.sample(20)
    reading = device.read()
    assert np.array_equal(reading.spins[:, [2, 9, 11]], values)
    assert len(np.unique(reading.spins, axis=0)) > 60
    trace = device.finish()
    # They turn once, as they are clamped, where they stood the other way.
    assert trace.activity.cell_toggles[[2, 9, 11]].tolist() == (before != values).sum(axis=0).tolist()
    assert trace.activity.total("update") == 20 * 13 * 70


def test_recorded_energies_and_moments_are_those_of_the_states() -> None:
    netlist = netlist_of()
    program = compile_program(netlist)
    device = Device(program, lanes=70)
    random = np.random.default_rng(3)
    # Multiples of one code of the 8-bit weights, so that the chip holds what is asked for.
    couplings = random.integers(-127, 128, len(netlist.fabric.edges)) / 127
    biases = random.integers(-127, 128, 16) / 127
    from chipsim.problems.problem import Problem

    problem = Problem("p", netlist.fabric.edges, couplings, biases)
    device.hard_wire_beta(0.7)
    device.write(couplings, biases)
    device.watch(problem)
    device.sample(9)
    pairs = np.array([[0, 1], [5, 10], [3, 12]], np.int32)
    _, moments = device.sample(1, RecordRequest(every=1, projections=2, pairs=pairs, histogram=True))
    spins = lanes_of_words(device.probe_state(), 70).astype(float)
    records = device.recorded()
    assert records.energies.shape == (1, 70)
    assert records.energies[0] == pytest.approx(problem.energy(spins.astype(np.int8)), abs=1e-5)
    assert np.array_equal(records.projections[0, :, 0], spins.sum(axis=1))
    assert moments.samples == 70
    assert moments.means == pytest.approx(spins.mean(axis=0))
    assert moments.correlations == pytest.approx((spins[:, pairs[:, 0]] * spins[:, pairs[:, 1]]).mean(axis=0))
    index = ((spins > 0) * 2 ** np.arange(16)).sum(axis=1)
    assert np.array_equal(moments.histogram, np.bincount(index.astype(int), minlength=2**16))
