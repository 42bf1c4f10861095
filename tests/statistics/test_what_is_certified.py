"""What a run may say of its effective samples: long runs with short and with slow modes, one lane, one start."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.convergence import split_rhat
from chipsim.statistics.effective_samples import Chains, Mixing, _Covariances, mixing

TORUS = {
    "fabric.size": [10, 10],
    "problem.native": "ferromagnet",
    "schedule.beta_by": "hard_wired",
    "schedule.sweeps": 1_000_000,
}


def torus(lanes: int, seed: int, **settings: Any) -> Run:
    changes = {**TORUS, **{f"schedule.{key}": value for key, value in settings.items()}}
    return simulate(plan("torus-2d", "spin-glass", changes), lanes, seed)


def exact_tau(beta: float) -> float:
    """tau_int of the magnetisation of the 4 x 4 ferromagnet of `tiny`, one colour after the other, from its matrix."""
    sites = list(itertools.product(range(4), range(4)))
    even, odd = ([s for s in sites if sum(s) % 2 == colour] for colour in (0, 1))
    joined = np.array([[abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for b in odd] for a in even], float)
    states = np.array(list(itertools.product([-1, 1], repeat=8)), float)

    def law(fields: np.ndarray) -> np.ndarray:
        up = 1 / (1 + np.exp(-2 * beta * fields))
        return np.prod(np.where(states[None] > 0, up[:, None], 1 - up[:, None]), axis=2)

    to_odd, to_even = law(states @ joined), law(states @ joined.T)
    weight = np.prod(2 * np.cosh(beta * (states @ joined)), axis=1)
    both = (weight / weight.sum())[:, None] * to_odd
    sums = states.sum(axis=1)
    total = sums[:, None] + sums[None]
    variance = float((both * total**2).sum())
    seen = (both * total).sum(axis=0)
    step, ahead = to_odd @ to_even, sums + to_odd @ sums
    tau = 1.0
    for _ in range(2000):
        tau += 2 * float(seen @ (to_even @ ahead)) / variance
        ahead = step @ ahead
    return tau


@pytest.mark.parametrize("sweeps", [5_000, 20_000, 100_000, 400_000])
def test_longer_runs_report_the_same_tau(sweeps: int) -> None:
    """Records of 400,000 sweeps are 400 apart, 18 tau: their spacing is no tau."""
    changes = {"problem.native": "ferromagnet", "problem.seed": 0, "schedule.beta": 0.5, "schedule.sweeps": sweeps}
    summary = simulate(plan("tiny", "spin-glass", changes), 64, 0).summary
    # The 8-bit converter makes 32/255 * 4 of 0.5. The fine stretch is 64,000 sweeps, 2,800 tau: about 5 %.
    expected = exact_tau(32 / 255 * 4)
    assert expected == pytest.approx(22.74, abs=0.01)
    assert summary["tau_int_sweeps"] == pytest.approx(expected, rel=0.15)
    assert summary["sampling"] == "resolved"


@pytest.mark.parametrize(("every", "sampling"), [(1, "resolved"), (5, "resolved"), (50, "at least")])
def test_records_that_are_far_apart_give_a_bound(every: int, sampling: str) -> None:
    changes = {
        "problem.native": "ferromagnet",
        "problem.seed": 0,
        "schedule.beta": 0.5,
        "schedule.sweeps": 20_000,
        "schedule.record_every": every,
    }
    summary = simulate(plan("tiny", "spin-glass", changes), 64, 0).summary
    assert summary["sampling"] == sampling
    if sampling == "resolved":
        assert summary["tau_int_sweeps"] == pytest.approx(22.74, rel=0.08)
    else:
        assert 50 <= summary["tau_int_sweeps"] < 60


@pytest.mark.slow
def test_one_lane_that_turns_over_rarely_is_worth_as_many_samples_as_turns() -> None:
    summary = torus(1, 1, beta=0.5).summary
    assert 20 < 800_000 / summary["tau_int_sweeps"] < 40
    assert summary["effective_samples"] is None


@pytest.mark.slow
def test_lanes_that_start_alike_and_stay_are_no_samples() -> None:
    summary = torus(64, 1, beta=0.6, start="up").summary
    assert summary["effective_samples"] is summary["joules_per_effective_sample"] is None
    assert summary["rhat"] > 1.05


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_cold_glass_is_not_sampled(lanes: int) -> None:
    changes = {"fabric.size": [10, 10], "schedule.beta": 2, "schedule.beta_by": "hard_wired"}
    summary = simulate(plan("torus-2d", "spin-glass", changes), lanes, 1).summary
    assert summary["sampling"].startswith("unresolved: ")
    assert summary["effective_samples"] is None


def sea(folder: Path, coupling: float) -> Run:
    """A pair in a sea of 1,000 cells that nothing couples."""
    (folder / "sea.txt").write_text(f"0 1 {coupling}\n" + "".join(f"{i} {i} 0.1\n" for i in range(2, 1002)))
    (folder / "w.yaml").write_text(
        "chipsim: 1\nworkload: ising\nname: sea\nproblem: { edge_list: sea.txt }\n"
        "schedule: { mode: sample, beta: 1, sweeps: 2000, beta_by: hard_wired }\n"
    )
    return simulate(plan("any-graph", str(folder / "w.yaml")), 64, 0)


def test_a_stuck_pair_among_a_thousand_fast_cells_is_named(tmp_path: Path) -> None:
    stuck = sea(tmp_path, 10).summary
    assert stuck["stuck_cells"] == 2
    assert stuck["sampling"].startswith("unresolved: 2 cells stay +1 in some lanes and -1 in others (0, 1)")
    assert stuck["effective_samples"] is None
    loose = sea(tmp_path, 0.1).summary
    assert (loose["stuck_cells"], loose["sampling"]) == (0, "resolved")


def test_a_few_records_show_no_stuck_cell() -> None:
    """Free cells are often the same in four records."""
    changes = {"schedule.beta": 0, "schedule.beta_by": "hard_wired", "schedule.sweeps": 5}
    summary = simulate(plan("tiny", "spin-glass", changes), 64, 0).summary
    assert summary["stuck_cells"] == 0
    assert "stay" not in summary["sampling"]


def test_what_never_changes_is_left_out(tmp_path: Path) -> None:
    """No coupling but 0: the energy is constant, and every sweep is a draw of its own."""
    (tmp_path / "z.txt").write_text("0 1 0\n2 3 0\n")
    (tmp_path / "w.yaml").write_text(
        "chipsim: 1\nworkload: ising\nname: s\nproblem: { edge_list: z.txt }\n"
        "schedule: { mode: sample, beta: 1, sweeps: 2000, beta_by: hard_wired }\n"
    )
    summary = simulate(plan("any-graph", str(tmp_path / "w.yaml")), 64, 0).summary
    assert summary["sampling"] == "resolved"
    assert summary["effective_samples"] == pytest.approx(64 * 1600, rel=0.05)


def chains(tau: float, n: int, lanes: int, seed: int) -> np.ndarray:
    """(n, lanes) stationary chains of that tau_int and variance 1."""
    rho, random = (tau - 1) / (tau + 1), np.random.default_rng(seed)
    series = random.standard_normal((n, lanes)) * math.sqrt(1 - rho * rho)
    series[0] /= math.sqrt(1 - rho * rho)
    for step in range(1, n):
        series[step] += rho * series[step - 1]
    return series


def recorded(series: np.ndarray, spacing: int, fine: int) -> Mixing:
    def seen(values: np.ndarray, every: int) -> Chains:
        return Chains(values, np.zeros((*values.shape, 0), np.float32), every)

    return mixing(seen(series[spacing - 1 :: spacing], spacing), seen(series[:fine], 1) if fine else None)


@pytest.mark.parametrize(("tau", "spacing"), [(22, 5), (22, 100), (300, 100), (100, 20)])
def test_fine_and_coarse_records_agree_with_the_law(tau: float, spacing: int) -> None:
    found = recorded(chains(tau, 60_000, 64, seed=1), spacing, 1000)
    # 64,000 fine sweeps where the coarse ones are too far apart, 3.8 million otherwise.
    assert found.tau_int == pytest.approx(tau, rel=0.15 if spacing > 2 * tau else 0.06)
    assert found.verdict == "resolved"


def test_a_slow_mode_beside_a_fast_one_is_seen_by_the_coarse_records() -> None:
    """A tenth of the variance moves a hundred times slower: tau = 0.9 * 5 + 0.1 * 3,000."""
    series = math.sqrt(0.9) * chains(5, 120_000, 64, 2) + math.sqrt(0.1) * chains(3000, 120_000, 64, 3)
    found = recorded(series, 120, 1000)
    assert found.tau_int == pytest.approx(304.5, rel=0.2)
    assert recorded(series[:2000], 2, 1000).verdict == "unresolved"


def test_a_gap_between_fine_and_coarse_records_leaves_a_bound() -> None:
    """tau is 400, 60 sweeps are recorded one by one, then one in 4,000: between them is nothing."""
    found = recorded(chains(400, 800_000, 8, 4), 4000, 60)
    assert found.verdict == "at most"
    assert 400 < found.tau_int < 8000


def test_rhat_is_that_of_its_definition() -> None:
    """Gelman et al. 2013, equations 11.1 to 11.4, term by term."""
    series = chains(30, 101, 3, 5)
    halves = [series[begin : begin + 50, lane] for lane in range(3) for begin in (0, 50)]
    within = np.mean([np.sum((half - half.mean()) ** 2) / 49 for half in halves])
    means = [half.mean() for half in halves]
    between = 50 * np.sum((np.array(means) - np.mean(means)) ** 2) / 5
    expected = math.sqrt((49 / 50 * within + between / 50) / within)
    assert split_rhat(series[:, None, :]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("spacing", [2, 3, 5, 8])
@pytest.mark.parametrize("fine", [4, 12, 400])
@pytest.mark.parametrize("tau", [12, 60])
def test_coarse_and_fine_lags_add_up_to_the_sum_of_an_exponential(tau: float, fine: int, spacing: int) -> None:
    """No lag is left out or counted twice, wherever the last fine one lies. The trapezoidal rule is off by less than
    (spacing ln rho)^2 / 12."""
    rho, lanes = (tau - 1) / (tau + 1), 64
    near = rho ** np.arange(fine)[None, :]
    far = rho ** (spacing * np.arange(4000))[None, :]
    found, is_bound = _Covariances("energy", far, near, spacing, lanes).tau()
    assert not is_bound
    assert found == pytest.approx(tau, rel=(spacing * math.log(rho)) ** 2 / 12 + 0.001)


def test_the_first_coarse_lag_beyond_the_fine_ones_counts() -> None:
    """Its correlation is .10, that of the next .01, which 600 records in 64 lanes do not resolve."""
    rho, spacing = 0.94 / 2.94, 2
    near, far = rho ** np.arange(12)[None, :], rho ** (spacing * np.arange(600))[None, :]
    assert _Covariances("energy", far, near, spacing, 64).tau() == (pytest.approx(1.94, rel=0.05), False)


def test_intervals_are_those_of_the_records_not_of_the_choice_of_lags() -> None:
    """tau is 2 with an error of .1. Blocks that chose their lags by themselves gave up to .7 by jackknife."""
    half = []
    for seed in range(12):
        without = recorded(chains(2, 2000, 64, seed), 4, 200).without_block
        half.append(math.sqrt((len(without) - 1) ** 2 / len(without) * np.var(without, ddof=1)))
    assert min(half) > 0.03
    assert max(half) < 0.3
