"""Every metric of every workload, found by text or pattern."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from chipsim.results.metric_names import METRICS, Metric
from chipsim.workloads.registry import find_workload, workload_names


def all_metrics() -> Iterator[Metric]:
    """Metrics common to all runs, then those of each workload, including installed packages."""
    yield from METRICS
    for workload in sorted(workload_names()):
        for name, meaning in find_workload(workload).meanings.items():
            yield Metric(name, meaning, workload)


def matching(pattern: str) -> list[Metric]:
    """Metrics whose name matches a pattern with `*`, or whose name or meaning contains a text."""
    wanted = pattern.lower()
    return [
        metric
        for metric in all_metrics()
        if fnmatchcase(metric.name, wanted) or wanted in metric.name or wanted in metric.meaning.lower()
    ]
