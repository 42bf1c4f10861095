"""Conjugate gradients against solved systems, and how often they multiply."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from chipsim.physics.conjugate_gradients import conjugate_gradients

VALUES = np.array([1.0, 2.0, 5.0, 9.0])
RIGHT = np.arange(1.0, 5.0)
ELSEWHERE = np.array([3.0, -1.0, 2.0, 0.5])


@pytest.mark.parametrize("start", [np.zeros(4), ELSEWHERE], ids=["zero", "elsewhere"])
def test_as_many_steps_as_there_are_values_are_exact(start: np.ndarray) -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))
    matrix = turned * VALUES @ turned.T
    told, before = np.linalg.solve(matrix, RIGHT), start.copy()
    steps = list(islice(conjugate_gradients(matrix.__matmul__, RIGHT, start), 4))
    assert steps[3] == pytest.approx(told, rel=1e-12)
    # In the norm of the matrix each step is nearer than the one before.
    apart = [float((x - told) @ matrix @ (x - told)) for x in (start, *steps)]
    assert apart == sorted(apart, reverse=True)
    assert np.array_equal(start, before)


def test_the_first_step_by_hand() -> None:
    """From 0 along b by |b|^2 / (b A b) = 30 / (1 + 8 + 45 + 144)."""
    first = next(conjugate_gradients(lambda x: VALUES * x, RIGHT, np.zeros(4)))
    assert first == pytest.approx(30 / 198 * RIGHT, rel=1e-15)


@pytest.mark.parametrize(("start", "products"), [(np.zeros(4), 3), (ELSEWHERE, 4)], ids=["zero", "elsewhere"])
def test_a_step_takes_one_product_and_a_start_another(start: np.ndarray, products: int) -> None:
    calls = []

    def times(vector: np.ndarray) -> np.ndarray:
        calls.append(1)
        return VALUES * vector

    assert len(list(islice(conjugate_gradients(times, RIGHT, start), 3))) == 3
    assert len(calls) == products


def test_it_ends_where_it_is_as_good_as_numbers_are() -> None:
    steps = list(islice(conjugate_gradients(lambda x: VALUES * x, RIGHT, np.zeros(4)), 1000))
    assert 4 <= len(steps) < 10
    assert steps[-1] == pytest.approx(RIGHT / VALUES, rel=1e-15)
    assert list(conjugate_gradients(lambda x: VALUES * x, RIGHT, RIGHT / VALUES)) == []
