"""Chains as rows and columns: every edge has a coupler, and what does not fit is refused with its size."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx
import numpy as np
import pytest
from support_errors import refused

import chipsim
from chipsim.compiler.fabric import Fabric
from chipsim.mapping.chains import Chains, mapped
from chipsim.mapping.crossbar import crossbar, crossbar_cells
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem
from chipsim.runs.plan import plan

SPEC = MappingSpec(method="crossbar")


def problem_of(graph: networkx.Graph) -> Problem:
    return Problem.from_networkx(networkx.convert_node_labels_to_integers(graph))


def fabric_of(chip: str, **changes: Any) -> Fabric:
    return plan(chip, "spin-glass", {f"fabric.{key}": value for key, value in changes.items()}).netlist.fabric


def test_a_restricted_boltzmann_machine_of_64_and_24_spins_on_z1() -> None:
    """64 rows of 17 to 19 cells, three for each cell of the 24 columns: 64 x 53/3 + 24 x 64/3 = 1,643 and ends."""
    fabric = fabric_of("z1")
    problem = problem_of(networkx.complete_bipartite_graph(64, 24))
    chains = crossbar(problem, fabric)
    found = mapped(problem, fabric, chains, SPEC)
    assert len(chains.cells) == 1647
    assert (chains.lengths.max(), found.links) == (23, 1559)
    assert found.couplers >= 64 * 24
    assert edges_without_coupler(problem, fabric, chains) == []


def test_k32_10_on_the_chip_with_12_neighbours() -> None:
    """32 rows of 4 cells, four for each 2 cells of the 10 columns: 32 x 4 + 10 x 32 / 2 = 288 and ends.

    minorminer finds 376 to 401 on a 30 x 30 corner (five seeds).
    """
    fabric = fabric_of("dtca-70")
    problem = problem_of(networkx.complete_bipartite_graph(32, 10))
    chains = crossbar(problem, fabric)
    assert len(chains.cells) == 314
    assert edges_without_coupler(problem, fabric, chains) == []


def edges_without_coupler(problem: Problem, fabric: Fabric, chains: Chains) -> list[tuple[int, int]]:
    """By networkx alone: chains are disjoint, each is connected, and what edges lack a coupler between their chains."""
    graph = networkx.Graph(fabric.edges.tolist())
    parts = [chains.cells[first:last].tolist() for first, last in pairwise(chains.first)]
    assert len({cell for part in parts for cell in part}) == sum(map(len, parts))
    assert all(networkx.is_connected(graph.subgraph(part)) for part in parts)
    near = [set(part).union(*(graph[cell] for cell in part)) for part in parts]
    return [(i, j) for i, j in problem.edges.tolist() if not near[i] & set(parts[j])]


@pytest.mark.parametrize("spoiled", ["a cell is gone", "a chain is cut", "a cell is shared"])
def test_the_checker_finds_what_is_wrong(spoiled: str) -> None:
    fabric = fabric_of("dtca-70")
    problem = problem_of(networkx.complete_bipartite_graph(16, 4))
    listed = [
        part.tolist() for part in np.split(crossbar(problem, fabric).cells, crossbar(problem, fabric).first[1:-1])
    ]
    longest = max(range(20), key=lambda spin: len(listed[spin]))
    if spoiled == "a cell is gone":
        del listed[longest][-1]
        assert edges_without_coupler(problem, fabric, Chains.of(listed))
        return
    if spoiled == "a chain is cut":
        del listed[longest][1]
    else:
        listed[longest].append(listed[longest - 1][0])
    with pytest.raises(AssertionError):
        edges_without_coupler(problem, fabric, Chains.of(listed))


@pytest.mark.parametrize("pattern", ["G12", "G16", "Z1-16", "kings", "G8", "G24"])
@pytest.mark.parametrize("kind", ["complete", "bipartite", "sparse", "lonely"])
def test_every_edge_has_a_coupler_and_intact_chains_have_its_energy(pattern: str, kind: str) -> None:
    fabric = fabric_of("dtca-70", pattern=pattern, size=[120, 120])
    graph = {
        "complete": networkx.complete_graph(12),
        "bipartite": networkx.complete_bipartite_graph(13, 5),
        "sparse": networkx.gnp_random_graph(20, 0.2, seed=1),
        "lonely": networkx.disjoint_union(networkx.path_graph(4), networkx.empty_graph(3)),
    }[kind]
    problem = problem_of(graph)
    if crossbar_cells(problem, fabric) is None:
        assert pattern in ("kings", "G8")  # couplers reach no second row
        with refused("chip.no-coupler"):
            crossbar(problem, fabric)
        return
    chains = crossbar(problem, fabric)
    found = mapped(problem, fabric, chains, SPEC)  # checks that chains are connected, and that no edge lacks a coupler
    spins = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (20, problem.cells))
    cells = np.ones((20, fabric.sites), np.int8)
    cells[:, chains.cells] = np.repeat(spins, chains.lengths, axis=1)
    assert found.problem.energy(cells) == pytest.approx(problem.energy(spins))


def test_what_does_not_fit_is_told_with_its_size() -> None:
    small = fabric_of("dtca-70", size=[24, 14])
    problem = problem_of(networkx.complete_bipartite_graph(32, 10))
    with refused("chip.too-small", "314 cells"):
        crossbar(problem, small)
    large = problem_of(networkx.complete_bipartite_graph(200, 50))
    wanted = crossbar_cells(large, small)
    assert wanted is not None
    settings = {"fabric.size": [24, 24], "mapping": {"method": "embed"}}
    with refused("chip.too-small", f"crossbar) {wanted:,}, but"):
        plan("dtca-70", "anneal", settings, problem=large)
    with refused("chip.no-coupler"):
        plan("tiny", "anneal", {"mapping": {"method": "crossbar"}}, problem=problem_of(networkx.complete_graph(4)))


def test_a_run_through_a_crossbar_finds_the_ground_state() -> None:
    problem = Problem.from_arrays(np.triu(np.random.default_rng(3).integers(0, 2, (6, 6)) * 2.0 - 1, 1))
    settings = {"mapping": {"method": "crossbar"}, "problem.scale": "auto", "couplers.weight_bits": 8}
    run = chipsim.run("dtca-70", "anneal", problem=problem, set={**settings, "rng.law": "ideal"}, lanes=64)
    states = 1.0 - 2 * ((np.arange(64)[:, None] >> np.arange(6)) & 1)
    assert run.best is not None
    assert run.best.value == problem.energy(states.astype(np.int8)).min()
