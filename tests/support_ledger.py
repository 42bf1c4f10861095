"""Ledger invariants that hold for every run, recomputed from the trace and the price table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chipsim.ledger.ledger import price_trace
from chipsim.results.result import Run
from chipsim.runs.plan import Plan
from chipsim.units import FEMTOSECONDS

# Sums of at most a few thousand float64 terms of one sign. Beside it always abs=0: pytest.approx allows 1e-12 by
# default, and that is a thousand femtojoules.
ROUNDING = 1e-12


def check_ledger(run: Run, ready: Plan) -> None:
    """Assert everything that must hold between a run's trace, its prices and its summary."""
    _parts_sum_to_the_total(run)
    _counts_times_prices_are_energies(run, ready)
    _nothing_is_negative(run)
    _nobody_is_busy_longer_than_the_run(run, ready)
    _toggles_agree(run)
    _jobs_share_the_load(run)
    _lanes_average_to_the_energy(run, ready)


def _parts_sum_to_the_total(run: Run) -> None:
    summary = run.summary
    total = summary["energy_j"]
    rows = summary["ledger"]
    assert total > 0
    assert math.fsum(row["energy_j"] or 0.0 for row in rows) == pytest.approx(total, rel=ROUNDING, abs=0)
    assert math.fsum(summary["energy_by_group_j"].values()) == pytest.approx(total, rel=ROUNDING, abs=0)
    phases = [phase["energy_j"] for phase in summary["phases"]]
    assert math.fsum(phases) + summary["always_on_energy_j"] == pytest.approx(total, rel=ROUNDING, abs=0)
    assert summary["total_energy_j"] == pytest.approx(total * summary["lanes"], rel=ROUNDING, abs=0)
    assert math.fsum(summary["share_by_grade"].values()) == pytest.approx(1.0, rel=ROUNDING, abs=0)
    low, high = summary["energy_price_range_j"]
    assert math.fsum(row["low_j"] for row in rows) == pytest.approx(low, rel=ROUNDING, abs=0)
    assert math.fsum(row["high_j"] for row in rows) == pytest.approx(high, rel=ROUNDING, abs=0)
    assert low <= total <= high


def _counts_times_prices_are_energies(run: Run, ready: Plan) -> None:
    trace, netlist = run.trace, ready.netlist
    vdd = ready.chip.model.technology
    for row in run.summary["ledger"]:
        component = netlist.components[row["component"]]
        mine = [r for r in trace.activity.rows if (r.component, r.action) == (row["component"], row["action"])]
        count = sum(r.count for r in mine) / trace.lanes
        amount = count / FEMTOSECONDS if row["action"] == "on" else count
        assert row["count"] == pytest.approx(amount, rel=ROUNDING, abs=0)
        price = ready.prices.find(component.name, component.spec.kind, row["action"])
        if price is None:
            assert (row["energy_j"], row["note"]) == (None, "unpriced")
            assert f"{row['component']}.{row['action']}" in run.summary["unpriced"]
        elif price.form == "included_in":
            assert row["energy_j"] is None
            assert row["note"].startswith("included in")
        elif price.form == "model" and mine[0].by_class is not None:
            by_class = sum(r.by_class for r in mine) / trace.lanes
            unit = [
                component.kind.modelled_energy_j(row["action"], vdd, float(c))
                for c in trace.activity.class_capacitance_f
            ]
            assert row["energy_j"] == pytest.approx(float(by_class @ np.array(unit)), rel=ROUNDING, abs=0)
        elif price.form == "model":
            unit_j = component.kind.modelled_energy_j(row["action"], vdd, 1.0)
            assert row["energy_j"] == pytest.approx(amount * unit_j, rel=ROUNDING, abs=0)
        else:
            assert row["energy_j"] == pytest.approx(amount * price.value, rel=ROUNDING, abs=0)
    happened = {(r.component, r.action) for r in trace.activity.rows}
    assert happened == {(row["component"], row["action"]) for row in run.summary["ledger"]}


def _nothing_is_negative(run: Run) -> None:
    assert all(row.count > 0 for row in run.trace.activity.rows)
    for row in run.summary["ledger"]:
        numbers = (row["count"], row["energy_j"] or 0.0, row["busy_s"], row["once_j"], row["low_j"], row["high_j"])
        assert all(math.isfinite(number) and number >= 0 for number in numbers)
        assert row["low_j"] <= (row["energy_j"] or 0.0) <= row["high_j"]
        assert row["once_j"] <= (row["energy_j"] or 0.0) * (1 + ROUNDING)
    assert all(phase["energy_j"] >= 0 for phase in run.summary["phases"])
    assert run.summary["always_on_energy_j"] >= 0
    low, high = run.summary["area_price_range_m2"]
    assert 0 <= low <= run.summary["area_m2"] <= high


def _nobody_is_busy_longer_than_the_run(run: Run, ready: Plan) -> None:
    trace = run.trace
    for name, busy in trace.timing.busy_fs.items():
        assert 0 <= busy <= trace.timing.elapsed_fs, name
    for row in trace.activity.rows:
        if row.action == "on":
            units = ready.netlist.units(ready.netlist.components[row.component])
            assert row.count <= units * trace.timing.elapsed_fs * trace.lanes, row
    for phase in trace.timing.phases:
        assert 0 <= phase.start_fs <= phase.end_fs <= trace.timing.elapsed_fs
    assert max(phase.end_fs for phase in trace.timing.phases) == trace.timing.elapsed_fs


def _toggles_agree(run: Run) -> None:
    trace = run.trace
    toggles = trace.activity.total("toggle")
    assert trace.activity.cell_toggles.sum() == toggles
    assert trace.activity.lane_toggles.sum() == toggles
    by_class = sum(row.by_class for row in trace.activity.rows if row.action == "toggle")
    if toggles:
        assert np.array_equal(by_class, trace.activity.lane_toggles.sum(axis=1))
    sampled = [i for i, phase in enumerate(trace.timing.phases) if phase.name == "sample"]
    assert sum(
        r.count for r in trace.activity.rows if r.action == "toggle" and r.phase in sampled
    ) <= trace.activity.total("update")
    assert trace.activity.total("draw") == trace.activity.total("update")


def _jobs_share_the_load(run: Run) -> None:
    summary = run.summary
    once = math.fsum(row["once_j"] for row in summary["ledger"])
    for jobs, energy in summary["energy_per_job_j"].items():
        assert energy == pytest.approx(summary["energy_j"] - once * (1 - 1 / int(jobs)), rel=1e-9, abs=0)
    costs = list(summary["energy_per_job_j"].values())
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == pytest.approx(summary["energy_j"], rel=ROUNDING, abs=0)


def _lanes_average_to_the_energy(run: Run, ready: Plan) -> None:
    ledger = price_trace(run.trace, run.sheet, ready.prices)
    assert len(ledger.lane_energy_j) == run.summary["lanes"]
    assert ledger.lane_energy_j.mean() == pytest.approx(run.energy_j, rel=ROUNDING, abs=0)
    assert ledger.energy_j == run.energy_j
