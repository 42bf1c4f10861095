"""What a sweep says, in sentences made from its numbers."""

from __future__ import annotations

import json
import math
from typing import Any

from chipsim.report.sweep_terminal import best_row, by_prices, show_metric, show_values


def findings(table: dict[str, Any]) -> list[str]:
    """The best point, the front, and how much each axis matters for each of the first two metrics."""
    best = best_row(table)
    if best is None:
        return ["No point has the metric."]
    out = [_spread(table, table["metrics"][0])]
    out += [f"{told[0].upper()}{told[1:]}." for told in [by_prices(table)] if told]
    out += [sentence for metric in table["metrics"][:2] for sentence in [_effects(table, metric)] if sentence]
    if len(table["metrics"]) > 1:
        out.append(_front(table))
    out += _shares(table, best)
    out += _left_out_of_the_front(table)
    unknown = sum(row["status"] == "done" and row[table["metrics"][0]] is None for row in table["rows"])
    if unknown:
        out.append(f"{unknown} points are left out: their {table['metrics'][0]} is not known.")
    return out


def _values(table: dict[str, Any], metric: str) -> list[dict[str, Any]]:
    return [row for row in table["rows"] if isinstance(row[metric], int | float)]


def _spread(table: dict[str, Any], metric: str) -> str:
    rows = sorted(_values(table, metric), key=lambda row: row[metric])
    low, high = rows[0], rows[-1]
    return (
        f"{metric} goes from {show_metric(low[metric], metric, 3)} ({show_values(table, low)}) "
        f"to {show_metric(high[metric], metric, 3)} ({show_values(table, high)})."
    )


def _effects(table: dict[str, Any], metric: str) -> str | None:
    """How much each axis matters: the largest over the smallest of the geometric means over all other axes."""
    effects = []
    for axis in table["axes"]:
        means = _means(table, metric, axis["path"])
        if len(means) > 1:
            low, high = min(means, key=lambda v: means[v]), max(means, key=lambda v: means[v])
            effects.append((means[high] / means[low], axis["path"], _plain(low), _plain(high)))
    if not effects:
        return None
    told = [
        f"{path} {factor:.3g} times (least at {low}, most at {high})" if factor > 1.005 else f"{path} nothing"
        for factor, path, low, high in sorted(effects, reverse=True)
    ]
    return f"What moves {metric}, as the geometric mean over the other axes: {'; '.join(told)}."


def _means(table: dict[str, Any], metric: str, path: str) -> dict[str, float]:
    """The geometric mean at each value of an axis, as JSON, where all points of it are above 0."""
    found: dict[str, list[float]] = {}
    for row in _values(table, metric):
        found.setdefault(json.dumps(row[path]), []).append(row[metric])
    return {
        value: math.exp(math.fsum(map(math.log, numbers)) / len(numbers))
        for value, numbers in found.items()
        if min(numbers) > 0
    }


def _front(table: dict[str, Any]) -> str:
    rows = [table["rows"][i] for i in table["front"]]
    if not rows:
        return f"No point has both {' and '.join(table['metrics'][:2])}, so there is no Pareto front."
    same = [
        f"{axis['path']}={rows[0][axis['path']]}"
        for axis in table["axes"]
        if len(axis["numbers"]) > 1 and all(row[axis["path"]] == rows[0][axis["path"]] for row in rows)
    ]
    shared = f"; all of them have {', '.join(same)}" if same and len(rows) > 1 else ""
    plane = " and ".join(table["metrics"][:2])
    return f"{len(rows)} of {len(table['rows'])} points are on the Pareto front of {plane}{shared}."


def _shares(table: dict[str, Any], best: dict[str, Any]) -> list[str]:
    """Which part of the energy the groups asked for take, at the best point."""
    total = best.get("energy_j")
    groups = [metric for metric in table["metrics"] if metric.startswith("energy_by_group_j.")]
    if not total:
        return []
    return [
        f"At the best point {metric.partition('.')[2]} takes {best[metric] / total:.2%} of the energy."
        for metric in groups
    ]


def _left_out_of_the_front(table: dict[str, Any]) -> list[str]:
    """What the front does not weigh: how the qualities asked for vary along it."""
    rows = [table["rows"][i] for i in table["front"]]
    sentences = []
    for metric in table["metrics"][2:]:
        found = [row[metric] for row in rows if isinstance(row[metric], int | float)]
        if metric.startswith("quality.") and found:
            span = f"{show_metric(min(found), metric, 3)} to {show_metric(max(found), metric, 3)}"
            sentences.append(f"The front does not weigh {metric}, which on it is {span}.")
    return sentences


def _plain(value: str) -> str:
    decoded = json.loads(value)
    return decoded if isinstance(decoded, str) else value
