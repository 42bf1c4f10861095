"""Sentences of the report on denoising under planted figures: a claim that they do not support is not made."""

from __future__ import annotations

from dataclasses import replace

import dtm_fashion_sentences as sentences
import numpy as np
import pytest
from dtm_fashion_costs import (
    EVERYTHING,
    GATED,
    NAMES,
    PIPELINED,
    RELOADED,
    Energies,
    decoder_contender,
)
from dtm_fashion_curves import Curves, fit_sentences, layer_sentences, sweep_sentences
from dtm_fashion_draws import kept
from dtm_fashion_quality import FEATURES, Judge, Judged, Measured, combined
from dtm_fashion_sentences import FULL, TENSOR, UTILISATION, Images

from chipsim.ledger.scopes import ScopeCost
from chipsim.workloads.dtm.features import HIDDEN, principal_components
from chipsim.workloads.dtm.modes import SlowModes

MIXTURE, DECODER = "Bernoulli mixture, 100 components", decoder_contender().name


def judged(name, distance, parameters=100, told=False, apart=0.8, half_width=0.2):
    by_features = {key: Measured(distance, half_width) for key in FEATURES}
    return Judged(name, parameters, told, 1, by_features, Measured(apart, 0.02), 0.8 if told else None)


def images(ours=2.9, mixture=1.2, monoliths=(12.0, 14.0), means=9.1, fine=2.8, size=100, apart=0.87):
    return Images(
        judged("denoising model", ours, 120, told=True, apart=apart),
        {"the same with couplers of 16 bits": judged("the same", fine, 120)},
        [judged(f"monolith {n}", d, 30, told=True) for n, d in enumerate(monoliths)],
        judged("monolith, told no class", 35.0, 30),
        judged("small denoising model", 30.0, 120),
        [judged(MIXTURE, mixture, size), judged("class means", means, 10, told=True)],
        judged("real images (floor)", 0.2, 0),
    )


def energies(chip=1e-7, rival=1e-6, load=1e-6, gated=2e-7, tensor=1e-8, array=1e-10, full=1e-7):
    """The chip takes `chip` at 10,000 images a load, within a factor of two, and 80 times that at one."""
    found = []
    for accounting in ("parts", "flat", "Z1"):
        for mapping in (RELOADED, GATED, PIPELINED):
            for order in ("mixed", "sorted"):
                whole = gated if mapping == GATED else chip
                scopes = {}
                for name in NAMES:
                    energy = array if name == NAMES[0] else whole
                    by_images = {1: 80 * energy, 100: 2 * energy, 10_000: energy}
                    ranges = {n: (e / 2, 2 * e) for n, e in by_images.items()}
                    scopes[name] = ScopeCost(name, (), by_images, ranges)
                rivals = {
                    key: {name: {n: each + load / n for n in (1, 100, 10_000)} for name in NAMES}
                    for key, each in (
                        ((MIXTURE, UTILISATION), rival),
                        ((MIXTURE, FULL), full),
                        ((DECODER, UTILISATION), 1e-4),
                        ((DECODER, TENSOR), tensor),
                    )
                }
                interval = 5e-5 if mapping == PIPELINED else 2e-4
                found.append(Energies(accounting, mapping, order, 2e-4, interval, scopes, rivals))
    return found


def text(found):
    return " ".join(found)


# --- the digital contender -------------------------------------------------------------------------------------------


def test_the_lead_is_a_digital_model_that_is_better():
    said = text(sentences.contender_sentences(images(), energies()))
    assert f"a {MIXTURE} with 100 parameters, where the denoising model has 120" in said
    assert "the chip priced by parts (dtca-physical)" in said
    assert "the GPU takes 10 times as much (5 to 20)" in said
    assert "at one image per load 0.25 times as much" in said
    assert "At one image per load the GPU takes less than the chip at all prices within their bounds." in said
    assert "not energy at equal quality" in said


def test_the_lead_goes_where_the_digital_model_is_no_better():
    assert not list(sentences.contender_sentences(images(mixture=2.8), energies()))
    assert not list(sentences.contender_sentences(images(size=130), energies()))


def test_the_gpu_takes_less_at_one_image_only_where_it_does_at_all_prices():
    """The chip takes 8 uJ, within a factor of two; the GPU 2, 6 and 18 uJ."""
    assert "takes less than the chip at all prices" in text(sentences.contender_sentences(images(), energies()))
    said = text(sentences.contender_sentences(images(), energies(rival=5e-6)))
    assert "takes less than the chip" not in said
    assert "Which of them takes less at one image per load depends on the prices" in said
    said = text(sentences.contender_sentences(images(), energies(rival=1.7e-5)))
    assert "takes less at one image" not in said
    assert "takes less than the chip" not in said


def test_the_lead_is_told_under_all_prices_and_at_the_full_peak():
    """At a tenth of the energy the GPU takes as much as the chip; a tenth of that turns the sign."""
    (said,) = sentences.assumption_sentences(MIXTURE, energies())
    for accounting, table in (("parts", "dtca-physical"), ("flat", "dtca-appendix"), ("Z1", "z1-spice")):
        assert f"10 ({accounting}, {table}, at 10 % of the peak)" in said
        assert f"1 ({accounting}, {table}, at 100 % of the peak)" in said
    assert "depends on these assumptions" not in said
    (said,) = sentences.assumption_sentences(MIXTURE, energies(full=1e-8))
    assert said.endswith("which side takes less depends on these assumptions.")


def test_the_lead_is_the_best_on_average_over_the_features():
    """Nearest on the first set alone is not first."""
    given = images()
    other = judged("other mixture", 1.1, 90)
    far = replace(other, distances={**other.distances, FEATURES[2]: Measured(2.0, 0.2)})
    assert [b.name for b in sentences.better(replace(given, baselines=[far, given.baselines[0]]))] == [
        MIXTURE,
        "other mixture",
    ]


def test_a_series_stays_with_one_accounting():
    each = energies()
    other = [replace(e, scopes={}) if e.accounting == "flat" else e for e in each]
    for accounting in ("parts", "Z1"):
        (whole,) = (s for s in sentences.series_sentences(each, MIXTURE) if f"Priced by {accounting}" in s)
        assert whole.count("times the energy") == 1
        assert f"10 ({EVERYTHING})" in whole
    with pytest.raises(KeyError):
        list(sentences.series_sentences(other, MIXTURE))


def test_history_needs_a_ratio_of_thousands():
    said = text(sentences.history_sentences(energies(), DECODER, MIXTURE))
    assert "1,000,000 times what sampling alone" in said
    assert "At these prices of the chip (dtca-appendix), everything counted on both sides, it is 1,000 times" in said
    assert not list(sentences.history_sentences(energies(array=1e-6, chip=1e-5), DECODER, MIXTURE))


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
    assert "class means (9.1 +- 0.2 / 9.1 +- 0.2 / 9.1 +- 0.2) beats all monoliths without a single coupler" in said
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
    assert "small denoising model 80%" in said
    assert "real images (floor)" in said
    assert "none of them passes" not in text(sentences.test_sentences(images(apart=0.51)))


def test_classes_and_neighbours_state_both_sides():
    (said,) = sentences.class_sentences(images(), 0.88, 10)
    # sqrt(0.8 x 0.2 / 5,000) x 1.96
    assert "denoising model 80% +- 1%" in said
    assert "in 88% of the data, and by chance in 10%" in said
    far, near = np.arange(40, 80), np.arange(0, 40)
    assert "no nearer than new real images" in text(sentences.neighbour_sentences(far, near))
    assert "nearer to them than new real images are" in text(sentences.neighbour_sentences(near, far))


def modes(worst=0.8, chance=0.3):
    """Of two layers and three inputs; the second is slower."""
    slow, fast = np.array([0.1, worst, 0.2]), np.array([0.0, 0.05, 0.1])
    return [SlowModes(fast, fast, np.full(3, 0.2)), SlowModes(slow, slow / 2, np.array([0.0, chance, 0.1]))]


def test_mixing_says_what_was_looked_at():
    looked, projections, _ = sentences.mixing_sentences([0.01, 0.04, 0.02], modes())
    assert "32 random projections, and for each of 3 held-out inputs the first 4 principal components" in looked
    assert "32 chains of the input find these, 32 others measure them" in looked
    assert "0.040 (layer 2)" in projections


def test_a_slow_mode_is_one_that_chance_does_not_give():
    *_, said = sentences.mixing_sentences([0.01, 0.04], modes())
    assert "0.80 in the worst input and 0.20 in the median one (layer 2)" in said
    assert "slowest cell up to 0.40" in said
    assert "chance gives up to 0.30" in said
    assert "In 1 of 6 pairs of input and layer it is above 0.30: a slow mode" in said
    *_, said = sentences.mixing_sentences([0.01, 0.04], modes(worst=0.25))
    assert said.endswith("no slow mode is resolved.")


# --- sweeps and layers -----------------------------------------------------------------------------------------------


def curves(longest=2.9, third=2.5, small=30.0):
    """A model at 3.2 with 250 sweeps, whose layers 1 and 2 add 0.9, and a mixture at 1.2."""
    sweeps = {62: 17.0, 250: 3.2, 2000: longest}
    last = {1: 0.3, 2: 0.9, 3: third, 4: 3.2}
    several = replace(judged("small denoising model", small, 120), fits=3)
    return Curves(250, {k: at(d) for k, d in sweeps.items()}, {n: at(d) for n, d in last.items()}, several)


def at(distance):
    return {key: Measured(distance, 0.2) for key in FEATURES}


BEST = judged(MIXTURE, 1.2)


def test_longer_chains_close_the_gap_only_as_far_as_they_do():
    points, said = sweep_sentences(curves(), BEST)
    assert f"K = 62: {' / '.join(['17.0 +- 0.2'] * 3)}" in points
    # Gap 2.0, closed by 0.3: sqrt((1.7 x 0.2)^2 + (2 x 0.2)^2 + (0.3 x 0.2)^2) / 4 = 13 %.
    assert f"8 times as many sweeps close {' / '.join(['15% +- 13%'] * 3)} of the gap to the {MIXTURE}" in said
    assert "not in how long they sample" in said
    assert "chains that are too short" in text(sweep_sentences(curves(longest=1.5), BEST))
    mixed = curves(longest=1.5)
    mixed.sweeps[2000][FEATURES[1]] = Measured(3.1, 0.2)
    assert "is not resolved on all" in text(sweep_sentences(mixed, BEST))
    # 40 % +- 12 % is not clearly less than half.
    assert "is not resolved on all" in text(sweep_sentences(curves(longest=2.4), BEST))


def test_without_a_gap_nothing_is_said_of_it():
    assert len(list(sweep_sentences(curves(), judged(MIXTURE, 3.1)))) == 1


def test_the_layer_that_adds_most_is_named():
    points, said = layer_sentences(curves())
    assert "layer 1 alone 0.3 +- 0.2" in points
    assert "layers 3 to 1 2.5 +- 0.2" in points
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


# --- costs -----------------------------------------------------------------------------------------------------------


def test_costs_by_order_and_scope():
    given = [
        replace(e, scopes={name: _scaled(cost, 0.5) for name, cost in e.scopes.items()}) if e.order == "sorted" else e
        for e in energies()
    ]
    paper, mixed, ordered, *_ = sentences.cost_sentences(given, 100, 80, 4, 250)
    assert "0.025 nJ per layer: 250 sweeps of the 80 cells that are not clamped to a label, after one" in paper
    # 251 * 100 of 250 * 80 + 100 updates.
    assert f"it would be {0.025 * 25_100 / 20_100:.3f} nJ" in paper
    assert "each told its label at each layer" in mixed
    assert "100.0 nJ at 10,000 (50.0 nJ to 200 nJ" in mixed
    assert "50.00 nJ at 10,000 (25.0 nJ to 100 nJ" in ordered


def _scaled(cost, factor):
    scaled = {n: factor * e for n, e in cost.energy_j.items()}
    return replace(cost, energy_j=scaled, range_j={n: (e / 2, 2 * e) for n, e in scaled.items()})


def test_mappings_state_energy_and_time_of_all_three():
    (said,) = sentences.mapping_sentences(energies())
    assert "one reloaded array: 8.000 uJ at one image per load, 100.0 nJ at 10,000, an image every 200 us" in said
    assert "are gated: 16.00 uJ at one image per load, 200.0 nJ at 10,000, an image every 200 us" in said
    assert (
        "a pipelined array a layer: 8.000 uJ at one image per load, 100.0 nJ at 10,000, an image every 50.0 us" in said
    )


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
