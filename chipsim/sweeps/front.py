"""The Pareto front: rows that no other row dominates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.results.metric_names import is_known


def pareto_front(rows: list[dict[str, Any]], metrics: list[str], maximise: list[str]) -> list[int]:
    """Indices of the rows on the front, sorted by the first metric; rows equal in all metrics are all on it.

    Rows without a finite value of each metric are excluded. O(n log n) for up to two metrics; for more, n times the
    length of the front.

    Args:
        rows: of a table.
        metrics: to compare.
        maximise: those to maximise; all others are minimised.
    """
    usable = [i for i, row in enumerate(rows) if all(is_known(row[metric]) for metric in metrics)]
    if not usable or not metrics:
        return []
    signs = np.array([-1.0 if metric in maximise else 1.0 for metric in metrics])
    costs = np.array([[float(rows[i][metric]) for metric in metrics] for i in usable]) * signs
    order = np.lexsort(costs.T[::-1])
    ordered = costs[order]
    kept = _of_two(ordered) if len(metrics) <= 2 else _of_many(ordered)
    return [usable[i] for i in order[kept]]


def _of_two(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mask of the front for one or two metrics; rows are sorted by their costs."""
    first, last = costs[:, 0], costs[:, -1]
    # Rows with equal first cost form a group, whose first row has the smallest second cost.
    begins = np.r_[True, first[1:] != first[:-1]]
    group = np.cumsum(begins) - 1
    least = last[begins]
    before = np.r_[np.inf, np.minimum.accumulate(least)[:-1]]
    if costs.shape[1] == 1:
        return np.asarray(group == 0)
    return np.asarray((last == least[group]) & (least < before)[group])


def _of_many(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The same for any number of metrics: in this order, dominated rows are dominated by an earlier row."""
    kept = np.zeros(len(costs), bool)
    front = np.empty_like(costs)
    size = 0
    for index, cost in enumerate(costs):
        held = front[:size]
        if not ((held <= cost).all(axis=1) & (held < cost).any(axis=1)).any():
            kept[index] = True
            front[size] = cost
            size += 1
    return kept
