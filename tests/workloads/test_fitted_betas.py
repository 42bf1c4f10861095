"""Betas of tempering that are fitted to a swap rate: against exact acceptance, and what the run measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support_caches import checked
from support_errors import refused
from support_tempering import exact_acceptance, glass, laws_of, replica_chip, tempered, torus_laws, workload

import chipsim
from chipsim.problems.problem import Problem
from chipsim.runs.plan import plan
from chipsim.testing.exact import enumerate_states
from chipsim.workloads.ising.ladder import fitted_betas
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.ising.schedule import BetaRamp
from chipsim.workloads.ising.spec import ProblemSpec

# Energies of the pilot are known to a few percent of their spread, which moves a rate by as much.
WITHIN = 0.03


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("chipsim.workloads.ising.ladder.cache_root", lambda: tmp_path / "cache")


def fabric_torus(side: int, seed: int = 5) -> Problem:
    fabric = plan("torus-2d", "spin-glass", {"fabric.size": [side, side]}).netlist.fabric
    return native_problem(ProblemSpec(native="plus-minus", seed=seed), fabric)


@pytest.mark.parametrize(("side", "steps", "rate"), [(8, 3, 0.3), (6, 4, 0.2), (6, 6, 0.5)])
def test_a_torus_of_random_couplings_swaps_at_the_rate_by_its_density_of_states(
    side: int, steps: int, rate: float
) -> None:
    problem = fabric_torus(side)
    betas = fitted_betas(problem, BetaRamp(end=1.2, steps=steps, swap_rate=rate)).betas
    assert (len(betas), betas[-1]) == (steps, 1.2)
    levels, laws = torus_laws(problem, side, np.array(betas))
    assert exact_acceptance(levels, laws, np.array(betas)) == pytest.approx([rate] * (steps - 1), abs=WITHIN)


@pytest.mark.parametrize("clamp", [(), ((3, 1), (7, -1))])
def test_a_glass_with_biases_swaps_at_the_rate_by_enumeration(clamp: tuple[tuple[int, int], ...]) -> None:
    states = enumerate_states(10)
    for spin, value in clamp:
        states = states[states[:, spin] == value]
    levels, many = np.unique(np.round(glass().energy(states) * 256) / 256, return_counts=True)
    betas = np.array(fitted_betas(glass(), BetaRamp(end=4, steps=3, swap_rate=0.6), clamp).betas)
    assert exact_acceptance(levels, laws_of(levels, np.log(many), betas), betas) == pytest.approx([0.6] * 2, abs=WITHIN)


def test_betas_are_codes_whose_exact_rates_are_nearest() -> None:
    """With 8 bits, no neighbouring code has an exact rate nearer to the wanted one, up to the error of the pilot."""
    problem, rate, step = fabric_torus(8), 0.3, 4 / 255
    wanted = BetaRamp(end=1.2, steps=2, swap_rate=rate)
    (hot, cold), (foreseen,) = fitted_betas(problem, wanted, (), lambda beta: round(beta / step) * step)
    assert cold == 1.2
    assert hot / step == pytest.approx(round(hot / step), abs=1e-9)
    betas = np.array([hot - step, hot, hot + step, round(cold / step) * step])
    levels, laws = torus_laws(problem, 8, betas)
    exact = [exact_acceptance(levels, laws[[near, 3]], betas[[near, 3]])[0] for near in range(3)]
    assert foreseen == pytest.approx(exact[1], abs=WITHIN)
    assert abs(exact[1] - rate) < min(abs(exact[0] - rate), abs(exact[2] - rate)) + WITHIN


def test_the_run_achieves_the_rate_and_reports_it() -> None:
    chip = replica_chip(4, pattern="square", size=[8, 8], copies=4, borders="torus")
    work = workload(
        {"end": 1.2, "steps": 4, "swap_rate": 0.3}, sweeps=3000, problem={"native": "plus-minus", "seed": 5}
    )
    run = tempered(chip, work)
    figures = run.summary["workload"]["figures"]
    taken = run.trace.observations.answers["swap_acceptance"]
    error = taken.std(axis=0, ddof=1) / np.sqrt(len(taken))
    assert figures["fitted_swap_rate"] == 0.3
    assert (np.abs(np.array([*figures["swap_acceptance"].values()]) - 0.3) < WITHIN + 4 * error).all()
    betas = np.array([*figures["betas"].values()])
    free = fitted_betas(fabric_torus(8), BetaRamp(end=1.2, steps=4, swap_rate=0.3)).betas
    assert betas == pytest.approx(free, abs=4 / 2**16 * 4)  # codes of 16 bits
    assert [*figures["predicted_swaps"].values()] == pytest.approx([0.3] * 3, abs=0.002)
    # Betas that are given are those that were fitted.
    again = tempered(chip, {**work, "schedule": {**work["schedule"], "beta": betas.tolist()}})
    assert again.summary["toggles"] == run.summary["toggles"]


def test_what_was_fitted_is_cached_and_checked(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = BetaRamp(end=2, steps=3, swap_rate=0.5)
    first = fitted_betas(glass(), wanted)
    file = next((tmp_path / "cache" / "betas").iterdir())
    for damaged in ("[1, 2]", '{"a": 1}', "no json", "[3.0, 1.0, 2.0]"):
        file.write_bytes(checked(damaged))
        assert fitted_betas(glass(), wanted) == first
    monkeypatch.setattr("chipsim.workloads.ising.ladder._pilot", None)
    assert fitted_betas(glass(), wanted) == first


def test_a_rate_that_reaches_beta_0_is_refused_with_the_number_of_replicas() -> None:
    few = workload({"end": 0.2, "steps": 8, "swap_rate": 0.3}, problem={"native": "plus-minus"})
    with refused("spec.out-of-range", "reach beta 0 after 1 of 8 replicas") as caught:
        plan(replica_chip(1, **{"from": "problem"}), few, problem=glass())
    assert caught.value.path == "schedule.beta"


@pytest.mark.parametrize("mode", ["sample", "anneal"])
def test_only_tempering_has_a_swap_rate(mode: str) -> None:
    schedule = {"mode": mode, "beta": {"end": 1, "steps": 4, "swap_rate": 0.3}, "sweeps": 100}
    with refused("spec.rule", f"mode {mode} needs beta as"):
        chipsim.plan(
            "tiny",
            {"chipsim": 1, "workload": "ising", "name": "w", "problem": {"native": "gaussian"}, "schedule": schedule},
        )


@pytest.mark.parametrize(
    ("beta", "code"),
    [
        ({"end": 1, "steps": 4}, "spec.one-of"),
        ({"start": 0.1, "end": 1, "steps": 4, "swap_rate": 0.3}, "spec.one-of"),
        ({"end": 1, "steps": 4, "swap_rate": 0.3, "spacing": "geometric"}, "spec.no-effect"),
        ({"end": 1, "steps": 1, "swap_rate": 0.3}, "spec.rule"),
        ({"end": 1, "steps": 4, "swap_rate": 1}, "spec.out-of-range"),
    ],
)
def test_half_a_ramp_is_refused(beta: dict[str, Any], code: str) -> None:
    with refused(code):
        plan("torus-replicas", workload(beta, problem={"native": "ferromagnet"}))
