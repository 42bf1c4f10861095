"""linear-solve, inverse and gaussian-sample: measured against predicted, part by part; digital methods beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chipsim
from chipsim.engine.findings import same
from chipsim.engine.joining import merge_lanes
from chipsim.runs.plan import plan
from chipsim.runs.simulate import conclude, drive, simulate

SMALL: dict[str, Any] = {"matrix.size": 10, "matrix.seeded": "spectrum", "schedule.settle": "400 us"}
# A chip without any error but the noise of its cells and converters of 20 bits.
PERFECT: dict[str, Any] = {
    "cells.offset": "0 V",
    "cells.offset_drift": "0 V/K",
    "cells.gain_error": 0,
    "cells.common_mode": "0 V",
    "couplers.bits": 24,
    "couplers.mismatch": 0,
    "couplers.drift": "0 ppm/K",
    "inputs.bits": 20,
    "readout.bits": 20,
    "readout.noise": "0 V",
}
ONE_CAUSE: dict[str, dict[str, Any]] = {
    "noise": {"schedule.samples": 40, "noise.sigma": "20 mV"},
    "settling": {"schedule.settle": "5 us", "schedule.samples": 3, "noise.sigma": "1 uV"},
    "mismatch": {
        "couplers.mismatch": 0.003,
        "cells.gain_error": 0.002,
        "cells.offset": "300 uV",
        "noise.sigma": "1 uV",
    },
    "quantisation": {"couplers.bits": 9, "inputs.bits": 9, "noise.sigma": "1 uV"},
    "disturbance": {"cells.common_mode": "20 mV", "schedule.samples": 4, "noise.sigma": "1 uV"},
    "temperature": {
        "couplers.drift": "2000 ppm/K",
        "cells.offset_drift": "100 uV/K",
        "thermostat.tolerance": "2 K",
        "noise.sigma": "1 uV",
    },
}


def mean_square(workload: str, settings: dict[str, Any], dies: int) -> tuple[float, float, float, dict[str, float]]:
    """(measured, its standard error, predicted) mean square of the error over matrices, right sides and dies."""
    squares, told, parts = [], [], {}
    for seed in range(dies):
        own = {"matrix.seed": seed} | ({"right_side_seed": seed} if workload == "linear-solve" else {})
        run = chipsim.run("ou-256", workload, lanes=4, seed=seed, set={**SMALL, **settings, **own})
        squares.append(run.summary["error"] ** 2)
        told.append(run.summary["predicted_error"] ** 2)
        parts = run.summary["predicted_parts"]
    differences = np.array(squares) - np.array(told)
    return float(np.mean(squares)), float(differences.std() / np.sqrt(dies)), float(np.mean(told)), parts


@pytest.mark.parametrize("cause", ONE_CAUSE)
def test_errors_of_solutions_are_those_predicted(cause: str) -> None:
    """60 dies: the mean square lies within 4 standard errors, and the cause in question makes nearly all of it."""
    settings = {**PERFECT, "schedule.samples": 20, **ONE_CAUSE[cause]}
    measured, error, told, parts = mean_square("linear-solve", settings, 60)
    assert parts[cause] ** 2 > 0.9 * sum(part**2 for part in parts.values())
    assert abs(measured - told) < 4 * error
    assert error < 0.4 * told


INVERSE_CAUSE: dict[str, dict[str, Any]] = {
    "noise": {"schedule.samples": 60},
    "mismatch": {"couplers.mismatch": 0.05, "schedule.samples": 100_000},
    "quantisation": {"couplers.bits": 5, "schedule.samples": 100_000},
    "disturbance": {"cells.common_mode": "5 mV", "schedule.samples": 100_000},
}


@pytest.mark.parametrize("cause", INVERSE_CAUSE)
def test_errors_of_inverses_are_those_predicted(cause: str) -> None:
    settings = {**PERFECT, "matrix.condition": 4, "matrix.size": 6, **INVERSE_CAUSE[cause]}
    dies = 24 if settings["schedule.samples"] < 1000 else 8
    measured, error, told, parts = mean_square("inverse", settings, dies)
    assert parts[cause] ** 2 > 0.8 * sum(part**2 for part in parts.values())
    assert measured == pytest.approx(told, rel=0.1 if cause == "disturbance" else 0.6)
    assert abs(measured - told) < 5 * error + 0.1 * told


def test_signals_beyond_full_scale_are_scaled_and_each_try_is_billed() -> None:
    narrow, wide = (
        chipsim.run(
            "ou-256", "linear-solve", lanes=2, set={**SMALL, "schedule.samples": 50, "readout.full_scale": scale}
        )
        for scale in ("0.2 V", "20 V")
    )
    assert wide.summary["rescalings"] == 0
    tries = narrow.summary["rescalings"]
    assert tries > 0
    for action in ("integrate", "convert", "inject"):
        assert narrow.trace.activity.total(action) == (tries + 1) * wide.trace.activity.total(action)
    assert narrow.summary["elapsed_s"] > tries * wide.summary["elapsed_s"]
    assert narrow.summary["error"] < 0.1


def test_a_target_stops_the_readings_when_their_spread_says_so() -> None:
    """The host judges by its own readings, in 16 blocks: the error lies within a factor of 1.5 above the target."""
    settings = {**SMALL, **PERFECT, "noise.sigma": "60 mV", "schedule.samples": 100_000, "schedule.target_error": 0.003}
    settings |= {"readout.full_scale": "20 V", "readout.bits": 24}
    run = chipsim.run("ou-256", "linear-solve", lanes=8, set=settings)
    assert 32 < run.summary["samples"] < 100_000
    assert 0.0009 < run.summary["error"] < 0.0045
    assert run.summary["samples"] == run.summary["key_figures"]["samples_per_answer"]["value"]


def test_conjugate_gradients_beat_relaxation_at_equal_products() -> None:
    """40 unknowns: 40 products reach 1e-12; the chip, settled and averaged over 10,000 readings, not 1e-3."""
    settings = {**SMALL, "matrix.size": 40, "schedule.samples": 10_000, "schedule.spacing": "10 us"}
    ready = plan("ou-256", "linear-solve", settings, scope="chip")
    run = simulate(ready, lanes=1)
    steps, reached = ready.workload._conjugate_gradients(1e-12)  # type: ignore[attr-defined]
    assert steps <= 40
    assert reached <= 1e-12
    assert run.summary["error"] > 1e-3
    digital = run.summary["methods"][2]
    assert digital["method"].startswith("conjugate gradients")
    assert digital["error"] <= run.summary["error"]
    assert digital["macs"] <= 8 * (40**2 + 5 * 40)
    assert digital["energy_j"] == pytest.approx(2e-12 * digital["macs"])
    assert digital["energy_j"] < run.energy_j


def test_cholesky_is_counted_and_priced() -> None:
    run = chipsim.run("ou-256", "linear-solve", lanes=1, scope="chip", set={**SMALL, "schedule.samples": 2})
    cholesky = run.summary["methods"][1]
    assert cholesky["macs"] == 10**3 // 6 + 10**2
    assert cholesky["time_s"] == pytest.approx(cholesky["macs"] / 100e9, rel=1e-6)
    settings = {**SMALL, "schedule.samples": 2, "prices.mac_unit.mac.energy": "4 pJ"}
    dearer = chipsim.run("ou-256", "linear-solve", lanes=1, scope="chip", set=settings)
    assert dearer.summary["methods"][1]["energy_j"] == pytest.approx(2 * cholesky["energy_j"])


def test_samples_are_counted_by_the_slowest_rate() -> None:
    run = chipsim.run("ou-256", "gaussian-sample", lanes=4, set={"matrix.size": 8, "schedule.samples": 500})
    # Slowest rate: condition 5 and largest eigenvalue 1 for the largest element of the matrix at 1 mS over 1 nF.
    assert run.summary["effective_samples"] < 4 * 500
    assert run.summary["effective_samples"] > 4 * 500 * 0.5
    assert run.summary["joules_per_effective_sample"] == pytest.approx(
        4 * run.energy_j / run.summary["effective_samples"]
    )


@pytest.mark.parametrize(
    ("chip", "workload", "settings"),
    [
        ("ou-256", "linear-solve", {**SMALL, "schedule.samples": 20}),
        ("ou-256", "linear-solve", {**SMALL, "schedule.samples": 200, "schedule.target_error": 0.004}),
        ("spu-8", "inverse", {"schedule.samples": 50}),
    ],
    ids=["rescaled", "target", "ringing"],
)
def test_lanes_added_later_are_those_of_one_run(chip: str, workload: str, settings: dict[str, Any]) -> None:
    ready = plan(chip, workload, settings)
    at_once = simulate(ready, 80, seed=3)
    trace = merge_lanes([drive(ready, 64, 3), drive(ready, 16, 3, first_group=1)])
    together = conclude(ready, trace, ready.workload.outcome(ready.program, trace), 3)
    machine = {"wall_s", "kernel_s"}
    assert {k: v for k, v in together.summary.to_json().items() if k not in machine} == {
        k: v for k, v in at_once.summary.to_json().items() if k not in machine
    }
    np.testing.assert_array_equal(trace.observations.answers["answer"], at_once.trace.observations.answers["answer"])


def test_answers_survive_a_file(tmp_path: Path) -> None:
    run = chipsim.run("ou-256", "linear-solve", lanes=2, set={**SMALL, "schedule.samples": 5})
    run.save(tmp_path / "run.h5")
    read = chipsim.load(tmp_path / "run.h5")
    np.testing.assert_array_equal(read.trace.observations.answers["answer"], run.trace.observations.answers["answer"])
    assert run.trace.observations.answers["answer"].shape == (2, 10)
    assert same(read.trace.observations.findings, run.trace.observations.findings)
    assert read.summary == run.summary


def test_a_matrix_of_a_file_counts_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "matrix.npy"
    text = f"""
chipsim: 1
workload: linear-solve
name: mine
matrix: {{ file: {path} }}
schedule: {{ settle: 200 us, samples: 3, spacing: 10 us }}
"""
    (tmp_path / "mine.yaml").write_text(text)
    ids = []
    for matrix in (np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[2.0, 0.5], [0.5, 1.5]])):
        np.save(path, matrix)
        ids.append(chipsim.run("ou-256", str(tmp_path / "mine.yaml"), lanes=1).summary["activity_id"])
    assert ids[0] != ids[1]


def test_the_stochastic_processing_unit_inverts_to_its_floor() -> None:
    """Error of an 8 x 8 inverse: one over the square root of samples, down to what the codes of the banks leave."""
    banks = {"couplers.mismatch": 0, "couplers.bits": 5}
    errors, told, parts = [], [], {}
    for samples in (100, 1_000, 10_000, 300_000):
        run = chipsim.run("spu-8", "inverse", lanes=4, seed=1, set={"schedule.samples": samples, **banks})
        errors.append(run.summary["error"])
        told.append(run.summary["predicted_error"])
        parts = run.summary["predicted_parts"]
    assert errors[0] / errors[1] == pytest.approx(np.sqrt(10), rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(np.sqrt(10), rel=0.25)
    np.testing.assert_allclose(errors[:3], told[:3], rtol=0.25)
    # The floor is one draw of 36 roundings: measured within a factor of two of its expectation, and above the noise.
    assert parts["quantisation"] > parts["noise"]
    assert 0.5 < errors[3] / parts["quantisation"] < 2
    assert errors[3] > 1.2 * parts["noise"]
    finer = chipsim.run(
        "spu-8", "inverse", lanes=4, seed=1, set={"schedule.samples": 300_000, **banks, "couplers.bits": 14}
    )
    assert finer.summary["error"] < 0.75 * errors[3]
