"""Errors of parts carried to first order, against many dies with small errors."""

from __future__ import annotations

import numpy as np
import pytest

from chipsim.components.couplers.resistor_array import ResistorArray
from chipsim.physics import part_errors
from chipsim.physics.low_rank import LowRank, low_rank_law
from chipsim.physics.networks import realise

M_MATRIX = np.array([[2.0, -0.5, -0.3, 0.0], [-0.5, 1.5, 0.0, -0.2], [-0.3, 0.0, 1.0, -0.1], [0.0, -0.2, -0.1, 0.9]])
SIGNED = M_MATRIX * np.where(np.eye(4), 1, -1)
RIGHT = np.array([1.0, -2.0, 0.5, 1.5])
DIES = 4000


@pytest.mark.parametrize("passive", [True, False])
def test_mismatch_of_networks(passive: bool) -> None:
    matrix = M_MATRIX if passive else SIGNED
    inverse, exact = np.linalg.inv(matrix), np.linalg.solve(matrix, RIGHT)
    dies = [realise(matrix, 1.0, 24, passive, 1e-3, np.random.default_rng(i)) for i in range(DIES)]
    held = np.array([np.asarray(d.held) / d.scale for d in dies])
    variance = dies[0].errors.mismatch / dies[0].scale ** 2
    squares = ((np.linalg.solve(held, RIGHT[None, :, None])[:, :, 0] - exact) ** 2).sum(axis=1)
    told = part_errors.solution_error(inverse, exact, variance, passive)
    assert told == pytest.approx(squares.mean(), rel=5 * squares.std() / squares.mean() / np.sqrt(DIES))
    squares = ((np.linalg.inv(held) - inverse) ** 2).sum(axis=(1, 2))
    told = part_errors.inverse_error(inverse, variance, passive)
    assert told == pytest.approx(squares.mean(), rel=5 * squares.std() / squares.mean() / np.sqrt(DIES))


def factors() -> LowRank:
    rows = np.random.default_rng(2).standard_normal((3, 7))
    mixing = np.random.default_rng(3).standard_normal((3, 3))
    return LowRank(rows.T, mixing @ mixing.T + np.eye(3), rows, 0.3)


def solved(matrix: LowRank, right: np.ndarray) -> np.ndarray:
    dense = matrix.left @ matrix.middle @ matrix.right + matrix.rest * np.eye(matrix.size)
    return np.linalg.solve(dense, right)


def test_mismatch_of_arrays() -> None:
    matrix, right = factors(), np.linspace(-1, 1, 7)
    array = ResistorArray.model_validate(
        {"kind": "resistor_array", "rows": 3, "bits": 24, "range": "1 S", "mismatch": 1e-3, "pitch": "1 um"}
    )
    dies = [array.realise(matrix, np.random.default_rng(i)) for i in range(DIES)]
    exact = solved(matrix, right)
    squares = np.array([((solved(d.held, right) - exact) ** 2).sum() for d in dies])
    told = part_errors.factor_mismatch_error(low_rank_law(matrix, 1.0).reduced(), matrix, exact, dies[0].errors)
    assert told == pytest.approx(squares.mean(), rel=5 * squares.std() / squares.mean() / np.sqrt(DIES))


def test_rounding_of_arrays() -> None:
    """Errors as large as the codes of 10 bits have, drawn at random and the same in both copies of J."""
    matrix, right = factors(), np.linspace(-1, 1, 7)
    array = ResistorArray.model_validate(
        {"kind": "resistor_array", "rows": 3, "bits": 10, "range": "1 S", "pitch": "1 um"}
    )
    errors, exact, random = array.realise(matrix, np.random.default_rng(0)).errors, solved(matrix, right), []
    for i in range(DIES):
        die = np.random.default_rng(i)
        rows = matrix.right + np.sqrt(errors.code) * die.standard_normal(matrix.right.shape)
        middle = matrix.middle + np.sqrt(errors.middle_code) * die.standard_normal(matrix.middle.shape)
        random.append(((solved(LowRank(rows.T, middle, rows, 0.3), right) - exact) ** 2).sum())
    squares = np.array(random)
    told = part_errors.factor_code_error(low_rank_law(matrix, 1.0).reduced(), matrix, exact, errors)
    assert told == pytest.approx(squares.mean(), rel=5 * squares.std() / squares.mean() / np.sqrt(DIES))
