"""Placement where any spin may take any cell: the least wire, short wires in use, fewer joules, and the same law."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import networkx
import numpy as np
import pytest
from support_mapping import mapped_work

import chipsim
from chipsim.compiler.fabric import Fabric
from chipsim.engine.packing import lanes_of_words
from chipsim.mapping.search import chains_of
from chipsim.mapping.shorten import shortest
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem
from chipsim.testing.exact import boltzmann, moments

LANES = 512


def complete(sites: int) -> Fabric:
    """Every pair coupled, on the smallest square."""
    side = int(np.ceil(np.sqrt(sites)))
    positions = np.stack([np.arange(sites) % side, np.arange(sites) // side], axis=1).astype(np.int32)
    edges = np.stack(np.triu_indices(sites, 1), axis=1).astype(np.int32)
    lengths = np.abs(positions[edges[:, 0]] - positions[edges[:, 1]]).sum(axis=1).astype(np.float64)
    return Fabric(sites, None, edges, lengths, positions)


def wire_in_use(problem: Problem, fabric: Fabric, cells: np.ndarray) -> float:
    """Total length of the couplers that hold an edge."""
    ends = fabric.positions[cells[problem.edges]]
    return float(np.abs(ends[:, 0] - ends[:, 1]).sum())


@pytest.mark.parametrize(
    ("sites", "spins", "excess"), [(16, 8, 0), (16, 12, 0), (16, 16, 0), (36, 16, 0), (64, 36, 0.2)]
)
def test_a_ring_has_nearly_the_shortest_wires_among_the_cells_with_the_least_wire(
    sites: int, spins: int, excess: float
) -> None:
    """A ring of an even number of cells of a grid has wires of a pitch each at best."""
    fabric, ring = complete(sites), Problem.from_networkx(networkx.cycle_graph(spins))
    wire = fabric.wire_pitches()
    for seed in range(3):
        cells = shortest(ring, fabric, seed)
        assert len(set(cells.tolist())) == spins
        assert wire[cells].sum() == np.sort(wire)[:spins].sum()  # no choice of cells has less
        assert spins <= wire_in_use(ring, fabric, cells) <= spins * (1 + excess)
    assert wire_in_use(ring, fabric, np.arange(spins)) > 1.5 * spins  # by number
    assert (shortest(ring, fabric, 1) == shortest(ring, fabric, 1)).all()


def test_brute_force_on_six_cells_finds_no_shorter_arrangement() -> None:
    fabric = complete(6)
    wire = fabric.wire_pitches()
    for seed in range(6):
        graph = networkx.gnp_random_graph(4, 0.6, seed=seed)
        problem = Problem.from_networkx(graph)
        found = shortest(problem, fabric, 0)
        least = np.sort(wire)[:4].sum()
        best = min(
            wire_in_use(problem, fabric, np.array(cells))
            for cells in permutations(range(6), 4)
            if wire[list(cells)].sum() == least
        )
        assert wire_in_use(problem, fabric, found) == best


@pytest.mark.parametrize("sites", [1, 2, 3])
def test_a_single_spin_takes_the_cell_with_the_least_wire(sites: int) -> None:
    fabric = complete(sites)
    (cell,) = shortest(Problem.from_networkx(networkx.empty_graph(1)), fabric, 0)
    assert fabric.wire_pitches()[cell] == fabric.wire_pitches().min()


def test_many_cells_are_chosen_without_being_arranged() -> None:
    fabric, problem = complete(900), Problem.from_networkx(networkx.path_graph(700))
    cells = chains_of(problem, fabric, MappingSpec(method="place")).cells
    wire = fabric.wire_pitches()
    assert wire[cells].sum() == pytest.approx(np.sort(wire)[:700].sum())


@pytest.mark.system
def test_a_placed_ring_takes_fewer_joules_than_by_number_and_has_the_same_law(tmp_path: Path) -> None:
    ring = Problem.from_networkx(networkx.cycle_graph(8))
    (tmp_path / "m.json").write_text(json.dumps({str(spin): [spin] for spin in range(8)}))
    fine = {"couplers.weight_bits": 16, "couplers.weight_range": 4, "bias_dac.bits": 16, "bias_dac.full_scale": 16}
    grid = {"fabric.pattern": None, "fabric.size": None, "fabric.borders": "open", "fabric.complete": 16}
    by_number = {"method": "given", "file": str(tmp_path / "m.json")}
    runs = [
        chipsim.run("tiny", mapped_work(mapping), problem=ring, set={**fine, **grid}, lanes=LANES)
        for mapping in ({"method": "place"}, by_number)
    ]
    exact = moments(boltzmann(ring, 0.8))[1]
    wires = []
    for run in runs:
        states = [lanes_of_words(words, LANES).astype(float) for words in run.trace.observations.states[10:]]
        pairs = np.mean([states_[:, :8].T @ states_[:, :8] / LANES for states_ in states], axis=0)
        # 90 reads of 512 lanes, ten sweeps apart: an effective sample or more for each two of them.
        assert np.abs(pairs - exact).max() < 5 / np.sqrt(90 * LANES / 2) + 2e-3
        toggles = next(
            row for row in run.summary.priced.ledger if (row.component, row.action) == ("couplers", "toggle")
        )
        assert toggles.energy_j is not None
        wires.append(toggles.energy_j / toggles.count)
    # All spins of the ring toggle alike: a toggle recharges 288 / 8 pitches of wire instead of 320 / 8.
    assert wires[0] / wires[1] == pytest.approx(288 / 320, rel=0.005)
    assert runs[0].energy_j < runs[1].energy_j
