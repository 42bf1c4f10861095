"""`mapping.compare: native`: the slowdown by chains against the exact autocorrelation times of both chips."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support_errors import refused

import chipsim
from chipsim.engine.joining import merge_lanes
from chipsim.engine.latched.observers import site_signs
from chipsim.problems.problem import Problem
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import drive

pytestmark = pytest.mark.physics

WORK = """chipsim: 1
workload: ising
name: w
problem: {{ edge_list: p.txt, scale: {scale} }}
mapping: {{ method: given, file: m.json, chain: {{ strength: 2 }}, compare: native }}
schedule: {{ mode: sample, sweeps: {sweeps}, beta: {beta}, read_every: {reads} }}
"""
# A triangle of which spin 0 is a chain of two cells of a ring of four.
TRIANGLE, CHAINS = "0 1 1\n0 2 1\n1 2 1\n", {"0": [0, 1], "1": [4], "2": [5]}
BETA, SCALE = 0.6, 15 / 31  # weights and chains are codes of 6 bits
SQUARE = {"fabric.size": [4, 4]}


def written(folder: Path, sweeps: int = 4000, beta: float = BETA, reads: Any = "end") -> str:
    (folder / "p.txt").write_text(TRIANGLE)
    (folder / "m.json").write_text(json.dumps(CHAINS))
    (folder / "w.yaml").write_text(WORK.format(scale=SCALE, sweeps=sweeps, beta=beta, reads=reads))
    return str(folder / "w.yaml")


def sweep_matrix(problem: Problem, colours: list[list[int]], beta: float) -> NDArray[np.float64]:
    """P(state after | state before) of heat-bath updates, one colour after another; bit i of a state is spin i."""
    many = problem.cells
    states = np.array(list(itertools.product((-1, 1), repeat=many)))[:, ::-1]
    coupling = np.zeros((many, many))
    for (i, j), weight in zip(problem.edges, problem.couplings, strict=True):
        coupling[i, j] = coupling[j, i] = weight
    up = 1 / (1 + np.exp(-2 * beta * (states @ coupling + problem.biases)))
    whole = np.eye(len(states))
    for cells in colours:
        step = np.ones((len(states), len(states)))
        for cell in range(many):
            to = states[:, cell][None, :]
            if cell in cells:
                step *= np.where(to > 0, up[:, cell][:, None], 1 - up[:, cell][:, None])
            else:
                step *= to == states[:, cell][:, None]
        whole = whole @ step
    return whole


def exact_tau(matrix: NDArray[np.float64], observables: NDArray[np.float64]) -> float:
    """The largest 1 + 2 sum_k rho(k), by the fundamental matrix, of observables (states, K) that are not constant."""
    many = len(matrix)
    values, vectors = np.linalg.eig(matrix.T)
    law = np.real(vectors[:, np.argmax(np.real(values))])
    law = law / law.sum()
    after = np.linalg.solve(np.eye(many) - matrix + np.outer(np.ones(many), law), matrix)
    taus = []
    for values in observables.T:
        centred = values - law @ values
        variance = law @ centred**2
        if variance > 1e-12:
            taus.append(1 + 2 * (law * centred) @ (after @ centred) / variance)
    return max(taus)


def observables_of(problem: Problem, spins: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.column_stack([problem.energy(spins.astype(np.int8)), spins @ site_signs(problem.cells, 32).T])


def expected(beta: float) -> tuple[float, float]:
    """(tau_int of the spins with the chain, that of the native chip), in sweeps, exact."""
    edges = np.array([[0, 1], [0, 2], [1, 2]])
    triangle = Problem("triangle", edges, np.ones(3), np.zeros(3))
    spins = np.array(list(itertools.product((-1, 1), repeat=3)))[:, ::-1]
    native = exact_tau(sweep_matrix(triangle, [[0], [1], [2]], beta), observables_of(triangle, spins))
    # Cells 0, 1, 4, 5 of the grid as 0, 1, 2, 3: chain 0-1 of 2, couplers 0-2, 1-3 and 2-3; 0 and 5 have one colour.
    ring = Problem("ring", np.array([[0, 1], [0, 2], [1, 3], [2, 3]]), np.array([2.0, 1, 1, 1]), np.zeros(4))
    cells = np.array(list(itertools.product((-1, 1), repeat=4)))[:, ::-1]
    decided = cells[:, [0, 2, 3]]  # a tie of two is decided by the first cell
    return exact_tau(sweep_matrix(ring, [[0, 3], [1, 2]], beta), observables_of(triangle, decided)), native


def test_both_autocorrelation_times_and_their_ratio_are_exact(tmp_path: Path) -> None:
    # Every sweep is recorded: with coarser records tau_int is an integral by the trapezoidal rule.
    every = {"schedule.record_every": 1, "schedule.projections": 4}
    run = chipsim.run("tiny", written(tmp_path), set={**SQUARE, **every}, lanes=256, seed=3)
    figures = run.summary["workload"]["figures"]
    spins, native = expected(figures["beta_realised"])
    assert figures["relative_coupling_error"] < 1e-9
    # 256 lanes of 3,200 sweeps: the jackknife's half width is about 3 %, here doubled for 4 standard errors.
    within = 2 * figures["slowdown_ci95"]
    assert within < 0.1 * figures["slowdown"]
    assert figures["slowdown"] == pytest.approx(spins / native, abs=within)
    assert figures["spins_tau_int_sweeps"] == pytest.approx(spins, rel=within / figures["slowdown"])
    assert figures["native_tau_int_sweeps"] == pytest.approx(native, rel=within / figures["slowdown"])
    assert spins / native > 1.2  # the check could fail
    assert figures["slowdown_in_time"] == pytest.approx(
        figures["slowdown"] * 2 / 3
    )  # 2 colours, where a triangle has 3
    assert (figures["native_cells"], figures["native_couplers"]) == (3, 3)


def test_a_placed_problem_is_as_fast_as_a_native_one(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("0 1 1\n1 2 1\n2 3 -1\n3 0 1\n")
    (tmp_path / "w.yaml").write_text(
        WORK.format(scale=SCALE, sweeps=2000, beta=0.8, reads="end").replace(
            "method: given, file: m.json, chain: { strength: 2 }", "method: place"
        )
    )
    run = chipsim.run("tiny", str(tmp_path / "w.yaml"), set=SQUARE, lanes=256)
    figures = run.summary["workload"]["figures"]
    assert figures["slowdown"] == pytest.approx(1, abs=2 * figures["slowdown_ci95"])
    error = np.hypot(figures["spins_mean_energy_ci95"], figures["native_mean_energy_ci95"])
    assert figures["spins_mean_energy"] == pytest.approx(figures["native_mean_energy"], abs=2 * error)


def test_the_mapped_run_is_the_same_with_a_native_chip_beside_it(tmp_path: Path) -> None:
    work = written(tmp_path, 1500, reads=100)
    both = [chipsim.run("tiny", work, set={**SQUARE, "mapping.compare": value}) for value in ("native", None)]
    for name in ("toggles", "energy_j", "elapsed_s", "tau_int_sweeps", "embedded_mean_energy", "effective_samples"):
        assert both[0].summary[name] == both[1].summary[name]


def test_lanes_that_are_merged_give_the_figures_of_one_run(tmp_path: Path) -> None:
    ready = plan("tiny", written(tmp_path, 1500), SQUARE)
    whole = drive(ready, 100, 5)
    parts = merge_lanes([drive(ready, 64, 5), drive(ready, 36, 5, first_group=1)])
    assert figures_of(ready, whole) == figures_of(ready, parts)


def figures_of(ready: Plan, trace: Any) -> dict[str, Any]:
    return ready.workload.outcome(ready.program, trace).figures


def test_too_few_samples_withhold_the_slowdown(tmp_path: Path) -> None:
    few = chipsim.run("tiny", written(tmp_path, 50), set=SQUARE).summary["workload"]["figures"]
    assert "slowdown" not in few
    assert few["slowdown_withheld"].startswith("spins: ")
    assert "raise schedule.sweeps" in few["slowdown_withheld"]
    one = chipsim.run("tiny", written(tmp_path), set=SQUARE, lanes=1).summary["workload"]["figures"]
    assert "only one lane was run" in one["slowdown_withheld"]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"schedule.record_every": "never"}, "spec.no-effect", "needs records"),
        ({"mapping.method": "native", "mapping.file": None, "mapping.chain": {}}, "spec.no-effect", ""),
    ],
)
def test_where_it_means_nothing_it_is_refused(tmp_path: Path, changes: dict[str, Any], code: str, said: str) -> None:
    with refused(code, said):
        plan("tiny", written(tmp_path), {**SQUARE, **changes})


def test_an_anneal_has_no_slowdown(tmp_path: Path) -> None:
    ramp = {"start": 0.1, "end": 1, "steps": 10}
    with refused("spec.no-effect", "mode: sample"):
        plan("tiny", written(tmp_path), {**SQUARE, "schedule.mode": "anneal", "schedule.beta": ramp})


def test_a_chip_of_containers_cannot_take_the_graph(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps({"0": [0, 1], "1": [8], "2": [9]}))
    with refused("chip.unsuitable", "mapping.compare: torus-replicas cannot take the graph of the problem"):
        plan("torus-replicas", written(tmp_path))
