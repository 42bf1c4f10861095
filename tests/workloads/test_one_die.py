"""The range that is told for one die holds as many dies as it says; every report says what "predicted" is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call

import chipsim

SMALL: dict[str, Any] = {"matrix.size": 10, "schedule.settle": "400 us", "schedule.samples": 20}
QUIET: dict[str, Any] = {"noise.sigma": "1 uV", "couplers.bits": 24, "inputs.bits": 20, "readout.bits": 20}
EARLY: dict[str, Any] = {"schedule.settle": "1 us", "schedule.samples": 20, "schedule.spacing": "0.1 us"}
WARM: dict[str, Any] = {"couplers.drift": "2000 ppm/K", "thermostat.tolerance": "2 K", "couplers.mismatch": 0}

CASES: dict[str, tuple[str, str, dict[str, Any], int, bool]] = {
    "mismatch": ("ou-256", "linear-solve", {**SMALL, **QUIET, "couplers.mismatch": 0.003}, 1, False),
    "noise": ("ou-256", "linear-solve", {**SMALL, "noise.sigma": "40 mV"}, 4, False),
    "matrices, codes": ("ou-256", "linear-solve", {**SMALL, "noise.sigma": "1 uV"}, 1, True),
    "one temperature": ("ou-256", "linear-solve", {**SMALL, **QUIET, **WARM}, 1, False),
    "inverse": (
        "spu-8",
        "inverse",
        {"couplers.mismatch": 0.05, "couplers.bits": 12, "schedule.samples": 2000},
        2,
        False,
    ),
    "inverse, unsettled": ("spu-8", "inverse", EARLY, 16, False),
}


def covered(case: str, dies: int) -> float:
    """Share of dies whose measured error lies in the range that is told for it."""
    chip, workload, settings, lanes, matrices = CASES[case]
    inside = []
    for seed in range(dies):
        own = {"matrix.seed": seed, "right_side_seed": seed} if matrices else {}
        summary = chipsim.run(chip, workload, lanes=lanes, seed=seed, set={**settings, **own}).summary
        one = summary["predicted_error_of_one_die"]
        assert one["low"] < summary["predicted_error"] < one["high"]
        inside.append(one["low"] <= summary["error"] <= one["high"])
    return float(np.mean(inside))


@pytest.mark.parametrize("case", ["mismatch", "inverse, unsettled"])
def test_one_die_lies_in_its_range(case: str) -> None:
    """Binomial with p = 0.95 and n = 60: one sigma is 2.8 %, so 0.87 is three below."""
    assert covered(case, 60) >= 0.87


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_ranges_hold_nineteen_dies_of_twenty(case: str) -> None:
    """Binomial with p = 0.95 and n = 300: one sigma is 1.3 %; a gamma distribution stands for sums of squares."""
    assert 0.90 <= covered(case, 300) <= 0.985


def test_reports_say_that_predictions_are_rms_over_dies(tmp_path: Path) -> None:
    result = call(
        "run", "spu-8", "inverse", "--lanes", 2, "--set", "schedule.samples=50", "-o", tmp_path / "run.h5", "-v"
    )
    text = " ".join(result.stdout.split())
    assert "relative, this die; predicted" in text
    assert "rms over dies," in text
    assert "for a single die (95 %)" in text
    assert "Predicted errors by cause, rms over dies" in text
    page = tmp_path / "page.html"
    assert call("report", tmp_path / "run.h5", "--html", page).exit_code == 0
    assert "rms over dies," in page.read_text()
    assert "Predicted errors by cause, rms over dies" in page.read_text()
