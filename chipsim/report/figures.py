"""The figures of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import matplotlib.colors
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from chipsim.engine.trace import Trace
from chipsim.ledger.ledger import LedgerRow
from chipsim.report.bars import bars_and_dots, dots, shares, stacked_shares
from chipsim.report.drawing import COLOURS, WIDTH, bare, hover, own_style
from chipsim.report.phases import phase_groups
from chipsim.results.result import Run
from chipsim.results.summary import Summary
from chipsim.rounding import rounded
from chipsim.units import show, to_seconds
from chipsim.workloads.sections import Curve

# Rows and columns of the heat map; larger arrays are averaged over blocks.
MAX_PIXELS = 256


@own_style()
def figures_of(run: Run) -> dict[str, Figure]:
    """All figures of a run, by name."""
    summary, trace = run.summary, run.trace
    drawn = {
        "energy": energy_bars(run),
        "phases": phase_bars(summary),
        "timeline": timeline(trace),
        "busy": busy_bars(summary),
        "toggles": toggle_map(summary, trace),
        "trace": energy_trace(trace),
    }
    return {**{name: figure for name, figure in drawn.items() if figure is not None}, **curves_of(run)}


@own_style()
def energy_bars(run: Run) -> Figure:
    """Energy by component: shares of the run, of the chip without its host, and of the fabric; beside them dots."""
    summary, components = run.summary, run.sheet.components
    # An energy of 0 may have a range: that of standby power of which only a bound is known.
    ledger = [row for row in summary.priced.ledger if row.energy_j or row.high_j]
    names = list(dict.fromkeys(row.component for row in ledger))
    palette = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}

    def energies(rows: list[LedgerRow]) -> dict[str, float]:
        return {name: sum(row.energy_j or 0.0 for row in rows if row.component == name) for name in names}

    bars = {
        "all": energies(ledger),
        "without host": energies([row for row in ledger if not components[row.component].is_host]),
        "fabric": energies([row for row in ledger if row.group == "fabric"]),
    }
    ranges = {
        name: (
            sum(row.low_j for row in ledger if row.component == name),
            sum(row.high_j for row in ledger if row.component == name),
        )
        for name in names
    }
    figure = Figure(figsize=(WIDTH, max(2.2, 0.27 * len(names) + 0.9)), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    stacked_shares(left, bars, "J", palette)
    shares(left, "share of the energy per repetition")
    dots(right, bars["all"], "J", palette, ranges)
    right.set_yticks([-row for row in range(len(names))], names, fontsize=9)
    right.set_xlabel("energy per repetition, lines: range by prices", fontsize=9)
    return figure


def busy_bars(summary: Summary) -> Figure:
    """Busy time of each component, as a share of the run and by itself."""
    busy = {row.component: row.busy_s for row in summary.priced.ledger if row.busy_s > 0}
    return bars_and_dots(busy, summary.core.work.elapsed_s, "s", "busy time", COLOURS[0])


def energy_trace(trace: Trace) -> Figure | None:
    """Energy of the problem against simulated time: mean over lanes, and the middle 90 %."""
    records = trace.observations.records
    if records is None or not records.energies.size:
        return None
    low, high = np.quantile(records.energies, [0.05, 0.95], axis=1)
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot()
    scale, unit = _time_scale(float(records.times_s[-1]))
    times = records.times_s / scale
    axes.fill_between(times, low, high, color=COLOURS[4], alpha=0.45, linewidth=0, label="middle 90 % of lanes")
    axes.plot(times, records.energies.mean(axis=1), color=COLOURS[5], linewidth=1.1, label="mean over lanes")
    axes.set_xlabel(f"simulated time ({unit})", fontsize=9)
    axes.set_ylabel("energy of the problem", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def curve_name(curve: Curve) -> str:
    """The name of its figure: apart from those of the run."""
    return f"workload {curve.title}"


def curves_of(run: Run) -> dict[str, Figure]:
    """The curves of the workload; those without stored arrays are skipped."""
    curves = (section for section in run.summary.workload.sections if isinstance(section, Curve))
    return {curve_name(curve): curve_figure(curve, run.arrays) for curve in curves if curve.arrays() <= set(run.arrays)}


def curve_figure(curve: Curve, arrays: Mapping[str, NDArray[Any]]) -> Figure:
    """Lines over one axis; those that belong to the axis on the right are thinner and lie below."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    left = figure.add_subplot()
    right = left.twinx() if curve.right else left
    for number, series in enumerate(curve.series):
        values = arrays[series.y]
        places = arrays[series.x] if series.x else np.arange(1, len(values) + 1)
        axes, width = (right, 0.6) if series.right else (left, 1.4)
        axes.plot(places, values, color=COLOURS[(4 + number) % len(COLOURS)], linewidth=width, label=series.label)
    for label, value in curve.levels:
        left.axhline(value, color=COLOURS[7], linewidth=0.8, linestyle=":", label=label)
    left.set_zorder(right.get_zorder() + 1)
    left.patch.set_visible(False)
    left.set_xlabel(curve.x, fontsize=9)
    for axes, label in ((left, curve.y), (right, curve.right or curve.y)):
        axes.set_ylabel(label, fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines["top"].set_visible(False)
    if curve.right:
        right.set_ylim(bottom=0)
    else:
        left.spines["right"].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def phase_bars(summary: Summary) -> Figure:
    """Energy by sort of phase, as a share of the whole and by itself."""
    sums = {group.name: group.energy_j for group in phase_groups(summary.priced.phases)}
    sums["always on"] = summary.priced.always_on_energy_j
    return bars_and_dots(sums, summary.priced.energy_j, "J", "energy per repetition", COLOURS[2])


def timeline(trace: Trace) -> Figure | None:
    """When each component is busy: a row a component, darker where it is busy for more of the time."""
    held = trace.timing.occupancy
    if not held.components:
        return None
    elapsed_s = to_seconds(trace.timing.elapsed_fs)
    scale, unit = _time_scale(elapsed_s)
    figure = Figure(figsize=(WIDTH, 0.26 * len(held.components) + 0.9), layout="constrained")
    axes = figure.add_subplot()
    # Square root, so that short spans are still visible.
    shades = np.zeros((*held.share.shape, 4))
    shades[..., :3] = mpl.colors.to_rgb(COLOURS[0])
    shades[..., 3] = np.sqrt(held.share)
    extent = (0.0, elapsed_s / scale, len(held.components) - 0.5, -0.5)
    axes.imshow(shades, aspect="auto", interpolation="nearest", extent=extent)
    axes.set_yticks(range(len(held.components)), list(held.components), fontsize=9)
    for row, name in enumerate(held.components):
        busy = to_seconds(trace.timing.busy_fs[name])
        text = f"{name}: busy for {show(busy, 's')}, {rounded(busy / elapsed_s, '.2%')} of the run"
        hover(axes.barh(row, extent[1], height=1.0, alpha=0.0)[0], text)
    axes.hlines(np.arange(len(held.components) - 1) + 0.5, *extent[:2], color="#999999", linewidth=0.3)
    axes.set_xlabel(f"simulated time ({unit})", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    return figure


def toggle_map(summary: Summary, trace: Trace) -> Figure | None:
    """Toggles of each cell in one repetition, on the grid of the chip; blocks of cells where it is large."""
    shape = summary.core.specs.fabric_shape
    if not shape or not trace.activity.cell_toggles.any():
        return None
    rows = int(shape[0]) if len(shape) == 2 else int(np.prod(shape[:-1]))
    rates = _blocks(trace.activity.cell_toggles.reshape(rows, -1) / trace.lanes)
    if rates.shape[0] > rates.shape[1]:
        rates = rates.T  # a page is wider than high
    height = min(4.4, 1.0 + 7.0 * rates.shape[0] / rates.shape[1])
    width = min(WIDTH, 1.6 + height * rates.shape[1] / rates.shape[0])
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(
        rates, cmap="cividis", interpolation="nearest", vmin=0, aspect="auto" if len(shape) != 2 else None
    )
    axes.set_xticks([])
    axes.set_yticks([])
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.set_label("toggles per repetition", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return figure


def _blocks(rates: Any) -> Any:
    """Means over blocks, at most MAX_PIXELS each way."""
    for axis in (0, 1):
        size = -(-rates.shape[axis] // MAX_PIXELS)
        starts = np.arange(0, rates.shape[axis], size)
        counts = np.diff(np.append(starts, rates.shape[axis]))
        sums = np.add.reduceat(rates, starts, axis=axis)
        rates = sums / (counts[:, None] if axis == 0 else counts)
    return rates


def _time_scale(longest_s: float) -> tuple[float, str]:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if longest_s >= scale:
            return scale, unit
    return 1e-9, "ns"
