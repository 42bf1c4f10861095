"""Colourings: as few colours as the lattice allows, always proper, and refused where a spec asks for too few."""

from __future__ import annotations

import numpy as np
import pytest
from support_chips import chip_spec, chip_text, fabric_of, netlist_of
from support_errors import refused

from chipsim.compiler.colouring import colour_cells, conflicts, find_colours
from chipsim.compiler.fabric import known_patterns
from chipsim.compiler.program import compile_program

pytestmark = pytest.mark.kernel

RING_OF_7 = "edges: [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 0]]"

CASES = [
    ("pattern: square, size: [5, 7]", 2),
    ("pattern: square, size: [6, 8], borders: torus", 2),
    ("pattern: square, size: [5, 6], borders: torus", 3),
    ("pattern: kings, size: [6, 6]", 4),
    ("pattern: triangular, size: [6, 7]", 3),
    ("pattern: triangular, size: [6, 6], borders: torus", 3),
    ("pattern: cubic, size: [4, 4, 4], borders: torus", 2),
    (RING_OF_7, 3),
    ("edges: [[0, 3], [0, 4], [1, 3], [1, 5], [2, 4], [2, 5]]", 2),  # bipartite, not a grid
    ("edges: [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]", 4),  # complete on four
]


@pytest.mark.parametrize(("fabric", "colours"), CASES)
def test_number_of_colours(fabric: str, colours: int) -> None:
    graph = fabric_of(fabric)
    found = find_colours(graph)
    assert len(np.unique(found)) == colours
    assert sorted(np.unique(found)) == list(range(colours))
    assert not any(found[i] == found[j] for i, j in graph.edges)


@pytest.mark.parametrize(
    "name", [n for n in sorted(known_patterns()) if n not in ("kings", "triangular", "cubic", "two-layers-15")]
)
def test_every_published_pattern_has_two_colours_on_an_even_grid(name: str) -> None:
    for borders in ("open", "torus"):
        graph = fabric_of(f"pattern: {name}, size: [40, 40], borders: {borders}")
        assert find_colours(graph).max() == 1
        assert not len(conflicts(graph.edges, find_colours(graph)))


def test_random_graphs_are_coloured_properly() -> None:
    random = np.random.default_rng(5)
    for _ in range(20):
        n = int(random.integers(3, 60))
        pairs = np.argwhere(np.triu(random.random((n, n)) < random.random(), 1))
        pairs = np.vstack([pairs, [0, n - 1]]) if [0, n - 1] not in pairs.tolist() else pairs
        graph = fabric_of("edges: " + str(pairs.tolist()))
        found = find_colours(graph)
        assert not any(found[i] == found[j] for i, j in graph.edges)
        assert found.max() <= graph.degrees().max()


def test_an_odd_torus_with_two_colours_is_refused() -> None:
    chip = chip_spec(chip_text(fabric="pattern: square, size: [5, 6], borders: torus, colours: 2"))
    fabric = fabric_of("pattern: square, size: [5, 6], borders: torus")
    with refused("spec.colour-clash") as caught:
        colour_cells(chip, fabric)
    # A checkerboard clashes once along every column that wraps: 6 columns.
    assert "with 2 colours 6 couplers join cells that latch at the same tick" in str(caught.value)
    assert "colours: auto (finds 3), or coupled_updates: allow" in str(caught.value)
    assert caught.value.path == "fabric.colours"


def test_coupled_updates_may_be_allowed() -> None:
    text = "pattern: square, size: [5, 6], borders: torus, colours: 2, coupled_updates: allow"
    program = compile_program(netlist_of(fabric=text))
    assert (program.colours, program.coupled) == (2, True)
    assert not compile_program(netlist_of(fabric="pattern: square, size: [5, 6]")).coupled


def test_more_colours_than_needed_are_kept_and_proper() -> None:
    fabric = fabric_of("pattern: square, size: [4, 4]")
    colours = colour_cells(chip_spec(chip_text(fabric="pattern: square, size: [4, 4], colours: 5")), fabric)
    assert sorted(np.bincount(colours).tolist()) == [2, 2, 4, 4, 4]
    assert not len(conflicts(fabric.edges, colours))
    with refused("spec.out-of-range"):
        colour_cells(chip_spec(chip_text(fabric="pattern: square, size: [4, 4], colours: 17")), fabric)
    assert compile_program(netlist_of(fabric="pattern: square, size: [4, 4], colours: 5")).sweep_fs == 5 * 10**8
