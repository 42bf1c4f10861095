"""Sentences of the report on natural gradients under planted figures: a claim that they do not support is not made."""

from __future__ import annotations

from types import SimpleNamespace

import natural_gradient_sentences as sentences
import pytest
from natural_gradient_trials import METHODS, Refusal, Row, Step

TESTED = 10_000


def row(section, setting, accuracy, kappa0=None):
    resolved = {"data": {"test": TESTED}, "training": {"batch": 32}}
    summary = {
        "accuracy": accuracy, "kappa0": kappa0, "workload_resolved": resolved, "parameters": 9946, "iterations": 100,
    }  # fmt: skip
    return Row(section, setting, SimpleNamespace(summary=summary))


def rows(last=0.792, noisy=0.70, kept=0.70, refused=True):
    network = Refusal("couplers", "3 bits", "unstable") if refused else row("couplers", "3 bits", 0.7)
    return [
        row("method", "exact natural gradient", 0.791),
        row("method", "gradient descent", 0.76),
        row("time", "0 tau", 0.76),
        row("time", "1 tau", 0.779),
        row("time", "50 tau", last),
        row("noise", "sigma 1 mV, 50 tau", 0.792, 1e-6),
        row("noise", "sigma 9 mV, 50 tau", noisy, 1e-2),
        row("noise", "sigma 9 mV, 1 tau", noisy, 2e-2),
        row("converters", "8 bits", 0.79),
        network,
        row("mismatch", "0.1%", 0.791),
        row("disturbance", "1 mV", 0.79),
        row("reload", "every 1", 0.792),
        row("reload", "every 3", kept),
    ]


def text(found):
    return " ".join(found)


def test_an_interval_is_that_of_two_binomials():
    """0.8 of 10,000 images twice: 1.96 sqrt(2 x 0.16 / 10,000)."""
    assert sentences.half_width(row("a", "b", 0.8), row("a", "c", 0.8)) == pytest.approx(0.011087, rel=1e-3)


def test_trainings_without_mismatch_are_called_so():
    said = text(sentences.setting_sentences(rows()))
    assert "The 11 trainings on the chip run without mismatch (couplers.mismatch=0)" in said
    assert "a difference of less than 1.1% is not resolved" in said


def test_analog_time_leads_to_the_natural_gradient_only_where_it_gets_there():
    said = text(sentences.time_sentences(rows(), 0.6, 0.04))
    assert "moves the result from gradient descent to the natural gradient" in said
    assert "From 50 tau on no difference from the last is resolved" in said
    for last in (0.765, 0.74):
        said = text(sentences.time_sentences(rows(last=last), 0.6, 0.04))
        assert "moves" not in said
        assert f"{last:.1%} (50 tau)" in said


def test_noise_is_harmless_up_to_the_first_level_that_differs():
    said = text(sentences.noise_sentences(rows()))
    assert "after 50 tau no difference is resolved up to kappa0 = 1e-06" in said
    assert "after 1 tau no difference is resolved at none of these levels" in said
    said = text(sentences.noise_sentences(rows(noisy=0.785)))
    assert "after 50 tau no difference is resolved up to kappa0 = 1e-02" in said
    assert "after 1 tau no difference is resolved up to kappa0 = 2e-02" in said


def test_a_published_limit_of_the_noise_is_contradicted_only_by_a_level_below_it():
    """The harmful levels are 0.01 and 0.02; then also 0.005."""
    assert "does not hold here" not in text(sentences.noise_sentences(rows()))
    low = row("noise", "sigma 5 mV, 1 tau", 0.70, 5e-3)
    assert "no effect below 0.01, which does not hold here." in text(sentences.noise_sentences([*rows(), low]))


def test_refusals_and_reloads_are_told_as_they_are():
    said = text(sentences.hardware_sentences(rows()))
    assert "Refused means" in said
    assert "reusing it costs accuracy, down to less than gradient descent without any (76.0%)" in said
    said = text(sentences.hardware_sentences(rows(kept=0.77)))
    assert said.endswith("reusing it costs accuracy.")
    said = text(sentences.hardware_sentences(rows(refused=False, kept=0.79)))
    assert "Refused" not in said
    assert "reusing it need cost no accuracy" in said
    assert "reusing" not in text(sentences.hardware_sentences(rows(kept=0.85)))


ADAM, NATURAL = "Adam, rate 0.003", "exact natural gradient"


@pytest.mark.parametrize(
    ("natural", "verdict"),
    [([700, 800, 750], "fewer"), ([1500, 1600, 1700], "no difference is resolved"), ([3000, 3100, 3200], "more")],
)
def test_optimizers_with_equal_budgets_are_compared_with_an_interval(natural, verdict):
    said = text(sentences.race_sentences([(ADAM, 1500, [1500, 1600, 1690]), (NATURAL, 1500, natural)]))
    assert said.endswith(f"{verdict}.")
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


def steps(load=1e-3, digital=1e-4, iterative=2e-4):
    parts = ("load", "input", "relax", "read")
    for weights in (1000, 10_000):
        for method in METHODS:
            seconds = dict.fromkeys(parts, 1e-6) | {"load": load * weights / 10_000}
            others = {"chip": sum(seconds.values()), "conjugate-gradients": iterative}
            elapsed = others.get(method, digital)
            yield Step(method, weights, seconds, dict.fromkeys(parts, 1e-6), elapsed, 10 * elapsed)


def test_the_dearer_solve_is_named():
    said = text(sentences.cost_sentences(list(steps())))
    assert "longer and at more energy than by Woodbury's identity" in said
    assert "longer and at more energy than by conjugate gradients" in said
    said = text(sentences.cost_sentences(list(steps(digital=1e-2))))
    assert "shorter and at less energy than by Woodbury's identity" in said
    assert "longer and at more energy than by conjugate gradients" in said
    assert "load 1.00" in text(sentences.cost_sentences(list(steps())))


def test_where_the_analog_solve_pays_follows_from_the_load():
    """A load of 1 ms and 3 us beside it against 100 us: x10 leaves 103 us, and with a load every 3 batches 36 us."""
    (said,) = sentences.winning_sentences(list(steps()), rows())
    assert "10,000 weights from x100 on, loaded every 1 (79.2% accurate)" in said
    assert "10,000 weights from x10 on, loaded every 3 (70.0% accurate)" in said
    (said,) = sentences.winning_sentences(list(steps(digital=1e-6)), rows())
    assert "and weights loaded every 1, every 3 batches, the chip's iteration is nowhere shorter" in said
    assert said.endswith("the parts beside the load alone take 3.00 us, Woodbury's identity 1.00 us.")


def test_the_quickest_digital_method_is_the_one_to_beat():
    (said,) = sentences.winning_sentences(list(steps(iterative=2e-6)), rows())
    assert said.endswith("the parts beside the load alone take 3.00 us, conjugate gradients 2.00 us.")


def test_conjugate_gradients_beat_relaxing_only_where_they_do():
    assert list(sentences.product_sentences([(50, 1e-10, 0.3)]))
    assert not list(sentences.product_sentences([(50, 0.4, 0.3)]))
