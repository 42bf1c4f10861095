"""Bottlenecks of a run: the timeline is replayed with the slowest resource made instantaneous, then the next, and so
on.

An instantaneous resource takes no time and is always free; the order and dependencies of operations are unchanged. Each
step removes the resource with the largest gain. Equally slow services mask each other: if several services of one
stream gain more together than individually, they form one step.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

import numpy as np

from chipsim.engine.timeline import NOTHING, Occupation, Timeline
from chipsim.engine.timing import Limit
from chipsim.kernels.replay import Occupations, Requests, elapsed_fs
from chipsim.units import FEMTOSECONDS

# Replays add floating-point times: gains below this fraction of the run are rounding errors.
RELATIVE = 1e-12


def limits(timeline: Timeline, components: Iterable[str]) -> tuple[Limit, ...]:
    """The bottlenecks in order, the first one first; none for a run that takes no time.

    Args:
        timeline: of the run.
        components: candidates. Array and buffers are not among them: they are only held by other resources.
    """
    replay = _Replay(timeline)
    everyone = frozenset(components) & replay.resources.keys()
    own = {name: replay.elapsed_fs(everyone - {name}) for name in replay.resources if name in everyone}
    left = {name: time for name, time in own.items() if time}
    gone, elapsed = NOTHING, replay.elapsed_fs(NOTHING)
    least = RELATIVE * elapsed
    out: list[Limit] = []
    while elapsed > least and left:
        chosen = _next(replay, gone, elapsed, left, least)
        gone = gone.union(chosen)
        rest = replay.elapsed_fs(gone)
        gain = elapsed - rest if elapsed - rest > least else 0.0
        out.append(Limit(chosen, replay.operations(chosen), gain / FEMTOSECONDS, rest / FEMTOSECONDS))
        elapsed = rest
        left = {name: time for name, time in left.items() if name not in gone}
    return tuple(out)


def _next(
    replay: _Replay, gone: frozenset[str], elapsed: float, left: dict[str, float], least: float
) -> tuple[str, ...]:
    """The next bottleneck: the largest gain; if there is none, the resource with the longest busy time."""
    gains: dict[tuple[str, ...], float] = {(name,): elapsed - replay.elapsed_fs(gone | {name}) for name in left}
    for together in replay.equals(gone):
        one_by_one = sum(gains[name,] for name in together)
        gain = elapsed - replay.elapsed_fs(gone.union(together))
        if gain > one_by_one + least:
            gains[together] = gain
    best = max(gains, key=lambda names: gains[names])
    return best if gains[best] > least else (max(left, key=lambda name: left[name]),)


class _Replay:
    """A timeline as arrays."""

    def __init__(self, timeline: Timeline) -> None:
        kinds: dict[Occupation, int] = {}
        numbers = [kinds.setdefault(occupation, len(kinds)) for occupation in timeline.occupations]
        self._occupations = list(kinds)
        self._names: dict[Occupation, set[str]] = {}
        for operation, occupation in zip(timeline.operations, timeline.occupations, strict=True):
            self._names.setdefault(occupation, set()).add(operation.name)
        counts = accumulate((len(op.after) for op in timeline.operations), initial=0)
        after = [index for op in timeline.operations for index in op.after]
        self._requests = Requests(*(np.array(list(column), np.int64) for column in (numbers, counts, after)))
        held = [hold.resource for occupation in self._occupations for hold in occupation.held().holds]
        self.resources = {name: number for number, name in enumerate(dict.fromkeys(held))}

    def elapsed_fs(self, without: frozenset[str]) -> float:
        """End of the last operation."""
        held = [occupation.held(without) for occupation in self._occupations]
        first = list(accumulate((len(holds) for holds, _ in held), initial=0))
        holds = [hold for holds, _ in held for hold in holds]
        ends = [float(hold.offset_fs + hold.duration_fs) for hold in holds]
        lengths = [
            max([float(length), *ends[begin:end]])
            for (_, length), begin, end in zip(held, first, first[1:], strict=False)
        ]
        occupations = Occupations(
            np.array(first, np.int64),
            np.array([self.resources[hold.resource] for hold in holds], np.int64),
            np.array([float(hold.offset_fs) for hold in holds]),
            np.array(ends),
            np.array(lengths),
        )
        return float(elapsed_fs(self._requests, occupations, len(self.resources)))

    def equals(self, without: frozenset[str]) -> list[tuple[str, ...]]:
        """Groups of resources that jointly limit the throughput of a stream."""
        paces = dict.fromkeys(occupation.paced_by(without) for occupation in self._occupations)
        return [names for names in paces if len(names) > 1]

    def operations(self, resources: tuple[str, ...]) -> tuple[str, ...]:
        """Names of the operations in which any of these takes time."""
        others = frozenset(self.resources).difference(resources)
        names = {
            name: None
            for occupation in self._occupations
            if _lasts(occupation, others)
            for name in sorted(self._names[occupation])
        }
        return tuple(names)


def _lasts(occupation: Occupation, without: frozenset[str]) -> bool:
    """Whether it takes time when the resources in `without` are instantaneous."""
    holds, length = occupation.held(without)
    return bool(length) or any(hold.duration_fs for hold in holds)
