"""The ledger's invariants on every preset chip with every workload that fits it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from support_chips import chip_text, netlist_of, workload_text, write_files
from support_errors import refused
from support_images import small_classifier, small_native
from support_kinds import with_equation
from support_ledger import ROUNDING, check_ledger

from chipsim.compiler.program import compile_program
from chipsim.components.digital.clock import Clock
from chipsim.engine.device import Device
from chipsim.ledger.ledger import price_trace
from chipsim.ledger.sheet import sheet_of
from chipsim.prices.table import load_prices
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.spec.presets import preset_names

SMALL_GRID = {"torus-2d": [6, 8], "torus-3d": [4, 4, 4]}
DIGITAL = {"dsim-1": [3, 3, 3], "kv260-32": [6, 6], "pegasus-28nm": [2, 5, 5]}
TRAINED = {"fashion-dtm", "fashion-dtm-small", "fashion-monolith"}
SHORT = {"schedule.sweeps": 40, "schedule.record_every": 4}
LINEAR = {"matrix.size": 6, "schedule.samples": 30}
# Every preset chip of continuous cells with every workload that it can do.
CONTINUOUS: dict[tuple[str, str], dict[str, Any]] = {
    ("ou-256", "linear-solve"): LINEAR,
    ("ou-256", "inverse"): LINEAR,
    ("ou-256", "gaussian-sample"): LINEAR,
    ("spu-8", "inverse"): LINEAR,
    ("spu-8", "gaussian-sample"): {**LINEAR, "matrix.seeded": "m-matrix"},
    ("tngd-array", "low-rank"): {"matrix.size": 24, "matrix.rank": 3, "fabric.uncoupled": 24, "couplers.rows": 4},
    ("tngd-10k", "low-rank"): {"matrix.size": 24, "matrix.rank": 3, "fabric.uncoupled": 24, "couplers.rows": 4},
    ("tngd-10k", "fashion-classifier"): small_classifier(),
    ("tngd-array", "fashion-classifier"): small_classifier(),
    ("langevin-1296", "fashion-prototypes"): {},
    ("langevin-1296", "shape-prototypes"): {"fabric.complete": 96, "fabric.apart": 64, "couplers.range": "5 nS"},
    ("langevin-small", "shape-prototypes"): {},
    ("pdit-16", "four-states"): {},
    ("pmog-16", "four-gaussians"): {"schedule.samples": 40},
    ("gaussian-16", "one-gaussian"): {"schedule.samples": 40},
    ("quartic-layer", "wide-layer"): {},
    ("quartic-layer", "layer-stack"): {},
    ("quartic-crossbar", "wide-layer"): {},
    ("quartic-crossbar", "layer-stack"): {"couplers.lines": 128},
}
CHIPS, WORKLOADS = ({pair[side] for pair in CONTINUOUS} for side in (0, 1))


def settings(chip: str, workload: str) -> dict[str, Any] | None:
    """What makes a workload fit a chip in a short run; None where it cannot."""
    if chip in CHIPS or workload in WORKLOADS:
        return CONTINUOUS.get((chip, workload))
    if chip in DIGITAL:
        by = {"spin-glass": {"schedule.beta_by": "hard_wired"}}
        by["anneal"] = {"schedule.beta_by": "rewrite", "problem.scale": 3, "schedule.beta.steps": 8}
        few = {"fabric.colours": "auto"} if chip == "pegasus-28nm" else {}  # its 128 are more than these cells
        return {**SHORT, "fabric.size": DIGITAL[chip], **few, **by[workload]} if workload in by else None
    if workload in TRAINED:
        return {"generation.sweeps": 20} if chip == "dtca-70" else None
    if chip in ("torus-replicas", "torus-chips") or workload == "temper":
        short = {"schedule.sweeps": 40, "schedule.temper.swap_every": 10, "schedule.record_every": 4}
        return short if chip in ("torus-replicas", "torus-chips") and workload == "temper" else None
    if workload == "anneal" and chip not in SMALL_GRID:
        return None if chip == "any-graph" else {**SHORT, "schedule.beta.steps": 8}
    if workload == "anneal":
        return {**SHORT, "schedule.beta.steps": 8, "fabric.size": SMALL_GRID[chip]}
    if workload == "fashion-dense":
        return small_native() if chip == "any-graph" else None
    if workload == "fashion-native":
        return small_native() if chip == "dtca-70" else None
    if workload == "gset":
        if chip not in ("torus-2d", "any-graph"):
            return None
        return {**SHORT, "schedule.beta.steps": 8, "problem.graph": "G1" if chip == "any-graph" else "G11"}
    if chip == "any-graph":
        return None
    return {**SHORT, "fabric.size": SMALL_GRID[chip]} if chip in SMALL_GRID else SHORT


PAIRS = [
    (chip, workload)
    for chip in preset_names("chip")
    for workload in preset_names("workload")
    if settings(chip, workload) is not None
]


def test_every_preset_takes_part() -> None:
    assert {chip for chip, _ in PAIRS} == set(preset_names("chip"))
    assert {workload for _, workload in PAIRS} == set(preset_names("workload"))


@pytest.mark.parametrize(("chip", "workload"), PAIRS)
def test_invariants_of_presets(chip: str, workload: str) -> None:
    ready = plan(chip, workload, settings(chip, workload))
    check_ledger(simulate(ready, lanes=ready.workload.max_lanes or 70, seed=1, threads=2), ready)


@pytest.mark.parametrize("prices", ["dtca-appendix", "dtca-main"])
def test_invariants_under_flat_prices(prices: str) -> None:
    ready = plan("tiny", "clamped", SHORT, prices=prices)
    check_ledger(simulate(ready, lanes=5), ready)


VARIANTS = [
    {"readout.mode": "adc", "readout.channels": 3, "readout.bits": 4},
    {"inputs.coupling": 1.5},
    {"weights.buffers": 2, "schedule.beta_by": "rewrite"},
    {"schedule.beta_by": "rewrite"},
    {"schedule.read_every": 7},
    {"schedule.start": "up"},
    {"clock.tree": "free", "clock.gated": "phase", "couplers.gated": "phase"},
    {"rng.gated": "run", "cells.gated": "never", "link.gated": "run", "readout.gated": "never"},
    {"rng.law": "redraw", "cells.relaxation_time": "300 ns"},
    {"fabric.colours": 1, "fabric.coupled_updates": "allow"},
    {"clock.updates": "random-sequential", "clock.gated": "phase"},
    {"clock.updates": "tick-random", "clock.parts": 3, "fabric.coupled_updates": "allow"},
]


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: ",".join(changes))
def test_invariants_of_other_designs(changes: dict[str, Any]) -> None:
    ready = plan("tiny", "clamped", {**SHORT, **changes})
    check_ledger(simulate(ready, lanes=65, seed=2), ready)


def test_one_lane_has_no_interval_and_a_frozen_spread_has_none() -> None:
    ready = plan("tiny", "spin-glass", {"schedule.sweeps": 20})
    run = simulate(ready, lanes=1)
    assert run.summary["energy_ci95_j"] is None
    check_ledger(run, ready)
    flat = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 20}, prices="dtca-main"), lanes=8)
    assert flat.summary["energy_ci95_j"] == 0.0


def test_a_clamped_array_toggles_only_as_it_is_clamped(tmp_path: Any) -> None:
    held = ", ".join(f"[{cell}, 1]" for cell in range(16))
    chip, work = write_files(tmp_path, chip_text(), workload_text() + f"clamp: [{held}]\n")
    ready = plan(chip, work)
    run = simulate(ready, lanes=3)
    turned = [row for row in run.trace.activity.rows if row.action == "toggle"]
    assert run.summary["updates"] == 0
    assert run.summary["toggles"] == int(run.trace.activity.cell_toggles.sum()) > 0
    assert {run.trace.timing.phases[row.phase].name for row in turned} == {"clamp"}
    wires = [row["energy_j"] for row in run.summary["ledger"] if row["action"] == "toggle"]
    assert run.summary["energy_by_group_j"]["fabric"] == pytest.approx(sum(wires), rel=ROUNDING, abs=0)
    assert run.energy_j > 0
    assert run.summary["updates_per_ns"] is None or run.summary["updates_per_ns"] == 0


def test_phases_are_stretches_of_one_name() -> None:
    settings = {"schedule.sweeps": 20, "schedule.beta.steps": 2, "schedule.read_every": "end"}
    summary = simulate(plan("tiny", "clamped", settings), lanes=4).summary
    names = [phase["name"] for phase in summary["phases"]]
    assert names == ["bias", "program", "clamp", "sample", "bias", "sample", "read", "compute"]
    spans = [p["end_s"] - p["start_s"] for p in summary["phases"] if p["name"] == "sample"]
    assert spans == pytest.approx([10 * 200e-9] * 2, rel=1e-9, abs=0)
    # Host work on what was read: 24 couplings and 16 biases of 4 bytes, and 16 spins, in words of 64 bits.
    word_j = 20e-12 + 2 * 70e-12
    assert summary["phases"][-1]["energy_j"] == pytest.approx((12 + 8 + 1) * word_j, rel=1e-12, abs=0)
    merged = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), lanes=4).summary
    assert [phase["name"] for phase in merged["phases"]] == ["bias", "program", "sample", "read", "compute"]


def test_weights_written_once_are_shared_by_jobs_and_rewritten_ones_are_not() -> None:
    once = simulate(plan("tiny", "clamped", SHORT), lanes=2).summary
    again = simulate(plan("tiny", "clamped", {**SHORT, "schedule.beta_by": "rewrite"}), lanes=2).summary
    program = sum(p["energy_j"] for p in once["phases"] if p["name"] == "program")
    # What is powered all the time is no part of the load, so the load is exactly its phase.
    assert math.fsum(row["once_j"] for row in once["ledger"]) == pytest.approx(program, rel=1e-12, abs=0)
    assert once["energy_per_job_j"]["10000"] == pytest.approx(once["energy_j"] - program * (1 - 1e-4), rel=1e-12, abs=0)
    assert sum(p["name"] == "program" for p in again["phases"]) == 10
    assert set(again["energy_per_job_j"].values()) == {again["energy_j"]}


def test_jobs_per_load_and_chips_of_the_workload_are_used(tmp_path: Any) -> None:
    chip, work = write_files(tmp_path, chip_text(), workload_text() + "jobs_per_load: 100\nchips: 3\n")
    summary = simulate(plan(chip, work), lanes=10).summary
    assert summary["energy_per_answer_j"] == summary["energy_per_job_j"]["100"] < summary["energy_j"]
    # Ten repetitions on three chips: four rounds.
    assert summary["batch_elapsed_s"] == pytest.approx(4 * summary["elapsed_s"], rel=1e-12, abs=0)


def test_a_plan_can_be_simulated_twice() -> None:
    ready = plan("tiny", "clamped", SHORT)
    first, other, again = simulate(ready, lanes=64), simulate(ready, lanes=3), simulate(ready, lanes=64)
    assert other.summary["lanes"] == 3
    for key in ("energy_j", "best_energy", "toggles", "elapsed_s", "ledger"):
        assert first.summary[key] == again.summary[key]


def test_comparing_prices_never_changes_the_activity() -> None:
    ready = plan("tiny", "clamped", SHORT)
    run = simulate(ready, lanes=4)
    flat = load_prices("dtca-appendix")
    ledger = price_trace(run.trace, run.sheet, flat)
    other = next(o for o in run.summary["flat_accounting"] if o["prices"] == "dtca-appendix")
    assert (ledger.energy_j, ledger.by_group()["fabric"]) == (other["energy_j"], other["fabric_j"])
    assert [row.count for row in ledger.rows] == [row["count"] for row in run.summary["ledger"]]


def test_a_price_that_is_no_energy_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    netlist = netlist_of()
    device = Device(compile_program(netlist), lanes=2)
    device.write(np.ones(len(netlist.fabric.edges)), np.zeros(16))
    device.sample(10)
    trace = device.finish()
    table = load_prices("dtca-physical")
    for bad in (math.nan, math.inf, -1e-15):
        # As a kind from outside with a wrong equation might say.
        monkeypatch.setattr(Clock, "actions", with_equation(Clock, "tick", lambda *_, bad=bad: bad))
        with refused("price.not-physical", "clock.tick: "):
            price_trace(trace, sheet_of(netlist, trace.activity.class_capacitance_f), table)
