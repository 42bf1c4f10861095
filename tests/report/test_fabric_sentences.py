"""The sentences of `reports/fabric.py` follow their figures, and the predictions their inputs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fabric_predictions import pegasus_preset_sweep_s, predictions, sentences
from fabric_runs import Bits, Order, Point
from fabric_sentences import (
    bit_sentences,
    law_sentences,
    operating_sentences,
    order_sentences,
    right_points,
    told_apart,
)

from chipsim.statistics.deviation import Deviation, Interval


def off(value: float, width: float = 0.01) -> Deviation:
    return Deviation(Interval(value, max(0.0, value - width), value + width), None)


def point(law: str, phase: float, distance: float, error: float, joules: float | None) -> Point:
    small = {
        "total_variation": distance,
        "total_variation_floor": 0.01,
        "total_variation_floor_high": 0.012,
        "fitted_beta": 0.7,
    }
    return Point(law, phase, small, off(error), joules, 1e-13, 3.0, "resolved")


def test_a_law_at_the_floor_is_called_so_and_one_above_it_not() -> None:
    right = [point(law, phase, 0.011, 0.0, 1e-12) for law in ("redraw", "telegraph", "comparator") for phase in (1, 5)]
    assert all("at the floor of a perfect sampler at every phase" in text for text in law_sentences(right))
    wrong = [
        replace(p, small={**p.small, "total_variation": 0.08}) if p.law == "telegraph" and p.phase == 1 else p
        for p in right
    ]
    told = list(law_sentences(wrong))
    assert "furthest from Boltzmann's law at a phase of 1 tau0 (total variation 0.080" in told[1]
    assert "off up to 1 tau0" in told[1]
    assert "at every phase" in told[0]


def test_the_cheapest_is_among_those_that_are_right_and_below_all_others_only_if_told_apart() -> None:
    rows = [
        point("redraw", 1, 0.01, 0.2, 1e-12),
        point("redraw", 2, 0.01, 0.01, 2e-12),
        point("redraw", 5, 0.01, 0.01, 5e-12),
    ]
    assert [p.phase for p in right_points(rows)] == [2, 5]
    told = next(operating_sentences(rows))
    assert "the least found is 2.00 pJ +- 100 fJ per effective sample at 2 tau0, below all others" in told
    assert "below all others: 5 tau0 (5.00 pJ +- 100 fJ)" in told
    assert "1 tau0" not in told
    # Intervals that meet, or one that is not known, tell nothing apart.
    for half, shown in ((3e-12, "3.0 pJ"), (None, "an interval that is not known")):
        wide = next(operating_sentences([*rows[:2], replace(rows[2], half=half)]))
        assert f"not told from 5 tau0 (5.00 pJ +- {shown})" in wide
        assert "below all others" not in wide
    right = next(operating_sentences([replace(rows[0], error=off(0.0), half=1.5e-12), *rows[1:]]))
    assert "at 1 tau0, not told from 2 tau0 (2.00 pJ +- 100 fJ); more at 5 tau0 (5.00 pJ +- 100 fJ)" in right


@pytest.mark.parametrize(("half", "apart"), [(0.99e-12, True), (1.01e-12, False)])
def test_two_points_are_told_apart_where_their_intervals_do_not_overlap(half: float, apart: bool) -> None:
    first, second = (replace(point("redraw", 1, 0.01, 0.0, joules), half=half) for joules in (2e-12, 4e-12))
    assert told_apart(first, second) is apart
    assert told_apart(second, first) is apart
    assert not told_apart(first, replace(second, joules=None))


def test_a_single_phase_within_the_error_is_not_called_best() -> None:
    rows = [point("telegraph", 1, 0.07, 0.2, 1e-12), point("telegraph", 5, 0.01, 0.01, 5e-12)]
    only = list(operating_sentences(rows))
    assert "5 tau0 is the only phase of the grid whose error is surely below 0.05 deviations of a sample" in only[1]
    assert "5.00 pJ +- 100 fJ" in only[1]
    both = list(operating_sentences([replace(rows[0], error=off(0.0)), rows[1]]))
    assert "only phase" not in both[1]
    # An error below the threshold whose interval is not, is not surely below it.
    none = list(operating_sentences([rows[0], replace(rows[1], error=off(0.045))]))
    assert none == [
        f"dtca-70 with {law} noise: no phase of the grid has an error surely below 0.05 deviations of a sample."
        for law in ("redraw", "telegraph")
    ]
    assert right_points([replace(row, joules=None) for row in rows]) == []
    assert right_points([replace(row, error=None) for row in rows]) == []


def test_the_fewest_bits_are_those_beyond_all_that_are_told_apart() -> None:
    rows = [Bits(2, off(0.5), 1e-9), Bits(4, off(0.1), 2e-9), Bits(6, off(0.0), 3e-9), Bits(8, off(0.0), 4e-9)]
    assert "6 bits suffice for moments of sums over the array at beta 0.2: " in list(bit_sentences(rows))[1]
    later = [*rows[:2], Bits(6, off(0.05), 3e-9), rows[3]]
    assert "8 bits suffice for moments" in list(bit_sentences(later))[1]


def test_orders_are_told_apart_by_their_intervals() -> None:
    rows = [
        Order("G11", "colours", 556.0, 0.5, 1e-9, 1e-6, 100, 564),
        Order("G11", "sequential", 555.5, 0.5, 1e-9, 1e-3, 100, 564),
        Order("G11", "all at once", 300.0, 0.5, 1e-9, 1e-6, 100, 564),
    ]
    told = next(order_sentences(rows))
    assert "colours cuts most, 556.0 of 564, not told from sequential; all at once least, 300.0" in told
    apart = [rows[0], replace(rows[1], cut=550.0), rows[2]]
    assert "not told from" not in next(order_sentences(apart))


def test_predictions_follow_from_their_inputs() -> None:
    power, flip, sweep, update = predictions()
    assert power.value == pytest.approx(0.4675 * 256 / 1024)
    assert power.low == pytest.approx(power.value / 2)
    assert flip.value == pytest.approx(4 * 0.4675 / 1024 / 100e6)
    assert sweep.value == pytest.approx(128 / 140e6)
    assert sweep.value == pytest.approx(pegasus_preset_sweep_s(), rel=1e-6)
    assert update.value == pytest.approx(5.22e-12 + 54e-15)
    # 15 adds of 12 bits and a comparison of 32, at 3.4 fJ a bit; 150 bits at 30 fJ; 32 flip-flops of 1.7 fJ.
    assert update.value == pytest.approx((212 * 3.4 + 150 * 30 + 32 * 1.7) * 1e-15, rel=0.01)
    assert [one.verdict for one in (power, flip, sweep, update)] == ["no published figure known"] * 2 + [
        "misses",
        "holds",
    ]


def test_a_sentence_says_whether_a_prediction_holds() -> None:
    _, _, sweep, update = predictions()
    assert "a miss: published is +7.7% from predicted" in next(sentences([sweep]))
    assert "it holds; a range of a factor of 21 is a weak test" in next(sentences([update]))
    far = replace(update, published=((1e-9, "nobody"),))
    assert "it misses" in next(sentences([far]))
    half = replace(update, published=((1e-9, "nobody"), *update.published))
    assert "it holds for some" in next(sentences([half]))
