"""Fields that cells can have, against all states of small arrays."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from chipsim.components.cells.fields import Fields

EDGES = np.array([[0, 1], [1, 2], [0, 2], [2, 3]])


def all_fields(matrix: np.ndarray, biases: np.ndarray, beta: float) -> np.ndarray:
    states = np.array(list(product((-1, 1), repeat=len(biases))))
    return (biases + states @ matrix.T) * beta


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(("weights", "biases", "beta"), [
    ([1, -1, 1, 1], [0, 0, 0, 0], 0.5),
    ([1, -1, 1, 1], [0, 0, 0, 1], 0.5),
    ([2, -1, 1, 3], [0.5, 1, 0, 0], 1.0),
    ([1.5, -0.5, 1, 2], [0.5, 0, 0.5, 0], 1.0),
])  # fmt: skip
def test_steps_reach_and_pull_are_those_of_all_states(
    directed: bool, weights: list[float], biases: list[float], beta: float
) -> None:
    matrix, one_way = np.zeros((4, 4)), np.array([weights, weights[::-1]], float).T
    for (i, j), (to_first, to_second) in zip(
        EDGES, one_way if directed else np.array([weights, weights]).T, strict=True
    ):
        matrix[i, j], matrix[j, i] = to_first, to_second
    given = np.array(biases, float)
    fields = Fields(EDGES, one_way if directed else np.array(weights, float), given, beta)
    every = all_fields(matrix, given, beta)
    assert fields.reach == pytest.approx(np.abs(every).max())
    weights_of = np.array([1.0, 2.0, 0.5, 3.0])
    summed = fields.largest_sum(lambda size, other: size * weights_of[other])
    assert summed == pytest.approx((np.abs(matrix) @ weights_of).max() * beta)
    for step in (0.25, 0.5, 1.0, 1.5, 2.0, 3.0):
        fit = [bool(np.allclose(x / step, np.rint(x / step))) for x in (every, fields.spacings)]
        assert fit[0] == fit[1], step
