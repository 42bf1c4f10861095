"""The figures of several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chipsim.report.comparison import Comparison
from chipsim.report.drawing import COLOURS, WIDE, WIDTH, UnitFormatter, bare, hover, own_style
from chipsim.report.phases import MAX_GROUPS
from chipsim.results.diff import time_by_phase
from chipsim.results.summary import Summary
from chipsim.units import FEMTOSECONDS, show


@own_style()
def figures_of(compared: Comparison) -> dict[str, Figure]:
    """All figures, by name."""
    summaries = {name: run.summary for name, run in compared.runs.items()}
    energies = {name: s.priced.energy_by_group_j for name, s in summaries.items()}
    ranges = {name: s.priced.energy_price_range_j for name, s in summaries.items()}
    times = times_by_phase(compared)
    drawn = {
        "energy": stacked(energies, "J", "energy per repetition by group; lines: range by prices", ranges),
        "energy by group": dots(energies, "J", "energy per repetition"),
        "time": stacked(times, "s", "time per repetition by phase"),
        "time by phase": dots(times, "s", "time per repetition"),
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


def times_by_phase(compared: Comparison) -> dict[str, dict[str, float]]:
    """Seconds of each phase in each run; where there are many, those of one operation together."""
    times = {name: time_by_phase(run.trace) for name, run in compared.runs.items()}
    many = len({phase for found in times.values() for phase in found}) > MAX_GROUPS
    out: dict[str, dict[str, float]] = {name: {} for name in times}
    for name, found in times.items():
        for phase, time in found.items():
            group = phase.rpartition(" ")[2] if many else phase
            out[name][group] = out[name].get(group, 0.0) + float(time / FEMTOSECONDS)
    return out


def dots(values: Mapping[str, Mapping[str, float]], unit: str, label: str) -> Figure:
    """A row a part and a dot a run, on a logarithmic scale: parts differ by decades."""
    parts = dict.fromkeys(part for found in values.values() for part in found)
    groups = [part for part in parts if any(found.get(part) for found in values.values())]
    figure = Figure(figsize=(WIDTH, 0.34 * len(groups) + 1.4), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, found) in enumerate(values.items()):
        # A little apart, so that equal values are all visible.
        shift = 0.36 * (index / max(1, len(values) - 1) - 0.5)
        places = [(found[group], -row - shift) for row, group in enumerate(groups) if found.get(group)]
        colour = COLOURS[index % len(COLOURS)]
        axes.plot([], [], "o", color=colour, markersize=5, label=name)
        for value, height in places:
            hover(axes.plot(value, height, "o", color=colour, markersize=5)[0], f"{name}: {show(value, unit)}")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(UnitFormatter(unit))
    axes.set_yticks([-row for row in range(len(groups))], groups, fontsize=9)
    axes.grid(axis="y", color="#999999", linewidth=0.3)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel(f"{label} (logarithmic)", fontsize=9)
    bare(axes)
    figure.legend(loc="outside lower center", ncols=min(6, len(values)), fontsize=8, frameon=False)
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
