"""The noise source against chipsim's conformance suite, its own exact law, and the speed of the built-in source."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from dwell_noise.noise import ONE, DwellNoise, DwellParameters

from chipsim.errors import ChipsimError
from chipsim.testing import reference
from chipsim.testing.conformance import Subject, rules
from chipsim.testing.speed import relative_speed
from chipsim.testing.trial import compiled_sweeps, disagreements, stage_parameters, trial_array, trial_program


@reference.noise.register(DwellParameters)
def dwell(params: DwellParameters, y: Any, at: Any) -> Any:
    """Plain numpy, the same roundings as the stage."""
    u, random = reference.uniform(at.random)
    odds, rate = reference.exp2(y), params.rate[at.cell]
    keep = reference.exp2(reference.fma(odds, -rate, -rate))
    where_up = reference.fma(u, odds, u) < reference.fma(keep, odds, ONE)
    where_down = reference.fma(u, odds, u) < reference.fma(keep, -ONE, ONE)
    return reference.word_of(np.where(reference.lanes_of(at.words[at.cell]), where_up, where_down)), random


# The trial chip latches a cell every 200 ns: k at zero field is 0.26 and 0.67.
SUBJECTS = [
    Subject(DwellNoise, {"dwell_time": "300 ns"}),
    Subject(DwellNoise, {"dwell_time": "1 us"}, settle_sweeps=150),
]


@pytest.mark.parametrize("subject", SUBJECTS, ids=["300 ns", "1 us"])
@pytest.mark.parametrize("rule", rules(DwellNoise), ids=lambda rule: rule.__name__)
def test_conformance(rule: Any, subject: Subject) -> None:
    rule(subject)


def test_a_cell_toggles_as_often_as_its_dwell_time_says() -> None:
    """Uncoupled cells with p = P(+1) toggle with 2 p (1-p) (1-k), k = exp(-dt (1 + (1-p)/p) / tau): a k for each field.

    2**20 independent updates a cell; five standard errors of a binomial share.
    """
    tau_s, interval_s, beta = 400e-9, 200e-9, 1.0
    program = trial_program(DwellNoise(kind="dwell_noise", dwell_time="400 ns"), {"couplers.weight_bits": 16})
    biases = np.array([-0.8, -0.2, 0.3, 1.0])
    stages = stage_parameters(program, np.zeros(4), biases)
    lanes, snapshots = 2**16, 16
    array = trial_array(program, lanes, seed=3, beta=beta)
    toggles = np.zeros(4)
    for _ in range(snapshots):
        compiled_sweeps(stages, array, 40)
        array.counters.by_cell[:] = 0
        compiled_sweeps(stages, array, 1)
        toggles += array.counters.by_cell.sum(axis=0)[program.slot_of]
    p = 1 / (1 + np.exp(-2 * beta * biases))
    keep = np.exp(-interval_s / tau_s * (1 + (1 - p) / p))
    assert keep[3] > 3 * keep[0]
    share, wanted = toggles / (lanes * snapshots), 2 * p * (1 - p) * (1 - keep)
    standard_error = np.sqrt(wanted * (1 - wanted) / (lanes * snapshots))
    assert np.abs(share - wanted).max() < 5 * standard_error.max()
    # A dwell time without field dependence would be seen at once.
    flat = 2 * p * (1 - p) * (1 - math.exp(-2 * interval_s / tau_s))
    assert np.abs(share - flat).min() > 20 * standard_error.max()


def test_agrees_with_the_reference_on_a_larger_chip() -> None:
    """Degree 12, masked lanes, clamps: 2 sweeps of 144 cells in 100 lanes."""
    kind = DwellNoise(kind="dwell_noise", dwell_time="300 ns")
    program = trial_program(kind, {"fabric": {"pattern": "G12", "size": [12, 12]}})
    random = np.random.default_rng(1)
    couplings = random.uniform(-1, 1, len(program.netlist.fabric.edges))
    stages = stage_parameters(program, couplings, random.uniform(-1, 1, program.cells))
    array = trial_array(program, lanes=100, seed=7)
    array.state.free[:, ::5] &= random.integers(0, 2**64, (2, 1), np.uint64)
    assert disagreements(program, stages, array, 2) == []


def test_speed_is_at_least_half_of_the_built_in_rate() -> None:
    """Measured 0.64 with AVX-512: one more exponential than the ideal source, and nothing slow."""
    ratio = relative_speed(DwellNoise(kind="dwell_noise", dwell_time="300 ns"))
    assert ratio >= 0.5, f"{ratio:.2f} of the built-in rate"


def test_before_the_first_latch_nothing_is_remembered() -> None:
    """Infinitely long after the last latch the state is a fresh draw: one sweep from all-up is the conditional."""
    program = trial_program(DwellNoise(kind="dwell_noise", dwell_time="1 us"))
    stages = stage_parameters(program, np.zeros(4), np.zeros(4), since_latch_s=math.inf)
    array = trial_array(program, lanes=2**16, seed=1)
    array.state.words[:] = np.uint64(2**64 - 1)
    compiled_sweeps(stages, array, 1)
    up = reference.lanes_of(array.state.words).mean(axis=(0, 2))
    assert np.abs(up - 0.5).max() < 5 * 0.5 / 2**8


def test_a_source_that_hardly_moves_is_refused() -> None:
    program = trial_program(DwellNoise(kind="dwell_noise", dwell_time="1 ms"))
    with pytest.raises(ChipsimError) as caught:
        stage_parameters(program, np.zeros(4), np.zeros(4))
    assert caught.value.code == "chip.out-of-range"
