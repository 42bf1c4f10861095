"""Best and success of readings that are made up: which states count, and which are near enough."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support_chips import netlist_of

from chipsim.compiler.program import Program, compile_program
from chipsim.engine.device import Device
from chipsim.engine.packing import words_of_lanes
from chipsim.engine.trace import Trace
from chipsim.problems.problem import Problem
from chipsim.workloads.ising.reads import best_figures, read_energies, success_of


@cache
def chain(cells: int) -> Program:
    return compile_program(netlist_of(fabric=f"edges: {[[i, i + 1] for i in range(cells - 1)]}"))


def ferromagnet(cells: int) -> Problem:
    edges = chain(cells).netlist.fabric.edges
    return Problem("chain", edges, np.ones(len(edges)), np.zeros(cells))


def reading(*states: NDArray[np.int8]) -> Trace:
    """A trace in which these states, (lanes, cells) each, were read one after the other."""
    lanes, cells = states[0].shape
    blank = Device(chain(cells), lanes=lanes).finish()
    kept = np.stack([words_of_lanes(spins) for spins in states])
    return replace(blank, observations=replace(blank.observations, states=kept))


def figures_of(problem: Problem, *states: NDArray[np.int8], target: float) -> dict[str, Any]:
    """Best and success where the host read these states and the simulator saw nothing besides."""
    energies = read_energies(problem, chain(problem.cells), reading(*states))
    return {**best_figures(problem, energies, None, target), "success": success_of(problem, energies, target)}


def test_the_best_of_all_readings_counts_and_every_lane_has_its_own() -> None:
    up, walls, one = [1, 1, 1], [1, -1, 1], [1, 1, -1]  # energies -2, +2, 0
    first = np.array([up, walls, one, walls], np.int8)
    second = np.array([walls, one, one, up], np.int8)
    energies = read_energies(ferromagnet(3), chain(3), reading(first, second))
    assert energies.tolist() == [[-2, 2, 0, 2], [2, 0, 0, -2]]
    # A worse last reading takes nothing away, whichever comes last.
    for states in ((first, second), (second, first)):
        # Lanes 0 and 3 had it once each; 1 and 2 came to 0.
        for target, solved in ((-2, 2), (0, 4)):
            figures = figures_of(ferromagnet(3), *states, target=float(target))
            assert figures["best_energy"] == -2
            assert (figures["success"].successes, figures["success"].lanes) == (solved, 4)


def test_nearly_is_not_solved() -> None:
    # 400 couplers: -400 with all aligned, -398 (0.5 % off) with one wall.
    aligned = np.ones(401, np.int8)
    wall = np.where(np.arange(401) < 150, 1, -1).astype(np.int8)
    states = np.array([aligned, wall, -aligned, -wall], np.int8)
    for target, solved in ((-400, 2), (-399, 2), (-398, 4), (-401, 0)):
        assert figures_of(ferromagnet(401), states, target=float(target))["success"].successes == solved, target


def test_rounding_does_not_hide_a_solution() -> None:
    # 400 couplers of 0.1 in float32 add up to 39.99998.
    problem = Problem("tenths", chain(401).netlist.fabric.edges, np.full(400, 0.1), np.zeros(401))
    figures = figures_of(problem, np.ones((1, 401), np.int8), target=-40.0)
    assert figures["best_energy"] == pytest.approx(-40, rel=1e-6, abs=0)
    assert figures["success"].successes == 1
