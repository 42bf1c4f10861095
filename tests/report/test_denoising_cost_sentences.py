"""Sentences on costs of the report on denoising under planted figures: a claim they do not support is not made."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import dtm_fashion_cost_sentences as sentences
import pytest
from dtm_fashion_costs import EVERYTHING, HOST, LINKS, NAMES, moved_bits
from dtm_fashion_quality import FEATURES, Measured
from dtm_fashion_sentences import better
from support_reports import DECODER, MIXTURE, energies, images, judged, text

import chipsim
from chipsim.units import show_ratio

# --- the digital contender -------------------------------------------------------------------------------------------


def test_the_lead_is_a_digital_model_that_is_better():
    found = list(sentences.contender_sentences(images(), energies()))
    # Quality first, then what follows from it, then energy.
    assert "at a distance of" in found[0]
    assert "nothing below compares energy at equal quality" in found[1]
    assert all("energy" not in said for said in found[:1])
    said = text(found)
    assert f"{MIXTURE} (100 parameters; the denoising model has 120) is at a distance" in said
    assert "the chip priced by parts (dtca-physical)" in said
    assert "the GPU takes 10 (5 to 20) times as much" in said
    assert "at one image per load 0.25 (0.125 to 0.5) times as much" in said


def test_the_lead_goes_where_the_digital_model_is_no_better():
    assert not list(sentences.contender_sentences(images(mixture=2.8), energies()))
    assert not list(sentences.contender_sentences(images(size=130), energies()))


def test_the_side_that_takes_less_at_one_image_takes_less_at_all_prices():
    """The chip takes 8 uJ, within a factor of two; the GPU 2, 6 and 18 uJ. Each accounting is told by itself."""
    for rival, verdict in (
        (1e-6, "the GPU takes less than the chip at all prices"),
        (5e-6, "which side takes less depends on the prices"),
        (1.7e-5, "the chip takes less than the GPU at all prices"),
    ):
        found = list(sentences.one_image_sentences(MIXTURE, energies(rival=rival)))
        for said, table in zip(found, ("dtca-physical", "dtca-appendix", "z1-spice"), strict=True):
            assert verdict in said
            assert table in said
            assert ("not resolved" in said) == (rival == 5e-6)


def test_the_lead_is_told_under_all_prices_and_at_the_full_peak():
    """At a tenth of the energy the GPU takes as much as the chip, which is not resolved; a tenth of that is."""
    (said,) = sentences.assumption_sentences(MIXTURE, energies())
    for accounting, table in (("parts", "dtca-physical"), ("flat", "dtca-appendix"), ("Z1", "z1-spice")):
        assert f"10 (5 to 20) by {accounting}, {table}, at 10 % of the peak" in said
        assert f"1 (0.501 to 2, not resolved) by {accounting}, {table}, at 100 % of the peak" in said
    assert said.endswith(
        "takes less in 3, each with the GPU at 10 % of the peak, the GPU in 0, and 3 are not resolved."
    )
    (said,) = sentences.assumption_sentences(MIXTURE, energies(full=1e-8))
    assert said.endswith(
        "takes less in 3, each with the GPU at 10 % of the peak, the GPU in 3, and 0 are not resolved."
    )


def test_without_a_board_no_ratio_is_told():
    assert not list(sentences.assumption_sentences("no such model", energies()))


def test_links_and_host_are_told_as_shares_of_either_bill():
    """Of 100 nJ the chip takes 2 without links and host; the GPU 1 uJ, of it 1 nJ for links and host."""
    given = energies()[0]
    array = {name: _scaled(cost, 0.02) for name, cost in given.scopes.items() if name not in (LINKS, HOST, EVERYTHING)}
    rivals = deepcopy(given.rivals)
    for name in (LINKS, HOST, EVERYTHING):
        rivals[MIXTURE][sentences.UTILISATION][name][10_000] += 1e-9
    shares, moved = sentences.traffic_sentences(
        MIXTURE, replace(given, scopes={**given.scopes, **array, NAMES[0]: given.scopes[NAMES[0]]}, rivals=rivals)
    )
    assert "98.0% of the chip's bill at 10,000 images per load (98.0 nJ an image)" in shares
    assert "0.1% of the GPU's (1.00 nJ)" in shares
    assert "15,000 bits an image cross its link, 3,136 from its 4 read-outs of 784 pixels and 11,864 to inputs" in moved
    assert len(list(sentences.traffic_sentences(MIXTURE, replace(given, link_bits=784)))) == 1


def test_bits_of_a_link_are_those_of_an_image_without_the_load():
    """Noise and four layers are read, 784 pixels each. An input takes two bits a cell, in each layer for 784 pixels and
    the 600 cells of the label; beside these only codes of beta cross the link.
    """
    run = chipsim.run("dtca-70", "fashion-dtm", lanes=1, set={"generation.images": 4, "generation.sweeps": 5})
    link, read = moved_bits(run)
    assert read == 5 * 784
    written = link - read - 4 * 2 * (784 + 600)
    assert 0 <= written < 100


def test_the_lead_is_the_best_on_average_over_the_features():
    """Nearest on the first set alone is not first."""
    given = images()
    other = judged("other mixture", 1.1, 90)
    far = replace(other, distances={**other.distances, FEATURES[2]: Measured(2.0, 0.2)})
    assert [b.name for b in better(replace(given, baselines=[far, given.baselines[0]]))] == [
        MIXTURE,
        "other mixture",
    ]


def test_a_series_stays_with_one_accounting():
    each = energies()
    other = [replace(e, scopes={}) if e.accounting == "flat" else e for e in each]
    for accounting in ("parts", "Z1"):
        (whole,) = (s for s in sentences.series_sentences(each, MIXTURE) if f"Priced by {accounting}" in s)
        assert whole.count("times the energy") == 1
        assert f"10 (5 to 20) ({EVERYTHING})" in whole
        assert "flatter" not in whole
    with pytest.raises(KeyError):
        list(sentences.series_sentences(other, MIXTURE))


def test_scopes_without_links_and_host_flatter_the_chip_only_where_the_ratio_is_much_larger():
    for factor, verdict in ((0.1, "the scopes without them flatter the chip"), (0.9, "they matter little")):
        given = [
            replace(e, scopes={**e.scopes, sentences.CHIP_ALONE: _scaled(e.scopes[sentences.CHIP_ALONE], factor)})
            for e in energies()
        ]
        for said in sentences.series_sentences(given, MIXTURE):
            assert f"multiplies the nominal ratio by {show_ratio(1 / factor)}: " in said
            assert verdict in said


def test_what_is_always_on_is_no_part_of_what_links_and_host_are_blamed_for():
    """Everything takes ten times what it takes without what is always on: the factor of links and host stays 1."""
    given = [replace(e, scopes={**e.scopes, EVERYTHING: _scaled(e.scopes[EVERYTHING], 10)}) for e in energies()]
    for said in sentences.series_sentences(given, MIXTURE):
        assert f"1 (0.5 to 2, not resolved) ({EVERYTHING})" in said
        assert "multiplies" not in said


def test_history_needs_a_ratio_of_about_ten_thousand():
    said = text(sentences.history_sentences(energies(array=1e-8), DECODER, MIXTURE))
    assert "10,000 times what sampling alone" in said
    assert "everything counted on both sides, it is 1,000 (500 to 2,000) times" in said
    assert "The ranges are by the prices of the chip" in said
    # The ratio with everything counted is not clearly smaller.
    assert not list(sentences.history_sentences(energies(array=1e-8, chip=1.5e-8), DECODER, MIXTURE))
    # A hundred, and a million.
    assert not list(sentences.history_sentences(energies(array=1e-6), DECODER, MIXTURE))
    assert not list(sentences.history_sentences(energies(), DECODER, MIXTURE))


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
