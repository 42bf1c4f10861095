"""Updates, draws, clock pins, times and independence of counts under policies other than colours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtri
from scipy.stats import poisson as poisson_law
from support_errors import refused
from support_policies import FREE, RING, policy_program, started

import chipsim
from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.kernels.draws import poisson, shuffle, stream_of
from chipsim.kernels.jit import kernel
from chipsim.kernels.together import coprime
from chipsim.testing.trial import BIASES, COUPLINGS, trial_program

LANES, SWEEPS, CELLS = 100, 500, 4
TOGETHER = ["tick-random", "partition", "block-random", "block-stride"]
POLICIES = ["sequential", "random-sequential", "free-running", *TOGETHER]


def traced(program: Program, clamped: int = 0, threads: int = 1, lanes: int = LANES) -> Trace:
    device = Device(program, lanes, seed=3, threads=threads)
    device.write(COUPLINGS, BIASES)
    device.hard_wire_beta(1.0)
    if clamped:
        device.clamp(np.arange(clamped), np.ones(clamped, np.int8))
    device.sample(SWEEPS)
    return device.finish()


def counts(trace: Trace) -> tuple[int, int, int, int]:
    total = trace.activity.total
    return total("update"), total("draw"), total("tick", "clock"), total("toggle")


@pytest.mark.parametrize("order", ["sequential", "random-sequential", "partition", "block-random", "block-stride"])
def test_updates_are_a_fixed_number(order: str) -> None:
    parts = 2 if order in TOGETHER else 0
    updates, draws, ticks, toggles = counts(traced(policy_program(order, parts)))
    assert updates == draws == ticks == SWEEPS * CELLS * LANES
    assert 0 < toggles < updates


@pytest.mark.parametrize("order", ["tick-random", "free-running"])
def test_updates_are_random(order: str) -> None:
    """Groups share them: 2 groups of 64 and 36 lanes, each with its own number."""
    updates, draws, ticks, _ = counts(traced(policy_program(order, 2 if order == "tick-random" else 0)))
    assert updates == draws == ticks
    by_group = SWEEPS * CELLS * (0.5 if order == "tick-random" else 1.0)
    spread = math.sqrt(by_group * (64**2 + 36**2))
    assert updates != SWEEPS * CELLS * LANES
    assert abs(updates - SWEEPS * CELLS * LANES) < 5 * spread


@pytest.mark.parametrize("order", POLICIES)
def test_a_held_cell_is_not_updated(order: str) -> None:
    """Of 4 cells one is held. In turn it is skipped exactly; at random in a quarter of the choices."""
    parts = 2 if order in TOGETHER else 0
    updates, draws, ticks, _ = counts(traced(policy_program(order, parts), clamped=1))
    assert updates == draws == ticks
    whole = SWEEPS * (CELLS - 1) * LANES
    if order in ("sequential", "partition"):
        assert updates == whole
    else:
        assert 0 < abs(updates - whole) < 5 * math.sqrt(SWEEPS * CELLS * (64**2 + 36**2))


def test_a_free_tree_drives_all_pins_in_every_phase() -> None:
    phases = {"sequential": CELLS, "random-sequential": CELLS, "tick-random": 5}
    for order, many in phases.items():
        program = policy_program(order, 5 if order == "tick-random" else 0, **{"clock.tree": "free"})
        assert counts(traced(program))[2] == SWEEPS * many * CELLS * LANES


@pytest.mark.parametrize(("order", "parts", "phases"), [
    ("sequential", 0, CELLS), ("random-sequential", 0, CELLS), ("free-running", 0, 1), ("tick-random", 7, 7),
    ("partition", 2, 2),
])  # fmt: skip
def test_the_length_of_a_sweep(order: str, parts: int, phases: int) -> None:
    program = policy_program(order, parts)
    assert program.sweep_fs == phases * 10**8
    trace = traced(program)
    (sample,) = [phase for phase in trace.timing.phases if phase.name == "sample"]
    assert sample.end_fs - sample.start_fs == SWEEPS * phases * 10**8


def test_power_of_cells_without_phases_is_on_all_the_time() -> None:
    """With a clock, in the phase of each update."""
    for order, parts in (("free-running", 0), ("tick-random", 2), ("random-sequential", 0)):
        trace = traced(policy_program(order, parts))
        on = trace.activity.total("on", "cells")
        updates = trace.activity.total("update")
        assert on == (SWEEPS * CELLS * LANES if order == "free-running" else updates) * 10**8


@pytest.mark.parametrize("order", POLICIES)
def test_counts_depend_neither_on_threads_nor_on_pieces_nor_on_further_lanes(order: str) -> None:
    program = policy_program(order, 2 if order in TOGETHER else 0)
    one, two, more = traced(program), traced(program, threads=2), traced(program, lanes=164)
    booked = [[(row.component, row.action, row.count) for row in trace.activity.rows] for trace in (one, two)]
    assert booked[0] == booked[1]
    assert np.array_equal(one.activity.lane_toggles, more.activity.lane_toggles[:, :LANES])
    whole, _ = started(program, COUPLINGS, BIASES, LANES, seed=3)
    pieces, _ = started(program, COUPLINGS, BIASES, LANES, seed=3)
    tick = program.schedule.tick_fs
    whole.advance(0, 36 * tick)
    for first, last in ((0, 1), (1, 4), (4, 15), (15, 36)):
        pieces.advance(first * tick, last * tick)
    assert np.array_equal(whole.state.words, pieces.state.words)
    assert np.array_equal(whole.counters.updates, pieces.counters.updates)
    assert np.array_equal(whole.counters.by_lane, pieces.counters.by_lane)


@pytest.mark.parametrize("order", POLICIES)
def test_toggles_are_counted_for_cells_and_for_lanes(order: str) -> None:
    """On a grid of several price classes, 300 cells: more updates than a counter of 8 bits holds."""
    fabric = {"pattern": "kings", "size": [15, 20]}
    program = policy_program(order, 2 if order in TOGETHER else 0, fabric)
    assert len(program.class_capacitance_f) > 1
    edges = len(program.netlist.fabric.edges)
    array, _ = started(program, np.zeros(edges), np.zeros(program.cells), LANES, seed=1)
    before = array.state.words.copy()
    array.advance(0, 20 * program.sweep_fs)
    by_class = np.bincount(program.cell_class, array.counters.by_cell.sum(axis=0))
    assert by_class.tolist() == array.counters.by_class.tolist()
    flips = (before ^ array.state.words)[:, :, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)
    odd = array.counters.by_lane.reshape(2, -1, 64).sum(axis=1) % 2
    assert np.array_equal(odd, flips.sum(axis=1) % 2)


# --- what does not go together ---------------------------------------------------------------------------------------

FAILS: list[tuple[dict[str, Any], str, str]] = [
    ({"clock.updates": "tick-random"}, "spec.colour-clash", "use fabric.coupled_updates: allow"),
    ({"clock.updates": "sequential", "fabric": {**RING, "colours": 2}}, "spec.no-effect", "colours has no effect"),
    ({"clock.updates": "sequential", "rng.law": "redraw"}, "chip.unsuitable", "use law: ideal"),
    (
        {"clock.updates": "partition", "clock.parts": 5, "fabric": {**RING, "coupled_updates": "allow"}},
        "spec.out-of-range", "5 parts of 4 cells",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "said"), FAILS)
def test_refusals(changes: dict[str, Any], code: str, said: str) -> None:
    with refused(code, said):
        trial_program(changes=changes)


def test_free_running_cells_need_fresh_noise() -> None:
    with refused("chip.unsuitable", "use law: ideal"):
        trial_program(FREE, {"rng.law": "telegraph"})


def test_effective_samples_are_withheld_where_coupled_cells_latch_together() -> None:
    few = {"schedule.sweeps": 40, "fabric.coupled_updates": "allow"}
    wrong = chipsim.run("tiny", "spin-glass", lanes=64, set={**few, "clock.updates": "tick-random"})
    assert wrong.summary["sampling"] == "not defined: coupled cells latch together, so the law is not Boltzmann's"
    assert wrong.summary["effective_samples"] is None
    right = chipsim.run("tiny", "spin-glass", lanes=64, set={**few, "clock.updates": "random-sequential"})
    assert not right.summary["sampling"].startswith("not defined")


# --- random choices ---------------------------------------------------------------------------------------------------


@kernel
def _poissons(mean, key, out):  # type: ignore[no-untyped-def]
    for tick in range(len(out)):
        out[tick] = poisson(mean, stream_of(key, tick))[0]


@kernel
def _orders(key, out):  # type: ignore[no-untyped-def]
    for tick in range(len(out)):
        shuffle(out[tick], stream_of(key, tick))


@kernel
def _coprime(cells, stride):  # type: ignore[no-untyped-def]
    return coprime(cells, stride)


def _excess(counts: Any, expected: Any) -> tuple[float, float]:
    return float(((counts - expected) ** 2 / expected).sum()), float(chdtri(len(expected) - 1, 1e-6))


@pytest.mark.parametrize("mean", [0.3, 4.0, 9.9, 10.0, 35.0, 4900.0])
def test_numbers_of_events_are_poisson(mean: float) -> None:
    draws = np.zeros(10**6, np.int64)
    _poissons(mean, np.uint64(7), draws)
    low, high = (int(poisson_law.ppf(q, mean)) for q in (1e-4, 1 - 1e-4))
    inside = np.clip(draws, low, high)
    law = poisson_law.pmf(np.arange(low, high + 1), mean)
    law[0], law[-1] = poisson_law.cdf(low, mean), poisson_law.sf(high - 1, mean)
    excess, limit = _excess(np.bincount(inside - low, minlength=len(law)), law * len(draws))
    assert excess < limit


def test_orders_are_equally_probable() -> None:
    orders = np.tile(np.arange(4), (240_000, 1))
    _orders(np.uint64(5), orders)
    excess, limit = _excess(np.unique(orders @ [64, 16, 4, 1], return_counts=True)[1], np.full(24, 10_000.0))
    assert excess < limit


def test_strides_reach_every_cell() -> None:
    for cells in range(2, 40):
        for asked in range(1, cells):
            stride = _coprime(cells, asked)
            assert 1 <= stride < cells
            assert math.gcd(stride, cells) == 1
            assert stride == asked or math.gcd(asked, cells) > 1
