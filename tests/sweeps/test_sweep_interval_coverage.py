"""Intervals of a sweep cover the truth: of single points, and of differences whose lanes share their random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_ferromagnet import FERROMAGNET, exact_tau
from support_sweeps import inline_workers, write_sweep

from chipsim.sweeps import driver
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.metrics import INTERVALS, difference
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.tasks import FIXED, Task, compute

# The second design has a hotter ferromagnet: other energies, other samples, the same random numbers.
BETAS = (0.4, 0.3)
METRICS = ("energy_j", "joules_per_effective_sample", "seconds_per_effective_sample")
RECORDED = 800


@dataclass
class Cover:
    """Of a metric: how often its interval holds the truth at one point and in the difference, and half widths."""

    single: float
    paired: float
    sharper: float


def points(seed: int) -> list[dict[str, Any]]:
    """Records of the two designs."""
    task = [
        Task("tiny", "spin-glass", None, "system", ({**FERROMAGNET, "schedule.beta": beta},), seed, 64, None)
        for beta in BETAS
    ]
    records = [compute(each).records[0] for each in task]
    assert [record["stopped"] for record in records] == [FIXED, FIXED]
    return records


def a_run(metric: str, figures: dict[str, Any]) -> float:
    """What a run of one lane takes, where all lanes share one load."""
    if metric.startswith("joules"):
        return float(figures["total_energy_j"]) / 64
    return float(figures["elapsed_s"] - figures["load_s"] * 63 / 64)


def covers(seeds: int) -> dict[str, Cover]:
    found = [points(seed) for seed in range(seeds)]
    figures = [[record["figures"] for record in records] for records in found]
    taus = [exact_tau(figure["beta_realised"]) for figure in figures[0]]
    out = {}
    for metric in METRICS:
        # Energies and times of a run are known far better than tau_int.
        if metric == "energy_j":
            truth = [float(np.mean([each[k][metric] for each in figures])) for k in (0, 1)]
        else:
            paid = [float(np.mean([a_run(metric, each[k]) for each in figures])) for k in (0, 1)]
            truth = [cost * tau / RECORDED for cost, tau in zip(paid, taus, strict=True)]
        values = np.array([[each[k][metric] for k in (0, 1)] for each in figures])
        widths = np.array([[each[k][INTERVALS[metric]] for k in (0, 1)] for each in figures])
        differences = [difference(records[1], records[0], metric) for records in found]
        off = np.array([value for value, _ in differences]) - (truth[1] - truth[0])
        paired = np.array([width for _, width in differences])
        single = float((abs(values - truth) <= widths).mean())
        out[metric] = Cover(
            single, float((abs(off) <= paired).mean()), float(np.hypot(*widths.T).mean() / paired.mean())
        )
    return out


@pytest.mark.parametrize(
    ("seeds", "low", "high"),
    # One sigma of 30 seeds is 4.0 %, of 500 it is 1.0 %.
    [(30, 0.83, 1.0), pytest.param(500, 0.93, 0.975, marks=pytest.mark.slow)],
)
def test_intervals_of_a_sweep(seeds: int, low: float, high: float) -> None:
    for metric, found in covers(seeds).items():
        assert low <= found.single <= high, (metric, found)
        assert low <= found.paired <= high, (metric, found)


def test_what_prices_leave_open_is_no_part_of_an_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)
    path = write_sweep(tmp_path, {"prices.rng.on.low": "[2.9 nW, 1 nW]", "couplers.swing": "[0.1 V, 0.2 V]"})
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    close, wide = table["rows"][1], table["rows"][3]
    for metric in METRICS:
        for column in (metric, f"{metric}_ci95", f"{metric}_minus_reference_ci95"):
            assert close[column] == wide[column] is not None
        if metric.startswith("seconds"):
            assert f"{metric}_price_low" not in close
        else:
            assert wide[f"{metric}_price_low"] < close[f"{metric}_price_low"]
            assert wide[f"{metric}_price_high"] == close[f"{metric}_price_high"]
