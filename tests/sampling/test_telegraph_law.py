"""Telegraph noise against the exact Markov chain of words and noise, and against the table of the published 4-ring.

Lanes are independent, and snapshots of one lane lie far apart: a million samples of at most 32 states. Their chi-square
exceeds its limit for one seed in a million. A perfect sampler of 16 states shows a total variation of 0.0015.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support_noise_chains import Chain

from chipsim.components.noise.rng import Rng, TelegraphNoise
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.array_rules import chi_square
from chipsim.testing.exact import boltzmann, total_variation, total_variation_floor
from chipsim.testing.trial import BIASES, COUPLINGS, held_problem, trial_program

TICK_FS = 10**8
LANES, SNAPSHOTS = 2**16, 16
SAMPLES = LANES * SNAPSHOTS
# The 4-ring, J = 0.6, even cells latch before odd ones: d / tau0 -> total variation to Boltzmann, and <s0 s1>.
TABLE = {
    0.2: (0.0403, 0.5886),
    0.5: (0.0705, 0.5546),
    1.0: (0.0749, 0.5517),
    2.0: (0.0409, 0.5911),
    3.0: (0.0170, 0.6168),
    5.0: (0.0024, 0.6322),
}
RING = {"edges": [[0, 1], [1, 2], [2, 3], [0, 3]]}


def array_of(
    fabric: dict[str, Any], ratio: float, couplings: NDArray[np.float64], biases: NDArray[np.float64], seed: int = 3
) -> tuple[LatchedArray, Chain]:
    """An array with phases of `ratio` tau0, and its exact chain."""
    changes = {"fabric": fabric, "couplers.weight_bits": 16, "rng.law": "telegraph"}
    program = trial_program(changes={**changes, "cells.relaxation_time": f"{100 / ratio:.12g} ns"})
    array = LatchedArray(program, LANES, seed)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(couplings, biases)))
    array.set_beta(1.0)
    return array, Chain(held_problem(program, couplings, biases), program.colour_of[program.slot_of])


def run(array: LatchedArray, ticks: int) -> None:
    """Go on without a pause."""
    now = array.state.tick * TICK_FS
    array.advance(now, now + ticks * TICK_FS)


def configurations(array: LatchedArray) -> NDArray[np.int64]:
    """How many lanes are in each state, bit i = site i."""
    spins = lanes_of_words(array.words(array.program.slot_of), LANES)
    index = (spins > 0) @ (1 << np.arange(array.program.cells))
    return np.bincount(index, minlength=2**array.program.cells)


def shares(array: LatchedArray, sweeps: int) -> NDArray[np.float64]:
    """Counts of states in snapshots so many sweeps apart."""
    counts = np.zeros(2**array.program.cells)
    for _ in range(SNAPSHOTS):
        run(array, sweeps * array.program.colours)
        counts += configurations(array)
    return counts


def agrees(counts: NDArray[Any], law: NDArray[np.float64]) -> bool:
    """Whether independent counts follow a law."""
    excess, limit = chi_square(counts, law * counts.sum())
    print(f"chi-square {excess:.1f} of {limit:.1f}, total variation {total_variation(counts / counts.sum(), law):.4f}")
    return excess < limit


def spacing(ratio: float) -> int:
    """Sweeps after which a lane has forgotten: as long as noise and the slowest mode of the ring take."""
    return 20 + math.ceil(40 / ratio)


def ring(ratio: float) -> tuple[LatchedArray, Chain]:
    return array_of(RING, ratio, COUPLINGS, BIASES)


@pytest.mark.parametrize("ratio", TABLE)
def test_the_table_of_the_four_ring(ratio: float) -> None:
    array, chain = ring(ratio)
    counts = shares(array, spacing(ratio))
    law, equilibrium = chain.stationary(ratio), boltzmann(chain.problem, 1.0)
    assert agrees(counts, law)
    assert agrees(counts, equilibrium) == (ratio == 5)  # 0.0024 would take ten times the samples
    published, correlation = TABLE[ratio]
    floor = total_variation_floor(law, SAMPLES)
    assert total_variation(law, equilibrium) == pytest.approx(published, abs=1e-4)
    assert total_variation(counts / SAMPLES, equilibrium) == pytest.approx(published, abs=2 * floor)
    spins = 2 * chain.bits - 1
    product = spins[:, 0] * spins[:, 1]
    assert law @ product == pytest.approx(correlation, abs=1e-4)
    error = math.sqrt((1 - correlation**2) / SAMPLES)
    assert counts @ product / SAMPLES == pytest.approx(correlation, abs=5 * error)


# name -> fabric, couplings, colours
SMALL: dict[str, tuple[dict[str, Any], list[float], int]] = {
    "triangle and one": ({"edges": [[0, 1], [1, 2], [0, 2], [2, 3]]}, [0.6, -0.5, 0.4, 0.7], 3),
    "five cells, three colours": (
        {"edges": [[0, 1], [1, 2], [2, 3], [3, 4], [0, 4], [1, 4]]}, [0.5, 0.7, -0.6, 0.4, 0.5, -0.3], 3,
    ),
    "complete": ({"complete": 5}, [0.3, -0.4, 0.5, 0.2, 0.6, -0.3, 0.4, 0.3, -0.5, 0.2], 5),
    "neighbours latch together": ({**RING, "colours": 1, "coupled_updates": "allow"}, [0.6, 0.5, 0.4, -0.3], 1),
    "some neighbours latch together": (
        {"edges": [[0, 1], [1, 2], [0, 2]], "colours": 2, "coupled_updates": "allow"}, [0.6, 0.5, 0.4], 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("ratio", [0.3, 1.0])
@pytest.mark.parametrize("name", SMALL)
def test_any_number_of_colours(name: str, ratio: float) -> None:
    fabric, couplings, colours = SMALL[name]
    cells = 5 if colours == 5 or "five" in name else 3 if len(couplings) == 3 else 4
    array, chain = array_of(fabric, ratio, np.array(couplings), np.array([0.2, -0.1, 0.15, 0.05, -0.2])[:cells])
    assert array.program.colours == colours
    counts = shares(array, spacing(ratio))
    assert agrees(counts, chain.stationary(ratio))
    assert not agrees(counts, boltzmann(chain.problem, 1.0))


# --- pauses, writes and clamps --------------------------------------------------------------------------------------

# Ticks, and the pause after them in phases; between them beta, couplings, words and clamps change as below.
CYCLE = [(1, 0.0), (2, 0.4), (3, 0.0), (2, 1.5), (5, 0.0), (4, 0.3), (4, 0.0)]


def changes_of(array: LatchedArray, chain: Chain, piece: int) -> tuple[Chain, int | None]:
    """Change the array after a piece of the cycle: the chain from then on, and the site that was written."""
    program, problem = array.program, chain.problem
    cells = np.arange(program.cells)
    if piece in (0, 3):
        beta = 0.5 if piece == 0 else 1.0
        array.set_beta(beta)
        return Chain(problem, chain.colours, beta, chain.held), None
    if piece in (1, 4):
        flipped = Problem("flipped", problem.edges, -problem.couplings, problem.biases)
        array.load(program.field(program.netlist.domain.coupler.kind.quantise(flipped.couplings, flipped.biases)))
        return Chain(flipped, chain.colours, chain.beta, chain.held), None
    if piece in (2, 5):
        slot = program.slot_of[0]
        array.write_spins(np.array([slot]), array.state.lanes[:, None].copy())
        array.hold(cells == slot if piece == 2 else cells < 0)
        return Chain(problem, chain.colours, chain.beta, (0,) if piece == 2 else ()), 0
    return chain, None


@pytest.mark.parametrize("fabric", ["ring", "triangle and one"])
def test_noise_goes_on_over_pauses_writes_and_clamps(fabric: str) -> None:
    """A cycle of 21 ticks, cut in the middle of sweeps too, against the same cycle of the exact chain."""
    couplings = COUPLINGS if fabric == "ring" else np.array(SMALL[fabric][1])
    ratio = 0.8
    array, chain = array_of(RING if fabric == "ring" else SMALL[fabric][0], ratio, couplings, BIASES, seed=5)
    law, colours = chain.drift(chain.uniform(), math.inf), array.program.colours
    ended = 0
    for _ in range(colours + 1):  # so that a cycle begins with each colour
        for piece, (ticks, pause) in enumerate(CYCLE):
            tick = array.state.tick
            array.advance(ended, ended + ticks * TICK_FS)
            for latch in range(tick, tick + ticks):
                law = chain.latch(chain.drift(law, ratio), latch % colours)
            assert agrees(configurations(array), law.sum(axis=1))
            chain, written = changes_of(array, chain, piece)
            law = law if written is None else chain.write(law, written)
            law = chain.drift(law, pause * ratio)
            ended += round((ticks + pause) * TICK_FS)
    assert not agrees(configurations(array), boltzmann(chain.problem, 1.0))


# --- planted faults -------------------------------------------------------------------------------------------------


def planted(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Change the probabilities of no renewal."""
    exact = Rng.noise

    def faulty(self: Rng, context: Any) -> TelegraphNoise:
        noise = exact(self, context)
        assert isinstance(noise, TelegraphNoise)
        own = np.eye(len(noise.now), dtype=bool)
        if fault == "ignores the field of the moment":
            return noise._replace(latch=np.where(own, noise.latch, np.float32(0)))
        if fault == "stops between latches":
            one_phase = np.float32(math.exp(-context.tick_s / context.relaxation_time_s))
            return noise._replace(latch=np.where(own, one_phase, np.float32(0)))
        if fault == "is one phase late":
            one_phase = np.float32(math.exp(-context.tick_s / context.relaxation_time_s))
            return noise._replace(latch=np.where(own, noise.latch, one_phase * noise.latch))
        assert fault == "starts again after each change"
        return noise._replace(now=np.zeros_like(noise.now))

    monkeypatch.setattr(Rng, "noise", faulty)


@pytest.mark.parametrize("fault", ["ignores the field of the moment", "stops between latches"])
def test_the_table_catches(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, fault)
    with pytest.raises(AssertionError):
        test_the_table_of_the_four_ring(1.0)


def test_five_colours_catch_a_neighbour_seen_one_phase_late(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "is one phase late")
    with pytest.raises(AssertionError):
        test_any_number_of_colours("complete", 1.0)


def test_the_cycle_catches_noise_that_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "starts again after each change")
    with pytest.raises(AssertionError):
        test_noise_goes_on_over_pauses_writes_and_clamps("ring")


def test_rates_that_ignore_the_field_are_caught() -> None:
    """Without any field, the cells are free."""
    array, chain = ring(1.0)
    array.set_beta(0.0)
    assert not agrees(shares(array, spacing(1.0)), chain.stationary(1.0))
