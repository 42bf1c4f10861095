"""Occupancy of components over time, binned to a bounded size, and two exact durations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.timeline import Operation

# Number of equal bins over the run: slightly more than the pixels of a figure.
BINS = 512


@dataclass(frozen=True, eq=False)
class Occupancy:
    """The timeline of one repetition.

    Attributes:
        components: names of those that were busy at some time.
        share: (components, BINS) float32, busy fraction of each component per bin, 0 to 1.
        loading_fs: time in which only the load was active, which jobs that share a load save.
        digital_fs: time in which at least one digital part or link around the array was busy.
    """

    components: tuple[str, ...]
    share: NDArray[np.float32]
    loading_fs: int
    digital_fs: int


def occupancy(
    operations: Iterable[Operation],
    elapsed_fs: int,
    components: Iterable[str],
    digital: Collection[str],
    loads: Collection[int],
) -> Occupancy:
    """Occupancy of these components on a timeline.

    Args:
        operations: in the order of booking.
        elapsed_fs: end of the run.
        components: names, in output order.
        digital: names of the digital parts and links.
        loads: indices of the operations that one load of the chip takes, and that the next job does not repeat.
    """
    held: dict[str, list[tuple[int, int]]] = {name: [] for name in components}
    operations = list(operations)
    for operation in operations:
        for hold in operation.holds:
            if hold.resource in held and hold.duration_fs:
                start = operation.start_fs + hold.offset_fs
                held[hold.resource].append((start, start + hold.duration_fs))
    busy = {name: spans for name, spans in held.items() if spans}
    edges = np.linspace(0.0, float(elapsed_fs), BINS + 1)
    share = np.array([_shares(spans, edges) for spans in busy.values()], np.float32).reshape(len(busy), BINS)
    digital_fs = covered_fs([s for name in digital for s in held.get(name, [])])
    return Occupancy(tuple(busy), share, loading_fs(operations, loads), digital_fs)


def loading_fs(operations: Iterable[Operation], loads: Collection[int]) -> int:
    """Time in which only operations with these indices were active."""
    loading: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for operation in operations:
        (loading if operation.index in loads else others).append((operation.start_fs, operation.end_fs))
    return covered_fs(loading + others) - covered_fs(others)


def without_picture(digital_fs: int) -> Occupancy:
    """Occupancy without bins, for traces that do not record them."""
    return Occupancy((), np.zeros((0, BINS), np.float32), 0, digital_fs)


def covered_fs(spans: Iterable[tuple[int, int]]) -> int:
    """Length of the union of intervals."""
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _shares(spans: list[tuple[int, int]], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covered fraction of each bin; a component serves one operation at a time, so spans do not overlap."""
    ordered = np.array(sorted(spans), np.float64)
    lengths = ordered[:, 1] - ordered[:, 0]
    so_far = np.cumsum(lengths)
    # Busy time up to t is a piecewise linear function of t; a bin holds the difference between its edges.
    values = np.column_stack([so_far - lengths, so_far]).ravel()
    busy = np.diff(np.interp(edges, ordered.ravel(), values))
    return np.clip(busy / np.diff(edges), 0.0, 1.0)
