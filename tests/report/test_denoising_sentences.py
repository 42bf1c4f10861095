"""Sentences of the report on denoising under planted figures: a claim that they do not support is not made."""

from __future__ import annotations

import math
from dataclasses import replace

import dtm_fashion_sentences as sentences
import numpy as np
import pytest
from dtm_fashion_curves import curve_tables, fit_sentences, layer_sentences, sweep_sentences
from dtm_fashion_draws import kept
from dtm_fashion_quality import FEATURES, Judge, Measured, combined
from support_reports import MIXTURE, curves, images, judged, modes, text

from chipsim.workloads.dtm.features import HIDDEN, principal_components

# --- quality ---------------------------------------------------------------------------------------------------------


def test_baselines_that_are_not_beaten_are_named():
    said = text(sentences.quality_sentences(images()))
    assert "with no more parameters than its 120, it does not beat: Bernoulli mixture, 100" in said
    assert "It beats every baseline" not in said
    said = text(sentences.quality_sentences(images(mixture=3.5)))
    assert "It beats every baseline with no more parameters than its 120, on all sets of features." in said
    # A difference of 0.2 is inside the interval.
    assert "it does not beat" in text(sentences.quality_sentences(images(mixture=3.1)))
    assert "It beats every baseline" in text(sentences.quality_sentences(images(size=130)))


def test_monoliths_are_beaten_only_where_all_are():
    said = text(sentences.monolith_sentences(images()))
    assert "It beats all 2 monoliths" in said
    assert "they have 30 parameters" in said
    assert "It beats all" not in text(sentences.monolith_sentences(images(monoliths=(3.0, 14.0))))


def test_class_means_beat_the_monoliths_only_where_they_do():
    said = text(sentences.monolith_sentences(images()))
    assert (
        "class means (9.1 +- 0.2 / 9.1 +- 0.2 / 9.1 +- 0.2) beats all these monoliths without a single coupler" in said
    )
    assert "coupler" not in text(sentences.monolith_sentences(images(means=12.1)))


def test_the_order_of_monoliths_is_doubted_only_where_features_disagree():
    given = images()
    assert "depends on the features" not in text(sentences.monolith_sentences(given))
    first = given.monoliths[0]
    turned = replace(first, distances={**first.distances, FEATURES[1]: Measured(20.0, 0.2)})
    other = replace(given, monoliths=[turned, given.monoliths[1]])
    assert "depends on the features" in text(sentences.monolith_sentences(other))


def test_rounding_costs_something_only_where_that_is_resolved():
    *_, said = sentences.quality_sentences(images())
    assert said.endswith(f"{' / '.join(['+0.10 +- 0.28'] * 3)}; no difference is resolved.")
    *_, said = sentences.quality_sentences(images(fine=1.0))
    assert said.endswith("the model is farther from the data on all sets of features.")
    *_, said = sentences.quality_sentences(images(fine=6.0))
    assert said.endswith("the model is nearer to the data on all sets of features.")


def test_a_difference_on_one_set_of_features_is_told_of_that_one():
    given = images()
    (name, fine) = next(iter(given.others.items()))
    turned = replace(fine, distances={**fine.distances, FEATURES[2]: Measured(4.0, 0.2)})
    *_, said = sentences.quality_sentences(replace(given, others={name: turned}))
    assert said.endswith("the model is nearer to the data on the 64 principal components only.")


def test_a_generator_that_passes_for_data_is_not_told_apart():
    said = text(sentences.test_sentences(images()))
    assert "none of them passes" in said
    assert "of the denoising model 87.0% +- 2.0%, of real images, the floor, 80.0% +- 2.0%" in said
    said = text(sentences.test_sentences(images(apart=0.51)))
    assert "none of them passes" not in said
    assert "It does not tell from the data: denoising model." in said


def test_the_test_and_the_distances_disagree_only_where_both_are_resolved():
    """The mixture is nearer to the data than the model, and that nearer than all others, on all sets of features."""
    given = images(apart=0.8)
    others = '"monolith 0", "monolith 1", "monolith, told no class", "small denoising model" and "class means".'

    def seen(apart):
        mixture = replace(given.baselines[0], apart=Measured(apart, 0.02))
        return text(sentences.test_sentences(replace(given, baselines=[mixture, *given.baselines[1:]])))

    assert "do not rank alike" not in seen(0.8)
    # The interval of the difference is 0.028.
    assert "do not rank alike" not in seen(0.82)
    assert f'the images of "{MIXTURE}" are nearer to the data by all three distances' in seen(0.95)
    assert seen(0.95).endswith(f'told from it more often, than those of "denoising model", {others}')
    assert seen(0.6).endswith("none of them passes for Fashion-MNIST.")
    assert text(sentences.test_sentences(images(apart=0.87))).endswith(f"than those of {others}")
    assert sentences.listed(["a"]) == "a"


def test_classes_state_both_sides():
    (said,) = sentences.class_sentences(images(), 0.88, 60_000, 10)
    # sqrt(0.8 x 0.2 / 5,000) x 1.96
    assert "80.0% +- 1.1% of the images of the denoising model" in said
    assert said.endswith("in 88.0% of the data, and by chance in 10%.")
    # 80 % +- 1.1 %, and of few images of the data +- 3.6 %.
    assert "More often" not in text(sentences.class_sentences(images(), 0.79, 60_000, 10))
    assert "More often" not in text(sentences.class_sentences(images(), 0.77, 500, 10))
    assert "More often" in text(sentences.class_sentences(images(), 0.77, 60_000, 10))
    (said,) = sentences.class_sentences(images(), 0.7, 60_000, 10)
    assert said.endswith(
        "more typical of their class than real ones: denoising model; monolith 0; monolith 1; class means."
    )


def test_neighbours_are_compared_at_all_percentiles():
    far, near = np.arange(40, 81), np.arange(0, 41)
    said = text(sentences.neighbour_sentences(far, near))
    assert "40 against 0 (the least), 42 against 2 (5th percentile)" in said
    assert "60 against 20 (the median): they are nearer at none of these" in said
    assert said.endswith("Equal to a training image are 0 drawn and 1 held-out images.")
    said = text(sentences.neighbour_sentences(near, far))
    assert "nearer at all of these, as copies are" in said
    assert "Equal to a training image are 1 drawn and 0" in said
    assert "nearer at none of these" in text(sentences.neighbour_sentences(far, far))
    # The lower half nearer, the median not: the verdict of the 5th percentile alone would be that of copies.
    mixed = np.concatenate([np.arange(20, 40), np.arange(100, 121)])
    assert "they are nearer at 3 of these 4" in text(sentences.neighbour_sentences(mixed, far))


def test_mixing_says_what_was_looked_at():
    looked, projections, _ = sentences.mixing_sentences([0.01, 0.04, 0.02], modes())
    assert "32 random projections, and for each of 12 held-out inputs the first 4 principal components" in looked
    assert "32 chains of the input find these, 32 others measure them" in looked
    assert "0.040 (layer 2)" in projections


def test_a_slow_mode_is_one_that_chance_does_not_give():
    """Five of 24 above the largest of 24 others: 24 23 22 21 20 / (48 47 46 45 44)."""
    *_, said = sentences.mixing_sentences([0.01, 0.04], modes())
    assert "0.80 in the worst input and 0.20 in the median one (layer 2)" in said
    assert "slowest cell up to 0.40" in said
    assert "in the 24 pairs of input and layer its largest value is 0.30. In 5 of the 24 pairs the real one" in said
    assert "with a probability of 0.02 (pairs independent). So there are slow modes" in said
    assert sentences.exceeding(5, 24) == pytest.approx(math.comb(43, 19) / math.comb(48, 24))
    for worst in (0.25, 0.3):
        *_, said = sentences.mixing_sentences([0.01, 0.04], modes(worst=worst))
        assert said.endswith("In 0 of the 24 pairs the real one is larger: no slow mode is resolved.")
    # One above all others is chance: one half.
    one = modes(worst=0.2)
    one[1].components[0] = 0.9
    *_, said = sentences.mixing_sentences([0.01, 0.04], one)
    assert said.endswith("In 1 of the 24 pairs the real one is larger: no slow mode is resolved.")
    assert sentences.exceeding(1, 24) == 0.5


def test_the_probability_of_many_above_the_largest_of_others_is_that_of_shuffled_values():
    """10,000 shuffles: within four standard errors."""
    random = np.random.default_rng(0)
    values = random.permuted(np.tile(np.arange(20), (10_000, 1)), axis=1)
    above = (values[:, :10] > values[:, 10:].max(axis=1)[:, None]).sum(axis=1)
    for many in (1, 2, 3):
        chance = sentences.exceeding(many, 10)
        assert (above >= many).mean() == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 10_000) ** 0.5)


# --- sweeps and layers -----------------------------------------------------------------------------------------------


BEST = judged(MIXTURE, 1.2)


def test_longer_chains_close_the_gap_only_as_far_as_they_do():
    (said,) = sweep_sentences(curves(), BEST)
    # Gap 2.0, closed by 0.3: sqrt((1.7 x 0.2)^2 + (2 x 0.2)^2 + (0.3 x 0.2)^2) / 4 = 13 %.
    assert f"8 times as many sweeps close {' / '.join(['15% +- 13%'] * 3)} of the gap to the {MIXTURE}" in said
    assert said.endswith("less than half of it on every set of features.")
    assert "more than half of it on every set" in text(sweep_sentences(curves(longest=1.5), BEST))
    mixed = curves(longest=1.5)
    mixed.sweeps[2000][FEATURES[1]] = Measured(3.1, 0.2)
    assert "is not resolved on all" in text(sweep_sentences(mixed, BEST))
    assert "half of it on every" not in text(sweep_sentences(mixed, BEST))
    # 40 % +- 12 % is not clearly less than half.
    assert "is not resolved on all" in text(sweep_sentences(curves(longest=2.4), BEST))


def test_curves_are_tables():
    by_sweeps, by_layers = curve_tables(curves())
    assert "it ships with 250" in by_sweeps.title
    assert by_sweeps.heads == ("sweeps a layer", *FEATURES)
    assert by_sweeps.rows[0] == ("62", *["17.0 +- 0.2"] * 3)
    assert by_layers.rows[0] == ("1 alone", *["0.3 +- 0.2"] * 3)
    assert by_layers.rows[2] == ("3 to 1", *["2.5 +- 0.2"] * 3)


def test_all_generators_are_a_table():
    given = images()
    (table,) = sentences.quality_tables([given.ours, *given.baselines, given.floor])
    assert [row[0] for row in table.rows] == ["real images (floor)", MIXTURE, "denoising model", "class means"]
    near = ["0.2 +- 0.2"] * 3
    assert table.rows[0] == ("real images (floor)", "-", "no", "-", *near, "80.0% +- 2.0%", "-")
    assert table.rows[2][1:4] == ("120", "yes", "1")
    assert table.rows[2][-2:] == ("87.0% +- 2.0%", "80.0% +- 1.1%")


def test_without_a_gap_nothing_is_said_of_it():
    assert not list(sweep_sentences(curves(), judged(MIXTURE, 3.1)))


def test_the_layer_that_adds_most_is_named():
    (said,) = layer_sentences(curves())
    assert said == "The distance grows most where layer 3 joins, from 0.9 to 2.5 of 3.2 (shipped classifier)."
    assert "where layer 4 joins, from 1.0 to 3.2" in text(layer_sentences(curves(third=1.0)))
    # Steps of 1.1 and 1.2, whose difference has the distance between them twice: +- 0.49.
    assert "grows most" not in text(layer_sentences(curves(third=2.0)))


def test_trainings_state_their_spread_and_baselines_that_know_as_little():
    given = images().baselines
    untold = judged("monolith, told no class", 35.0)
    spread, behind, monolith = fit_sentences(curves(), untold, given)
    assert "3 short trainings of a model of the same size that is told no class" in spread
    assert f"{' / '.join(['30.0 +- 0.2'] * 3)}; their spread is part of +- 0.2 / 0.2 / 0.2" in spread
    assert behind.endswith(f"the short trainings are behind {MIXTURE}.")
    assert "is told no class either is at 35.0 +- 0.2" in monolith
    assert monolith.endswith("the short trainings are nearer to the data on all sets of features.")
    assert "neither is resolved" in text(fit_sentences(curves(), judged("monolith", 30.1), given))
    assert "it is nearer to the data than the short" in text(fit_sentences(curves(), judged("monolith", 20.0), given))
    assert "behind" not in text(fit_sentences(curves(small=1.3), untold, given))
    assert "behind" not in text(fit_sentences(curves(), untold, images(size=130).baselines))


def test_what_is_kept_is_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr("dtm_fashion_draws.KEPT", tmp_path / "kept")
    first = kept("one", lambda: {"a": np.arange(3)})
    assert first["a"].tolist() == [0, 1, 2]
    assert kept("one", lambda: {"a": np.zeros(1)})["a"].tolist() == [0, 1, 2]
    assert kept("two", lambda: {"a": np.zeros(1)})["a"].tolist() == [0]


def test_a_distance_is_explained_before_it_is_used():
    (said,) = sentences.reading_sentences(images())
    assert f"Two sets of real images are {' / '.join(['0.2 +- 0.2'] * 3)} apart" in said
    assert "smaller is better" in said


# --- measures --------------------------------------------------------------------------------------------------------


def test_the_spread_of_fits_is_part_of_the_interval():
    """Fits at 1, 2 and 3: mean 2, t(2) = 4.303 times 1 / sqrt(3), beside a bootstrap of 0.5."""
    found = combined([Measured(v, 0.5) for v in (1.0, 2.0, 3.0)])
    assert found.value == pytest.approx(2.0)
    assert found.half_width == pytest.approx(np.hypot(0.5, 4.30265 / 3**0.5), rel=1e-4)
    assert combined([Measured(1.0, 0.5)]) == Measured(1.0, 0.5)


def test_principal_components_keep_the_distances_of_what_they_span():
    random = np.random.default_rng(0)
    data = np.zeros((200, 100), bool)
    data[:, :30] = random.random((200, 30)) < 0.5
    seen = principal_components(data, HIDDEN).features(data)
    assert seen.shape == (200, 50)  # a quarter of the images
    apart = np.linalg.norm(seen[:100] - seen[100:], axis=1)
    assert apart == pytest.approx(np.sqrt((data[:100] != data[100:]).sum(axis=1)), rel=1e-3)


def test_a_two_sample_test_sees_what_differs_and_nothing_else():
    judge = object.__new__(Judge)
    random = np.random.default_rng(1)
    often = np.where(np.arange(100) < 50, 0.1, 0.2)
    judge.reference = random.random((5000, 100)) < 0.1
    same = judge.told_apart(random.random((5000, 100)) < 0.1)
    other = judge.told_apart(random.random((5000, 100)) < often)
    assert same.value == pytest.approx(0.5, abs=3 * same.half_width)
    # Likelihood ratios: 50 pixels of 0.1 against 0.2 are told apart in 83 %.
    assert 0.7 < other.value < 0.88
