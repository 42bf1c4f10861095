"""The Pareto front: which rows no other row beats in one metric without losing in another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pareto_front(rows: list[dict[str, Any]], metrics: list[str], maximise: list[str]) -> list[int]:
    """Numbers of the rows on the front, by the first metric; rows that are equal in all metrics stand on it together.

    A row without a finite number for each metric is on no front. O(n log n) for up to two metrics; for more, n times
    the length of the front.

    Args:
        rows: of a table.
        metrics: what is weighed.
        maximise: those of them of which more is better.
    """
    usable = [i for i, row in enumerate(rows) if all(_is_finite(row[metric]) for metric in metrics)]
    if not usable or not metrics:
        return []
    signs = np.array([-1.0 if metric in maximise else 1.0 for metric in metrics])
    costs = np.array([[float(rows[i][metric]) for metric in metrics] for i in usable]) * signs
    order = np.lexsort(costs.T[::-1])
    ordered = costs[order]
    kept = _of_two(ordered) if len(metrics) <= 2 else _of_many(ordered)
    return [usable[i] for i in order[kept]]


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _of_two(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of some rows in order of their costs are on the front of one or two metrics."""
    first, last = costs[:, 0], costs[:, -1]
    # Rows of an equal first cost are a group, whose first row has its least second cost.
    begins = np.r_[True, first[1:] != first[:-1]]
    group = np.cumsum(begins) - 1
    least = last[begins]
    before = np.r_[np.inf, np.minimum.accumulate(least)[:-1]]
    if costs.shape[1] == 1:
        return np.asarray(group == 0)
    return np.asarray((last == least[group]) & (least < before)[group])


def _of_many(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The same of any number of metrics: in this order, who is beaten is beaten by a row before it."""
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
