"""The figures of a sweep: response curves, a heat map, and the Pareto front."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, LogLocator

from chipsim.report.drawing import COLOURS, WIDE, WIDTH, UnitFormatter, bare, hover, own_style
from chipsim.report.sweep_bounds import (
    MAX_CURVES,
    MAX_LABELS,
    MAX_MARKS,
    MAX_TICKS,
    MAX_TILES,
    MAX_WORDS,
    one_a_field,
)
from chipsim.report.sweep_terminal import show_metric, show_values
from chipsim.report.words import metric_words, path_words
from chipsim.results.metric_names import unit_of_metric
from chipsim.statistics.selection import spread
from chipsim.units import show_number


@own_style()
def figures_of(table: dict[str, Any]) -> dict[str, Figure]:
    """All figures of a sweep, by name: response curves are called `METRIC by AXIS`."""
    drawn = {"pareto": pareto(table), "heat map": heat_map(table, table["metrics"][0])}
    for metric in table["metrics"][:2]:
        drawn.update(response_curves(table, metric))
    return {name: figure for name, figure in drawn.items() if figure is not None}


def response_curves(table: dict[str, Any], metric: str) -> dict[str, Figure]:
    """One for each axis of which the reference has at least one neighbour: the others stay at the reference."""
    out = {}
    for axis in table["axes"][:MAX_CURVES]:
        rows = [row for row in slice_of(table, [axis["path"]]) if _known(row, metric)]
        if len(rows) > 1:
            out[f"{metric} by {axis['path']}"] = _curve(axis, rows, metric)
    return out


def slice_of(table: dict[str, Any], paths: list[str]) -> list[dict[str, Any]]:
    """Rows that differ from the reference at most on these axes."""
    fixed = [axis["path"] for axis in table["axes"] if axis["path"] not in paths]
    reference = next((row for row in table["rows"] if row["point"] == table["reference"]), None)
    if reference is None:
        return []
    return [row for row in table["rows"] if all(row[path] == reference[path] for path in fixed)]


def _curve(axis: dict[str, Any], rows: list[dict[str, Any]], metric: str) -> Figure:
    places, labels = _places(axis, rows)
    order = np.array(spread(np.argsort(places).tolist(), MAX_WORDS if labels else MAX_MARKS))
    x = np.array(places)[order]
    y = np.array([rows[i][metric] for i in order], float)
    widths = np.array([rows[i].get(f"{metric}_ci95") or 0.0 for i in order])
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.add_subplot()
    if labels:
        axes.errorbar(x, y, widths, fmt="o", color=COLOURS[0], capsize=3)
        axes.set_xticks(x, [labels[i] for i in order], fontsize=8)
    else:
        axes.fill_between(x, y - widths, y + widths, color=COLOURS[4], alpha=0.45, linewidth=0)
        axes.plot(x, y, "o-", color=COLOURS[0], markersize=4)
        if axis["spacing"] == "log":
            axes.set_xscale("log")
            ticks = spread(x.tolist(), MAX_TICKS)
            axes.set_xticks(ticks, [show_number(tick, 3) for tick in ticks])
            axes.set_xticks([], minor=True)
    if min(y) > 0 and max(y) / min(y) > WIDE:
        axes.set_yscale("log")
    axes.set_xlabel(_axis_label(axis), fontsize=9)
    _metric_axis(axes.yaxis, metric)
    axes.tick_params(which="both", labelsize=8)
    bare(axes)
    return figure


def heat_map(table: dict[str, Any], metric: str) -> Figure | None:
    """The metric over the first two axes that vary, the others at the reference; None where there are no two."""
    varied = [axis for axis in table["axes"] if len(axis["numbers"]) > 1][:2]
    if len(varied) < 2:
        return None
    rows = [row for row in slice_of(table, [axis["path"] for axis in varied]) if _known(row, metric)]
    across, down = (_tiles(axis) for axis in varied)
    grid = _means(rows, metric, [axis["path"] for axis in varied], (across, down))
    if np.isfinite(grid).sum() < 4:
        return None
    low, high = np.nanmin(grid), np.nanmax(grid)
    figure = Figure(figsize=(max(6.4, 1.6 + 0.9 * grid.shape[1]), 1.2 + 0.45 * grid.shape[0]), layout="constrained")
    axes = figure.add_subplot()
    norm = LogNorm(low, high) if low > 0 and high / low > WIDE else Normalize(low, high)
    axes.imshow(grid, cmap="cividis", norm=norm, aspect="auto", origin="lower")
    for (y, x), value in np.ndenumerate(grid):
        if np.isfinite(value):
            colour = "white" if norm(value) < 0.6 else "#111111"
            axes.text(x, y, show_metric(value, metric, 3), ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(grid.shape[1]), _labels(across), fontsize=8)
    axes.set_yticks(range(grid.shape[0]), _labels(down), fontsize=8)
    axes.set_xlabel(path_words(varied[0]["path"]), fontsize=9)
    axes.set_ylabel(path_words(varied[1]["path"]), fontsize=9)
    return figure


def _tiles(axis: dict[str, Any]) -> dict[str, int]:
    """The tile of each value of an axis, as JSON, in order: one for each of few, of many one for some neighbours."""
    values = list(axis["numbers"])
    numbers = [axis["numbers"][value] for value in values]
    if len(values) <= MAX_TILES:
        return {value: index for index, value in enumerate(values)}
    if all(number is not None for number in numbers):
        values.sort(key=lambda value: axis["numbers"][value])
    return {value: index * MAX_TILES // len(values) for index, value in enumerate(values)}


def _labels(tiles: dict[str, int]) -> list[str]:
    """The label of each tile: its first value."""
    first: dict[int, str] = {}
    for value, tile in tiles.items():
        first.setdefault(tile, value)
    return [_word(json.loads(value)) for value in first.values()]


def _means(
    rows: list[dict[str, Any]], metric: str, paths: list[str], tiles: tuple[dict[str, int], dict[str, int]]
) -> Any:
    """The mean of a metric in each tile, (down, across); NaN where there is none."""
    across, down = tiles
    shape = max(down.values()) + 1, max(across.values()) + 1
    sums, counts = np.zeros(shape), np.zeros(shape)
    for row in rows:
        place = down[json.dumps(row[paths[1]])], across[json.dumps(row[paths[0]])]
        sums[place] += row[metric]
        counts[place] += 1
    with np.errstate(invalid="ignore"):
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def pareto(table: dict[str, Any]) -> Figure | None:
    """All points in the plane of the first two metrics, those on the front joined; None with a single metric."""
    if len(table["metrics"]) < 2:
        return None
    first, second = table["metrics"][:2]
    rows = [row for row in table["rows"] if _known(row, first) and _known(row, second)]
    if not rows:
        return None
    front = [table["rows"][i] for i in spread(table["front"], MAX_MARKS)]
    wide = [_is_wide([row[metric] for row in rows]) for metric in (first, second)]
    x, y = ([row[metric] for row in rows] for metric in (first, second))
    drawn = [rows[i] for i in one_a_field(x, y, (wide[0], wide[1]))]
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    axes = figure.add_subplot()
    label = "points"
    for row in drawn:
        dot = axes.plot(row[first], row[second], "o", color=COLOURS[7], markersize=3.5, label=label)[0]
        hover(dot, _hover_text(table, row))
        label = ""
    x, y = ([row[metric] for row in front] for metric in (first, second))
    errors = [[row.get(f"{metric}_ci95") or 0.0 for row in front] for metric in (first, second)]
    if front:
        style: dict[str, Any] = {"fmt": "o-", "color": COLOURS[5], "markersize": 5, "capsize": 2}
        axes.errorbar(x, y, errors[1], errors[0], **style, label="Pareto front")
        _label_front(axes, table, front)
    for scale, log in zip((axes.set_xscale, axes.set_yscale), wide, strict=True):
        if log:
            scale("log")
    _metric_axis(axes.xaxis, first)
    _metric_axis(axes.yaxis, second)
    axes.tick_params(which="both", labelsize=8)
    # Finding the best place among many points takes minutes.
    axes.legend(fontsize=8, frameon=False, loc="upper right")
    bare(axes)
    return figure


def _hover_text(table: dict[str, Any], row: dict[str, Any]) -> str:
    first, second = (f"{metric_words(metric)} {show_metric(row[metric], metric)}" for metric in table["metrics"][:2])
    return f"{show_values(table, row)}: {first}, {second}"


def _label_front(axes: Any, table: dict[str, Any], front: list[dict[str, Any]]) -> None:
    """The values of the axes that vary along the front, at some of its points; hovering shows those of every point."""
    varied = [a["path"] for a in table["axes"] if len({json.dumps(row[a["path"]]) for row in front}) > 1]
    for row in front:
        x, y = (row[metric] for metric in table["metrics"][:2])
        hover(axes.plot(x, y, "o", color=COLOURS[5], markersize=5)[0], _hover_text(table, row))
    for row in spread(front, MAX_LABELS) if varied else []:
        text = ", ".join(_word(row[path]) for path in varied)
        x, y = (row[metric] for metric in table["metrics"][:2])
        axes.annotate(text, (x, y), (5, 5), textcoords="offset points", fontsize=7.5, annotation_clip=False)
    if varied:
        axes.set_title("labels: " + ", ".join(map(path_words, varied)), fontsize=8, loc="right")


def _metric_axis(axis: Any, metric: str) -> None:
    """Label an axis with a metric, its ticks with SI prefixes."""
    axis.set_label_text(metric_words(metric), fontsize=9)
    if axis.get_scale() == "log":
        # Nine labels a decade would run into each other.
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
        axis.set_major_formatter(LogFormatter())
        axis.set_minor_formatter(LogFormatter())
    if unit_of_metric(metric):
        axis.set_major_formatter(UnitFormatter(unit_of_metric(metric)))
        axis.set_minor_formatter(UnitFormatter(unit_of_metric(metric)))


def _is_wide(values: list[float]) -> bool:
    return min(values) > 0 and max(values) / min(values) > WIDE


def _known(row: dict[str, Any], metric: str) -> bool:
    value = row[metric]
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _places(axis: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[list[float], list[str]]:
    """The positions of the rows on an axis; for words also their labels."""
    values = [row[axis["path"]] for row in rows]
    numbers = [axis["numbers"][json.dumps(value)] for value in values]
    if all(number is not None for number in numbers):
        return numbers, []
    order = {value: index for index, value in enumerate(axis["numbers"])}
    return [float(order[json.dumps(value)]) for value in values], [_word(value) for value in values]


def _axis_label(axis: dict[str, Any]) -> str:
    return path_words(axis["path"]) + (f" ({axis['unit']})" if axis["unit"] else "")


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
