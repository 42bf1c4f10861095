"""Figures of a sweep made by hand: words on the axes, values at the points of the front."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chipsim.report.drawing import drawings
from chipsim.report.sweep_bounds import MAX_LABELS
from chipsim.report.sweep_figures import figures_of

METRICS = ["joules_per_effective_sample", "seconds_per_effective_sample"]


def table(points: int) -> dict[str, Any]:
    """Clock phases along a front; swings, of which the second is worse everywhere."""
    phases = [f"{10 * (i + 1)} ns" for i in range(points)]
    swings = ["0.1 V", "0.5 V"]
    rows = [
        {
            "point": f"{phase}/{swing}",
            "clock.phase": phase,
            "couplers.swing": swing,
            METRICS[0]: (1 + index) * 1e-9 * (1 + number),
            METRICS[1]: 1e-6 / (1 + index) * (1 + number),
        }
        for index, phase in enumerate(phases)
        for number, swing in enumerate(swings)
    ]
    numbers = {json.dumps(phase): 10.0 * (i + 1) for i, phase in enumerate(phases)}
    axes = [
        {"path": "clock.phase", "unit": "ns", "numbers": numbers, "spacing": "log"},
        {"path": "couplers.swing", "unit": "V", "numbers": {'"0.1 V"': 0.1, '"0.5 V"': 0.5}, "spacing": "linear"},
    ]
    return {
        "axes": axes,
        "metrics": METRICS,
        "rows": rows,
        "front": list(range(0, 2 * points, 2)),
        "reference": rows[0]["point"],
    }


@pytest.mark.parametrize("points", [3, 40])
def test_points_of_the_front_are_labelled(points: int) -> None:
    (axes,) = figures_of(table(points))["pareto"].axes
    texts = [text.get_text() for text in axes.texts]
    assert len(texts) == min(points, MAX_LABELS)
    # The swing is the same along the front, so a label holds the phase alone.
    assert (texts[0], texts[-1]) == ("10 ns", f"{10 * points} ns")
    assert axes.get_title(loc="right") == "labels: phase of clock"
    drawn = drawings(figures_of(table(points)))["pareto"]
    row = "clock.phase=10 ns, couplers.swing=0.1 V: "
    assert f"<title>{row}energy per effective sample 1.000 nJ, time per effective sample 1.000 us</title>" in drawn


def test_axes_carry_words_and_units_and_no_keys() -> None:
    for name, figure in figures_of(table(3)).items():
        for axes in figure.axes:
            for label in (axes.get_xlabel(), axes.get_ylabel()):
                assert label
                assert "_" not in label, name
    (axes,) = figures_of(table(3))[f"{METRICS[0]} by clock.phase"].axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("phase of clock (ns)", "energy per effective sample")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["10", "20", "30"]
    assert axes.yaxis.get_major_formatter()(2e-6) == "2 uJ"
