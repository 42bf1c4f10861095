"""Answers to formulas are judged by their clauses, not by the energy of the pairs that stand for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_cli import call

import chipsim
from chipsim.engine.packing import lanes_of_words

pytest.importorskip("dimod")

WORK = """chipsim: 1
workload: ising
name: w
problem: { file: f.cnf }
schedule: { mode: anneal, sweeps: 40, beta: { start: 0.01, end: 0.05, steps: 4 }, read_every: end }
target: { value: 0 }
"""
CLAUSES = [(1, 2, 3), (-1, 2, 4), (1, -3, -4), (-2, 3, 5), (-1, -4, -5), (2, 4, 5), (-3, -2, 1), (3, -5, -1)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    body = "".join(f"{' '.join(map(str, clause))} 0\n" for clause in CLAUSES)
    (tmp_path / "f.cnf").write_text(f"p cnf 5 {len(CLAUSES)}\n{body}")
    (tmp_path / "w.yaml").write_text(WORK)
    return tmp_path


def test_hot_answers_are_judged_by_the_clauses(folder: Path) -> None:
    """Where auxiliary spins are wrong the energy is too high; success and the best value are those of the clauses."""
    run = chipsim.run("any-graph", str(folder / "w.yaml"), lanes=8)
    ready = chipsim.plan("any-graph", str(folder / "w.yaml"))
    problem = ready.workload.problem  # type: ignore[attr-defined]
    spins = lanes_of_words(run.trace.observations.states, 8)[-1]
    violated = np.array([sum(all(s[abs(k) - 1] != np.sign(k) for k in clause) for clause in CLAUSES) for s in spins])
    energies = problem.energy(spins)
    assert (energies >= violated - 1e-9).all()
    assert energies.min() > violated.min()
    assert run.summary["best_energy"] == violated.min()
    assert run.summary["success_probability"]["value"] == (violated == 0).mean() > 0
    assert run.best is not None
    assert run.best.value == violated.min()
    assert sum(all(run.best.to_dict()[str(abs(k))] != np.sign(k) for k in clause) for clause in CLAUSES) == 0


def test_penalty_and_auxiliary_spins_are_said(folder: Path) -> None:
    done = call("run", "any-graph", folder / "w.yaml", "--lanes", 8, "-o", folder / "run.h5")
    assert done.exit_code == 0, done.output
    run = chipsim.load(folder / "run.h5")
    added = run.summary["cells"] - 5
    assert added > 0
    assert run.summary["notes"].startswith(f"auxiliary spins: {added} (penalty ")
    assert "offset" not in run.summary
    shown = " ".join(done.stdout.split())
    assert f"{run.summary['notes']} held" in shown
    assert "best E 0 read out" in shown
