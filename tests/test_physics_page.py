"""Figures of docs/physics.md are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_history import History
from support_noise_chains import Chain
from support_policies import States, stationary

import chipsim
from chipsim.components.digital.host import CACHE_BYTES, CACHE_WORD_J, KIB, Host
from chipsim.components.noise.rng import FURTHEST_APART, STEPS_PER_RMS, Rng
from chipsim.engine.device import CLAMP_BITS
from chipsim.problems.problem import Problem
from chipsim.statistics.effective_samples import MAX_RHAT, SHORTEST_CHAIN
from chipsim.statistics.success import WANTED
from chipsim.testing.exact import boltzmann, total_variation
from chipsim.testing.trial import BIASES, COUPLINGS
from chipsim.workloads.covariance import MAX_SHORT
from chipsim.workloads.ising.distortion import MAX_BETA_ERROR, MAX_LOST
from chipsim.workloads.ising.schedule import FINE_SWEEPS

PAGE = (Path(__file__).parent.parent / "docs" / "physics.md").read_text()


HOST = Host.model_validate({"kind": "host", "cycle": "1 ns"})
SIZES = ", ".join(f"{size // KIB}" for size in CACHE_BYTES[:-1])
ENERGIES = ", ".join(f"{energy * 1e12:g}" for energy in CACHE_WORD_J[:-1])


@pytest.mark.parametrize(
    "said",
    [
        f"At `noise_rms` {Rng.model_fields['noise_rms'].default}",
        f"at\nmost a factor of {FURTHEST_APART} apart",
        f"in steps of 1/{STEPS_PER_RMS} rms",
        f"**clamp**: {CLAMP_BITS} bits a cell",
        f"the small cache ({HOST.small_cache / KIB:g} KiB), the large one\n  ({HOST.large_cache / KIB:g} KiB)",
        f"takes {HOST.instructions_per_word} instructions",
        f"costs {ENERGIES} and {CACHE_WORD_J[-1] * 1e12:g} pJ at {SIZES} and {CACHE_BYTES[-1] // KIB} KiB",
        f"shorter than {SHORTEST_CHAIN} tau_int",
        f"split R-hat over lanes is above {MAX_RHAT}",
        f"come from {FINE_SWEEPS:,} sweeps",
        f"log(1 - {WANTED}) / log(1 - p)",
        f"lacks more than {MAX_SHORT:.0%}".replace("%", " %"),
        f"beta is more than {MAX_BETA_ERROR:.0%}".replace("%", " %") + " off",
    ],
)
def test_figures(said: str) -> None:
    assert said in PAGE
    assert MAX_LOST == 0.5  # "more than half"


def test_the_table_of_late_fields() -> None:
    """Exact laws of the ring; the first column holds for all delays below a phase, the second from one to three."""
    ring = Problem("ring", np.array([[0, 1], [1, 2], [2, 3], [0, 3]], np.int32), COUPLINGS, BIASES)

    def distance(delay: float, node_rc: float, ticks: int) -> float:
        law = History(ring, np.array([0, 1, 0, 1]), np.full(4, delay), node_rc, ticks).stationary()
        return total_variation(law, boltzmann(ring, 1.0))

    assert distance(0.99, 0, 4) < 1e-9
    assert distance(1, 0, 4) == pytest.approx(distance(2.99, 0, 4), abs=1e-9)
    found = [distance(1, 0, 4), *(distance(0, rc, ticks) for rc, ticks in ((0.125, 4), (0.25, 6), (0.5, 8), (1, 9)))]
    assert f"| 0 | {' | '.join(f'{each:.4f}' for each in found)} |" in PAGE


def test_the_delay_of_the_longest_wire() -> None:
    """r c L**2 / 2 of the longest wire of dtca-70 in metal 2 of SKY130."""
    policies = Path(__file__).parent.parent / "docs" / "howto" / "update-policies.md"
    page = policies.read_text().replace("\n", " ")
    ready: Any = chipsim.plan("dtca-70", "spin-glass")
    coupler = ready.program.netlist.latched.coupler.kind
    longest_m = float(ready.program.netlist.fabric.lengths.max()) * coupler.pitch
    ohm_per_m = 0.401691e6
    delay_s = ohm_per_m * coupler.capacitance_per_length * longest_m**2 / 2
    share = delay_s / 100e-9
    assert "0.402 ohm/um, the resistance of metal 2 of SKY130" in page
    assert f"{coupler.capacitance_per_length * 1e12:.0f} aF/um of `dtca-70`" in page
    assert f"its longest wire of {longest_m * 1e6:.1f} um" in page
    assert f"{delay_s * 1e12:.3f} ps, or {delay_s * 1e9 / longest_m:.2f} ps/mm, {share:.1e} of a phase" in page


def test_modules_that_are_named_exist() -> None:
    names = re.findall(r"`([\w/]+\.py)`", PAGE)
    assert len(names) >= 4
    assert all((Path(__file__).parent.parent / "chipsim" / name).exists() for name in names)


def test_the_table_of_telegraph_noise_is_that_of_its_markov_chain() -> None:
    edges = np.array([[0, 1], [1, 2], [2, 3], [0, 3]])
    ring = Problem("ring", edges, np.full(4, 0.6), np.array([0.2, -0.1, 0.15, 0.05]))
    chain, equilibrium = Chain(ring, np.array([0, 1, 0, 1])), boltzmann(ring, 1.0)
    product = np.prod(2 * chain.bits[:, :2] - 1, axis=1)
    ratios = (0.2, 0.5, 1, 2, 3, 5)
    laws = [chain.stationary(ratio) for ratio in ratios]
    rows = {
        "d / tau0": [f"{ratio:g}" for ratio in ratios],
        "total variation to Boltzmann": [f"{total_variation(law, equilibrium):.4f}" for law in laws],
        "mean of s0 s1": [f"{law @ product:.4f}" for law in laws],
    }
    for name, values in rows.items():
        assert f"| {name} | {' | '.join(values)} |" in PAGE
    assert f"a mean of s0 s1 of {equilibrium @ product:.4f}" in PAGE


def test_the_table_of_policies_is_that_of_their_markov_chains() -> None:
    edges = np.array([[0, 1], [1, 2], [2, 3], [0, 3]])
    ring = Problem("ring", edges, np.full(4, 0.6), np.array([0.2, -0.1, 0.15, 0.05]))
    states, equilibrium = States(ring), boltzmann(ring, 1.0)
    policies = [("tick-random", 2), ("tick-random", 4), ("tick-random", 10), ("tick-random", 20)]
    policies += [("partition", 2), ("together", 0)]
    distances = [total_variation(stationary(states.sweep(*policy)), equilibrium) for policy in policies]
    assert f"| {' | '.join(f'{distance:.3f}' for distance in distances)} |" in PAGE
