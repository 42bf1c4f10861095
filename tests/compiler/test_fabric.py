"""Fabrics: edge counts of the published patterns, wire lengths by hand on small grids, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support_chips import chip_spec, chip_text, fabric_of
from support_errors import refused

from chipsim.compiler.fabric import build_fabric, known_patterns
from chipsim.problems.problem import Problem

# Name, undirected edges on 70 x 70 open and torus, summed wire length of the rules: dtca.md, section 2.
PATTERNS = [
    ("G8", 18_768, 19_600, 5.123),
    ("G12", 26_088, 29_400, 18.577),
    ("G16", 33_412, 39_200, 32.397),
    ("G20", 41_988, 49_000, 39.105),
    ("G24", 51_372, 58_800, 41.341),
    ("Z1-16", 37_264, 39_200, 10.965),
]


@pytest.mark.parametrize(("name", "opened", "torus", "length"), PATTERNS)
def test_edges_of_the_published_patterns(name: str, opened: int, torus: int, length: float) -> None:
    grid = fabric_of(f"pattern: {name}, size: [70, 70], borders: open")
    ring = fabric_of(f"pattern: {name}, size: [70, 70], borders: torus")
    assert (len(grid.edges), len(ring.edges)) == (opened, torus)
    degree = int(name.removeprefix("Z1-").removeprefix("G"))
    assert set(ring.degrees()) == {degree}
    assert grid.degrees().max() == degree
    # A cell drives four wires for each rule; on a torus every one is twice as long.
    interior = 35 * 70 + 35
    assert grid.wire_pitches()[interior] == pytest.approx(4 * length, abs=4 * 0.0005)
    assert ring.wire_pitches() == pytest.approx(np.full(4_900, 8 * length), abs=8 * 0.0005)


@pytest.mark.parametrize("name", sorted(known_patterns()))
def test_every_shipped_pattern_is_simple_and_in_range(name: str) -> None:
    size = "[6, 6, 6]" if name in ("cubic", "two-layers-15") else "[40, 40]"
    for borders in ("open", "torus"):
        fabric = fabric_of(f"pattern: {name}, size: {size}, borders: {borders}")
        assert (fabric.edges[:, 0] < fabric.edges[:, 1]).all()
        assert fabric.edges.min() == 0
        assert fabric.edges.max() == fabric.sites - 1
        assert len(np.unique(fabric.edges, axis=0)) == len(fabric.edges)
        assert fabric.degrees().sum() == 2 * len(fabric.edges)
    assert known_patterns()[name]["source"]


def test_square_grid_by_hand() -> None:
    # 0 1 2
    # 3 4 5
    fabric = fabric_of("pattern: square, size: [2, 3]")
    assert sorted(map(tuple, fabric.edges.tolist())) == [(0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5)]
    assert fabric.lengths.tolist() == [1.0] * 7
    assert fabric.wire_pitches().tolist() == [2, 3, 2, 2, 3, 2]
    assert fabric.positions.tolist() == [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]
    assert fabric.mean_distance_pitches() == (0 + 1 + 2 + 1 + 2 + 3) / 6


def test_torus_wires_are_twice_as_long() -> None:
    fabric = fabric_of("pattern: square, size: [3, 3], borders: torus")
    assert len(fabric.edges) == 18
    assert fabric.lengths.tolist() == [2.0] * 18
    assert fabric.wire_pitches().tolist() == [8.0] * 9


def test_a_rule_turns_through_four_directions() -> None:
    # The cell in the middle of 5 x 5 under rule (2, 1): knight's moves of one handedness.
    fabric = fabric_of("rules: [[2, 1]], size: [5, 5]")
    middle = 12
    pairs = {tuple(e) for e in fabric.edges.tolist() if middle in e}
    others = {a + b - middle for a, b in pairs}
    wanted = {(2 + dx) + 5 * (2 + dy) for dx, dy in ((2, 1), (-1, 2), (-2, -1), (1, -2))}
    assert others == wanted
    assert fabric.wire_pitches()[middle] == pytest.approx(4 * math.sqrt(5))


def test_displacements_and_their_inverses() -> None:
    fabric = fabric_of("displacements: [[1, 0], [1, 1]], size: [2, 2]")
    assert sorted(map(tuple, fabric.edges.tolist())) == [(0, 1), (0, 3), (2, 3)]
    assert sorted(fabric.lengths.tolist()) == pytest.approx([1, 1, math.sqrt(2)])


def test_planes_of_a_cubic_grid_lie_side_by_side() -> None:
    # Two planes of 2 x 2: the second stands to the right of the first, so a wire between planes is two pitches long.
    fabric = fabric_of("pattern: cubic, size: [2, 2, 2]")
    assert fabric.positions.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [3, 0], [2, 1], [3, 1]]
    length = {tuple(e): d for e, d in zip(fabric.edges.tolist(), fabric.lengths.tolist(), strict=True)}
    assert len(length) == 12
    assert length[0, 1] == 1
    assert length[0, 2] == 1
    assert length[0, 4] == 2
    assert length[3, 7] == 2


def test_explicit_edges_run_along_rows_and_columns_unless_told() -> None:
    # Nine cells on 3 x 3: cell 8 is two columns and two rows from cell 0.
    fabric = fabric_of("edges: [[0, 8], [2, 1, 7.5]]")
    assert fabric.sites == 9
    assert fabric.edges.tolist() == [[0, 8], [1, 2]]
    assert fabric.lengths.tolist() == [4.0, 7.5]
    assert fabric.wire_pitches().tolist() == [4, 7.5, 7.5, 0, 0, 0, 0, 0, 4]


def test_graph_and_size_of_a_problem() -> None:
    edges = np.array([[0, 5], [1, 3]], np.int32)
    problem = Problem("p", edges, np.ones(2), np.zeros(6), shape=(2, 3))
    graph = build_fabric(chip_spec(chip_text(fabric="from: problem")), problem)
    assert graph.sites == 6
    assert graph.shape is None
    assert graph.edges.tolist() == edges.tolist()
    assert graph.lengths.tolist() == [3.0, 2.0]  # on 3 x 3: (0,0)-(2,1), (1,0)-(0,1)
    grid = build_fabric(chip_spec(chip_text(fabric="pattern: square, size: problem")), problem)
    assert grid.shape == (2, 3)


REFUSED = [
    ("pattern: squere, size: [4, 4]", "fabric.pattern", "spec.unknown-word"),
    ("pattern: square, size: [4]", "fabric.size", "spec.wrong-type"),
    ("pattern: square, size: [4, 4, 4]", "fabric.pattern", "spec.bad-fabric"),
    ("pattern: square, size: [10000, 10000]", "fabric.size", "spec.too-large"),
    ("pattern: square, size: problem", "fabric.size", "spec.needs-problem"),
    ("from: problem", "fabric.from", "spec.needs-problem"),
    ("rules: [[0, 0]], size: [4, 4]", "fabric.rules", "spec.bad-fabric"),
    ("rules: [[0, 1], [1, 0]], size: [4, 4]", "fabric.rules", "spec.duplicate"),
    ("displacements: [[1, 0], [-1, 0]], size: [4, 4]", "fabric.displacements", "spec.duplicate"),
    ("pattern: square, size: [2, 4], borders: torus", "fabric", "spec.bad-fabric"),
    ("pattern: square, size: [1, 4], borders: torus", "fabric", "spec.bad-fabric"),
    ("edges: [[0, 0]]", "fabric.edges[0]", "spec.bad-fabric"),
    ("displacements: [[1, 0], [5, 0]], size: [4, 4], borders: torus", "fabric", "spec.bad-fabric"),
    ("displacements: [[1, 0], [3, 0]], size: [4, 4], borders: torus", "fabric", "spec.bad-fabric"),
    ("displacements: [[2, 0]], size: [4, 4], borders: torus", "fabric", "spec.bad-fabric"),
    ("displacements: [[4, -4]], size: [4, 4], borders: torus", "fabric", "spec.bad-fabric"),
    ("edges: [[0, 1], [1, 0]]", "fabric.edges", "spec.bad-fabric"),
    ("edges: [[0, 1.5]]", "fabric.edges[0]", "spec.wrong-type"),
    ("edges: [[0, 1, 0]]", "fabric.edges[0]", "spec.out-of-range"),
]


@pytest.mark.parametrize(("fabric", "path", "code"), REFUSED)
def test_impossible_fabrics_are_refused(fabric: str, path: str, code: str) -> None:
    with refused(code) as caught:
        fabric_of(fabric)
    assert caught.value.path == path
    assert caught.value.place is not None
    assert caught.value.place.line == 4


@pytest.mark.parametrize(
    ("fabric", "takes"),
    [
        ("pattern: square, size: [1000, 1000]", "1,000,000 cells x 64 B + 2,000,000 couplers x 60 B = 175 MiB"),
        (
            "pattern: square, size: [500, 500], copies: 4",
            "1,000,000 cells x 64 B + 2,000,000 couplers x 60 B = 175 MiB",
        ),
        ("complete: 5000", "5,000 cells x 64 B + 12,497,500 couplers x 60 B = 715 MiB"),
    ],
)
def test_a_chip_for_which_there_is_no_memory_is_refused(
    fabric: str, takes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chipsim.compiler.fabric.available_bytes", lambda: 2**27)
    with refused("spec.too-large", f"takes {takes} of memory; this machine has available 128 MiB") as caught:
        fabric_of(fabric)
    assert caught.value.path == "fabric"
