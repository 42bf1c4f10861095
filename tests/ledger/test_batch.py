"""What lanes, chips and jobs_per_load mean together."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chipsim.ledger.batch import Batch
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate


@pytest.mark.parametrize(
    ("lanes", "chips", "jobs", "loads"),
    [
        (10, 1, 1, 10),
        (10, 2, 3, 4),
        (10, 3, 3, 4),
        (7, 7, 100, 7),
        (3, 5, 2, 3),
        (64, 1, 100, 1),
        (64, 1, 64, 1),
        (65, 1, 64, 2),
    ],
)
def test_loads_of_a_batch(lanes: int, chips: int, jobs: int, loads: int) -> None:
    """Counted chip by chip, repetition by repetition."""
    made = [[lane for lane in range(lanes) if lane % chips == chip] for chip in range(chips)]
    counted = sum(1 for mine in made for position, _ in enumerate(mine) if position % jobs == 0)
    assert Batch(lanes, chips, jobs).loads == counted == loads


@pytest.mark.parametrize(("lanes", "chips", "jobs"), [(10, 1, 1), (10, 3, 1), (10, 2, 3), (10, 1, 100)])
def test_a_batch_that_shares_a_load_pays_it_once_a_chip(lanes: int, chips: int, jobs: int) -> None:
    settings: dict[str, Any] = {"schedule.sweeps": 400, "chips": chips, "jobs_per_load": jobs, "link.rate": "10 Mbit/s"}
    run = simulate(plan("tiny", "spin-glass", settings), lanes=lanes)
    summary, batch = run.summary, Batch(lanes, chips, jobs)
    load_j = math.fsum(row["once_j"] for row in summary["ledger"])
    load_s = run.trace.timing.occupancy.loading_fs * 1e-15
    assert load_j > 0 < load_s
    assert summary["load_s"] == load_s
    total = lanes * (summary["energy_j"] - load_j) + batch.loads * load_j
    assert summary["total_energy_j"] == pytest.approx(total, rel=1e-12)
    longest = -(-lanes // chips)
    own_loads = -(-longest // jobs)
    assert summary["batch_elapsed_s"] == pytest.approx(
        longest * (summary["elapsed_s"] - load_s) + own_loads * load_s, rel=1e-12
    )
    samples, chip_s = summary["effective_samples"], lanes * (summary["elapsed_s"] - load_s) + batch.loads * load_s
    assert summary["joules_per_effective_sample"] == pytest.approx(total / samples, rel=1e-12)
    assert summary["seconds_per_effective_sample"] == pytest.approx(chip_s / samples, rel=1e-12)
