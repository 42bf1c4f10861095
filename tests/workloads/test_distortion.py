"""Sampling figures are withheld where what was sampled is not what was asked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

WORK = """chipsim: 1
workload: ising
name: s
problem: {{ edge_list: e.txt }}
schedule: {{ mode: sample, beta: {beta}, sweeps: 2000, beta_by: {by} }}
"""


def sampled(folder: Path, edges: str, beta: float, by: str = "hard_wired", **changes: Any) -> Run:
    (folder / "e.txt").write_text(edges)
    (folder / "w.yaml").write_text(WORK.format(beta=beta, by=by))
    return simulate(plan("any-graph", str(folder / "w.yaml"), changes), 64, 0)


def test_weights_below_a_step_are_not_sampled(tmp_path: Path) -> None:
    """Case 23: 6 bits of a range of 1 make steps of 1/31, and 0 of 0.01."""
    summary = sampled(tmp_path, "0 1 0.01\n1 2 -0.01\n2 3 0.01\n", 300).summary
    assert summary["lost_couplings"] == 3
    assert summary["sampling"].startswith("withheld: 3 of 3 couplings are rounded to 0")
    assert summary["effective_samples"] is summary["joules_per_effective_sample"] is None
    fits = {"couplers.weight_range": 0.01}
    summary = sampled(tmp_path, "0 1 0.01\n1 2 -0.01\n2 3 0.01\n", 100, **fits).summary
    assert (summary["lost_couplings"], summary["sampling"]) == (0, "resolved")
    # A chain of three couplings: <E> = -3 J tanh(beta J), and beta J is 1.
    assert summary["mean_energy"] == pytest.approx(-0.03 * math.tanh(1), abs=4 * summary["mean_energy_ci95"] / 2)


def test_one_outlier_that_rounds_all_others_to_0(tmp_path: Path) -> None:
    chain = "".join(f"{i} {i + 1} {1000 if i == 0 else 1}\n" for i in range(10))
    summary = sampled(tmp_path, chain, 0.001).summary
    assert summary["lost_couplings"] == 9
    assert "9 of 10 couplings are rounded to 0" in summary["sampling"]


@pytest.mark.parametrize(
    ("beta", "held", "withheld"), [(0.001, 0.0, True), (5.0, 4.0, True), (0.5, 32 / 255 * 4, False), (4.0, 4.0, False)]
)
def test_a_beta_that_the_converter_cannot_make(beta: float, held: float, withheld: bool, tmp_path: Path) -> None:
    """8 bits up to 4."""
    summary = sampled(tmp_path, "0 1 0.1\n1 2 0.1\n", beta, "global_bias").summary
    assert summary["beta_realised"] == pytest.approx(held)
    assert summary["relative_beta_error"] == pytest.approx(abs(held - beta) / beta)
    assert summary["sampling"].startswith("withheld: the bias converter") is withheld


def test_lost_biases_count_too(tmp_path: Path) -> None:
    summary = sampled(tmp_path, "0 1 1\n0 0 0.001\n1 1 0.001\n", 1).summary
    assert (summary["lost_couplings"], summary["lost_biases"]) == (0, 2)
    assert "2 of 2 biases are rounded to 0" in summary["sampling"]
