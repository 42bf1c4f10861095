"""Which records of a run say how its chains mix: after the warm-up, evenly spaced, none of the ordered start.

Cells that nothing couples, under the law redraw: a cell latched every T = 200 ns keeps its value with
k = exp(-T / tau0), so every sum of cells has tau_int = coth(T / (2 tau0)) sweeps.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from support_chips import chip_text, workload_text, write_files

from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.effective_samples import Chains, mixing

LANES = 256


def run_free_cells(folder: Path, relaxation_ns: int, schedule: str) -> Run:
    """Cells at a beta at which couplings do nothing; an ordered start takes a bias of 40 / beta."""
    chip = chip_text().replace("law: ideal", "law: redraw").replace("time: 100 ns", f"time: {relaxation_ns} ns")
    always = "mode: sample, beta: 0.000001, beta_by: hard_wired, projections: 2"
    return simulate(plan(*write_files(folder, chip, workload_text(schedule=f"{always}, {schedule}"))), LANES, seed=4)


def coth(sweeps: float, relaxation_ns: int) -> float:
    """(1 + k) / (1 - k) of a cell that is looked at every so many sweeps."""
    return 1 / math.tanh(sweeps * 200 / (2 * relaxation_ns))


@pytest.mark.parametrize("start", ["random", "up"])
def test_fast_chains_are_resolved_sweep_by_sweep(tmp_path: Path, start: str) -> None:
    # 20,000 sweeps: automatic records 20 apart, and 1,000 sweeps one by one after the warm-up, 245 tau.
    summary = run_free_cells(tmp_path, 400, f"sweeps: 20000, start: {start}").summary
    expected = coth(1, 400)
    assert expected == pytest.approx(4.083, abs=0.001)
    # 256,000 steps of 4 to a tau, a window of 6 tau: sqrt(4 * 24 / 256,000) = 2 %, and the worst of four.
    assert summary["tau_int_sweeps"] == pytest.approx(expected, rel=0.08, abs=0)
    if start == "random":
        assert summary["effective_samples"] == pytest.approx(LANES * 16_000 / expected, rel=0.08, abs=0)
    else:
        assert "all lanes start in the same state" in summary["sampling"]


@pytest.mark.parametrize("start", ["random", "up"])
@pytest.mark.parametrize(("sweeps", "every", "relaxation_ns"), [(20_000, 20, 10_000), (7_000, 7, 4_000)])
def test_slow_chains_are_resolved_by_the_spaced_records(
    tmp_path: Path, sweeps: int, every: int, relaxation_ns: int, start: str
) -> None:
    # tau is 100 or 40: 1,000 sweeps are too few, 16,000 or 5,600 are 160 or 140 tau. Records are `every` sweeps apart;
    # 1,000 sweeps one by one are no whole number of sevens.
    summary = run_free_cells(tmp_path, relaxation_ns, f"sweeps: {sweeps}, start: {start}").summary
    expected = coth(1, relaxation_ns)
    assert expected == pytest.approx({20: 100.0, 7: 40.0}[every], abs=0.1)
    # 205,000 records of 5 or 6 to a tau: 2.5 %.
    assert summary["tau_int_sweeps"] == pytest.approx(expected, rel=0.08, abs=0)
    assert (summary["sampling"] == "resolved") is (start == "random")


def test_exactly_the_sweeps_after_the_warm_up_count(tmp_path: Path) -> None:
    # A magnetisation that decays from an ordered start has the very shape of its autocorrelation, so tau_int does not
    # tell whether the warm-up was left out: compare with the estimate from those records alone.
    run = run_free_cells(tmp_path, 400, "sweeps: 1000, record_every: 1, warmup_fraction: 0.3")
    records = run.trace.observations.records
    assert records.energies.shape == (1_000, LANES)
    state = mixing(Chains(records.energies[300:], records.projections[300:]))
    assert run.summary["tau_int_sweeps"] == state.tau_int
    assert run.summary["slowest_observable"] == state.worst
    assert run.summary["effective_samples"] == pytest.approx(LANES * 700 / state.tau_int, rel=1e-12, abs=0)


def ar1(tau: float, n: int) -> np.ndarray:
    """(n, 512) stationary chains of that tau_int."""
    rho = (tau - 1) / (tau + 1)
    random = np.random.default_rng(6)
    series = random.standard_normal((n, 512))
    for step in range(1, n):
        series[step] = rho * series[step - 1] + math.sqrt(1 - rho * rho) * series[step]
    return series


@pytest.mark.parametrize(("taus", "resolved"), [(30, False), (45, False), (55, True), (80, True)])
def test_a_chain_is_believed_from_50_tau_on(taus: int, resolved: bool) -> None:
    # 512 lanes know tau to about 2 %.
    tau = 9
    energies = ar1(tau, taus * tau)
    found = mixing(Chains(energies, energies[:, :, None].astype(np.float32)))
    assert found.tau_int == pytest.approx(tau, rel=0.06, abs=0)
    assert (found.verdict == "resolved") is resolved
