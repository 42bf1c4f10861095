"""Records of couplings give what neighbour lists give, to the bit, with and without delay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support_policies import FREE

from chipsim.components.couplers import records
from chipsim.components.couplers.flights import FlightField
from chipsim.components.couplers.pairs import PairField
from chipsim.components.couplers.records import LINE, RecordField, in_records
from chipsim.engine.latched.array import LatchedArray
from chipsim.testing.trial import trial_program

# From one to seven neighbours, so that records are partly empty.
UNEQUAL = [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6], [0, 7], [2, 3], [4, 7], [8, 1]]
SWEEP_FS = 10**8


def array_of(edges: list[list[int]], bits: int, delay: str = "0 s/m") -> LatchedArray:
    changes: dict[str, Any] = {"fabric": {"edges": edges}, "couplers.weight_bits": bits}
    program = trial_program(FREE, {**changes, "couplers.delay_per_length": delay})
    random = np.random.default_rng(1)
    couplings, biases = random.normal(size=len(edges)) * 0.4, random.normal(size=program.cells) * 0.2
    array = LatchedArray(program, 640, 3)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(couplings, biases)))
    array.set_beta(1.3)
    return array


def states_of(array: LatchedArray) -> list[np.ndarray[Any, Any]]:
    """After 30 sweeps: words, toggles of cells and of lanes."""
    array.advance(0, 30 * SWEEP_FS)
    return [array.state.words, array.counters.by_cell, array.counters.by_lane]


@pytest.mark.parametrize("bits", [6, 16, 24])
@pytest.mark.parametrize("delay", ["0 s/m", "3 ns/um"])
def test_states_are_those_of_neighbour_lists(bits: int, delay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    array = array_of(UNEQUAL, bits, delay)
    held = array.fields[0].inner if isinstance(array.fields[0], FlightField) else array.fields[0]
    assert isinstance(held, RecordField)
    monkeypatch.setattr(records, "MOST_LINES", 0)
    listed = array_of(UNEQUAL, bits, delay)
    plain = listed.fields[0].inner if isinstance(listed.fields[0], FlightField) else listed.fields[0]
    assert isinstance(plain, PairField)
    for one, other in zip(states_of(array), states_of(listed), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.any()


def test_records_begin_at_pairs_of_lines_and_hold_what_the_lists_hold() -> None:
    many = np.array([12, 0, 3])
    first = np.concatenate([[0], np.cumsum(many)]).astype(np.int32)
    neighbour, weight = np.arange(15, dtype=np.int32), np.arange(15, dtype=np.int16) - 7
    field = PairField(first, neighbour, weight, np.int16([1, 2, 3]), np.float32([4, 5, 6]), np.float32([7, 8, 9]))
    held = in_records(field)
    assert isinstance(held, RecordField)
    assert held.lines == 2
    assert held.memory.ctypes.data % (2 * LINE) == 0
    assert held.memory.nbytes == 3 * 2 * LINE
    np.testing.assert_array_equal(held.many, many)
    for cell, few in enumerate(many):
        mine = slice(first[cell], first[cell + 1])
        np.testing.assert_array_equal(held.neighbour[cell, :few], neighbour[mine])
        np.testing.assert_array_equal(held.weight[cell, :few], weight[mine])
    for name in ("base", "scale", "bias"):
        np.testing.assert_array_equal(getattr(held, name), getattr(field, name))


def test_a_cell_with_very_many_neighbours_keeps_its_list() -> None:
    """Records as long as the longest would take a gigabyte for a star of 10,000 cells."""
    many = np.int32([0, 1000, 1001])
    wide = PairField(many, np.zeros(1001, np.int32), np.zeros(1001, np.int16), *np.zeros((3, 2), np.float32))
    assert in_records(wide) is wide
