"""Sentences of the report on feed-forward nets follow planted figures, and change with them."""

from __future__ import annotations

from typing import Any

import feed_forward
import numpy as np
import pytest
from feed_forward_measures import Setting, difference, gained, told
from feed_forward_wirings import Wiring, wiring_sentences, wiring_tables

FIGURES = {
    "digital_mac_share": 0.0,
    "weights": 1000,
    "cells_per_weight": 0.2,
    "couplers_per_weight": 1.0,
    "longest_neuron": 1,
    "weight_scale": 1.0,
    "output_correlation": 0.0,
}


def setting(name: str, right: float, curve: float = 0.0, base: float = 0.8, **figures: Any) -> Setting:
    """A setting that is right on the first images, this share of 1,000, as its base is; `curve` is added to all fewer
    samples.
    """
    won, lost = gained(np.arange(1000) < 1000 * right, np.arange(1000) < 1000 * base)
    return Setting(name, 1000, [right + curve] * 64, won, lost, {**FIGURES, **figures})


def settings(**changed: Setting) -> list[Setting]:
    """All settings of the report at 80 %, but for some."""
    return [changed.get(name, setting(name, 0.8)) for name in feed_forward.SETTINGS]


def test_differences_are_of_the_same_images() -> None:
    """2 % fewer right answers on the same images is resolved, although two independent sets would not resolve it."""
    assert told(setting("other", 0.78)) == "-2.0 +- 0.9"
    assert told(setting("other", 0.8)) == "+0.0 +- 0.0, not resolved"
    base = np.arange(1000) < 800
    shuffled = Setting("other", 1000, [0.8], *gained(np.random.default_rng(1).permutation(base), base), FIGURES)
    assert told(shuffled) == "+0.0 +- 3.5, not resolved"


def test_an_interval_is_that_of_the_gaps_of_the_images() -> None:
    right, base = np.random.default_rng(2).random((2, 500)) < [[0.8], [0.7]]
    gaps = right.astype(float) - base
    found = difference(Setting("other", 500, [0.8], *gained(right, base), FIGURES))
    assert found == pytest.approx((100 * gaps.mean(), 196 * gaps.std(ddof=1) / 500**0.5))


def test_settings_are_a_table() -> None:
    (table,) = feed_forward.sample_tables(settings(**{"3 bits": setting("3 bits", 0.78, output_correlation=None)}))
    at = {row[0]: row[1:] for row in table.rows}
    assert at["ideal noise"] == (*["80.0 +- 2.5%"] * 4, "-", "0.000")
    assert at["3 bits"] == (*["78.0 +- 2.6%"] * 4, "-2.0 +- 0.9", "-")
    assert at["2 bits"][4] == "+0.0 +- 0.0, not resolved"


def test_samples_that_an_accuracy_takes() -> None:
    found = [*feed_forward.sample_sentences(settings())][-1]
    assert found == "Samples for 75%: 1 (beta 1), 1 (beta 0.5), 1 (beta 0.25), 1 (beta 0.1)."
    rising = setting("beta 0.5", 0.8)
    rising.accuracy[:7] = [0.5] * 7
    changed = settings(**{"beta 0.5": rising, "beta 0.1": setting("beta 0.1", 0.7)})
    found = [*feed_forward.sample_sentences(changed)][-1]
    assert found == "Samples for 75%: 1 (beta 1), 8 (beta 0.5), 1 (beta 0.25), more than 64 (beta 0.1)."


def cost(system: float) -> feed_forward.Cost:
    return feed_forward.Cost(64, "once", {"fabric": 1e-10, "chip": 8e-10, "system": system}, 1e-5)


def test_counters_pay_where_they_do() -> None:
    (saves,) = feed_forward.counter_sentences(cost(2e-7), cost(1e-7))
    assert "100 nJ (system, 0.5 times) and 10.0 us: they pay in scope system." in saves
    (costs,) = feed_forward.counter_sentences(cost(2e-7), cost(3e-7))
    assert costs.endswith("they do not pay.")


def test_ratio_to_digital_arithmetic() -> None:
    base = setting("ideal noise", 0.8, weights=1000)
    (sentence,) = feed_forward.cost_sentences(base, [cost(2e-7)])
    # 1,000 x 100 fJ = 100 pJ.
    assert "take 100 pJ" in sentence
    assert "takes 1 times that (fabric), 8 times that (chip), 2e+03 times that (system)" in sentence


def test_costs_are_a_table() -> None:
    (table,) = feed_forward.cost_tables([cost(2e-7)])
    assert table.rows == (("64", "once", "100 pJ", "800 pJ", "200 nJ", "10.0 us"),)


@pytest.mark.parametrize(("cells", "words"), [(4900, "does not fit"), (30_000, "would fit if it could be routed")])
def test_dense_net_fits_or_not(cells: int, words: str) -> None:
    first, share = feed_forward.dense_sentences(12, cells)
    assert first.startswith(f"A dense 784-128-10 {words}: at degree 12")
    assert "20,562 cells (10,192 + 10,240 + 130)" in first
    assert share.startswith("If the host computes the first layer of that net, 98.7% of its 101,632")


def wiring(name: str, right: float, coupling: float | None = None, **figures: Any) -> Wiring:
    return Wiring(setting(name, right, **figures), {"fabric": 1.0, "chip": 2.0, "system": 3.0}, 1e-5, coupling)


def test_chains_are_judged_by_their_figures() -> None:
    base = wiring("the host", 0.8, digital_mac_share=0.987)
    slow = wiring("chains", 0.6, 2.0, longest_neuron=80, weight_scale=0.5, output_correlation=0.9)
    stiff = wiring("stiff chains", 0.8, 5.0, longest_neuron=80, output_correlation=0.97)
    second, third = wiring_sentences([base, slow, stiff])
    assert second.startswith("With chains: -20.0 +- 2.5 (points at 64 samples)")
    assert "cells * exp(-2 K) = 1.5, so their means are nearer to 0 than tanh of their fields" in second
    assert "correlation of 0.90; weights have 0.5 of the range" in second
    assert third.startswith("With stiff chains: +0.0 +- 0.0, not resolved (points at 64 samples)")
    assert "cells * exp(-2 K) = 0.0036; successive" in third
    assert "range" not in third
    (table,) = wiring_tables([base, slow, stiff])
    assert table.heads[4] == "points against the host"
    assert table.rows[0][4:8] == ("-", "0.00", "0.200", "98.7%")
    assert table.rows[1][4:] == (
        "-20.0 +- 2.5",
        "0.90",
        "0.200",
        "0.0%",
        "0.5",
        "1.00 J",
        "2.00 J",
        "3.00 J",
        "10.0 us",
    )
