"""Runs that differ in their seed alone: means over them with 95 % t-intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from chipsim.report.fitting import FittedTable
from chipsim.report.sweep_terminal import show_metric
from chipsim.results.metric_names import is_known
from chipsim.results.summary import Summary
from chipsim.statistics.intervals import mean_ci95

# Metrics of any run; those of its workload follow.
COMMON = (
    "energy_j",
    "elapsed_s",
    "joules_per_effective_sample",
    "seconds_per_effective_sample",
    "success_probability.value",
    "time_to_solution_s.value",
    "energy_to_solution_j.value",
)


def means(runs: Sequence[Summary]) -> dict[str, dict[str, Any]]:
    """Metric -> its `mean`, `ci95` (half width of the 95 % t-interval) and `values` in the order of the runs.

    These are the metrics of any run and the figures of the workload that are numbers. Mean and interval are None where
    a run does not know the metric.

    Args:
        runs: summaries of at least two, of one chip and workload.
    """
    found = [run.metrics() for run in runs]
    own = [name for name in runs[0].workload.figures if name in found[0]]
    out: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys([*COMMON, *own]):
        values = [held.get(name) for held in found]
        numbers = [value for value in values if isinstance(value, int | float) and is_known(value)]
        if not numbers or any(isinstance(value, str | bool) for value in values):
            continue
        whole = len(numbers) == len(values)
        mean, width = (float(np.mean(numbers)), mean_ci95(np.array(numbers))) if whole else (None, None)
        out[name] = {"mean": mean, "ci95": width, "values": values}
    return out


def print_means(runs: Sequence[Summary], console: Console) -> None:
    """Print the mean of each metric over runs, with its interval and range; of the workload's own those that vary."""
    first, metrics = runs[0], means(runs)
    seeds = [run.core.request.seed for run in runs]
    head = f"{first['chip']} on {first['workload.name']}, {len(runs)} replicates, seeds {seeds[0]} to {seeds[-1]}"
    console.print(Text(head, style="bold", overflow="fold"))
    heads = [("metric", False), *((name, True) for name in ("mean", "+-", "least", "most"))]
    out = FittedTable("means over replicates, 95 % t-intervals", heads)
    for name, found in metrics.items():
        if name not in COMMON and len(set(found["values"])) == 1:
            continue
        known = [value for value in found["values"] if is_known(value)]
        if found["mean"] is None:
            out.add_row(name, f"known in {len(known)} of {len(runs)}", "", "", "")
        else:
            ends = (show_metric(end(known), name) for end in (min, max))
            width = show_metric(found["ci95"], name, 2) if found["ci95"] else ""
            out.add_row(name, show_metric(found["mean"], name), width, *ends)
    console.print(out)
