"""Chains as rows and columns: every edge has a coupler, and what does not fit is refused with its size."""

from __future__ import annotations

from typing import Any

import networkx
import numpy as np
import pytest
from support_errors import refused

import chipsim
from chipsim.compiler.fabric import Fabric
from chipsim.mapping.chains import mapped
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
    """24 rows of the visible side's columns: a column has 3 cells for each 8 rows that it passes."""
    fabric = fabric_of("z1")
    problem = problem_of(networkx.complete_bipartite_graph(64, 24))
    chains = crossbar(problem, fabric)
    found = mapped(problem, fabric, chains, SPEC)
    assert len(chains.cells) == 2136
    assert (chains.lengths.max(), found.links) == (25, 2048)
    assert found.couplers >= 64 * 24


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
    with refused("chip.too-small", "470 cells"):
        crossbar(problem, small)
    large = problem_of(networkx.complete_bipartite_graph(200, 50))
    wanted = crossbar_cells(large, small)
    assert wanted is not None
    settings = {"fabric.size": [24, 24], "mapping": {"method": "embed"}}
    with refused("chip.too-small", f"crossbar) {wanted:,}, but"):
        plan("dtca-70", "anneal", settings, problem=large)
    with refused("chip.no-coupler"):
        plan("tiny", "anneal", {"mapping": {"method": "crossbar"}}, problem=problem_of(networkx.path_graph(3)))


def test_a_run_through_a_crossbar_finds_the_ground_state() -> None:
    problem = Problem.from_arrays(np.triu(np.random.default_rng(3).integers(0, 2, (6, 6)) * 2.0 - 1, 1))
    settings = {"mapping": {"method": "crossbar"}, "problem.scale": "auto", "couplers.weight_bits": 8}
    run = chipsim.run("dtca-70", "anneal", problem=problem, set={**settings, "rng.law": "ideal"}, lanes=64)
    states = 1.0 - 2 * ((np.arange(64)[:, None] >> np.arange(6)) & 1)
    assert run.best is not None
    assert run.best.value == problem.energy(states.astype(np.int8)).min()
