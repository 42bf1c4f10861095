"""Best and success of readings that are made up: which states count, and which are near enough."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from support_chips import netlist_of

from chipsim.compiler.program import Program, compile_program
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace, words_of_lanes
from chipsim.problems.problem import Problem
from chipsim.workloads.solution import best_figures, read_energies


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
    return replace(blank, states=np.stack([words_of_lanes(spins) for spins in states]))


def test_the_best_of_all_readings_counts_and_every_lane_has_its_own() -> None:
    up, walls, one = [1, 1, 1], [1, -1, 1], [1, 1, -1]  # energies -2, +2, 0
    first = np.array([up, walls, one, walls], np.int8)
    second = np.array([walls, one, one, up], np.int8)
    trace = reading(first, second)
    assert read_energies(ferromagnet(3), chain(3), trace).tolist() == [-2, 0, 0, -2]
    figures = best_figures(ferromagnet(3), chain(3), trace, target=-2.0)
    assert figures["best_energy"] == -2
    assert (figures["success"].successes, figures["success"].lanes) == (2, 4)
    # A worse last reading takes nothing away, whichever comes last.
    assert read_energies(ferromagnet(3), chain(3), reading(second, first)).tolist() == [-2, 0, 0, -2]


def test_nearly_is_not_solved() -> None:
    # 400 couplers: -400 with all aligned, -398 (0.5 % off) with one wall.
    cells = 401
    aligned = np.ones(cells, np.int8)
    wall = np.where(np.arange(cells) < 150, 1, -1).astype(np.int8)
    trace = reading(np.array([aligned, wall, -aligned, -wall], np.int8))
    assert read_energies(ferromagnet(cells), chain(cells), trace).tolist() == [-400, -398, -400, -398]
    for target, solved in ((-400, 2), (-399, 2), (-398, 4), (-401, 0)):
        figures = best_figures(ferromagnet(cells), chain(cells), trace, float(target))
        assert figures["success"].successes == solved, target


def test_rounding_does_not_hide_a_solution() -> None:
    # 0.1 in float32 is 1.5e-8 more; 400 of them are 6e-7 away from 40.
    cells = 401
    edges = chain(cells).netlist.fabric.edges
    problem = Problem("tenths", edges, np.full(cells - 1, 0.1), np.zeros(cells))
    trace = reading(np.ones((1, cells), np.int8))
    assert read_energies(problem, chain(cells), trace) == pytest.approx([-40], rel=1e-6, abs=0)
    assert best_figures(problem, chain(cells), trace, -40.0)["success"].successes == 1
