"""The trace for Perfetto: its form, its slices against the busy times, its joules against the ledger."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support_cli import call
from support_timelines import Fixed

from chipsim.engine.activity import Row
from chipsim.engine.occupancy import BINS, occupancy
from chipsim.engine.timeline import Hold, Timeline
from chipsim.engine.timing import Phase, Timing
from chipsim.report.busy_spans import busy_spans
from chipsim.report.perfetto import COMPONENTS, COUNTERS, ENERGY, PHASES, trace_json
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

# The Trace Event Format, as far as it is used: complete (X), counter (C) and metadata (M) events, in microseconds.
TIME = {"type": "number", "minimum": 0}
NUMBER = {"type": "integer", "minimum": 0}
NUMBERS = {"type": "object", "additionalProperties": {"type": "number"}}
EVENTS = {
    "X": {"ts": TIME, "dur": TIME, "cat": {"type": "string"}, "args": NUMBERS},
    "C": {"ts": TIME, "args": {**NUMBERS, "minProperties": 1}},
    "M": {"args": {"type": "object", "minProperties": 1, "maxProperties": 1}},
}
COMMON = {"name": {"type": "string", "minLength": 1}, "pid": NUMBER, "tid": NUMBER}
SCHEMA = {
    "type": "object",
    "required": ["traceEvents", "displayTimeUnit"],
    "properties": {
        "displayTimeUnit": {"enum": ["ms", "ns"]},
        "otherData": {"type": "object"},
        "traceEvents": {
            "type": "array",
            "items": {
                "oneOf": [
                    {
                        "type": "object",
                        "properties": {"ph": {"const": ph}, **COMMON, **own},
                        "required": ["ph", *COMMON, *own],
                        "additionalProperties": False,
                    }
                    for ph, own in EVENTS.items()
                ]
            },
        },
    },
}
METADATA = {"process_name", "process_sort_index", "thread_name", "thread_sort_index"}
RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "sampled": ("tiny", "spin-glass", {"schedule.sweeps": 300, "schedule.read_every": 30}),
    "annealed": ("torus-2d", "gset", {"schedule.sweeps": 200, "schedule.beta.steps": 20}),
    "continuous": ("ou-256", "linear-solve", {"schedule.samples": 20}),
    "clamped": ("tiny", "clamped", {"schedule.sweeps": 20}),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request: pytest.FixtureRequest) -> Run:
    return simulate(plan(*RUNS[request.param]), lanes=3)


@pytest.fixture(scope="module")
def trace(run: Run) -> dict[str, Any]:
    return json.loads(trace_json(run))


def fs(microseconds: float) -> int:
    return round(microseconds * 1e9)


def slices(trace: dict[str, Any], pid: int) -> dict[int, list[dict[str, Any]]]:
    out: dict[int, list[dict[str, Any]]] = {}
    for event in trace["traceEvents"]:
        if (event["ph"], event["pid"]) == ("X", pid):
            out.setdefault(event["tid"], []).append(event)
    return out


def track_names(trace: dict[str, Any], pid: int) -> dict[int, str]:
    named = (e for e in trace["traceEvents"] if (e["name"], e["pid"]) == ("thread_name", pid))
    return {event["tid"]: event["args"]["name"] for event in named}


def test_it_has_the_published_form(trace: dict[str, Any]) -> None:
    jsonschema.validate(trace, SCHEMA)
    assert {event["name"] for event in trace["traceEvents"] if event["ph"] == "M"} == METADATA
    for pid in (COMPONENTS, PHASES):
        assert set(slices(trace, pid)) <= set(track_names(trace, pid))


@pytest.mark.parametrize("fault", [{"ph": "X", "dur": "1"}, {"ph": "Q"}, {"ts": -1.0}, {"args": {"energy": "3 J"}}])
def test_the_schema_notices(fault: dict[str, Any]) -> None:
    event = {"ph": "X", "pid": 1, "tid": 1, "name": "read", "cat": "chipsim", "ts": 0.0, "dur": 1.0, "args": {"a": 1.0}}
    good = {"traceEvents": [event], "displayTimeUnit": "ns"}
    jsonschema.validate(good, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, "traceEvents": [{**event, **fault}]}, SCHEMA)


def test_slices_of_a_track_are_disjoint_and_sum_to_the_busy_times(run: Run, trace: dict[str, Any]) -> None:
    timing, names = run.trace.timing, track_names(trace, COMPONENTS)
    found = slices(trace, COMPONENTS)
    assert {names[tid] for tid in found} == {name for name, busy in timing.busy_fs.items() if busy}
    for tid, events in found.items():
        spans = [(fs(event["ts"]), fs(event["ts"]) + fs(event["dur"])) for event in events]
        assert spans == sorted(spans)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
        assert 0 <= spans[0][0] < spans[-1][1] <= timing.elapsed_fs
        assert sum(end - start for start, end in spans) == timing.busy_fs[names[tid]]
    rows = {row.component: row.busy_s for row in run.summary.priced.ledger if row.busy_s}
    for tid, events in found.items():
        assert math.fsum(e["dur"] for e in events) == pytest.approx(rows[names[tid]] * 1e6, rel=1e-12)


def test_phases_are_exact_and_share_no_track_while_they_overlap(run: Run, trace: dict[str, Any]) -> None:
    found = slices(trace, PHASES)
    always = found.pop(1)
    assert [(event["ts"], fs(event["dur"])) for event in always] == [(0.0, run.trace.timing.elapsed_fs)]
    booked = sorted((p.name, p.start_fs, p.end_fs) for p in run.trace.timing.phases)
    events = [event for track in found.values() for event in track]
    assert sorted((e["name"], fs(e["ts"]), fs(e["ts"]) + fs(e["dur"])) for e in events) == booked
    for track in found.values():
        ends = [fs(e["ts"]) + fs(e["dur"]) for e in track]
        assert all(end <= fs(event["ts"]) for end, event in zip(ends, track[1:], strict=False))


def test_joules_and_counts_are_those_of_the_ledger(run: Run, trace: dict[str, Any]) -> None:
    phases = [event["args"] for track in slices(trace, PHASES).values() for event in track]
    assert math.fsum(work.get(ENERGY, 0.0) for work in phases) == pytest.approx(run.energy_j, rel=1e-9)
    for row in run.summary.priced.ledger:
        if row.action != "on":
            name = f"{row.component}.{row.action} ({row.unit})"
            assert math.fsum(work.get(name, 0.0) for work in phases) == pytest.approx(row.count, rel=1e-9)
    costs = sorted(cost.energy_j for cost in run.summary.priced.phases)
    events = [event["args"].get(ENERGY, 0.0) for tid, t in slices(trace, PHASES).items() if tid > 1 for event in t]
    assert sorted(events) == pytest.approx(costs, rel=1e-9)


def test_transfers_carry_their_bits(run: Run, trace: dict[str, Any]) -> None:
    names = track_names(trace, COMPONENTS)
    link = next(track for tid, track in slices(trace, COMPONENTS).items() if names[tid] == "link")
    row = next(r for r in run.summary.priced.ledger if (r.component, r.action) == ("link", "transfer"))
    assert math.fsum(event["args"]["transfer (bit)"] for event in link) == pytest.approx(row.count, rel=1e-9)
    assert all(event["args"][ENERGY] > 0 for event in link)


def test_power_integrates_to_the_energy(run: Run, trace: dict[str, Any]) -> None:
    steps = [e for e in trace["traceEvents"] if (e["ph"], e["name"]) == ("C", "power (W)")]
    assert {e["pid"] for e in steps} == {COUNTERS}
    total = math.fsum(now["args"]["value"] * (then["ts"] - now["ts"]) * 1e-6 for now, then in itertools.pairwise(steps))
    assert total == pytest.approx(run.energy_j, rel=1e-6)
    assert steps[-1]["args"]["value"] == 0


def test_busy_shares_integrate_to_the_busy_times(run: Run, trace: dict[str, Any]) -> None:
    end_us = run.trace.timing.elapsed_fs / 1e9
    for name in run.trace.timing.occupancy.components:
        steps = [e for e in trace["traceEvents"] if e["name"] == f"busy share of {name}"]
        ends = [*(e["ts"] for e in steps[1:]), end_us]
        held = math.fsum(e["args"]["value"] * (end - e["ts"]) for e, end in zip(steps, ends, strict=True))
        assert held == pytest.approx(run.trace.timing.busy_fs[name] / 1e9, rel=1e-4)


WORK = st.tuples(
    st.sampled_from(["read", "sample", "program"]),
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.integers(1, 4000)),
        min_size=1,
        max_size=3,
        unique_by=lambda hold: hold[0],
    ),
)


@settings(deadline=None)
@given(st.lists(WORK, min_size=1, max_size=8), st.integers(1, 10**9))
@example([("read", [("a", 3, 124), ("c", 0, 1565)]), ("read", [("a", 0, 9), ("c", 0, 1518)]),
          ("sample", [("a", 0, 115), ("c", 0, 1527)])], 12)  # fmt: skip
def test_spans_sum_to_any_timeline(work: list[Any], scale: int) -> None:
    """Exactly over the run, and within the rounding of stored shares in each bin.

    Edges of bins are rounded to 1 fs. That moves up to 1 fs out of each bin that is busy for a part of its time, and
    the sum of these goes into one of them.
    """
    timeline, phases, rows = Timeline(), [], []
    for name, holds in work:
        occupied = Fixed(tuple(Hold(resource, at * scale, length * scale) for resource, at, length in holds))
        done = timeline.book(name, occupied)
        phases.append(Phase(name, done.start_fs, done.end_fs))
        rows += [Row(resource, "word", len(phases) - 1, False, 1) for resource, _, _ in holds]
    elapsed = timeline.elapsed_fs
    held = occupancy(timeline.operations, elapsed, list("abc"), [], [])
    timing = Timing(elapsed, tuple(phases), timeline.busy_fs, held)
    found = busy_spans(SimpleNamespace(timing=timing, activity=SimpleNamespace(rows=rows)))  # type: ignore[arg-type]
    assert set(found) == set(timeline.busy_fs)
    edges = [number * elapsed // BINS for number in range(BINS + 1)]
    for name, spans in found.items():
        assert sum(span.end_fs - span.start_fs for span in spans) == timeline.busy_fs[name]
        assert all(a.end_fs <= b.start_fs for a, b in itertools.pairwise(spans))
        assert spans[0].start_fs >= 0
        assert spans[-1].end_fs <= elapsed
        shares = held.share[held.components.index(name)]
        rounding = 1 + np.count_nonzero((shares > 0) & (shares < 1))
        for begin, end, share in zip(edges, edges[1:], shares, strict=False):
            inside = sum(max(0, min(end, span.end_fs) - max(begin, span.start_fs)) for span in spans)
            assert inside == pytest.approx(float(share) * (end - begin), abs=rounding + 1e-6 * elapsed)


def test_a_phase_of_one_operation_holds_its_spans() -> None:
    """Where a bin holds one phase only, the span lies in it."""
    timeline = Timeline()
    first = timeline.book("program", Fixed((Hold("link", 0, 30_000),)))
    timeline.book("sample", Fixed((Hold("cells", 0, 1_000_000),)), [first])
    timing = Timing(
        timeline.elapsed_fs,
        (Phase("program", 0, 30_000), Phase("sample", 30_000, 1_030_000)),
        timeline.busy_fs,
        occupancy(timeline.operations, timeline.elapsed_fs, ["link", "cells"], [], []),
    )
    rows = [Row("link", "bit", 0, False, 1), Row("cells", "update", 1, False, 1)]
    found = busy_spans(SimpleNamespace(timing=timing, activity=SimpleNamespace(rows=rows)))  # type: ignore[arg-type]
    assert [tuple(span) for span in found["link"]] == [(0, 30_000, 0)]
    assert [tuple(span) for span in found["cells"]] == [(30_000, 1_030_000, 1)]


def test_the_command_writes_it(tmp_path: Path) -> None:
    run = simulate(plan("tiny", "clamped", {"schedule.sweeps": 10}), lanes=1)
    path, target = tmp_path / "run.h5", tmp_path / "trace.json"
    run.save(path)
    done = call("export", path, "--perfetto", target)
    assert done.stdout == f"wrote {target}\n"
    assert target.read_text() == trace_json(run)
    assert "name at least one file: --parquet, --perfetto, --ert or --counts" in call("export", path).stderr
