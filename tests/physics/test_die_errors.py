"""Errors of one die: draws whose mean squares are the closed forms, and ranges of sums of squares."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from chipsim.physics import die_errors, part_errors
from chipsim.physics.held_matrix import FactorErrors
from chipsim.physics.laws import law_of
from chipsim.physics.low_rank import LowRank, low_rank_law
from chipsim.problems.matrix import low_rank_factor, m_matrix

MATRIX = m_matrix(7, 6.0, 3)
INVERSE = np.linalg.inv(MATRIX)
SOLUTIONS = INVERSE @ np.stack([np.linspace(-1, 2, 7), np.linspace(2, 1, 7)], axis=1)
VARIANCE = (0.01 * (0.2 + np.abs(MATRIX))) ** 2


@pytest.mark.parametrize("passive", [False, True])
def test_mean_squares_of_drawn_dies_are_the_closed_forms(passive: bool) -> None:
    """600 dies; 5 standard errors. Of the sum of two solutions the square is large or small if they share a die."""
    random = die_errors.generator()
    solved = die_errors.solution_errors(INVERSE, SOLUTIONS, VARIANCE, passive, random)
    inverted = die_errors.inverse_errors(INVERSE, VARIANCE, passive, random)
    wanted = [SOLUTIONS[:, 0], SOLUTIONS[:, 1], SOLUTIONS.sum(axis=1), SOLUTIONS[:, 0] - SOLUTIONS[:, 1]]
    told = [part_errors.solution_error(INVERSE, x, VARIANCE, passive) for x in wanted]
    # Errors of two solutions that were independent would add up to the same in the sum and in the difference.
    assert abs(told[2] - told[3]) > 0.5 * (told[0] + told[1])
    drawn = [solved[:, :, 0], solved[:, :, 1], solved.sum(axis=2), solved[:, :, 0] - solved[:, :, 1], inverted]
    for errors, square in zip(drawn, [*told, part_errors.inverse_error(INVERSE, VARIANCE, passive)], strict=True):
        squares = (errors.reshape(len(errors), -1) ** 2).sum(axis=1)
        assert len(squares) == die_errors.DIES
        assert squares.mean() == pytest.approx(square, abs=5 * squares.std() / np.sqrt(len(squares)))


def test_factors_of_a_matrix_of_low_rank() -> None:
    """Of two solutions; their errors are those of one die, so also those of their sum are the closed form."""
    factor = low_rank_factor(30, 4, 10.0, 1)
    matrix, errors = LowRank(factor.T, np.eye(4), factor, 1 / 9), FactorErrors(1e-5, 2e-5, 0.01)
    law = low_rank_law(matrix, 1.0).reduced()
    solutions = np.stack([np.linspace(-1, 1, 30), np.linspace(-1, 2, 30)], axis=1)
    drawn = die_errors.factor_errors(law, matrix, solutions, errors, die_errors.generator())

    def told(solution: NDArray[np.float64]) -> float:
        laws = part_errors.factor_mismatch_error, part_errors.factor_code_error
        return sum(law_of_squares(law, matrix, solution, errors) for law_of_squares in laws)

    for k in range(2):
        assert (drawn[:, :, k] ** 2).sum(axis=1).mean() == pytest.approx(told(solutions[:, k]), rel=0.1)
    assert (drawn.sum(axis=2) ** 2).sum(axis=1).mean() == pytest.approx(told(solutions.sum(axis=1)), rel=0.1)
    assert told(solutions.sum(axis=1)) > 1.5 * sum(told(solutions[:, k]) for k in range(2))


@pytest.mark.parametrize("degrees", [1, 3, 40])
def test_the_range_of_equal_weights_is_that_of_chi_square(degrees: int) -> None:
    low, high = die_errors.range95(2.0, 2 * 2.0**2 / degrees)
    assert (low**2, high**2) == pytest.approx(tuple(2 * chi2.ppf([0.025, 0.975], degrees) / degrees), rel=1e-9)
    assert die_errors.range95(4.0, 0.0) == (2.0, 2.0)
    assert die_errors.range95(0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("readings", [1, 3, 50])
def test_spread_of_averaged_products_over_lanes(readings: int) -> None:
    """Of independent readings of 7 voltages with an expectation that is off: 40,000 lanes, 10 %."""
    random = np.random.default_rng(readings)
    away = 0.1 * (INVERSE - np.diag(np.diag(INVERSE)))
    volts = random.standard_normal((40_000, readings, 7)) @ np.linalg.cholesky(INVERSE).T
    products = volts.transpose(0, 2, 1) @ volts / readings
    measured = ((products - INVERSE + away) ** 2).sum(axis=(1, 2)).var()
    error = (np.trace(INVERSE) ** 2 + (INVERSE**2).sum()) / readings
    assert die_errors.independent_readings(INVERSE, error) == pytest.approx(readings)
    told = die_errors.spread_of_products(INVERSE, away, error, die_errors.generator())
    assert told == pytest.approx(measured, rel=0.1)


def test_noise_along_a_direction() -> None:
    """Of an even law the covariance of averaged voltages has its modes: along each, its own error."""
    from chipsim.physics.averages import averages_of

    law = law_of(MATRIX, np.eye(7))
    found = averages_of(law, 7, 0.0, 0.3, 12)
    np.testing.assert_allclose(found.mean_error_along(found.vectors.T), found.mode_errors, rtol=1e-9)
    assert found.mean_error_along(np.eye(7)).sum() == pytest.approx(found.mean_error())
