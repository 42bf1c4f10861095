"""Bars of shares beside dots on a logarithmic scale: a bar shows what dominates, a dot what a bar is too short for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chipsim.report.drawing import WIDTH, UnitFormatter, bare, hover
from chipsim.rounding import rounded
from chipsim.units import show

SMALLEST_SHARE = 0.004
Range = tuple[float, float]


def bars_and_dots(values: Mapping[str, float], whole: float, unit: str, label: str, colour: str) -> Figure:
    """A row for each value: on the left its share of the whole, on the right the value itself.

    Args:
        values: by name, in `unit`, none negative.
        whole: of which the bars are shares.
        unit: SI unit of the values.
        label: of the values, in words.
        colour: of bars and dots.
    """
    figure = Figure(figsize=(WIDTH, 0.3 * len(values) + 1.0), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.3, 1))
    for row, (name, value) in enumerate(values.items()):
        share = value / whole if whole else 0.0
        hover(
            left.barh(-row, share, color=colour, height=0.62)[0],
            f"{name}: {show(value, unit)}, {rounded(share, '.2%')}",
        )
        left.text(share + 0.01, -row, f"{show(value, unit, 3)}, {_percent(share)}", va="center", fontsize=8)
    shares(left, f"share of {show(whole, unit)}")
    left.set_xlim(0, 1.28)
    left.set_yticks([-row for row in range(len(values))], list(values), fontsize=9)
    dots(right, values, unit, dict.fromkeys(values, colour))
    right.tick_params(axis="y", length=0)
    right.set_xlabel(f"{label} (logarithmic)", fontsize=9)
    return figure


def dots(
    axes: Any,
    values: Mapping[str, float],
    unit: str,
    palette: Mapping[str, str],
    ranges: Mapping[str, Range] | None = None,
) -> None:
    """A dot for each value that is not 0, on a logarithmic scale; `ranges` are drawn as lines."""
    known = {name: value for name, value in values.items() if value > 0}
    floor = 0.1 * min(known.values(), default=1.0)
    for row, (name, value) in enumerate(values.items()):
        text = f"{name}: {show(value, unit)}"
        low, high = (value, value) if ranges is None else ranges[name]
        if high <= 0:
            continue
        drawn = []
        if ranges is not None:
            line = [max(low, floor), high], [-row, -row]
            drawn = axes.plot(*line, "-", color=palette[name], linewidth=1.2, alpha=0.7)
            text += f" ({show(low, unit)} to {show(high, unit)} by prices)"
        # A value of 0 has no place on the scale, its range has.
        drawn = axes.plot(value, -row, "o", color=palette[name], markersize=6) if value else drawn
        hover(drawn[0], text)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(UnitFormatter(unit, sep=" "))
    axes.grid(axis="x", color="#999999", linewidth=0.3)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="x", which="minor", labelbottom=False)
    bare(axes)


def shares(axes: Any, label: str) -> None:
    """An axis from 0 to 100 %."""
    ticks = np.linspace(0, 1, 6)
    axes.set_xticks(ticks, [rounded(tick, ".0%") for tick in ticks], fontsize=8)
    axes.set_xlabel(label, fontsize=9)
    bare(axes)


def stacked_shares(axes: Any, bars: Mapping[str, Mapping[str, float]], unit: str, palette: Mapping[str, str]) -> None:
    """A row for each bar, all of one length, made of its parts; its sum is printed after it."""
    for row, (bar, parts) in enumerate(bars.items()):
        whole, left = sum(parts.values()), 0.0
        for name, value in parts.items():
            share = value / whole if whole else 0.0
            if share >= SMALLEST_SHARE:
                drawn = axes.barh(-row, share, left=left, color=palette[name], height=0.62)[0]
                hover(drawn, f"{bar}: {name} {show(value, unit)}, {rounded(share, '.2%')}")
                left += share
        axes.text(1.01, -row, show(whole, unit, 3), va="center", fontsize=8)
    axes.set_yticks([-row for row in range(len(bars))], list(bars), fontsize=9)
    axes.set_xlim(0, 1.22)


def _percent(share: float) -> str:
    return rounded(share, ".1%") if share >= 0.001 or not share else "<0.1%"
