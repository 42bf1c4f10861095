"""`chipsim run --replicates N`: one result a seed, and means with t-intervals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from support_cli import call

import chipsim

RUN = ("run", "tiny", "spin-glass", "--set", "schedule.sweeps=20", "--lanes", "8", "--seed", "3", "--replicates", "4")


def test_replicates_are_the_runs_of_their_seeds(tmp_path: Path) -> None:
    found = call(*RUN, "-o", tmp_path / "a.h5", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    paths = [tmp_path / f"a-seed-{seed}.h5" for seed in range(3, 7)]
    assert told["results"] == [str(path) for path in paths]
    assert not (tmp_path / "a.h5").exists()
    runs = [chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 20}, lanes=8, seed=seed) for seed in range(3, 7)]
    assert [chipsim.load(path).summary["run_id"] for path in paths] == [run.summary["run_id"] for run in runs]
    values = [run.energy_j for run in runs]
    energy = told["metrics"]["energy_j"]
    assert energy["values"] == values
    assert energy["mean"] == pytest.approx(np.mean(values), rel=1e-12)
    width = stats.t.ppf(0.975, 3) * stats.sem(values)
    assert width > 0
    assert energy["ci95"] == pytest.approx(width, rel=1e-9)


def test_means_are_printed_with_interval_and_range(tmp_path: Path) -> None:
    printed = call(*RUN, "-o", tmp_path / "a.h5").stdout
    assert "tiny on spin-glass, 4 replicates, seeds 3 to 6" in printed
    (line,) = (line for line in printed.splitlines() if line.startswith("energy_j "))
    assert len([word for word in line.split() if word.endswith("J")]) == 4
    # All take the same time: no width.
    (line,) = (line for line in printed.splitlines() if line.startswith("elapsed_s "))
    assert len([word for word in line.split() if word.endswith("s")]) == 4  # the name, and three times
    assert not any(line.startswith("couplers ") for line in printed.splitlines())  # the same in all
    assert f"results: {tmp_path / 'a-seed-3.h5'} to {tmp_path / 'a-seed-6.h5'}" in printed


def test_no_replicate_replaces_an_input(tmp_path: Path) -> None:
    chip = tmp_path / "c-seed-4.h5"
    chip.write_text("chipsim: 1\nextends: tiny\nname: mine\n")
    refused = call("run", chip, *RUN[2:], "-o", tmp_path / "c.h5")
    assert refused.exit_code == 2
    assert "is an input of this command" in refused.output
    assert not (tmp_path / "c-seed-3.h5").exists()
