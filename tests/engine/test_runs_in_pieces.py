"""A run in pieces is the run: cut between any two clock phases, or between any two looks at continuous cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support_errors import refused

from chipsim.compiler.program import ContinuousProgram
from chipsim.engine.continuous.array import ContinuousArray
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.latched.observers import EnergyObserver, Pace, problem_arrays
from chipsim.testing.trial import MATRIX, differences, held_problem, trial_netlist, trial_program

TICK_FS = 10**8
LANES, TICKS = 100, 60


def started(changes: dict[str, Any]) -> LatchedArray:
    program = trial_program(changes={"fabric": {"edges": [[0, 1], [1, 2], [0, 2], [2, 3]]}, **changes})
    assert program.colours == 3
    weights = program.netlist.domain.coupler.kind.quantise(np.array([0.6, -0.5, 0.4, 0.7]), np.full(4, 0.1))
    array = LatchedArray(program, LANES, seed=3)
    array.load(program.field(weights))
    array.set_beta(np.linspace(0.2, 2, LANES, dtype=np.float32))
    return array


def cuts(seed: int) -> list[int]:
    chosen = np.random.default_rng(seed).choice(np.arange(1, TICKS), 20, replace=False)
    return [*np.sort(chosen).tolist(), TICKS]


LAWS: dict[str, dict[str, Any]] = {
    "ideal": {},
    "redraw": {"rng.law": "redraw"},
    "slow": {"rng.law": "redraw", "cells.relaxation_time": "20 us"},
    "telegraph": {"rng.law": "telegraph"},
    "comparator": {"rng.law": "comparator"},
    "1/f": {"rng.law": "comparator", "rng.spectrum": "1/f", "rng.decades": 1},
    "given spectrum": {
        "rng.law": "comparator",
        "rng.spectrum": "given",
        "rng.spectrum_times": [0.5, 4],
        "rng.spectrum_shares": [1, 2],
    },
}


@pytest.mark.parametrize("law", LAWS)
def test_an_array_is_cut_between_phases(law: str) -> None:
    whole, pieces = started(LAWS[law]), started(LAWS[law])
    problem = problem_arrays(whole.program, held_problem(whole.program, np.full(4, 0.5), np.zeros(4)))
    seen = [EnergyObserver(problem, Pace(2, 0, TICKS // 6), whole.groups) for _ in range(2)]
    whole.advance(0, TICKS * TICK_FS, [seen[0]])
    for cut in cuts(1):
        pieces.advance(pieces.state.tick * TICK_FS, cut * TICK_FS, [seen[1]])
    assert differences(whole.state, pieces.state) + differences(whole.counters, pieces.counters) == []
    assert np.array_equal(seen[0].energies, seen[1].energies)
    assert seen[0].energies.any()


@pytest.mark.parametrize("law", LAWS)
def test_snapshots_at_twenty_phases_go_on_alike(law: str) -> None:
    whole, array = started(LAWS[law]), started(LAWS[law])
    whole.advance(0, TICKS * TICK_FS)
    for cut in cuts(2)[:-1]:
        array.advance(array.state.tick * TICK_FS, cut * TICK_FS)
        snapshot = array.snapshot()
        array.advance(cut * TICK_FS, TICKS * TICK_FS)
        assert differences(whole.state, array.state) + differences(whole.counters, array.counters) == []
        array.restore(snapshot)


def test_a_phase_is_never_cut() -> None:
    array = started({})
    with refused("run.argument", "100000000 fs"):
        array.advance(0, TICK_FS + 1)


def continuous() -> ContinuousArray:
    from chipsim.components.couplers.conductance import Conductance

    kind = {"kind": "conductance", "bits": 10, "range": "1 mS", "sign": "both", "pitch": "30 um"}
    device = ContinuousDevice(ContinuousProgram(trial_netlist(Conductance.model_validate(kind))), lanes=3, seed=4)
    device.write(MATRIX)
    device.drive(np.array([0.01, -0.02, 0.03, 0.0]))
    return device.array


def test_snapshots_of_continuous_cells_go_on_alike() -> None:
    """At twenty looks: voltages in between, and the numbers of readings, are those of the run without a break."""
    times = np.cumsum(np.random.default_rng(5).uniform(1e-7, 2e-6, 40))
    whole = continuous()
    states = [whole.advance(np.array([step]))[:, 0] for step in np.diff(times, prepend=0.0)]
    last = whole.normals(2, 3)
    array = continuous()
    steps = np.diff(times, prepend=0.0)
    for look in range(20):
        snapshot = array.snapshot()
        for later in range(look, len(steps)):
            assert np.array_equal(array.advance(np.array([steps[later]]))[:, 0], states[later])
        assert np.array_equal(array.normals(2, 3), last)
        array.restore(snapshot)
        array.advance(np.array([steps[look]]))
