"""Figure and table of `fabric.py`."""

from __future__ import annotations

import numpy as np
from fabric_late import CAUSES, Late
from fabric_runs import LAWS, Point
from matplotlib.figure import Figure

from chipsim.report.drawing import COLOURS, bare
from chipsim.report.tables import csv_text

PAID = ("joules", "half")


def law_figure(points: list[Point]) -> Figure:
    """Distance on nine cells and joules per effective sample of the array, against phase over relaxation time."""
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    for number, law in enumerate(LAWS):
        mine = [point for point in points if point.law == law]
        phases = [point.phase for point in mine]
        left.plot(
            phases, [p.small["total_variation"] for p in mine], "o-", color=COLOURS[number], label=law, markersize=3
        )
        paid = [point for point in mine if point.joules is not None]
        joules = np.array([p.joules or 0.0 for p in paid])
        half = np.array([p.half or 0.0 for p in paid])
        # An interval that reaches below 0 ends at the edge of the logarithmic axis.
        bars = [np.minimum(half, 0.99 * joules), half]
        at = [p.phase * (1 + 0.04 * (number - 1)) for p in paid]
        right.errorbar(at, joules, bars, fmt="o-", color=COLOURS[number], markersize=3, linewidth=1, elinewidth=0.8)
    highest = [point.small["total_variation_floor_high"] for point in points]
    right.set_ylim(bottom=min((p.joules - min(p.half or 0.0, p.joules / 2)) for p in points if p.joules) / 1.2)
    left.axhline(max(highest), color="0.5", linestyle=":", linewidth=0.9, label="floor")
    left.set_ylabel("total variation, nine cells", fontsize=9)
    right.set_ylabel("J per effective sample, dtca-70, fabric", fontsize=9)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("phase / tau0", fontsize=9)
        axes.tick_params(labelsize=8)
        bare(axes)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def late_figure(rows: list[Late]) -> Figure:
    """Distance on nine cells and joules per effective sample of the array, against lateness over the update time."""
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    for number, cause in enumerate(CAUSES):
        mine = [row for row in rows if row.cause == cause]
        ratios, distances = [row.ratio for row in mine], [row.small["total_variation"] for row in mine]
        left.plot(ratios, distances, "o-", color=COLOURS[number], label=cause, markersize=3)
        paid = [row for row in mine if row.stands]
        joules, half = (np.array([value or 0.0 for value in (getattr(row, name) for row in paid)]) for name in PAID)
        at, bars = [row.ratio for row in paid], [np.minimum(half, 0.99 * joules), half]
        right.errorbar(at, joules, bars, fmt="o-", color=COLOURS[number], markersize=3, linewidth=1, elinewidth=0.8)
    highest = max(row.small["total_variation_floor_high"] for row in rows)
    left.axhline(highest, color="0.5", linestyle=":", linewidth=0.9, label="floor")
    left.set_ylabel("total variation, nine cells", fontsize=9)
    right.set_ylabel("J per effective sample, fabric; where they stand", fontsize=9)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("delay or R C / update time", fontsize=9)
        axes.tick_params(labelsize=8)
        bare(axes)
    # On logarithmic axes: limits of linear ones reach below 0.
    right.set_xlim(*left.get_xlim())
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def late_csv(rows: list[Late]) -> str:
    """A line a run, SI."""
    names = ("total_variation", "total_variation_floor", "total_variation_floor_high", "fitted_beta")
    heads = ["cause", "ratio", *names, "error", "error_low", "error_high", "joules_per_effective_sample"]
    heads += ["joules_per_effective_sample_ci95", "sampling"]
    lines = []
    for row in rows:
        error = None if row.error is None else row.error.error
        ends = (None, None, None) if error is None else (error.value, error.low, error.high)
        small = (row.small[name] for name in names)
        lines.append([row.cause, row.ratio, *small, *ends, row.joules, row.half, row.sampling])
    return csv_text(heads, lines)


def laws_csv(points: list[Point]) -> str:
    """A line a point, SI."""
    heads = [
        *("law", "phase_tau0", "total_variation", "floor", "floor_high", "fitted_beta"),
        *("error", "error_low", "error_high", "tau_int_sweeps", "joules_per_effective_sample"),
        *("joules_per_effective_sample_ci95", "sampling"),
    ]
    rows = []
    for point in points:
        small, error = point.small, None if point.error is None else point.error.error
        ends = (None, None, None) if error is None else (error.value, error.low, error.high)
        names = ("total_variation", "total_variation_floor", "total_variation_floor_high", "fitted_beta")
        paid = (point.tau, point.joules, point.half)
        rows.append([point.law, point.phase, *(small[name] for name in names), *ends, *paid, point.sampling])
    return csv_text(heads, rows)
