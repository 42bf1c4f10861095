"""A three-dimensional grid on the plane of the die: where each plane goes, and how long the wires between them are.

Three planes of 2 rows and 4 columns stand in the smallest square of tiles, two by two: plane 0 at the corner, plane 1
beside it (4 columns further), plane 2 above it (2 rows further).
"""

from __future__ import annotations

import numpy as np
from support_chips import fabric_of

CUBIC = "displacements: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], size: [3, 2, 4]"

POSITIONS = [
    *[(0, 0), (1, 0), (2, 0), (3, 0)], *[(0, 1), (1, 1), (2, 1), (3, 1)],
    *[(4, 0), (5, 0), (6, 0), (7, 0)], *[(4, 1), (5, 1), (6, 1), (7, 1)],
    *[(0, 2), (1, 2), (2, 2), (3, 2)], *[(0, 3), (1, 3), (2, 3), (3, 3)],
]  # fmt: skip


def test_planes_stand_side_by_side() -> None:
    assert [tuple(place) for place in fabric_of(CUBIC).positions.tolist()] == POSITIONS


def test_wires_go_along_rows_and_columns() -> None:
    fabric = fabric_of(CUBIC)
    lengths = {(int(a), int(b)): length for (a, b), length in zip(fabric.edges, fabric.lengths, strict=True)}
    # Along a row 3 x 2 x 3 wires, across it 4 x 3, each of one pitch; from plane to plane 8 each.
    assert len(lengths) == 18 + 12 + 16
    assert sum(length == 1 for length in lengths.values()) == 18 + 12
    for cell in range(8):
        assert lengths[cell, cell + 8] == 4  # 4 columns further
        assert lengths[cell + 8, cell + 16] == 4 + 2  # 4 columns back, 2 rows further


def test_two_planes_of_three_rows_and_four_columns() -> None:
    fabric = fabric_of(CUBIC.replace("[3, 2, 4]", "[2, 3, 4]"))
    assert fabric.positions[12:].tolist() == [[4 + x, y] for y in range(3) for x in range(4)]
    across = np.abs(fabric.edges[:, 0] - fabric.edges[:, 1]) == 12
    assert fabric.lengths[across].tolist() == [4] * 12


def test_the_mean_way_to_a_cell() -> None:
    # Planes of mean (1.5, 0.5), two of them 0 further and one 4 columns or 2 rows further.
    mean = (3 * (1.5 + 0.5) + 4 + 2) / 3
    assert fabric_of(CUBIC).mean_distance_pitches() == mean
