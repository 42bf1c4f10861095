"""Ledgers of chips with continuous cells: recomputed by hand, and the figures of arXiv 2405.13817 from run output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support_ledger import check_ledger

from chipsim.ledger.lint import of_prices
from chipsim.ledger.lint_parameters import of_parameters
from chipsim.results.result import Run
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate

QUIET = {"readout.noise": "0 V", "readout.sampling_capacitance": "1 nF"}
SOLVE: dict[str, Any] = {"matrix.size": 6, "schedule.samples": 7, "readout.full_scale": "20 V", "readout.noise": "0 V"}


def ran(chip: str, workload: str, settings: dict[str, Any], lanes: int = 2) -> tuple[Plan, Run]:
    ready = plan(chip, workload, settings)
    return ready, simulate(ready, lanes)


@pytest.mark.parametrize(
    ("chip", "workload", "settings"),
    [
        ("ou-256", "linear-solve", SOLVE),
        ("ou-256", "inverse", {"schedule.samples": 30}),
        ("spu-8", "inverse", {"schedule.samples": 30}),
        ("tngd-array", "low-rank", {"matrix.size": 40, "matrix.rank": 3, "fabric.uncoupled": 50, "couplers.rows": 4}),
    ],
)
def test_invariants_hold(chip: str, workload: str, settings: dict[str, Any]) -> None:
    ready, run = ran(chip, workload, settings)
    check_ledger(run, ready)
    assert run.summary["unpriced"] == ["host.on"]


def test_counts_times_and_energies_by_hand() -> None:
    """6 unknowns on ou-256, 300 us to settle, 7 readings 10 us apart, nothing beyond full scale."""
    _, run = ran("ou-256", "linear-solve", SOLVE)
    rows = {(row["component"], row["action"]): row for row in run.summary["ledger"]}
    weights = 256 * 255 // 2 + 256
    assert rows["weights", "write"]["count"] == weights * 10
    assert rows["link", "transfer"]["count"] == weights * 10 + 6 * 12 + 7 * 6 * 12
    assert rows["inputs", "convert"]["count"] == 6
    assert rows["readout", "convert"]["count"] == 42
    ns = 300_000 + 70_000
    assert rows["cells", "integrate"]["count"] == 6 * ns
    assert rows["cells", "integrate"]["energy_j"] == pytest.approx(6 * ns * 1e-9 * 1.0 * 700e-6)
    assert rows["noise", "inject"]["energy_j"] == pytest.approx(6 * ns * 1e-9 * 1e-9 * 25e-6 * 2 * np.pi * 10e6)
    assert rows["inputs", "convert"]["energy_j"] == pytest.approx(6 * 12 * 1.380649e-23 * 300 * 4**12)
    error = np.hypot(20 / 2047 / np.sqrt(12), np.sqrt(1.380649e-23 * 300 / 1e-12))
    steps = (20 / error) ** 2 / 2
    assert rows["readout", "convert"]["energy_j"] == pytest.approx(
        42 * 36.5e-15 * 2 ** ((10 * np.log10(steps) - 1.76) / 6.02)
    )
    assert rows["thermostat", "on"]["energy_j"] == pytest.approx(run.summary["elapsed_s"])
    load_s = weights * 10 / 50e9
    program = next(p for p in run.summary["phases"] if p["name"] == "program")
    assert program["end_s"] - program["start_s"] == pytest.approx(load_s, rel=0.02)


def test_resistors_turn_what_the_inputs_give_into_heat() -> None:
    """Passive network, held long at its mean: heat is V G V times the time, less than 2 % of it in the approach."""
    settings = {**SOLVE, "couplers.sign": "passive", "matrix.seeded": "m-matrix", "noise.sigma": "1 uV"}
    settings |= {"schedule.settle": "20 ms", "schedule.samples": 1, "couplers.mismatch": 0}
    ready, run = ran("ou-256", "linear-solve", settings, lanes=1)
    matrix, right = ready.workload.matrix, ready.workload.right_side[:, 0]  # type: ignore[attr-defined]
    scale = 1e-3 / max(np.abs(matrix - np.diag(np.diag(matrix))).max(), matrix.sum(axis=1).max())
    held = matrix * scale
    volts = np.linalg.solve(held, 1e-3 * right * 0.5 / np.abs(right).max())
    watts = volts @ held @ volts
    heat = next(r for r in run.summary["ledger"] if r["action"] == "dissipate")
    assert heat["energy_j"] == pytest.approx(watts * 20.01e-3, rel=0.02)


def test_resistors_of_an_rlc_chip_burn_what_the_noise_puts_in() -> None:
    """Mean power kappa0 tr(C^-1) at steady state, 5 standard errors of 4 lanes x 20,000 readings."""
    settings = {"schedule.samples": 20_000, "couplers.mismatch": 0, "couplers.bits": 16, "schedule.settle": "0 s"}
    ready, run = ran("spu-8", "inverse", settings, lanes=4)
    matrix = ready.workload.matrix  # type: ignore[attr-defined]
    largest = max(np.abs(matrix - np.diag(np.diag(matrix))).max(), matrix.sum(axis=1).max())
    capacitances = matrix * (1e-9 / largest)
    kappa0 = (50e-3) ** 2 * 1e-9 / 1e3
    heat = next(r for r in run.summary["ledger"] if (r["component"], r["action"]) == ("cells", "dissipate"))
    expected = kappa0 * np.trace(np.linalg.inv(capacitances)) * 0.2
    assert heat["energy_j"] == pytest.approx(expected, rel=5 * np.sqrt(2 / (4 * 20_000)) + 0.005)


@pytest.fixture(scope="module")
def tngd() -> Run:
    """The published sizes, b = 32, dz = 20, N = 1e5, 16 bit, 50 Gb/s; a matrix of rank 4; 50 us; one reading."""
    settings = {"matrix.size": 100_000, "matrix.rank": 4, "readout.full_scale": "20 V"}
    settings |= {"schedule.settle": "40 us", "schedule.spacing": "10 us", "noise.sigma": "1 uV"}
    return ran("tngd-array", "low-rank", settings, lanes=1)[1]


def phase(run: Run, name: str) -> float:
    return sum(float(p["end_s"] - p["start_s"]) for p in run.summary["phases"] if p["name"] == name)


def test_tngd_loads_1_284e8_resistors_in_41_ms(tngd: Run) -> None:
    bits = tngd.trace.activity.total("write", "weights")
    assert bits / 16 == 640 * (640 + 2 * 100_000) == 128_409_600
    assert f"{bits / 16:.3e}" == "1.284e+08"
    assert phase(tngd, "program") == pytest.approx(41.09e-3, rel=1e-3)


def test_tngd_drives_and_reads_over_the_link_in_32_us_each(tngd: Run) -> None:
    assert tngd.summary["rescalings"] == 0
    assert phase(tngd, "input") == pytest.approx(32.0e-6, rel=0.01)
    link = next(row for row in tngd.summary["ledger"] if (row["component"], row["action"]) == ("link", "transfer"))
    assert link["count"] == 16 * (128_409_600 + 2 * 100_000)
    assert link["busy_s"] == pytest.approx(41.09e-3 + 2 * 32e-6, rel=1e-3)


def test_tngd_converts_as_fast_as_channels_and_rate_allow(tngd: Run) -> None:
    for name in ("inputs", "readout"):
        row = next(r for r in tngd.summary["ledger"] if (r["component"], r["action"]) == (name, "convert"))
        assert row["count"] == 100_000
    faster = plan("tngd-array", "low-rank").netlist.components["readout"].kind
    from chipsim.components.base import Transfer

    one = Transfer("read", 100_000, 16, cells=100_000)
    assert faster.service_fs(one, 100_000) == 100 * 10**8  # 100 conversions of each of 1,000 channels at 10 MHz: 10 us


def test_tngd_relaxes_for_50_us_of_1_us_each(tngd: Run) -> None:
    assert phase(tngd, "relax") + phase(tngd, "observe") == pytest.approx(50e-6)
    cells = next(r for r in tngd.summary["ledger"] if (r["component"], r["action"]) == ("cells", "integrate"))
    assert cells["count"] == 100_000 * 50_000
    assert cells["busy_s"] == pytest.approx(50e-6)
    assert tngd.summary["error"] < 0.01


def test_nothing_of_the_presets_is_better_than_physics_and_published_parts() -> None:
    from chipsim.ledger.sheet import sheet_of

    for chip, workload in (("ou-256", "linear-solve"), ("spu-8", "inverse"), ("tngd-array", "low-rank")):
        ready = plan(chip, workload)
        sheet = sheet_of(ready.netlist, np.zeros(0))
        assert [*of_parameters(ready.netlist), *of_prices(sheet, ready.prices)] == []


@pytest.mark.parametrize(
    ("change", "rule", "says"),
    [
        ({"readout.figure_of_merit": "0.1 fJ"}, "converter", "is below the best published part (350.0 aJ)"),
        ({"readout.figure_of_merit": "0.3 fJ", "readout.bits": 16, **QUIET}, "thermal", "8 kT SNR"),
        ({"noise.sigma": "1 uV"}, "white-noise", "is below the cell's own sqrt(kT/C) = 2.035 uV"),
    ],
)
def test_what_is_better_than_that_is_said_with_the_bound(change: dict[str, Any], rule: str, says: str) -> None:
    from chipsim.report.describe import describe_plan

    lines = describe_plan("ou-256", "linear-solve", change, None)
    assert any(line.startswith(f"lint {rule}: ") and says in line for line in lines), lines
