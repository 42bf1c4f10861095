"""Merging of traces: lanes of one run, or consecutive intervals of one chip."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import accumulate

from chipsim.engine.observations import of_all_lanes
from chipsim.engine.trace import Trace


def merge_lanes(traces: Sequence[Trace]) -> Trace:
    """Merge traces of consecutive groups of lanes of one run into the trace of the whole run.

    All but the last must have whole groups of 64 lanes.

    Raises:
        ValueError: they are not parts of one run.
    """
    first = traces[0]
    for timing in (trace.timing for trace in traces[1:]):
        if (timing.elapsed_fs, timing.phases, timing.busy_fs) != (
            first.timing.elapsed_fs,
            first.timing.phases,
            first.timing.busy_fs,
        ):
            raise ValueError("traces of different runs cannot be merged")
    if any(trace.lanes % 64 for trace in traces[:-1]):
        raise ValueError("only the last of merged traces may have a group of fewer than 64 lanes")
    starts = list(accumulate((trace.lanes for trace in traces), initial=0))
    activities = (trace.activity.in_lanes(start, starts[-1]) for trace, start in zip(traces, starts[:-1], strict=True))
    return replace(
        first,
        lanes=starts[-1],
        activity=reduce(operator.add, activities),
        observations=of_all_lanes([trace.observations for trace in traces]),
        machine=reduce(operator.add, (trace.machine for trace in traces)),
        beside=merge_lanes(beside) if (beside := [t.beside for t in traces if t.beside is not None]) else None,
    )


def labelled(trace: Trace, word: str) -> Trace:
    """The same with a word before the names of its phases, unless they begin with it."""
    phases = tuple(
        phase if phase.name.startswith(f"{word} ") else replace(phase, name=f"{word} {phase.name}")
        for phase in trace.timing.phases
    )
    return replace(trace, timing=replace(trace.timing, phases=phases))


def join_in_time(traces: Iterable[Trace]) -> Trace:
    """Concatenate traces of one chip with one repetition each (see `serial`)."""
    return reduce(_followed_by, traces)


def _followed_by(first: Trace, then: Trace) -> Trace:
    timing = first.timing + then.timing
    numbers = {phase.name: number for number, phase in enumerate(timing.phases)}
    activities = (
        part.activity.in_phases([numbers[phase.name] for phase in part.timing.phases]) for part in (first, then)
    )
    seen = first.observations.without_states()
    return Trace(
        lanes=1,
        activity=reduce(operator.add, activities),
        timing=timing,
        observations=replace(seen, reads=seen.reads + then.observations.reads),
        fidelity=first.fidelity | then.fidelity,
        machine=first.machine + then.machine,
    )
