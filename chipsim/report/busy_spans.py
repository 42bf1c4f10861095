"""Spans in which components were busy, from what a result keeps of its timeline.

A result keeps the exact busy time of each component, the exact begin and end of each phase, and the share of 512 equal
bins of the run in which each component was busy. A span lies in the bin, and as far as it fits in the phase, in which
the component worked; where it lies inside them is not kept. The spans of a component do not overlap and sum exactly to
its busy time.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from chipsim.engine.timing import Timing
from chipsim.engine.trace import Trace


class Span(NamedTuple):
    """A component busy from `start_fs` to `end_fs` in a phase of `Timing.phases`, by its index; -1 if none is known."""

    start_fs: int
    end_fs: int
    phase: int


class _Window(NamedTuple):
    """The part of a phase that lies in a bin."""

    start_fs: int
    end_fs: int
    phase: int


def busy_spans(trace: Trace) -> dict[str, list[Span]]:
    """The spans of each component that was ever busy, in order of time; nothing where a result has no timeline."""
    timing, out = trace.timing, {}
    active: dict[str, set[int]] = {}
    for row in trace.activity.rows:
        if row.phase >= 0:
            active.setdefault(row.component, set()).add(row.phase)
    waits = set(range(len(timing.phases))).difference(*active.values())
    bins = len(timing.occupancy.share[0]) if timing.occupancy.components else 0
    edges = [number * timing.elapsed_fs // bins for number in range(bins + 1)] if bins else []
    for index, name in enumerate(timing.occupancy.components):
        busy = _busy_by_bin(timing.occupancy.share[index].tolist(), edges, timing.busy_fs[name])
        windows = _windows(timing, active.get(name, set()), edges)
        pauses = _windows(timing, waits, edges)
        chosen = [_enough(*bin_) for bin_ in zip(busy, windows, pauses, strict=True)]
        out[name] = list(_merged(_placed(busy, chosen, edges)))
    return out


def _busy_by_bin(shares: list[float], edges: list[int], total_fs: int) -> list[int]:
    """Femtoseconds of each bin, which sum to the total: stored shares are rounded."""
    sizes = [end - start for start, end in itertools.pairwise(edges)]
    busy = [min(size, round(share * size)) for share, size in zip(shares, sizes, strict=True)]
    missing = total_fs - sum(busy)
    # Where a rounding error can be: bins that are busy for a part of their time, the busiest first, then any other.
    partial = [number for number, (held, size) in enumerate(zip(busy, sizes, strict=True)) if 0 < held < size]
    for number in (*sorted(partial, key=lambda n: -busy[n]), *range(len(busy))):
        change = min(missing, sizes[number] - busy[number]) if missing > 0 else max(missing, -busy[number])
        busy[number] += change
        missing -= change
        if not missing:
            break
    return busy


def _enough(held: int, windows: list[_Window], pauses: list[_Window]) -> list[_Window]:
    """The phases of a bin in which a component worked; where it was held for longer, also those in which none did."""
    room = sum(window.end_fs - window.start_fs for window in windows)
    return windows if held <= room else sorted([*windows, *pauses])


def _windows(timing: Timing, phases: Collection[int], edges: list[int]) -> list[list[_Window]]:
    """The parts of these phases that lie in each bin, in order of time."""
    out: list[list[_Window]] = [[] for _ in edges[1:]]
    for number in phases:
        phase = timing.phases[number]
        # Bins begin at number * elapsed // bins, so a division finds them up to one.
        first = max(0, phase.start_fs * len(out) // max(1, timing.elapsed_fs) - 1)
        for place in range(first, len(out)):
            start, end = max(edges[place], phase.start_fs), min(edges[place + 1], phase.end_fs)
            if edges[place] >= phase.end_fs:
                break
            if start < end:
                out[place].append(_Window(start, end, number))
    return [sorted(windows) for windows in out]


def _placed(busy: list[int], windows: list[list[_Window]], edges: list[int]) -> Iterator[Span]:
    """Spans of one component, bin by bin: each phase of a bin gets its part by its length in the bin."""
    for number, (held, inside) in enumerate(zip(busy, windows, strict=True)):
        if not held:
            continue
        begin, end = edges[number], edges[number + 1]
        chosen = inside or [_Window(begin, end, -1)]
        lengths = _parts(held, [window.end_fs - window.start_fs for window in chosen])
        # From the left: not before the phase, nor before the span before it. Then from the right: inside the bin.
        starts, free = [], begin
        for window, length in zip(chosen, lengths, strict=True):
            starts.append(max(free, window.start_fs))
            free = starts[-1] + length
        limit = end
        for place in reversed(range(len(chosen))):
            starts[place] = min(starts[place], limit - lengths[place])
            limit = starts[place]
        for window, start, length in zip(chosen, starts, lengths, strict=True):
            if length:
                yield Span(start, start + length, window.phase)


def _parts(whole: int, weights: list[int]) -> list[int]:
    """Integers in proportion to the weights that sum to the whole; none above its weight, if they have room."""
    total, so_far, given, out = sum(weights), 0, 0, []
    for weight in weights:
        so_far += weight
        out.append(whole * so_far // total - given)
        given += out[-1]
    return out


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans of one phase that touch as one."""
    held: Span | None = None
    for span in spans:
        if held is not None and (held.end_fs, held.phase) == (span.start_fs, span.phase):
            held = held._replace(end_fs=span.end_fs)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held
