"""Time to solution against its closed form, and Wilson's interval against published values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipsim.statistics.success import Success, repeats_to_solution, to_solution


@pytest.mark.parametrize(
    ("probability", "repeats"),
    [(0.5, math.log(0.01) / math.log(0.5)), (0.1, 43.7087), (0.9, 2.0), (0.99, 1.0), (1.0, 1.0), (0.0, None)],
)
def test_repeats_at_99_percent(probability: float, repeats: float | None) -> None:
    found = repeats_to_solution(probability)
    assert found is None if repeats is None else found == pytest.approx(repeats, rel=1e-5, abs=0)


@given(st.floats(1e-6, 0.98))
def test_so_many_repeats_succeed_with_99_percent(probability: float) -> None:
    repeats = repeats_to_solution(probability)
    assert repeats is not None
    assert 1 - (1 - probability) ** repeats == pytest.approx(0.99, rel=1e-9, abs=0)


# 95 % intervals of Wilson's score (Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29).
WILSON = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
    (29, 29, 0.8830, 1.0),
]


@pytest.mark.parametrize(("successes", "lanes", "low", "high"), WILSON)
def test_wilson(successes: int, lanes: int, low: float, high: float) -> None:
    assert Success(successes, lanes).interval() == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "lanes"), [(1, 29), (15, 148), (81, 263), (147, 148)])
def test_bounds_are_where_the_estimate_is_1_96_standard_deviations_away(successes: int, lanes: int) -> None:
    for bound in Success(successes, lanes).interval():
        deviation = math.sqrt(bound * (1 - bound) / lanes)
        assert abs(successes / lanes - bound) / deviation == pytest.approx(1.959963984540054, rel=1e-12)


@given(st.integers(1, 1000).flatmap(lambda lanes: st.tuples(st.integers(0, lanes), st.just(lanes))))
def test_the_interval_holds_the_estimate_and_mirrors(counts: tuple[int, int]) -> None:
    successes, lanes = counts
    low, high = Success(successes, lanes).interval()
    assert 0 <= low <= successes / lanes <= high <= 1
    assert Success(lanes - successes, lanes).interval() == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_costs_grow_with_failure_and_are_unbounded_without_success() -> None:
    half = to_solution(Success(32, 64), 2.0, 2.0)
    assert half["value"] == pytest.approx(2 * math.log(0.01) / math.log(0.5))
    low, high = Success(32, 64).interval()
    assert half["low"] == pytest.approx(2 * repeats_to_solution(high))
    assert half["high"] == pytest.approx(2 * repeats_to_solution(low))
    never = to_solution(Success(0, 64), 2.0, 2.0)
    assert (never["value"], never["high"]) == (None, None)
    assert never["low"] > 2.0
    always = to_solution(Success(64, 64), 2.0, 2.0)
    assert always["value"] == always["low"] == 2.0 < always["high"]
    # The first repetition costs 2, each restart half of that.
    kept = to_solution(Success(32, 64), 2.0, 1.0)
    assert kept["value"] == pytest.approx(1 + half["value"] / 2)
