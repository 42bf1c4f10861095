"""The law comparator against closed forms: response, autocorrelation, and the exact law of small arrays."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, ndtr
from support_noise_chains import probit_gibbs

from chipsim.components.base import ArrayContext
from chipsim.components.noise.rng import FURTHEST_APART, Rng
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.array_rules import chi_square
from chipsim.testing.exact import boltzmann, total_variation
from chipsim.testing.trial import BIASES, COUPLINGS, held_problem, trial_program

TICK_FS = 10**8
RMS = 1.702
LANES, SNAPSHOTS = 2**16, 16


def array_of(
    fabric: dict[str, Any], couplings: NDArray[np.float64], biases: NDArray[np.float64], **changes: Any
) -> tuple[LatchedArray, Problem]:
    """An array under the law comparator, phases of 100 ns, and what its couplers hold."""
    paths = {key.replace("__", "."): value for key, value in changes.items()}
    program = trial_program(changes={"fabric": fabric, "couplers.weight_bits": 16, "rng.law": "comparator", **paths})
    array = LatchedArray(program, LANES, seed=4)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(couplings, biases)))
    array.set_beta(1.0)
    return array, held_problem(program, couplings, biases)


def run(array: LatchedArray, sweeps: int) -> NDArray[np.float64]:
    """Go on without a pause: spins afterwards, (lanes, sites)."""
    now = array.state.tick * TICK_FS
    array.advance(now, now + sweeps * array.program.sweep_fs)
    return lanes_of_words(array.words(array.program.slot_of), LANES).astype(float)


def agrees(array: LatchedArray, law: NDArray[np.float64], sweeps: int) -> bool:
    """Whether snapshots so far apart that they are independent follow a law of all states."""
    counts = np.zeros(len(law))
    for _ in range(SNAPSHOTS):
        index = (run(array, sweeps) > 0) @ (1 << np.arange(array.program.cells))
        counts += np.bincount(index, minlength=len(law))
    excess, limit = chi_square(counts, law * counts.sum())
    print(f"chi-square {excess:.1f} of {limit:.1f}, total variation {total_variation(counts / counts.sum(), law):.4f}")
    return excess < limit


# --- response -------------------------------------------------------------------------------------------------------


def test_the_scale_that_maps_the_probit_to_the_sigmoid_and_what_remains() -> None:
    """1.702 makes the largest difference as small as possible; at most 0.0095 remains."""
    assert Rng.model_fields["noise_rms"].default == RMS
    x = np.linspace(-12, 12, 200_001)
    left = {scale: np.abs(expit(x) - ndtr(x / scale)).max() for scale in (RMS - 0.01, RMS, RMS + 0.01)}
    assert min(left, key=lambda scale: left[scale]) == RMS
    assert 0.0094 < left[RMS] < 0.0095


@pytest.mark.parametrize("rms", [RMS, 1.0])
def test_the_response_is_a_probit(rms: float) -> None:
    """Free cells with biases from -3 to 3; a million samples each of T / tau0 = 4, to 5 standard errors."""
    cells = 33
    biases = np.linspace(-3, 3, cells) * rms / RMS
    chain = {"edges": [[i, i + 1] for i in range(cells - 1)]}
    changes = {"cells__relaxation_time": "50 ns", "rng__noise_rms": rms}
    array, problem = array_of(chain, np.zeros(cells - 1), biases, **changes)
    ups = sum((run(array, 3) > 0).mean(axis=0) for _ in range(SNAPSHOTS)) / SNAPSHOTS
    exact = ndtr(2 * problem.biases / rms)
    assert np.abs((ups - exact) / np.sqrt(exact * (1 - exact) / (LANES * SNAPSHOTS))).max() < 5
    if rms == RMS:
        assert 0.009 < np.abs(ups - expit(2 * problem.biases)).max() < 0.01


def test_a_scale_off_by_one_per_cent_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Rng.noise
    monkeypatch.setattr(Rng, "noise", lambda self, at: (it := exact(self, at))._replace(slope=it.slope * 1.01))
    with pytest.raises(AssertionError):
        test_the_response_is_a_probit(RMS)


# --- two coupled cells under correlated noise -----------------------------------------------------------------------


def exact_pair(coupling: float, biases: NDArray[np.float64], decay: float) -> NDArray[np.float64]:
    """Stationary law of two coupled cells after the second latched, bit i = cell i; beta 1.

    The density of both voltages and both spins, by Gauss-Legendre quadrature between the thresholds at which it jumps.
    """
    spins = np.array([-1, 1])
    thresholds = 2 * (biases[:, None] + coupling * spins) / RMS  # (cell, state of the other)
    nodes, weights = [], []
    for row in thresholds:
        edges = np.array([-8, *np.sort(row), 8])
        x, w = np.polynomial.legendre.leggauss(32)
        half = np.diff(edges)[:, None] / 2
        nodes.append((edges[:-1, None] + half * (1 + x)).ravel())
        weights.append((half * w).ravel())
    spread = math.sqrt(1 - decay**2)
    density = np.ones((len(nodes[0]), len(nodes[1]), 2, 2))  # voltages and spins of both
    for _ in range(60):
        for cell in (0, 1):
            x, w = nodes[cell], weights[cell]
            step = np.exp(-(((x[:, None] - decay * x) / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi)) * w
            density = np.moveaxis(density, (cell, 2 + cell), (0, 1))  # own voltage and spin first
            moved = np.tensordot(step, density.sum(axis=1), 1)  # own voltage, other voltage, other spin
            below = x[:, None] < thresholds[cell]  # own voltage, other spin
            density = np.stack([moved * ~below[:, None], moved * below[:, None]], axis=1)
            density = np.moveaxis(density, (0, 1), (cell, 2 + cell))
        density /= np.einsum("xyst,x,y->", density, *weights)
    return np.einsum("xyst,x,y->ts", density, *weights).ravel()


PAIR_BIASES = np.array([0.3, -0.1])


@pytest.mark.parametrize("relaxation_ns", [100, 400])
def test_two_coupled_cells_follow_their_exact_law(relaxation_ns: int) -> None:
    array, problem = array_of(
        {"edges": [[0, 1]]}, np.array([0.7]), PAIR_BIASES, cells__relaxation_time=f"{relaxation_ns} ns"
    )
    assert array.program.colour_of[array.program.slot_of].tolist() == [0, 1]
    law = exact_pair(float(problem.couplings[0]), problem.biases, math.exp(-200 / relaxation_ns))
    assert law.sum() == pytest.approx(1, abs=1e-9)
    fresh = exact_pair(float(problem.couplings[0]), problem.biases, 0.0)
    spacing = 20 + relaxation_ns // 10
    assert agrees(array, law, spacing)
    assert total_variation(law, fresh) > 0.005
    assert not agrees(array, fresh, spacing)


def test_voltages_that_stop_between_latches_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = Rng.noise

    def stopped(self: Rng, context: ArrayContext) -> Any:
        return exact(self, replace(context, since_latch_s=context.tick_s))

    monkeypatch.setattr(Rng, "noise", stopped)
    with pytest.raises(AssertionError):
        test_two_coupled_cells_follow_their_exact_law(400)


# --- an array whose noise is fresh at each latch --------------------------------------------------------------------


def test_fresh_voltages_sample_the_chain_of_probits_and_not_boltzmann() -> None:
    """On the published 4-ring, the probit alone costs a total variation of 0.0138."""
    ring = {"edges": [[0, 1], [1, 2], [2, 3], [0, 3]]}
    array, problem = array_of(ring, COUPLINGS, BIASES, cells__relaxation_time="5 ns")
    law = probit_gibbs(problem, array.program.colour_of[array.program.slot_of], RMS)
    assert agrees(array, law, 20)
    assert not agrees(array, boltzmann(problem, 1.0), 20)
    assert total_variation(law, boltzmann(problem, 1.0)) == pytest.approx(0.0138, abs=1e-4)


# --- 1/f ------------------------------------------------------------------------------------------------------------


def test_the_sum_of_processes_is_one_over_f() -> None:
    """f S(f) of the Lorentzians, against that of a continuous distribution that ends half a spacing beyond them."""
    for decades in (1.0, 3.0, 4.2):
        kind = Rng.model_validate({"kind": "rng", "law": "comparator", "spectrum": "1/f", "decades": decades})
        times = kind.relaxation_times()
        assert len(kind.own_state(3)) == 3 * 64 * len(times)
        assert times[[0, -1]] == pytest.approx([1, 10**decades])
        ratio = times[1] / times[0]
        assert ratio <= FURTHEST_APART * (1 + 1e-12)
        f = np.geomspace(1 / times[-1], 1, 200) / (2 * math.pi)
        density = f * sum(4 * t / (1 + (2 * math.pi * f * t) ** 2) for t in times)
        first, last = times[0] / math.sqrt(ratio), times[-1] * math.sqrt(ratio)
        angles = np.arctan(2 * math.pi * f * last) - np.arctan(2 * math.pi * f * first)
        assert density == pytest.approx(2 / (math.pi * math.log(ratio)) * angles, rel=0.03)
