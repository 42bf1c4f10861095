"""The timeline of a run in the Trace Event format (JSON), which ui.perfetto.dev and chrome://tracing open.

Processes of the trace are "components" (a track for each, with a slice for each span in which it is busy), "phases"
(their exact begin and end) and "counters" (power, and the busy share of each component). Times are those of one
repetition, in microseconds as the format asks; `args` hold counts with their units, and joules.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from chipsim.engine.activity import Row
from chipsim.errors import RunError
from chipsim.report.busy_spans import busy_spans
from chipsim.results.result import Run

COMPONENTS, PHASES, COUNTERS = 1, 2, 3
# The format counts time in microseconds.
MICROSECOND_FS = 10**9

Event = dict[str, Any]
Work = dict[str, float]
ENERGY = "energy (J)"


def trace_json(run: Run) -> str:
    """The trace as text.

    Raises:
        RunError: the result sums separate runs and has no timeline.
    """
    request, timing = run.summary.core.request, run.trace.timing
    if not timing.occupancy.components:
        raise RunError("the result sums separate runs; it has no timeline", code="result.not-comparable")
    step_us = timing.elapsed_fs / MICROSECOND_FS / len(timing.occupancy.share[0])
    other = {
        "chip": request.chip,
        "workload": run.summary.workload.name,
        "run": run.summary.priced.run_id,
        "scope": run.summary.priced.scope,
        "resolution": f"slices of components are placed to {step_us:g} us; their sums and the ends of phases are exact",
    }
    events = [*_names(run), *_component_slices(run), *_phase_slices(run), *_power(run), *_busy_shares(run)]
    trace = {"displayTimeUnit": "ns", "otherData": other, "traceEvents": events}
    return json.dumps(trace, allow_nan=False, separators=(",", ":")) + "\n"


def _names(run: Run) -> Iterator[Event]:
    """Names of processes and tracks, in the order of the ledger."""
    request = run.summary.core.request
    for pid, name in ((COMPONENTS, "components"), (PHASES, "phases"), (COUNTERS, "power and busy share")):
        name = f"{name} of {request.chip} on {run.summary.workload.name}"
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}
        yield {"ph": "M", "name": "process_sort_index", "pid": pid, "tid": 0, "args": {"sort_index": pid}}
    for tid, name in enumerate(run.trace.timing.occupancy.components, 1):
        yield {"ph": "M", "name": "thread_name", "pid": COMPONENTS, "tid": tid, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": COMPONENTS, "tid": tid, "args": {"sort_index": tid}}


def _slice(pid: int, tid: int, name: str, span: tuple[int, int], work: Work) -> Event:
    start_fs, end_fs = span
    times = {"ts": start_fs / MICROSECOND_FS, "dur": (end_fs - start_fs) / MICROSECOND_FS}
    return {"ph": "X", "pid": pid, "tid": tid, "name": name, "cat": "chipsim", **times, "args": work}


def _component_slices(run: Run) -> Iterator[Event]:
    """Busy spans with the work of their phase, in proportion to their length."""
    names = [phase.name for phase in run.trace.timing.phases]
    work = _work(run)
    for tid, (component, spans) in enumerate(busy_spans(run.trace).items(), 1):
        totals: dict[int, int] = {}
        for span in spans:
            totals[span.phase] = totals.get(span.phase, 0) + span.end_fs - span.start_fs
        for span in spans:
            done = work.get((component, span.phase), {})
            share = (span.end_fs - span.start_fs) / totals[span.phase]
            name = names[span.phase] if span.phase >= 0 else "busy"
            yield _slice(COMPONENTS, tid, name, span[:2], {key: value * share for key, value in done.items()})


def _work(run: Run) -> dict[tuple[str, int], Work]:
    """Counts with units, and joules, of each component in each phase, of one repetition; -1 is the whole run."""
    lines = {(line.component, line.action): line for line in run.summary.priced.ledger}
    weights = {key: math.fsum(_weight(run, row) for row in rows) for key, rows in _rows(run).items()}
    out: dict[tuple[str, int], Work] = {}
    for key, rows in _rows(run).items():
        line = lines.get(key)
        if line is None:  # outside the scope of the result
            continue
        for row in rows:
            work = out.setdefault((row.component, row.phase), {})
            if line.action != "on":
                name = f"{line.action} ({line.unit})"
                work[name] = work.get(name, 0.0) + row.count / run.trace.lanes
            if line.energy_j:
                work[ENERGY] = work.get(ENERGY, 0.0) + line.energy_j * _weight(run, row) / weights[key]
    return out


def _rows(run: Run) -> dict[tuple[str, str], list[Row]]:
    out: dict[tuple[str, str], list[Row]] = {}
    for row in run.trace.activity.rows:
        out.setdefault((row.component, row.action), []).append(row)
    return out


def _weight(run: Run, row: Row) -> float:
    """What the energy of a row is proportional to: its count, or its count by price class at the price of each."""
    if row.by_class is None:
        return float(row.count)
    prices = run.sheet.components[row.component].action(row.action).model_j
    return float(row.by_class @ prices) if len(prices) > 1 else float(row.count)


def _phase_slices(run: Run) -> Iterator[Event]:
    """Phases with all their work, on as many tracks as phases overlap; what is powered all the time has the first."""
    work, timing = _work(run), run.trace.timing
    by_phase: dict[int, Work] = {}
    for (component, number), done in work.items():
        of = by_phase.setdefault(number, {})
        for key, value in done.items():
            name = key if key == ENERGY else f"{component}.{key}"
            of[name] = of.get(name, 0.0) + value
    yield _slice(PHASES, 1, "powered all the time", (0, timing.elapsed_fs), by_phase.get(-1, {}))
    tracks = [timing.elapsed_fs]
    for number, phase in sorted(enumerate(timing.phases), key=lambda item: (item[1].start_fs, -item[1].end_fs)):
        free = next((track for track, end in enumerate(tracks) if end <= phase.start_fs), len(tracks))
        tracks[free : free + 1] = [phase.end_fs]
        yield _slice(PHASES, free + 1, phase.name, (phase.start_fs, phase.end_fs), by_phase.get(number, {}))
    for tid in range(1, len(tracks) + 1):
        name = "always" if tid == 1 else f"phases {tid - 1}"
        yield {"ph": "M", "name": "thread_name", "pid": PHASES, "tid": tid, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": PHASES, "tid": tid, "args": {"sort_index": tid}}


def _power(run: Run) -> Iterator[Event]:
    """Power by time: the energy of each phase spread over its length, above what is powered all the time."""
    priced, timing = run.summary.priced, run.trace.timing
    steps: dict[int, float] = {0: priced.always_on_energy_j, timing.elapsed_fs: 0.0}
    steps[0] /= timing.elapsed_fs * 1e-15
    for phase, cost in zip(timing.phases, priced.phases, strict=True):
        length = phase.end_fs - phase.start_fs
        if length:
            power = cost.energy_j / (length * 1e-15)
            steps[phase.start_fs] = steps.get(phase.start_fs, 0.0) + power
            steps[phase.end_fs] = steps.get(phase.end_fs, 0.0) - power
    power = 0.0
    for instant in sorted(steps):
        power = power + steps[instant] if instant < timing.elapsed_fs else 0.0
        yield _counter("power (W)", instant, max(0.0, power))


def _busy_shares(run: Run) -> Iterator[Event]:
    """Busy share of each component; a value where it changes."""
    held, elapsed = run.trace.timing.occupancy, run.trace.timing.elapsed_fs
    for name, shares in zip(held.components, held.share.tolist(), strict=True):
        last = None
        for number, share in enumerate([*shares, 0.0]):
            if share != last:
                yield _counter(f"busy share of {name}", number * elapsed // len(shares), share)
            last = share


def _counter(name: str, instant_fs: int, value: float) -> Event:
    where = {"pid": COUNTERS, "tid": 0, "ts": instant_fs / MICROSECOND_FS}
    return {"ph": "C", "name": name, **where, "args": {"value": value}}
