"""Metrics that the runs of a workload can have, checked before any of them is simulated."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from chipsim.errors import did_you_mean
from chipsim.results.metric_names import METRICS
from chipsim.spec.document import Document, KeyPath
from chipsim.spec.model import fail
from chipsim.workloads.registry import find_workload

# Names in a complaint.
MOST_NAMED = 16
_FIGURES = "workload.figures."


def check_known(document: Document, workload: Document, named: Iterable[tuple[KeyPath, str]]) -> None:
    """Reject names that no run of a workload has as a metric.

    Workloads of other packages that describe none of their figures (`meanings`) may have any: the first run tells.

    Args:
        document: of the sweep.
        workload: its document.
        named: metrics, with the places where the sweep names them.

    Raises:
        SpecError: with the closest names, or with those of the workload.
    """
    kind = str(workload.value["workload"])
    own = list(find_workload(kind).meanings)
    if not own:
        return
    patterns = [*own, *(metric.name for metric in METRICS)]
    plain = [name for name in patterns if "*" not in name]
    for path, name in named:
        if any(fnmatchcase(name.removeprefix(_FIGURES), pattern) for pattern in patterns):
            continue
        value = f"{name}.value"
        hint = f'did you mean "{value}"?' if value in plain else did_you_mean(name.removeprefix(_FIGURES), plain)
        if hint.startswith("known"):
            more = f" and {len(own) - MOST_NAMED} more" if len(own) > MOST_NAMED else ""
            hint = f"its own are {', '.join(own[:MOST_NAMED])}{more}"
        complaint = f'no run of {kind} has a metric "{name}"; {hint}; chipsim metrics lists all'
        raise fail(document, path, complaint, code="sweep.unknown-metric")
