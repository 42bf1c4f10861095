"""Energies and cuts with all their digits: of large, of mixed and of no weights; what counts as solved beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_chips import netlist_of
from support_cli import call
from support_errors import code_of

from chipsim.compiler.program import compile_program
from chipsim.engine.latched.observers import problem_arrays
from chipsim.engine.packing import lanes_of_words
from chipsim.kernels.observe import lane_energies
from chipsim.problems.problem import Problem
from chipsim.workloads.ising.reads import success_of

ANNEAL = """
chipsim: 1
workload: ising
name: a
problem: {{ rudy: graph.txt }}
schedule: {{ mode: anneal, sweeps: {sweeps}, beta: {{ start: {start}, end: {end}, steps: 50 }}, projections: 0 }}
{more}
"""


def annealed(folder: Path, graph: str, *arguments: Any, start: float = 0.1, end: float = 3.0, more: str = "") -> Any:
    """The figures of an anneal of a rudy graph, and what the terminal says of it."""
    (folder / "graph.txt").write_text(graph)
    work = folder / "w.yaml"
    work.write_text(ANNEAL.format(sweeps=500, start=start, end=end, more=more))
    shown = call("run", "any-graph", work, *arguments, "-o", folder / "run.h5")
    assert shown.exit_code == 0, shown.output
    summary = json.loads(call("run", "any-graph", work, *arguments, "--json", "-o", folder / "json.h5").stdout)
    return summary["workload"]["figures"], summary, shown.output


def test_a_cut_beyond_the_whole_numbers_of_float32_has_all_its_digits(tmp_path: Path) -> None:
    figures, _, shown = annealed(tmp_path, "2 1\n1 2 16777217\n")
    assert figures["best_cut"] == figures["true_best_cut_unbilled"] == 16777217
    assert "16,777,217" in shown


def test_no_edge_has_a_cut_of_0_not_of_minus_0(tmp_path: Path) -> None:
    figures, _, shown = annealed(tmp_path, "2 0\n")
    assert [str(figures[name]) for name in ("best_cut", "true_best_cut_unbilled")] == ["0.0", "0.0"]
    assert "-0" not in next(line for line in shown.splitlines() if "best cut" in line)


def test_solved_is_decided_by_the_smallest_weight_beside_the_largest(tmp_path: Path) -> None:
    """Edges of 1e8 and 10: both cut in a run is solved, only the first is not; recounted state by state."""
    graph = "4 2\n1 2 100000000\n3 4 10\n"
    fine = ("--set", "couplers.weight_bits=24", "--set", "bias_dac.full_scale=0.001", "--set", "bias_dac.bits=16")
    _, summary, _ = annealed(
        tmp_path, graph, *fine, "--lanes", 640, start=1e-6, end=1e-3, more="target: { value: 100000010 }"
    )
    # At beta 1e-3 the small edge has beta J = 0.01: it is cut with probability 1/(1 + exp(-0.02)) = 0.505.
    assert summary["success_probability"]["value"] == pytest.approx(0.505, abs=4 * 0.5 / np.sqrt(640))


def test_energies_of_any_weights_are_those_of_float64() -> None:
    """Whole numbers, halves, thirds, thirty orders of magnitude: whatever the kernel sums them in."""
    program = compile_program(netlist_of(fabric="pattern: square, size: [9, 9]"))
    fabric = program.netlist.fabric
    random = np.random.default_rng(1)
    words = random.integers(0, 2**64, (1, program.cells), np.uint64)
    spins = lanes_of_words(words.T[program.slot_of], 64)
    shape = len(fabric.edges)
    for couplings in (
        random.integers(-127, 128, shape) / 1.0,
        random.integers(-9, 10, shape) / 2.0,
        random.standard_normal(shape),
        10 ** random.uniform(-15, 15, shape),
        2.0**24 + random.integers(0, 2, shape),
    ):
        problem = Problem("p", fabric.edges, couplings, couplings[: program.cells] / 2)
        arrays, found = problem_arrays(program, problem), np.zeros((1, 64))
        lane_energies(arrays.first, arrays.neighbour, arrays.coupling, arrays.base, words, found)
        assert np.abs(found[0] - problem.energy(spins)).max() <= problem.rounding
        assert problem.rounding < 1e-9 * np.abs(couplings).max()


def test_half_a_unit_above_the_target_is_not_solved() -> None:
    problem = Problem("p", np.array([[0, 1]], np.int32), np.array([2.0**40]), np.array([0.5, 0.0]))
    energies = np.array([[-(2.0**40) - 0.5, -(2.0**40) + 0.5]])
    assert success_of(problem, energies, -(2.0**40) - 0.5).successes == 1


@pytest.mark.parametrize("text", ["0 1 1e39\n1 2 -1e39\n", "0 1 -3e20\n"])
def test_weights_that_would_overflow_are_refused_with_their_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text(text)
    work = tmp_path / "w.yaml"
    work.write_text(
        "chipsim: 1\nworkload: ising\nname: s\nproblem: { edge_list: e.txt }\n"
        "schedule: { mode: sample, beta: 1, sweeps: 20, beta_by: hard_wired }\n"
    )
    result = call("run", "any-graph", work, "-o", tmp_path / "run.h5")
    assert code_of(result) == "data.bad-number"
    assert f"{tmp_path}/e.txt:1: " in result.stderr
    assert not (tmp_path / "run.h5").exists()


def test_minus_zero_is_zero_for_any_spins() -> None:
    problem = Problem("p", np.zeros((0, 2), np.int32), np.zeros(0), np.zeros(2))
    assert str(problem.energy(np.ones(2, np.int8))) == "0.0"
    assert str(problem.value(0.0)) == str(problem.value(-0.0)) == "0.0"
