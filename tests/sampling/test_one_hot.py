"""A choice made of k p-bits with a one-hot penalty is not a softmax: it is the Boltzmann law of all 2^k states.

E = A (sum n_i - 1)^2 - sum l_i n_i, n_i = (1 + s_i) / 2. Among states with a single 1 the law is softmax(l), exactly;
the others hold a share that falls with A, as does the rate of moves between choices: single
flips pass through them.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2
from support_small_chips import SmallChip, compiled, complete

from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.exact import boltzmann, enumerate_states
from chipsim.testing.trial import held_problem

LOGITS = np.array([-0.2, 1.0, 0.4, -1.2])
K, PENALTY, BETA, LANES = 4, 3.0, 2.0, 8192
PROGRAM = compiled(SmallChip("one-hot", complete(K), 0, 0, 0, seed=0, every=1, weight_bits=16, beta=BETA))
ONE_HOT = (enumerate_states(K) > 0).sum(axis=1) == 1
# The state with only bit i set, for each i.
CHOICES = [int(np.flatnonzero(ONE_HOT & (enumerate_states(K)[:, i] > 0))[0]) for i in range(K)]


def weights_of(penalty: float, logits: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Couplings and biases of the penalty, to be used at `BETA`."""
    pairs = np.full(K * (K - 1) // 2, -penalty / 2 / BETA)
    return pairs, (logits / 2 - penalty / 2 * (K - 2)) / BETA


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(logits) / np.exp(logits).sum())


def ideal(penalty: float) -> Problem:
    return Problem("one-hot", PROGRAM.netlist.fabric.edges, *weights_of(penalty, LOGITS))


def test_given_one_choice_it_is_the_softmax() -> None:
    law = boltzmann(ideal(PENALTY), BETA)[CHOICES]
    np.testing.assert_allclose(law / law.sum(), softmax(LOGITS), rtol=1e-12)


def test_what_it_is_besides() -> None:
    """No choice weighs e^-A, two choices e^(l_i + l_j - A): shares in closed form."""
    counts = enumerate_states(K) > 0
    weight = np.exp(counts @ LOGITS - PENALTY * (counts.sum(axis=1) - 1) ** 2)
    law = boltzmann(ideal(PENALTY), BETA)
    np.testing.assert_allclose(law, weight / weight.sum(), rtol=1e-12)
    assert law[~ONE_HOT].sum() == pytest.approx(0.0856, abs=1e-4)
    assert boltzmann(ideal(6.0), BETA)[~ONE_HOT].sum() < 0.0856 / 10


def drawn(penalty: float, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """(16,) lanes in each state after 300 sweeps from all down: one independent sample a lane."""
    array = LatchedArray(PROGRAM, LANES, seed=3)
    array.load(PROGRAM.field(PROGRAM.netlist.latched.coupler.kind.quantise(*weights_of(penalty, logits))))
    array.set_beta(BETA)
    array.advance(0, 300 * PROGRAM.sweep_fs)
    spins = lanes_of_words(array.words(PROGRAM.slot_of), LANES)
    found = (enumerate_states(K)[None] == spins[:, None]).all(axis=2).argmax(axis=1)
    return np.bincount(found, minlength=2**K).astype(np.float64)


def statistic(seen: NDArray[np.float64], law: NDArray[np.float64]) -> float:
    """Pearson's chi-square; states expected fewer than 5 times are one."""
    expected = law * seen.sum()
    rare = expected < 5
    joined = [np.append(part[~rare], part[rare].sum()) for part in (seen, expected)]
    keep = joined[1] > 0
    return float((((joined[0] - joined[1]) ** 2)[keep] / joined[1][keep]).sum())


def test_the_chip_draws_the_law_of_all_states() -> None:
    """Chi-square below its 1e-4 quantile against the held weights, and beyond twice that against the softmax."""
    seen = drawn(PENALTY, LOGITS)
    held = held_problem(PROGRAM, *weights_of(PENALTY, LOGITS))
    assert statistic(seen, boltzmann(held, BETA)) < chi2.isf(1e-4, 2**K - 1)
    choices = seen[CHOICES]
    assert ((choices - softmax(LOGITS) * LANES) ** 2 / (softmax(LOGITS) * LANES)).sum() > 2 * chi2.isf(1e-4, K - 1)
    # Given one choice it is the softmax, up to the rounding of the weights.
    expected = softmax(LOGITS) * choices.sum()
    assert ((choices - expected) ** 2 / expected).sum() < chi2.isf(1e-4, K - 1)


@pytest.mark.parametrize(("penalty", "logits"), [(-PENALTY, LOGITS), (PENALTY, -LOGITS)], ids=["penalty", "logits"])
def test_a_flipped_sign_shows(penalty: float, logits: NDArray[np.float64]) -> None:
    seen = drawn(penalty, logits)
    held = held_problem(PROGRAM, *weights_of(PENALTY, LOGITS))
    assert statistic(seen, boltzmann(held, BETA)) > 10 * chi2.isf(1e-4, 2**K - 1)
