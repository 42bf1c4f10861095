"""Every metric of every workload, found by text or pattern."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from chipsim.results.metric_names import METRICS, Metric
from chipsim.workloads.registry import find_workload, workload_names


def all_metrics() -> Iterator[Metric]:
    """Metrics that all runs share, then those of each workload, installed packages included."""
    yield from METRICS
    for workload in sorted(workload_names()):
        for name, meaning in find_workload(workload).meanings.items():
            yield Metric(name, meaning, workload)


def matching(pattern: str) -> list[Metric]:
    """Metrics whose name matches a pattern with `*`, or whose name or meaning holds a text."""
    wanted = pattern.lower()
    return [
        metric
        for metric in all_metrics()
        if fnmatchcase(metric.name, wanted) or wanted in metric.name or wanted in metric.meaning.lower()
    ]
