"""The figures of several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chipsim.report.comparison import Comparison
from chipsim.report.drawing import COLOURS, WIDE, WIDTH, UnitFormatter, bare, hover
from chipsim.results.diff import time_by_phase
from chipsim.results.summary import Summary
from chipsim.units import FEMTOSECONDS, show


def figures_of(compared: Comparison) -> dict[str, Figure]:
    """All figures, by name."""
    summaries = {name: run.summary for name, run in compared.runs.items()}
    energies = {name: s.priced.energy_by_group_j for name, s in summaries.items()}
    ranges = {name: s.priced.energy_price_range_j for name, s in summaries.items()}
    times = {
        name: {phase: float(time / FEMTOSECONDS) for phase, time in time_by_phase(run.trace).items()}
        for name, run in compared.runs.items()
    }
    drawn = {
        "energy": stacked(energies, "J", "energy per repetition by group; lines: range by prices", ranges),
        "energy by group": by_group(energies),
        "time": stacked(times, "s", "time per repetition by phase"),
        "samples": samples(summaries),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def stacked(
    parts: Mapping[str, Mapping[str, float]], unit: str, label: str, ranges: Mapping[str, Any] | None = None
) -> Figure:
    """A bar a run, made of its parts; `ranges` are (low, high) of the whole."""
    figure, axes, palette = _bars(parts)
    for position, (name, values) in enumerate(parts.items()):
        ends = np.cumsum([0.0, *values.values()])
        for part, left, width in zip(values, ends, values.values(), strict=False):
            bar = axes.barh(-position, width, left=left, color=palette[part], height=0.58)[0]
            hover(bar, f"{name}: {part} {show(width, unit)}")
        if ranges is not None:
            axes.plot(ranges[name], [-position + 0.38] * 2, "|-", color="#000000", linewidth=1, markersize=6)
    axes.set_xlim(0)
    axes.xaxis.set_major_formatter(UnitFormatter(unit))
    axes.set_xlabel(label, fontsize=9)
    return figure


def by_group(energies: Mapping[str, Mapping[str, float]]) -> Figure:
    """A row a group and a dot a run, on a logarithmic scale: groups differ by decades."""
    groups = [group for group in next(iter(energies.values())) if any(values[group] for values in energies.values())]
    figure = Figure(figsize=(WIDTH, 0.34 * len(groups) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(energies.items()):
        # A little apart, so that equal energies are all seen.
        shift = 0.36 * (index / max(1, len(energies) - 1) - 0.5)
        places = [(values[group], -row - shift) for row, group in enumerate(groups) if values[group]]
        label = name
        for energy, height in places:
            dot = axes.plot(energy, height, "o", color=COLOURS[index % len(COLOURS)], markersize=5, label=label)[0]
            hover(dot, f"{name}: {show(energy, 'J')}")
            label = ""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(UnitFormatter("J"))
    axes.set_yticks([-row for row in range(len(groups))], groups, fontsize=9)
    axes.grid(axis="y", color="#999999", linewidth=0.3)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("energy per repetition", fontsize=9)
    bare(axes)
    figure.legend(loc="outside lower center", ncols=min(6, len(energies)), fontsize=8, frameon=False)
    return figure


def samples(summaries: Mapping[str, Summary]) -> Figure | None:
    """Energy against time per effective sample, with 95 % intervals over lanes; None where fewer than two know both."""
    costs = {name: summary.priced.sample for name, summary in summaries.items()}
    known = {
        name: (
            (cost.joules_per_effective_sample, cost.joules_per_effective_sample_ci95_j),
            (cost.seconds_per_effective_sample, cost.seconds_per_effective_sample_ci95_s),
        )
        for name, cost in costs.items()
        if cost.joules_per_effective_sample and cost.seconds_per_effective_sample
    }
    if len(known) < 2:
        return None
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, ((x, width), (y, height))) in enumerate(known.items()):
        colour = COLOURS[index % len(COLOURS)]
        axes.errorbar(x, y, height or 0.0, width or 0.0, fmt="o", color=colour, capsize=3, label=name)
    axes.margins(0.15)
    for place, (axis, set_scale, unit, word) in enumerate(
        ((axes.xaxis, axes.set_xscale, "J", "energy"), (axes.yaxis, axes.set_yscale, "s", "time"))
    ):
        values = [pair[place][0] or 0.0 for pair in known.values()]
        set_scale("log" if max(values) > WIDE * min(values) else "linear")
        axis.set_major_formatter(UnitFormatter(unit))
        axis.set_label_text(f"{word} per effective sample", fontsize=9)
    axes.tick_params(which="both", labelsize=8)
    bare(axes)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _bars(parts: Mapping[str, Mapping[str, float]]) -> tuple[Figure, Any, dict[str, str]]:
    """A figure with a row a run, its axes, and a colour for each part, which the legend names."""
    present = dict.fromkeys(part for values in parts.values() for part, value in values.items() if value)
    palette = {part: COLOURS[i % len(COLOURS)] for i, part in enumerate(present)}
    figure = Figure(figsize=(WIDTH, 0.5 * len(parts) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_yticks([-i for i in range(len(parts))], list(parts), fontsize=9)
    axes.set_ylim(0.6 - len(parts), 0.6)
    axes.tick_params(axis="x", labelsize=8)
    bare(axes)
    for part, colour in palette.items():
        axes.barh(0, 0, color=colour, label=part)
    figure.legend(loc="outside lower center", ncols=min(6, len(palette) or 1), fontsize=8, frameon=False)
    zero = {part: "#999999" for values in parts.values() for part in values}
    return figure, axes, {**zero, **palette}
