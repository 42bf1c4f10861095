"""Settling, compiled and by the reference: the same bits, over pauses and cuts in the middle of sweeps."""

from __future__ import annotations

import math

import numpy as np

from chipsim.engine.latched.array import LatchedArray
from chipsim.testing import reference
from chipsim.testing.trial import Stages, differences, trial_program

TICK_FS = 10**8
LANES = 100
# Ticks, and the pause before them in femtoseconds.
PIECES = [(5, 0), (4, 0), (3, 10**8 // 3), (1, 10**9), (1, 0), (2, 10**7), (7, 0)]


def test_telegraph_noise_settles_as_the_reference_says() -> None:
    changes = {"fabric": {"pattern": "triangular", "size": [5, 5]}, "rng.law": "telegraph"}
    program = trial_program(changes=changes)
    assert program.colours == 3
    domain, clocked = program.netlist.latched, program.schedule.parameters
    random = np.random.default_rng(2)
    edges = len(program.netlist.fabric.edges)
    weights = domain.coupler.kind.quantise(random.uniform(-1, 1, edges), random.uniform(-1, 1, 25))
    array = LatchedArray(program, LANES, seed=8)
    array.load(program.field(weights))
    array.set_beta(np.linspace(0, 2, LANES, dtype=np.float32))
    array.hold(np.arange(25) % 4 == 1)
    state, counters = array.state.copy(), array.counters.copy()

    def stages(pause_s: float, since: int, rest: int) -> Stages:
        context = program.array_context(300e-9, pause_s, since, rest)
        return Stages(array.fields[0], domain.cells.kind.activation(context), domain.noise.kind.noise(context))

    now, rest, pause_s = 0, 0, math.inf
    for ticks, pause_fs in PIECES:
        now += pause_fs
        pause_s = pause_s + pause_fs * 1e-15
        array.advance(now, now + ticks * TICK_FS)
        now += ticks * TICK_FS
        first = min(ticks, 3)
        reference.reference_ticks(tuple(stages(pause_s, 0, rest)), clocked, state, counters, first, 3)
        reference.reference_ticks(tuple(stages(0.0, first, rest)), clocked, state, counters, ticks - first, 3)
        assert differences(array.state, state) + differences(array.counters, counters) == []
        array.settle()
        owed = stages(pause_s if ticks < 3 else 0.0, ticks, rest)
        reference.reference_settle(tuple(owed), clocked, state, 3)
        assert differences(array.state, state) == []
        rest, pause_s = state.tick, 0.0
    assert not any(own[1].any() for own in state.own)
