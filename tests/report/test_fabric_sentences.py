"""The sentences of `reports/fabric.py` follow their figures, and the predictions their inputs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fabric_denoising import AGAIN, CASES, SHIPPED, SMALL, Images, denoising_sentences, denoising_table
from fabric_late import CAUSES, Late, changes_of
from fabric_predictions import pegasus_preset_sweep_s, predictions, sentences
from fabric_runs import Bits, Order, Point, parts_of
from fabric_sentences import (
    bit_sentences,
    late_sentences,
    law_sentences,
    operating_sentences,
    order_sentences,
    reason_sentences,
    right_points,
    told_apart,
)
from fabric_views import bit_table, late_table, law_table, order_table, prediction_table

import chipsim
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
    return Point(law, phase, small, off(error), joules, 1e-13, 3.0, "resolved", {})


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


def test_why_a_phase_is_cheapest_is_told_by_what_rises_on_either_side() -> None:
    parts = ({"rng.on": 1e-12, "toggle": 4e-12}, {"rng.on": 2e-12, "toggle": 2e-12}, {"rng.on": 8e-12, "toggle": 1e-12})
    rows = [
        replace(point("redraw", phase, 0.01, 0.0, sum(part.values())), parts=part, tau=tau)
        for phase, part, tau in zip((0.2, 1, 5), parts, (9.0, 3.0, 1.0), strict=True)
    ]
    left, right = reason_sentences(rows)
    assert "from 1 tau0 to a shorter phase of 0.2 tau0, tau_int goes from 3 to 9 sweeps; per effective sample" in left
    assert "toggle rises most, 2.00 pJ to 4.00 pJ and rng.on falls most, 2.00 pJ to 1.00 pJ (in all 4.00 pJ" in left
    assert "longer phase of 5 tau0, tau_int goes from 3 to 1 sweeps" in right
    assert "rng.on rises most, 2.00 pJ to 8.00 pJ and toggle falls most, 2.00 pJ to 1.00 pJ" in right
    # Dearer by the other part, alike within the intervals, without a phase on one side, without any.
    other = {"rng.on": 1e-12, "toggle": 8e-12}
    swapped = list(reason_sentences([*rows[:2], replace(rows[2], joules=9e-12, parts=other)]))[1]
    assert "toggle rises most, 2.00 pJ to 8.00 pJ and rng.on falls most" in swapped
    assert "in all not told apart, " in next(reason_sentences([replace(rows[0], half=3e-12), *rows[1:]]))
    ends = next(reason_sentences(rows[1:]))
    assert ends == "dtca-70: the grid ends at the cheapest, 1 tau0; what a shorter phase costs is open."
    assert not list(reason_sentences([]))


def test_parts_of_the_ledger_add_up_to_joules_per_effective_sample() -> None:
    small = {"fabric.size": [4, 4], "schedule.beta": 0.2, "schedule.sweeps": 500}
    summary = chipsim.run("dtca-70", "spin-glass", set=small, lanes=64, scope="fabric").summary
    parts = parts_of(summary)
    assert set(parts) == {"cells.on", "rng.on", "couplers.toggle", "clock.tick"}
    assert sum(parts.values()) == pytest.approx(summary.priced.sample.joules_per_effective_sample)
    # Noise is powered for as long as cells are: 3.5 against 1.1 nW.
    assert parts["rng.on"] / parts["cells.on"] == pytest.approx(3.5 / 1.1)


def late(cause: str, ratio: float, distance: float, joules: float | None) -> Late:
    small = {"total_variation": distance, "total_variation_floor": 0.01, "total_variation_floor_high": 0.012}
    return Late(cause, ratio, small, None, joules, 1e-13, "resolved" if joules else "withheld")


def test_late_fields_are_told_by_where_samples_stand_and_where_the_law_is_off() -> None:
    rows = [
        late("wires, clocked", 0.1, 0.01, 2e-12),
        late("wires, clocked", 0.9, 0.011, 1e-12),
        late("wires, clocked", 1.1, 0.6, None),
        late("settling, clocked", 0.1, 0.01, None),
        late("settling, clocked", 1.0, 0.011, None),
        late("wires, no clock", 0.1, 0.02, 1e-12),
        late("wires, no clock", 1.0, 0.2, None),
    ]
    wires, nodes, free = late_sentences(rows)
    assert "samples stand up to 0.9 of the update time of those tried, cheapest at 0.9 (1.00 pJ +- 100 fJ" in wires
    assert "nine cells leave the floor at 1.1 and are off by 0.600 at 1.1" in wires
    assert "although" not in wires
    assert nodes.endswith("samples are withheld at every ratio tried; nine cells are at the floor at every ratio.")
    assert "nine cells leave the floor at 0.1 and are off by 0.200 at 1" in free
    assert free.endswith("samples stand although they are off at 0.1.")
    cheap = [replace(rows[0], joules=0.5e-12), *rows[1:]]
    assert "cheapest at 0.1 (500 fJ" in next(late_sentences(cheap))


def test_ratios_of_late_fields_are_those_of_the_chips() -> None:
    """A wire of one pitch of 6 um, and an R C, take 10 ns."""
    for cause in CAUSES:
        changes = changes_of(cause, 0.5)
        slow = next(value for key, value in changes.items() if key.startswith("couplers."))
        assert slow == ("10 ns" if cause == "settling, clocked" else "1.66666666667 ns/um")
        assert changes["clock.mean_interval" if cause == "wires, no clock" else "clock.phase"] == "20 ns"


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


def test_tables_show_what_is_known_and_a_dash_else() -> None:
    paid = point("redraw", 0.5, 0.011, 0.02, 2e-12)
    unknown = replace(paid, phase=2.0, joules=None, half=None, tau=None, error=None)
    rows = law_table([paid, unknown, replace(paid, half=None)]).rows
    small = ("0.0110", "0.0120", "0.700")
    assert rows[0] == ("redraw", "0.5", *small, "0.030", "3", "2.00 pJ +- 100 fJ")
    assert rows[1] == ("redraw", "2", *small, "-", "-", "-")
    assert rows[2][-1] == "2.00 pJ"
    wires = late("wires, clocked", 0.1, 0.01, None)
    (row,) = late_table([replace(wires, small={**wires.small, "fitted_beta": 0.8})]).rows
    assert row == ("wires, clocked", "0.1", "0.0100", "0.0120", "0.800", "-", "-")
    assert bit_table([Bits(2, off(0.5), 1e-9)]).rows == (("2", "0.500", "0.510", "1.000 nJ"),)
    (row,) = order_table([Order("G11", "colours", 556.0, 0.5, 1e-9, 1e-6, 2000, 564)]).rows
    assert row == ("G11", "colours", "2,000", "556.0 +- 0.5", "564", "1.000 nJ", "1.000 us")
    power, _, sweep, update = prediction_table(list(predictions())).rows
    assert power[1:4] == ("116.9 mW", "58.44 mW to 116.9 mW", "-")
    assert sweep[2] == "-"
    assert "1.200 pJ (abstract, at peak, I/O included); 4.810 pJ" in update[3]


def images(distances: dict[tuple[str, str, int, str, int], float]) -> list[Images]:
    """Distance 10 but for these cases, +- 0.1; an image costs its phase in picojoules."""
    return [Images(*case, distances.get(case, 10.0), 0.1, 0.5, case[4] * 1e-12) for case in CASES]


def test_what_telegraph_noise_costs_a_denoising_model_follows_the_distances() -> None:
    stale, slow = (("fashion-dtm", SHIPPED, 0, "telegraph", phase) for phase in (1, 5))
    head, large, small, _ = denoising_sentences(images({stale: 12.0, slow: 9.0}))
    assert "5,000 of each training" in head
    assert (
        "distance 10 +- 0.1 with redraw noise. With telegraph noise it is 12 +- 0.1 at the same phase (worse)" in large
    )
    assert "and 9 +- 0.1 at 5 tau0 (better), where an image takes 5 times the energy" in large
    assert small.startswith(f"{SMALL} with the weights that ship")
    assert small.count("not told apart") == 2
    # The interval of a difference is that of both.
    for value, worse in ((10.14, False), (10.15, True)):
        assert ("(worse)" in list(denoising_sentences(images({stale: value})))[1]) is worse


@pytest.mark.parametrize(
    ("telegraph", "verdict"), [((20, 21, 22), "worse"), ((5, 6, 7), "better"), ((5, 20, 40), "not told apart")]
)
def test_what_training_again_does_is_judged_by_the_scatter_of_trainings(
    telegraph: tuple[int, ...], verdict: str
) -> None:
    found = {(SMALL, AGAIN, seed, "telegraph", 1): float(value) for seed, value in enumerate(telegraph)}
    text = list(denoising_sentences(images(found | {(SMALL, AGAIN, 1, "redraw", 1): 11.0})))[-1]
    assert "from 3 seeds: mean distance" in text
    assert f"({', '.join(map(str, telegraph))}), and 10.3 +- 1.4 (10, 11, 10) of trainings with redraw" in text
    assert text.endswith(f"({verdict}).")
    assert len(denoising_table(images(found)).rows) == len(CASES)
