"""Policies of updates against the exact law of their own process: of a sweep of all states and choices.

16 snapshots of 1,024 groups, far apart: a million samples, whose law a group knows to a total variation of 0.002.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm
from support_policies import (
    RING,
    States,
    agrees,
    policy_program,
    shares_by_group,
    started,
    stationary,
)

from chipsim.compiler.schedule import DrawnSchedule
from chipsim.kernels.scattered import Scattered
from chipsim.testing.exact import boltzmann, total_variation, total_variation_floor
from chipsim.testing.trial import BIASES, COUPLINGS

GROUPS, SNAPSHOTS = 1024, 16
# Updates of each cell between two snapshots: the slowest mode of these chips halves in two.
SPACING = 40
FIVE = {"edges": [[0, 1], [1, 2], [2, 3], [3, 4], [0, 4], [1, 4]]}
# On the 4-ring, J = 0.6, beta 1: total variation to Boltzmann.
PUBLISHED = {
    ("tick-random", 2): 0.086,
    ("tick-random", 4): 0.036,
    ("tick-random", 10): 0.013,
    ("tick-random", 20): 0.006,
    ("partition", 2): 0.084,
    ("together", 0): 0.391,
}
EXACT = [("sequential", 0), ("random-sequential", 0), ("free-running", 0)]
OTHERS = [("block-random", 2), ("block-stride", 2), ("partition", 3), ("block-random", 3), ("block-stride", 3)]


def sampled(
    order: str, parts: int, fabric: dict[str, Any], couplings: NDArray[np.float64], biases: NDArray[np.float64]
) -> tuple[NDArray[np.float64], States]:
    """Histograms of groups and snapshots, and the states of the problem."""
    program = policy_program(order, parts, fabric)
    array, states = started(program, couplings, biases, 64 * GROUPS, seed=3)
    taken = []
    for shot in range(SNAPSHOTS):
        array.advance(shot * SPACING * program.sweep_fs, (shot + 1) * SPACING * program.sweep_fs)
        taken.append(shares_by_group(array))
    return np.concatenate(taken), states


@pytest.mark.parametrize(("order", "parts"), [*PUBLISHED, *EXACT, *OTHERS])
def test_the_law_of_the_four_ring(order: str, parts: int) -> None:
    samples, states = sampled(order, parts, RING, COUPLINGS, BIASES)
    equilibrium = boltzmann(states.problem, 1.0)
    exact = (order, parts) in EXACT
    law = equilibrium if exact else stationary(states.sweep(order, parts))
    assert agrees(samples, law)
    assert agrees(samples, equilibrium) == exact
    if (order, parts) in PUBLISHED:
        published = PUBLISHED[order, parts]
        assert total_variation(law, equilibrium) == pytest.approx(published, abs=5e-4)
        floor = total_variation_floor(law, 64 * len(samples))
        assert total_variation(samples.mean(axis=0), equilibrium) == pytest.approx(published, abs=5e-4 + 3 * floor)


@pytest.mark.parametrize(("order", "parts"), [("tick-random", 3), *EXACT, *OTHERS])
def test_five_cells_with_unequal_blocks(order: str, parts: int) -> None:
    couplings, biases = np.array([0.5, 0.7, -0.6, 0.4, 0.5, -0.3]), np.array([0.2, -0.1, 0.15, 0.05, -0.2])
    samples, states = sampled(order, parts, FIVE, couplings, biases)
    equilibrium = boltzmann(states.problem, 1.0)
    exact = (order, parts) in EXACT
    assert agrees(samples, equilibrium if exact else stationary(states.sweep(order, parts)))
    assert agrees(samples, equilibrium) == exact


@pytest.mark.parametrize("order", ["sequential", "random-sequential"])
def test_a_sweep_has_one_update_for_each_cell(order: str) -> None:
    """After one sweep from all -1 the law is that of the process, not yet Boltzmann's."""
    array, states = started(policy_program(order), COUPLINGS, BIASES, 64 * 4 * GROUPS, seed=4)
    array.write_spins(np.arange(4), np.zeros((array.groups, 4), np.uint64))
    array.advance(0, array.program.sweep_fs)
    samples, law = shares_by_group(array), states.sweep(order)[0]
    assert agrees(samples, law)
    assert not agrees(samples, boltzmann(states.problem, 1.0))


# --- free-running cells ----------------------------------------------------------------------------------------------

TICKS = 10  # of a mean interval


@pytest.fixture(scope="module")
def at_finite_times() -> tuple[dict[float, NDArray[np.float64]], States]:
    """Histograms of groups that start from all -1, by the time since then in mean intervals."""
    program = policy_program("free-running")
    assert isinstance(program.schedule, DrawnSchedule)
    whole = program.schedule.parameters
    assert isinstance(whole, Scattered)
    interval = program.sweep_fs
    fine = DrawnSchedule(whole._replace(mean=4 / TICKS, ticks_per_sweep=TICKS), interval // TICKS, TICKS, interval, 1)
    array, states = started(program, COUPLINGS, BIASES, 64 * 4 * GROUPS, seed=5, schedule=fine)
    array.write_spins(np.arange(4), np.zeros((array.groups, 4), np.uint64))
    found, now = {}, 0
    for time in (0.3, 1.0, 3.0):
        then = round(time * TICKS) * fine.tick_fs
        array.advance(now, then)
        found[time], now = shares_by_group(array), then
    return found, states


@pytest.mark.parametrize("time", [0.3, 1.0, 3.0])
def test_free_running_cells_follow_the_chain_in_continuous_time(
    at_finite_times: tuple[dict[float, NDArray[np.float64]], States], time: float
) -> None:
    found, states = at_finite_times
    law = expm(states.generator() * time)[0]
    assert agrees(found[time], law)
    assert not agrees(found[time], expm(states.generator() * time * 1.2)[0])


@pytest.mark.parametrize("time", [0.3, 1.0, 3.0])
def test_lanes_of_a_group_share_their_times(
    at_finite_times: tuple[dict[float, NDArray[np.float64]], States], time: float
) -> None:
    """The variance between groups is that of 64 lanes with common events: of two such lanes, exactly."""
    found, states = at_finite_times
    law = expm(states.generator() * time)[0]
    both = np.diag(expm(states.generator_of_two() * time)[0].reshape(16, 16))
    alone = law * (1 - law) / 64
    expected = alone + 63 / 64 * (both - law**2)
    measured = found[time].var(axis=0, ddof=1)
    # The fourth moment of a share exceeds that of a Gaussian by less than threefold in these states.
    error = np.sqrt(6 / len(found[time])) * expected
    common = law > 0.01
    assert (np.abs(measured - expected) < 5 * error)[common].all()
    assert expected.sum() > 1.4 * alone.sum() or time == 3.0
