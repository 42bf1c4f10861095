"""Sentences of the report on natural gradients under planted figures: a claim that they do not support is not made."""

from __future__ import annotations

import natural_gradient_sentences as sentences
import pytest
from support_reports import row, rows, steps, text


def test_an_interval_is_that_of_two_binomials():
    """0.8 of 10,000 images twice: 1.96 sqrt(2 x 0.16 / 10,000)."""
    assert sentences.half_width(row("a", "b", 0.8), row("a", "c", 0.8)) == pytest.approx(0.011087, rel=1e-3)


def test_trainings_without_mismatch_are_called_so():
    said = text(sentences.setting_sentences(rows()))
    # 14 rows outside mismatch and the methods; one is refused, and every 1 is the training of 50 tau.
    assert "The 12 different trainings on the chip outside the section on mismatch run without it" in said
    assert said.endswith("Beside these, settings that are refused: 1; rows that repeat another: 1.")
    said = text(sentences.setting_sentences([r for r in rows(refused=False) if r.setting != "every 1"]))
    assert "The 13 different trainings" in said
    assert said.endswith("the preset ships with 0.1 %.")
    assert "a difference of less than 1.1% is not resolved" in said


def test_analog_time_leads_to_the_natural_gradient_only_where_it_gets_there():
    said = text(sentences.time_sentences(rows(), 0.6, 0.04))
    assert "moves the result from gradient descent to the natural gradient" in said
    assert "From 50 tau on no difference from the last is resolved" in said
    for last in (0.765, 0.74):
        said = text(sentences.time_sentences(rows(last=last), 0.6, 0.04))
        assert "moves" not in said
        assert f"{last:.1%} (50 tau)" in said
    # Without analog time it is no gradient descent.
    other = [row("method", "gradient descent", 0.7) if r.setting == "gradient descent" else r for r in rows()]
    assert "moves" not in text(sentences.time_sentences(other, 0.6, 0.04))


def test_a_delay_is_blamed_only_where_it_costs():
    assert text(sentences.delay_sentences(rows())).endswith("no loss is resolved.")
    assert text(sentences.delay_sentences(rows(delayed=0.85))).endswith("no loss is resolved.")
    assert text(sentences.delay_sentences(rows(delayed=0.77))).endswith("lower than without delay: 5 tau.")


def test_noise_is_harmless_up_to_the_first_level_that_costs():
    said = text(sentences.noise_sentences(rows()))
    assert "after 50 tau no loss is resolved up to kappa0 = 1e-06, the lowest level tried, a loss at the next, " in said
    assert "after 1 tau a loss is resolved at each level" in said
    # Above the accuracy without noise is no loss, however far.
    for noisy in (0.785, 0.9):
        said = text(sentences.noise_sentences(rows(noisy=noisy)))
        assert "after 50 tau no loss is resolved up to kappa0 = 1e-02" in said
        assert "lowest level" not in said
        assert "a loss at the next" not in said
        assert "after 1 tau no loss is resolved up to kappa0 = 2e-02" in said


def test_a_published_limit_of_the_noise_is_not_judged_by_runs_that_differ_in_more():
    said = text(sentences.noise_sentences(rows()))
    assert "in the range of the inputs as well (2 ranges)" in said
    assert "say nothing of the level of 0.01" in said
    assert "range" not in text(sentences.noise_sentences(rows(shared=True)))


def test_what_learnt_nothing_is_not_ranked_and_refusals_are_told():
    converters, couplers, mismatch, *_ = sentences.hardware_sentences(rows())
    assert "nothing learnt (4 bits), 70.0% (8 bits); " in converters
    assert "resolved to be lower than 79.2% without these limits: 8 bits; " in converters
    assert converters.endswith("with 4 bits the accuracy stays at 13.8%.")
    assert couplers.endswith("with 3 bits the stored matrix is unstable, and the chip refuses it.")
    assert mismatch.endswith("without these limits: none.")
    converters, couplers, *_ = sentences.hardware_sentences(rows(refused=False, stuck=False, few=0.9))
    assert converters.endswith(
        "13.8% (4 bits), 90.0% (8 bits); resolved to be lower than 79.2% without these limits: 4 bits."
    )
    assert couplers.endswith("without these limits: 3 bits.")


def test_reuse_is_blamed_where_it_costs():
    said = text(sentences.reload_sentences(rows()))
    assert said.endswith("every 3; lower even than gradient descent without the chip (76.0%): every 3.")
    assert text(sentences.reload_sentences(rows(kept=0.77))).endswith("lower than with one a batch: every 3.")
    for kept in (0.79, 0.85):
        assert text(sentences.reload_sentences(rows(kept=kept))).endswith("no loss by reuse is resolved.")


ADAM, NATURAL = "Adam, rate 0.003", "exact natural gradient"


@pytest.mark.parametrize(
    ("natural", "verdict"),
    [([700, 800, 750], "fewer"), ([1500, 1600, 1700], "no difference is resolved"), ([3000, 3100, 3200], "more")],
)
def test_optimizers_with_equal_budgets_are_compared_with_an_interval(natural, verdict):
    said = text(sentences.race_sentences([(ADAM, 1500, [1500, 1600, 1690]), (NATURAL, 1500, natural)]))
    assert f"best of their settings by these seeds): {verdict}. Damping and rate" in said
    assert "with 1 setting each" in said


def test_optimizers_with_unequal_budgets_are_not_compared():
    race = [(ADAM, 1500, [1500] * 3), (ADAM, 2000, [1500] * 3), (NATURAL, 1500, [700] * 3)]
    said = text(sentences.race_sentences(race))
    assert "not compared: Adam had 2 settings of rate and length, the natural gradient 1" in said
    assert " times" not in said


def test_a_setting_that_misses_the_target_with_one_seed_does_not_count():
    race = [
        (ADAM, 1500, [1000, None, 1000]),
        (ADAM, 2000, [1800] * 3),
        (NATURAL, 1, [900] * 3),
        (NATURAL, 2, [950] * 3),
    ]
    assert "0.50 +- 0.00 times" in text(sentences.race_sentences(race))
    assert not list(sentences.race_sentences([(ADAM, 1, [None] * 3), (NATURAL, 1, [900] * 3)]))


def test_the_dearer_solve_is_named():
    said = text(sentences.cost_sentences(list(steps())))
    assert "longer and at more energy than by Woodbury's identity" in said
    assert "longer and at more energy than by conjugate gradients" in said
    said = text(sentences.cost_sentences(list(steps(digital=1e-2))))
    assert "shorter and at less energy than by Woodbury's identity" in said
    assert "longer and at more energy than by conjugate gradients" in said
    assert "load 1.00" in text(sentences.cost_sentences(list(steps())))


def test_an_exponent_is_blamed_on_the_fetch_only_where_it_is_due_to_it():
    """Of 200 us at 10,000 weights 40 are fetched: log10(200 / (40 + 16)) is 0.55."""
    said = text(sentences.cost_sentences(list(steps(fetch=4e-5))))
    assert "conjugate gradients 0.55 (its solve alone 1.00)" in said
    assert "by conjugate gradients, 0.55, is no law of its solve (1.00)" in said
    assert "at 1,000 weights 71% of the iteration" in said
    assert not list(sentences.fetch_sentences(list(steps())))


def test_where_the_analog_solve_pays_follows_from_the_load():
    """A load of 1 ms and 3 us beside it against 100 us: x10 leaves 103 us, and with a load every 3 batches 36 us."""
    (said,) = sentences.winning_sentences(list(steps()), rows())
    assert "10,000 weights from x100 on, loaded every 1 (with 9,946 weights 79.2% accurate)" in said
    assert "10,000 weights from x10 on, loaded every 3 (with 9,946 weights 70.0% accurate)" in said
    (said,) = sentences.winning_sentences(list(steps(digital=1e-6)), rows())
    assert "and weights loaded every 1, every 3 batches, the chip's iteration is nowhere shorter" in said
    assert said.endswith("beside the load take 3.00 us, Woodbury's identity 1.00 us; they are longer by themselves.")
    (said,) = sentences.winning_sentences(list(steps(load=1, digital=5e-6)), rows())
    assert said.endswith("they are shorter, so a load that is faster still would pay.")


def test_the_quickest_digital_method_is_the_one_to_beat():
    (said,) = sentences.winning_sentences(list(steps(iterative=2e-6)), rows())
    assert said.endswith("take 3.00 us, conjugate gradients 2.00 us; they are longer by themselves.")


def test_the_smaller_error_of_the_two_is_named():
    (said,) = sentences.product_sentences([(50, 2.5, 1e-10, 0.3)])
    assert "relaxes for 2.5 tau" in said
    assert "one of 3.0e-01, which is larger than that" in said
    assert "which is smaller than that" in text(sentences.product_sentences([(50, 2.5, 0.4, 0.3)]))
