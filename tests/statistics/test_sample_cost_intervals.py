"""The 95 % interval of joules per effective sample covers the long-run value as often as it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.statistics.effective_samples import Chains, mixing, tau_int
from chipsim.statistics.intervals import block_starts, jackknife_ci95, student_t, without_blocks

REPETITIONS = 200
METRIC = "joules_per_effective_sample"
FAST = {"schedule.sweeps": 250, "schedule.beta": 0.3}


@pytest.mark.parametrize(
    ("chip", "settings"),
    [
        ("tiny", FAST),
        # One mode that is slower than all the others; and many projections that are equally slow.
        pytest.param("tiny", {"schedule.sweeps": 500, "schedule.beta": 0.4}, marks=pytest.mark.slow),
        pytest.param("dtca-70", {"schedule.sweeps": 500, "schedule.beta": 0.1}, marks=pytest.mark.slow),
    ],
    ids=["tiny", "one slow mode", "many equal modes"],
)
def test_interval_covers_the_long_run_value(chip: str, settings: dict[str, Any]) -> None:
    """Binomial with p = 0.95 and n = 200: one sigma is 1.5 %, so 90 to 98 % is about two to three sigma wide."""
    ready = plan(chip, "spin-glass", settings)
    long_run = np.mean([simulate(ready, 1024, seed=10**6 + k).summary[METRIC] for k in range(4)])
    runs = [simulate(ready, 64, seed).summary for seed in range(REPETITIONS)]
    covered = [abs(run[METRIC] - long_run) <= run[f"{METRIC}_ci95_j"] for run in runs]
    assert 0.90 <= np.mean(covered) <= 0.98


def test_jackknife_of_a_mean_is_the_interval_of_the_mean() -> None:
    values = np.random.default_rng(1).standard_normal(32)
    exact = student_t(31) * values.std(ddof=1) / np.sqrt(32)
    assert jackknife_ci95(without_blocks(values)) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("lanes", [2, 31, 64, 100, 4096])
def test_blocks_share_the_lanes_evenly(lanes: int) -> None:
    sizes = np.diff(block_starts(lanes), append=lanes)
    assert sizes.sum() == lanes
    assert sizes.max() - sizes.min() <= 1
    assert len(sizes) == min(lanes, 32)


def test_leaving_out_a_block_is_leaving_out_its_lanes() -> None:
    random = np.random.default_rng(2)
    energies = np.cumsum(random.standard_normal((400, 64)), axis=0) * 0.01 + random.standard_normal((400, 64))
    found = mixing(Chains(energies, np.zeros((400, 64, 0), np.float32)))
    # About the mean of all lanes, which one block in 32 hardly moves.
    assert found.without_block[3] == pytest.approx(tau_int(np.delete(energies, [6, 7], axis=1)), rel=0.05)
    assert found.tau_int == pytest.approx(tau_int(energies), rel=1e-12)
