"""Sentences of the report on natural gradients under planted figures: a claim that they do not support is not made."""

from __future__ import annotations

import natural_gradient_hardware_sentences as hardware
import natural_gradient_sentences as sentences
import numpy as np
import pytest
from natural_gradient_trials import least_rate, rounded_to
from support_reports import roundings, row, rows, solves, steps, text

from chipsim.statistics.intervals import mean_ci95


def test_an_interval_is_that_of_two_binomials():
    """0.8 of 10,000 images twice: 1.96 sqrt(2 x 0.16 / 10,000)."""
    assert sentences.half_width(row("a", "b", 0.8), row("a", "c", 0.8)) == pytest.approx(0.011087, rel=1e-3)


def test_trainings_without_mismatch_are_called_so():
    said = text(sentences.setting_sentences(rows()))
    # 22 rows of the chip outside mismatch; one is refused, and every 1 is the training of 50 tau.
    assert "The 20 different trainings on the chip outside the section on mismatch run without it" in said
    assert said.endswith("Beside these, settings that are refused: 1; rows that repeat another: 1.")
    said = text(sentences.setting_sentences([r for r in rows(refused=False) if (r.setting, r.seed) != ("every 1", 0)]))
    assert "The 21 different trainings" in said
    assert said.endswith("the preset ships with 0.1 %.")


def test_one_training_speaks_for_no_other_seed():
    said = text(sentences.seed_sentences(rows()))
    assert "a difference of less than 1.1 points is within the 95 % interval of the test images" in said
    assert "not for the settings whatever the seed" in said
    assert said.endswith("3 trainings of one setting (a load each batch, 50 tau) that differ in first weights and "
                         "batches reach 79.2% to 79.4%.")  # fmt: skip


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
    assert (
        "after 50 tau no loss is resolved at the lowest level tried, kappa0 = 1e-06, the next level tried, 1e-02, costs"
    ) in said
    assert "after 1 tau a loss is resolved at each level" in said
    # Above the accuracy without noise is no loss, however far.
    for noisy in (0.785, 0.9):
        said = text(sentences.noise_sentences(rows(noisy=noisy)))
        assert "after 50 tau no loss is resolved up to kappa0 = 1e-02" in said
        assert "the next level" not in said
        assert said.endswith("after 1 tau no loss is resolved at the lowest level tried, kappa0 = 2e-02.") or (
            "after 1 tau no loss is resolved at the lowest level tried, kappa0 = 2e-02. The" in said
        )


def test_a_published_limit_of_the_noise_is_not_judged_by_runs_that_differ_in_more():
    said = text(sentences.noise_sentences(rows()))
    assert "in the range of the inputs as well (2 ranges)" in said
    assert "say nothing of the level of 0.01" in said
    assert "range" not in text(sentences.noise_sentences(rows(shared=True)))


def test_what_learnt_nothing_is_not_ranked_and_refusals_are_told():
    converters, couplers, why, mismatch, *_ = hardware.hardware_sentences(rows(), roundings())
    assert "nothing learnt (4 bits), 70.0% (8 bits); " in converters
    assert "resolved to be lower than the training without these limits, 79.2%: 8 bits; " in converters
    assert converters.endswith("with 4 bits the accuracy stays at 13.8%.")
    assert couplers.endswith("with 3 bits the stored matrix is unstable, and the chip refuses it.")
    assert "2 bits learn where 3 bits are refused" in why
    assert mismatch.endswith("79.2%: none.")
    given = rows(refused=False, stuck=False, few=0.9)
    converters, couplers, *_ = hardware.hardware_sentences(given, roundings())
    assert converters.endswith("13.8% (4 bits), 90.0% (8 bits); resolved to be lower than the training without these "
                               "limits, 79.2%: 4 bits.")  # fmt: skip
    assert couplers.endswith("79.2%: 2 bits, 3 bits.")


def test_fewer_bits_that_work_are_explained_only_by_what_rounding_does():
    (said,) = hardware.rounding_sentences(rows(), roundings())
    assert "With 2 bits at most 1 element beside the diagonal remains in a row" in said
    assert "with 3 bits up to 3 remain, and 15 blocks have one (of 320 blocks, an image each)" in said
    assert "0.1 (2 bits), -0.12 (3 bits); unrounded it is 0.1" in said
    assert not list(hardware.rounding_sentences(rows(refused=False), roundings()))
    # Blocks that are as bad with 2 bits, or as good with 3, explain nothing.
    assert not list(hardware.rounding_sentences(rows(), roundings(fewest=15)))
    assert not list(hardware.rounding_sentences(rows(), roundings(more=0)))


def test_two_bits_never_make_a_block_indefinite_and_three_do():
    """p (1 - p) >= p (q + r) is never below the largest element, so two elements of a row do not both pass its half."""
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.full(6, 0.4), 2000)
    blocks = shares[:, :, None] * (np.eye(6) - shares[:, None])
    lowest = {bits: np.linalg.eigvalsh(rounded_to(bits, blocks))[:, 0].min() for bits in (2, 3, 16)}
    assert lowest[2] > -1e-12
    assert lowest[3] < -0.01
    assert np.count_nonzero(rounded_to(2, blocks) * (1 - np.eye(6)), axis=2).max() == 1
    assert np.unique(rounded_to(3, blocks)).size <= 7


def test_the_least_rate_is_that_of_the_whole_matrix():
    random = np.random.default_rng(1)
    jacobian, blocks = random.standard_normal((6, 20)), random.standard_normal((2, 3, 3))
    middle = np.zeros((6, 6))
    middle[:3, :3], middle[3:, 3:] = blocks
    rates = np.linalg.eigvals(jacobian.T @ middle @ jacobian + 0.1 * np.eye(20)).real
    assert rates.min() < 0
    assert least_rate(jacobian, blocks) == pytest.approx(rates.min(), rel=1e-9)
    assert least_rate(jacobian, np.tile(np.eye(3), (2, 1, 1))) == pytest.approx(0.1)


def test_reuse_is_blamed_where_it_costs_and_ranked_only_where_that_is_resolved():
    """Seeds at 0.70, 0.704 and 0.696 against 0.792, 0.794 and 0.792: 9.27 points on average."""
    said = text(hardware.reload_sentences(rows()))
    apart = np.array([0.092, 0.09, 0.096])
    wide = np.hypot(mean_ci95(apart), sentences.half_width(row("a", "b", 0.792), row("a", "c", 0.70)))
    assert f"lower than with one a batch, in percentage points: every 3 (by 9.3 +- {100 * wide:.1f}), every 10" in said
    assert "lower even than gradient descent without the chip (76.1% +- 0.2%): every 3 (by" in said
    assert "79.3% +- 0.3% (every 1), 70.0% +- 1.0% (every 3)" in said
    assert said.endswith("No order of every 3, every 10 among themselves is resolved.")
    said = text(hardware.reload_sentences(rows(rarer=0.6)))
    assert said.endswith("Among these, every 3 and every 10 differ.")
    for kept in (0.79, 0.85):
        said = text(hardware.reload_sentences(rows(kept=kept, rarer=kept)))
        assert "no loss by reuse is resolved" in said
        assert "lower even" not in said


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
    assert "10,000 weights from x100 on, loaded every 1 (with 9,946 weights 79.3% accurate)" in said
    assert "10,000 weights from x10 on, loaded every 3 (with 9,946 weights 70.0% accurate)" in said
    (said,) = sentences.winning_sentences(list(steps(digital=1e-6)), rows())
    assert "and weights loaded every 1, every 3, every 10 batches, the chip's iteration is nowhere shorter" in said
    assert said.endswith("beside the load take 3.00 us, Woodbury's identity 1.00 us; they are longer by themselves.")
    (said,) = sentences.winning_sentences(list(steps(load=1, digital=5e-6)), rows())
    assert said.endswith("they are shorter, so a load that is faster still would pay.")


def test_the_quickest_digital_method_is_the_one_to_beat():
    (said,) = sentences.winning_sentences(list(steps(iterative=2e-6)), rows())
    assert said.endswith("take 3.00 us, conjugate gradients 2.00 us; they are longer by themselves.")


def test_the_smaller_error_of_the_two_is_named():
    said, _ = sentences.solve_sentences(solves(), rows())
    assert "relaxes for 2.5 tau" in said
    assert "has one of 0.3, which is larger than that" in said
    said, _ = sentences.solve_sentences(solves(by_products=0.4), rows())
    assert "which is smaller than that" in said


def test_the_error_that_a_training_needs_is_that_of_the_shortest_time_without_a_loss():
    (said,) = sentences.error_sentences(solves(), rows(last=0.785))
    assert "with solves of 1 tau, whose error is 0.6, a training reaches 77.9%" in said
    assert "no loss against 50 tau (0.001, 78.5%) is resolved" in said
    assert "A loss is resolved after 0 tau (0.9, 76.0%)." in said
    assert "A loss" not in text(sentences.error_sentences(solves(), rows(last=0.76)))
    (said,) = sentences.error_sentences(solves(), rows())
    assert said.endswith("is not known: no time below 50 tau was.")
