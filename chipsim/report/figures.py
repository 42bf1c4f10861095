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
from chipsim.report.drawing import COLOURS, bare
from chipsim.results.result import Run
from chipsim.results.summary import Summary
from chipsim.units import show, to_seconds
from chipsim.workloads.sections import Curve

SMALLEST_SHARE = 0.004
# Rows and columns of the heat map; larger arrays are averaged over blocks.
MAX_PIXELS = 256


def figures_of(run: Run) -> dict[str, Figure]:
    """All that there is to draw of a run, by name."""
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


def energy_bars(run: Run) -> Figure:
    """Energy by component as stacked bars: the whole run, the chip without its host, and the fabric alone."""
    summary, components = run.summary, run.sheet.components
    names = list(dict.fromkeys(row.component for row in summary.priced.ledger if row.energy_j))
    palette = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    everything = {n: _energy(summary, lambda r, n=n: r.component == n) for n in names}
    bars = [
        ("everything", everything),
        ("without the host", {n: e for n, e in everything.items() if not components[n].is_host}),
    ]
    fabric = {n: _energy(summary, lambda r, n=n: r.component == n and r.group == "fabric") for n in names}
    bars.append(("fabric", fabric))
    figure = Figure(figsize=(8.6, 0.62 * len(bars) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    shown: set[str] = set()
    for position, (_, parts) in enumerate(bars):
        total = sum(parts.values()) or 1.0
        left = 0.0
        for name, energy in parts.items():
            if energy / total < SMALLEST_SHARE:
                continue
            label = None if name in shown else name
            axes.barh(-position, energy / total, left=left, color=palette[name], label=label, height=0.62)
            shown.add(name)
            left += energy / total
        axes.text(1.01, -position, show(sum(parts.values()), "J"), va="center", fontsize=9)
    axes.set_yticks([-i for i in range(len(bars))], [name for name, _ in bars], fontsize=9)
    axes.set_xlim(0, 1)
    axes.set_xticks(np.linspace(0, 1, 6), [f"{x:.0%}" for x in np.linspace(0, 1, 6)], fontsize=8)
    axes.set_xlabel("share of the energy per repetition", fontsize=9)
    bare(axes)
    figure.legend(loc="outside lower center", ncols=min(6, max(1, len(shown))), fontsize=8, frameon=False)
    return figure


def _energy(summary: Summary, wanted: Any) -> float:
    return float(sum(row.energy_j or 0.0 for row in summary.priced.ledger if wanted(row)))


def busy_bars(summary: Summary) -> Figure:
    """Time that each component is held, against the whole run."""
    busy = {row.component: row.busy_s for row in summary.priced.ledger if row.busy_s > 0}
    elapsed = summary.core.work.elapsed_s or 1.0
    figure = Figure(figsize=(8.6, 0.3 * len(busy) + 0.9), layout="constrained")
    axes = figure.add_subplot()
    for position, (_, seconds) in enumerate(busy.items()):
        axes.barh(-position, seconds / elapsed, color=COLOURS[0], height=0.62)
        text = f"{show(seconds, 's', 3)}, {seconds / elapsed:.1%}"
        axes.text(seconds / elapsed + 0.01, -position, text, va="center", fontsize=8)
    axes.set_yticks([-i for i in range(len(busy))], list(busy), fontsize=9)
    axes.set_xlim(0, 1.2)
    axes.set_xticks(np.linspace(0, 1, 6), [f"{x:.0%}" for x in np.linspace(0, 1, 6)], fontsize=8)
    axes.set_xlabel(f"share of {show(elapsed, 's')}", fontsize=9)
    bare(axes)
    return figure


def energy_trace(trace: Trace) -> Figure | None:
    """Energy of the problem against simulated time: mean over lanes, and the middle 90 %."""
    records = trace.observations.records
    if records is None or not records.energies.size:
        return None
    low, high = np.quantile(records.energies, [0.05, 0.95], axis=1)
    figure = Figure(figsize=(8.6, 2.9), layout="constrained")
    axes = figure.add_subplot()
    scale, unit = _time_scale(float(records.times_s[-1]))
    times = records.times_s / scale
    axes.fill_between(times, low, high, color=COLOURS[4], alpha=0.45, linewidth=0, label="middle 90 % of lanes")
    axes.plot(times, records.energies.mean(axis=1), color=COLOURS[5], linewidth=1.1, label="mean over lanes")
    axes.set_xlabel(f"simulated time ({unit})", fontsize=9)
    axes.set_ylabel("energy E(s)", fontsize=9)
    axes.tick_params(labelsize=8)
    bare(axes)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def curve_name(curve: Curve) -> str:
    """The name of its figure: apart from those of the run."""
    return f"workload {curve.title}"


def curves_of(run: Run) -> dict[str, Figure]:
    """The curves that the workload handed over; those without their arrays are left out."""
    curves = (section for section in run.summary.workload.sections if isinstance(section, Curve))
    return {curve_name(curve): curve_figure(curve, run.arrays) for curve in curves if curve.arrays() <= set(run.arrays)}


def curve_figure(curve: Curve, arrays: Mapping[str, NDArray[Any]]) -> Figure:
    """Lines over one axis; those that belong to the axis on the right are thinner and lie below."""
    figure = Figure(figsize=(8.6, 2.9), layout="constrained")
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
    """Energy by sort of phase."""
    sums: dict[str, float] = {}
    for phase in summary.priced.phases:
        sums[phase.name] = sums.get(phase.name, 0.0) + phase.energy_j
    sums["powered all the time"] = summary.priced.always_on_energy_j
    total = summary.priced.energy_j or 1.0
    figure = Figure(figsize=(8.6, 0.3 * len(sums) + 0.9), layout="constrained")
    axes = figure.add_subplot()
    for position, energy in enumerate(sums.values()):
        axes.barh(-position, energy / total, color=COLOURS[2], height=0.62)
        axes.text(
            energy / total + 0.01, -position, f"{show(energy, 'J')}, {energy / total:.2%}", va="center", fontsize=8
        )
    axes.set_yticks([-i for i in range(len(sums))], list(sums), fontsize=9)
    axes.set_xlim(0, 1.25)
    axes.set_xticks(np.linspace(0, 1, 6), [f"{x:.0%}" for x in np.linspace(0, 1, 6)], fontsize=8)
    axes.set_xlabel("share of the energy per repetition", fontsize=9)
    bare(axes)
    return figure


def timeline(trace: Trace) -> Figure | None:
    """Who is busy when: a row a component, darker where it is held for more of the time."""
    held = trace.timing.occupancy
    if not held.components:
        return None
    elapsed_s = to_seconds(trace.timing.elapsed_fs)
    scale, unit = _time_scale(elapsed_s)
    figure = Figure(figsize=(8.6, 0.26 * len(held.components) + 0.9), layout="constrained")
    axes = figure.add_subplot()
    # Square root, so that what is busy for a small part of a bin is still seen.
    shades = np.zeros((*held.share.shape, 4))
    shades[..., :3] = mpl.colors.to_rgb(COLOURS[0])
    shades[..., 3] = np.sqrt(held.share)
    extent = (0.0, elapsed_s / scale, len(held.components) - 0.5, -0.5)
    axes.imshow(shades, aspect="auto", interpolation="nearest", extent=extent)
    axes.set_yticks(range(len(held.components)), list(held.components), fontsize=9)
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
    figure = Figure(figsize=(8.6, min(4.4, 1.0 + 7.0 * rates.shape[0] / rates.shape[1])), layout="constrained")
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
