"""Sentences on costs of the report on denoising under planted figures: a claim they do not support is not made."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import dtm_fashion_cost_sentences as sentences
import pytest
from dtm_fashion_costs import EVERYTHING, GATED, HOST, LINKS, NAMES, PIPELINED, RELOADED, moved_bits
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


def test_the_side_that_takes_less_is_counted_by_prices_and_peak():
    """At 10 % of its peak the GPU takes ten times as much, at 100 % as much; a tenth of that is resolved. At one image
    per load the chip takes 8 uJ, within a factor of two, and the GPU 2, 6 or 18 uJ.
    """
    many, one = sentences.price_sentences(MIXTURE, energies())
    assert many.endswith("takes less in 3 of 6 cases (with the GPU at 10 %), the GPU in 0, and 3 are not resolved.")
    assert one.endswith("takes less in 0 of 6 cases, the GPU in 6, and 0 are not resolved.")
    many, _ = sentences.price_sentences(MIXTURE, energies(full=1e-8))
    assert many.endswith(
        "less in 3 of 6 cases (with the GPU at 10 %), the GPU in 3 (with the GPU at 100 %), and 0 are not resolved."
    )
    for rival, found in ((5e-6, "in 0 of 6 cases, the GPU in 3"), (1.7e-5, "in 3 of 6 cases (with the GPU at 10 %)")):
        _, one = sentences.price_sentences(MIXTURE, energies(rival=rival))
        assert found in one


def test_the_lead_under_all_prices_is_a_table():
    (table,) = sentences.price_tables(MIXTURE, energies())
    at = {row[:2]: row[2:] for row in table.rows}
    for prices in ("parts (dtca-physical)", "flat (dtca-appendix)", "Z1 (z1-spice)"):
        assert at[prices, "10,000"] == ("10 (5 to 20)", "1 (0.501 to 2, not resolved)")
        assert at[prices, "1"] == ("0.25 (0.125 to 0.5)", "0.138 (0.0688 to 0.275)")
    assert len(at) == 6


def test_without_a_board_no_ratio_is_told():
    assert not list(sentences.price_sentences("no such model", energies()))
    assert not list(sentences.price_tables("no such model", energies()))


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


def test_a_column_stays_with_one_accounting():
    each = [replace(e, scopes={n: _scaled(c, 2) for n, c in e.scopes.items()}) if e.accounting == "flat" else e
            for e in energies()]  # fmt: skip
    (table,) = sentences.scope_tables(each, MIXTURE)
    assert table.heads[1:] == ("parts (dtca-physical)", "flat (dtca-appendix)", "Z1 (z1-spice)")
    assert [row[0] for row in table.rows] == NAMES
    assert table.rows[0][1:] == ("10,000 (5,000 to 20,000)", "5,000 (2,500 to 10,000)", "10,000 (5,000 to 20,000)")
    assert table.rows[-1][1:] == ("10 (5 to 20)", "5 (2.5 to 10)", "10 (5 to 20)")
    assert not any("flatter" in said for said in sentences.series_sentences(each, MIXTURE))
    other = [replace(e, scopes={}) if e.accounting == "flat" else e for e in each]
    with pytest.raises(KeyError):
        list(sentences.scope_tables(other, MIXTURE))


def test_scopes_without_links_and_host_flatter_the_chip_only_where_the_ratio_is_much_larger():
    for factor, verdict in ((0.1, "the scopes without them flatter the chip"), (0.9, "they matter little")):
        given = [
            replace(e, scopes={**e.scopes, sentences.CHIP_ALONE: _scaled(e.scopes[sentences.CHIP_ALONE], factor)})
            for e in energies()
        ]
        _, *notes = sentences.series_sentences(given, MIXTURE)
        assert len(notes) == 3
        for said in notes:
            assert f"multiplies the nominal ratio by {show_ratio(1 / factor)}: " in said
            assert verdict in said


def test_what_is_always_on_is_no_part_of_what_links_and_host_are_blamed_for():
    """Everything takes ten times what it takes without what is always on: the factor of links and host stays 1."""
    given = [replace(e, scopes={**e.scopes, EVERYTHING: _scaled(e.scopes[EVERYTHING], 10)}) for e in energies()]
    (table,) = sentences.scope_tables(given, MIXTURE)
    assert table.rows[-1] == (EVERYTHING, *["1 (0.5 to 2, not resolved)"] * 3)
    assert not any("multiplies" in said for said in sentences.series_sentences(given, MIXTURE))


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
    paper, ordered = sentences.cost_sentences(given, 100, 80, 4, 250)
    assert "0.025 nJ per layer: 250 sweeps of the 80 cells that are not clamped to a label, after one" in paper
    # 251 * 100 of 250 * 80 + 100 updates.
    assert f"it would be {0.025 * 25_100 / 20_100:.3f} nJ" in paper
    assert "an image takes 50.00 nJ in place of 100.0 nJ at 10,000 images per load" in ordered
    assert len(list(sentences.cost_sentences(energies(), 100, 80, 4, 250))) == 1


def _scaled(cost, factor):
    scaled = {n: factor * e for n, e in cost.energy_j.items()}
    return replace(cost, energy_j=scaled, range_j={n: (e / 2, 2 * e) for n, e in scaled.items()})


def test_mappings_state_energy_and_time_of_all():
    (table,) = sentences.mapping_tables(energies())
    at = {row[:3]: row[3:] for row in table.rows}
    assert len(at) == len(table.rows) == 18
    assert at["parts", RELOADED, "mixed"] == (
        "8.000 uJ", "200.0 nJ", "100.0 nJ", "50.00 nJ to 200.0 nJ", "200 us", "200 us"
    )  # fmt: skip
    assert at["Z1", GATED, "sorted"][:3] == ("16.00 uJ", "400.0 nJ", "200.0 nJ")
    assert at["flat", PIPELINED, "mixed"][-1] == "50.0 us"
