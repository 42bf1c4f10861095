"""Figures and tables of `fabric.py`."""

from __future__ import annotations

import numpy as np
from fabric_late import CAUSES, Late
from fabric_predictions import Prediction
from fabric_runs import LAWS, Bits, Order, Point
from matplotlib.figure import Figure
from readme import Table

from chipsim.report.drawing import COLOURS, bare
from chipsim.report.tables import csv_text
from chipsim.rounding import rounded
from chipsim.units import show

PAID = ("joules", "half")


DASH = "-"
SMALL_HEADS = ("distance", "floor, up to", "beta that fits")


def law_table(points: list[Point]) -> Table:
    """Each law at each phase."""
    return Table(
        "dtca-70, 70 x 70 cells at beta 0.2, by phase over the relaxation time of the noise",
        ("noise", "phase / tau0", *SMALL_HEADS, "error, at most", "tau_int (sweeps)", "joules per effective sample"),
        tuple(
            (p.law, f"{p.phase:g}", *_small(p), _at_most(p), DASH if p.tau is None else rounded(p.tau, ".3g"), _paid(p))
            for p in points
        ),
    )


def late_table(rows: list[Late]) -> Table:
    """Each cause at each ratio."""
    return Table(
        "32 x 32 cells of dtca-70 on a square grid at beta 0.5, ideal noise; what is late takes 10 ns (assumed), here "
        "over the clock phase, or over the mean interval of cells without a clock",
        ("what is late", "ratio", *SMALL_HEADS, "error, at most", "joules per effective sample"),
        tuple((row.cause, f"{row.ratio:g}", *_small(row), _at_most(row), _paid(row)) for row in rows),
    )


def bit_table(rows: list[Bits]) -> Table:
    """Each number of bits."""
    return Table(
        "Gaussian couplings in a range of 4, beta 0.2, ideal noise, against 16 bits",
        ("bits", "error", "at most", "energy of a load"),
        tuple(
            (
                str(row.bits),
                DASH if row.error is None else rounded(row.error.error.value, ".3f"),
                _at_most(row),
                show(row.load_j, "J"),
            )
            for row in rows
        ),
    )


def order_table(rows: list[Order]) -> Table:
    """Each order of updates on each graph."""
    return Table(
        "Max-Cut by annealing: mean cut of the last read states of all repetitions",
        ("graph", "order", "sweeps", "cut", "best known", "energy", "time"),
        tuple(
            (
                row.graph,
                row.policy,
                f"{row.sweeps:,}",
                f"{rounded(row.cut, '.1f')} +- {rounded(row.half, '.1f')}",
                f"{row.known:g}",
                show(row.joules, "J"),
                show(row.seconds, "s"),
            )
            for row in rows
        ),
    )


def prediction_table(found: list[Prediction]) -> Table:
    """Each prediction with what went in."""
    return Table(
        "From the stated inputs alone; nothing is fitted",
        ("what", "predicted", "range", "published", "verdict", "inputs"),
        tuple(
            (
                p.what,
                show(p.value, p.unit),
                DASH if p.low == p.high else f"{show(p.low, p.unit)} to {show(p.high, p.unit)}",
                "; ".join(f"{show(value, p.unit)} ({where})" for value, where in p.published) or DASH,
                p.verdict,
                p.inputs,
            )
            for p in found
        ),
    )


def _small(row: Point | Late) -> tuple[str, ...]:
    """Of nine cells."""
    names = {"total_variation": ".4f", "total_variation_floor_high": ".4f", "fitted_beta": ".3f"}
    return tuple(rounded(row.small[name], digits) for name, digits in names.items())


def _at_most(row: Point | Late | Bits) -> str:
    return DASH if row.error is None else rounded(row.error.error.high, ".3f")


def _paid(row: Point | Late) -> str:
    """Joules per effective sample with half their interval."""
    if row.joules is None:
        return DASH
    return show(row.joules, "J", 3) + ("" if row.half is None else f" +- {show(row.half, 'J', 2)}")


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
