"""Wider and wider scopes of the energy of an answer."""

from __future__ import annotations

import pytest

import chipsim
from chipsim.ledger.ledger import LedgerRow
from chipsim.ledger.scopes import SCOPES, scope_costs


def row(group, energy, once=0.0, low=0.0, high=None):
    high = energy if high is None else high
    told = ("kind.act", "assumed", "none", "", "")
    return LedgerRow("part", "kind", "act", group, "", 1, 1.0, energy, low, high, 0.0, once, *told)


def test_scopes_by_hand():
    rows = [
        row("fabric", 2.0, low=1.0, high=4.0),
        row("clamp", 3.0),
        row("program", 100.0, once=100.0, low=50.0, high=200.0),
        row("link", 10.0, once=4.0, low=5.0, high=20.0),
        row("digital", None, low=0.0, high=0.0),
    ]
    costs = {cost.scope: cost for cost in scope_costs(rows, answers=2, per_load={1: 1, 10: 10})}
    energies = {scope: (cost.energy_j[1], cost.energy_j[10]) for scope, cost in costs.items()}
    assert energies["sampling in the array"] == (1.0, 1.0)
    assert energies["and its inputs and read-out"] == (2.5, 2.5)
    assert energies["and the loads of weights"] == pytest.approx((52.5, 7.5))
    # Of the link's 10, 4 are the load's: a tenth of it is left.
    assert energies["and the links"] == pytest.approx((57.5, 7.5 + 3.2))
    assert energies["and what is always on"] == energies["and the links"]
    low, high = costs["and the links"].range_j[10]
    assert low == pytest.approx((1 + 0 + 5 + 5 * 0.64) / 2)
    assert high == pytest.approx((4 + 3 + 20 + 20 * 0.64) / 2)


def test_the_widest_scope_is_the_whole_answer():
    summary = chipsim.run("tiny", "clamped").summary
    last = scope_costs(summary.priced.ledger)[-1]
    assert len(last.groups) == len({group for _, groups in SCOPES for group in groups})
    for jobs, energy in last.energy_j.items():
        assert energy == pytest.approx(summary["energy_per_job_j"][str(jobs)], rel=1e-12)
        assert last.range_j[jobs] == pytest.approx(summary["energy_per_job_range_j"][str(jobs)], rel=1e-12)
