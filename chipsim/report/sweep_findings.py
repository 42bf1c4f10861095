"""What a sweep shows, in sentences derived from its numbers; each names the points it covers."""

from __future__ import annotations

import json
import math
from typing import Any

from chipsim.report.sweep_terminal import (
    against_reference,
    best_row,
    count_of,
    show_values,
    show_with_interval,
    spread_of,
)
from chipsim.results.metric_names import is_known
from chipsim.rounding import rounded

# A smaller effect of an axis is reported as none.
NOTICED = 1.005

Row = dict[str, Any]


def findings(table: dict[str, Any]) -> list[str]:
    """The best point, the front, how much each axis matters for each of the first two metrics, and what is left out."""
    metric = table["metrics"][0]
    if best_row(table) is None:
        return [f"No point has {metric}.", *_left_out(table)]
    out = [_spread(table, metric)]
    out += [f"{sentence[0].upper()}{sentence[1:]}." for sentence in [against_reference(table)] if sentence]
    out += [sentence for metric in table["metrics"][:2] for sentence in _effects(table, metric)]
    if len(table["metrics"]) > 1:
        out.append(_front(table))
    out += _shares(table)
    out += _delivered(table)
    out += _left_out_of_the_front(table)
    return out + _left_out(table)


def _spread(table: dict[str, Any], metric: str) -> str:
    rows = [table["rows"][i] for i in table["fit"] if is_known(table["rows"][i][metric])]
    low, high = min(rows, key=lambda row: row[metric]), max(rows, key=lambda row: row[metric])
    of = len(table["rows"])
    known = f"all {of} points" if len(rows) == of else f"{len(rows)} of {of} points"
    return (
        f"Over {known}, {metric} goes from {show_with_interval(low, metric, 3)} ({show_values(table, low)}) "
        f"to {show_with_interval(high, metric, 3)} ({show_values(table, high)})."
    )


def _effects(table: dict[str, Any], metric: str) -> list[str]:
    """How much each axis matters: the largest over the smallest of geometric means over the same combinations."""
    effects, silent = [], []
    for axis in table["axes"]:
        if len(axis["numbers"]) < 2:
            continue
        found = _effect(table, metric, axis)
        if isinstance(found, str):
            silent.append(f"{axis['path']} ({found})")
        elif found is not None:
            effects.append(found)
    out = []
    if effects:
        texts = "; ".join(text for _, text in sorted(effects, reverse=True))
        out.append(f"Effect on {metric}, as the geometric mean over the other axes: {texts}.")
    if silent:
        out.append(f"No effect on {metric} is given for {', '.join(silent)}.")
    return out


def _effect(table: dict[str, Any], metric: str, axis: Row) -> tuple[float, str] | str | None:
    """(factor, text) of an axis; or why there is none. Values are compared where each of them is known."""
    by_others: dict[str, dict[str, Row]] = {}
    others = [other["path"] for other in table["axes"] if other["path"] != axis["path"]]
    for row in table["rows"]:
        key = json.dumps([row[path] for path in others])
        by_others.setdefault(key, {})[json.dumps(row[axis["path"]])] = row
    values = list(axis["numbers"])
    common = [
        rows for rows in by_others.values() if all(value in rows and is_known(rows[value][metric]) for value in values)
    ]
    if not common:
        return "no combination of the other axes has a result at all of its values"
    if any(len({rows[value]["problem"] for value in values}) > 1 for rows in common):
        return "its values have different problems"
    if min(rows[value][metric] for rows in common for value in values) <= 0:
        return None
    means = {
        value: math.exp(math.fsum(math.log(rows[value][metric]) for rows in common) / len(common)) for value in values
    }
    low, high = min(values, key=lambda v: means[v]), max(values, key=lambda v: means[v])
    factor, of = means[high] / means[low], len(by_others)
    over = "" if len(common) == of else f", over {len(common)} of {of} combinations of the others"
    if factor <= NOTICED:
        return factor, f"{axis['path']} none{over}"
    return (
        factor,
        f"{axis['path']} {rounded(factor, '.3g')} times (least at {_plain(low)}, most at {_plain(high)}{over})",
    )


def _front(table: dict[str, Any]) -> str:
    rows = [table["rows"][i] for i in table["front"]]
    plane = " and ".join(table["metrics"][:2])
    if not rows:
        return f"No point has both {plane}, so there is no Pareto front."
    same = [
        f"{axis['path']}={rows[0][axis['path']]}"
        for axis in table["axes"]
        if len(axis["numbers"]) > 1 and all(row[axis["path"]] == rows[0][axis["path"]] for row in rows)
    ]
    shared = f"; all of them have {', '.join(same)}" if same and len(rows) > 1 else ""
    return f"{len(rows)} of {len(table['rows'])} points are on the Pareto front of {plane}{shared}."


def _shares(table: dict[str, Any]) -> list[str]:
    """Share of the energy of each requested group, at the best point."""
    best = best_row(table) or {}
    total = best.get("energy_j")
    groups = [metric for metric in table["metrics"] if metric.startswith("energy_by_group_j.")]
    if not total:
        return []
    return [
        f"At the best point {metric.partition('.')[2]} takes {rounded(best[metric] / total, '.2%')} of the energy, "
        f"scope {table['scope']}."
        for metric in groups
        if is_known(best[metric])
    ]


def _delivered(table: dict[str, Any]) -> list[str]:
    """How many of the effective samples of the best point reach the host, where these are fewer."""
    best = best_row(table) or {}
    drawn, delivered = best.get("effective_samples"), best.get("delivered_samples")
    if drawn is None or delivered is None or delivered >= drawn:
        return []
    return [
        f"At the best point {rounded(delivered, ',.0f')} of {rounded(drawn, ',.0f')} effective samples are delivered "
        "to the host; costs per effective sample count those drawn on the chip."
    ]


def _left_out_of_the_front(table: dict[str, Any]) -> list[str]:
    """Requested qualities that the front does not weigh: how they vary along it."""
    rows = [table["rows"][i] for i in table["front"]]
    sentences = []
    for metric in table["metrics"][2:]:
        found = [row[metric] for row in rows if is_known(row[metric])]
        if metric.startswith("quality.") and found:
            sentences.append(f"The front does not weigh {metric}, which on it is {spread_of(found, metric)}.")
    return sentences


def _left_out(table: dict[str, Any]) -> list[str]:
    """Which points are neither best nor on a front, and why."""
    metric, rows = table["metrics"][0], table["rows"]
    out = []
    reasons = {
        f"they violate {reason}"
        if reason in table["constraints"]
        else "their problem differs from the reference": count
        for reason, count in table["left_out"].items()
    }
    if reasons:
        # One point may have several reasons.
        number = sum(row["status"] == "done" for row in rows) - len(table["fit"])
        broken = "; ".join(text if len(reasons) == 1 else f"{text} ({count})" for text, count in reasons.items())
        out.append(f"{count_of(number)} neither best nor on the front: {broken}.")
    unknown = [row for row in rows if row["status"] == "done" and not is_known(row[metric])]
    more = sum(is_known(row.get(f"{metric}_low")) for row in unknown)
    if unknown:
        bound = f"; of {more} only a lower bound is" if more else ""
        out.append(f"{count_of(len(unknown))} left out: their {metric} is not known{bound}.")
    for status, why in (("skipped", "they cannot be"), ("failed", "they failed")):
        count = sum(row["status"] == status for row in rows)
        if count:
            out.append(f"{count_of(count)} left out: {why}.")
    return out


def _plain(value: str) -> str:
    decoded = json.loads(value)
    return decoded if isinstance(decoded, str) else value
