"""`chipsim run --replicates N`: one result a seed, and means with t-intervals."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from support_cli import call
from support_errors import code_of

import chipsim
from chipsim.errors import RunError
from chipsim.runs import simulate

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


@pytest.mark.parametrize("name", ["", "..", "/"])
def test_files_need_a_name_to_begin_with(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = call(*RUN, "-o", name)
    assert refused.exit_code == 2
    assert "is a folder; name a file in it" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_seeds_beyond_the_last_one_are_refused_before_any_work(tmp_path: Path) -> None:
    last = 2**63 - 1
    words = (*RUN[:-4], "-o", tmp_path / "a.h5", "--replicates", "2", "--seed")
    refused = call(*words, last)
    assert code_of(refused) == "run.argument"
    assert f"2 replicates end at {last + 1}, above {last}" in refused.stderr
    assert list(tmp_path.iterdir()) == []
    assert call(*words, last - 1).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"a-seed-{last - 1}.h5", f"a-seed-{last}.h5"}


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), RunError("it diverged", code="run.not-finite")])
def test_what_was_saved_is_told_where_one_fails(
    stopped: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = simulate.drive

    def until_seed_5(ready: object, lanes: int, seed: int, *more: object) -> object:
        if seed == 5:
            raise stopped
        return drive(ready, lanes, seed, *more)

    monkeypatch.setattr(simulate, "drive", until_seed_5)
    done = call(*RUN, "-o", tmp_path / "a.h5")
    interrupted = isinstance(stopped, KeyboardInterrupt)
    assert (done.exit_code, done.stdout) == (130 if interrupted else 2, "")
    assert f"2 of 4 replicates are saved: {tmp_path / 'a-seed-3.h5'} to {tmp_path / 'a-seed-4.h5'}\n" in done.stderr
    assert ("interrupted: this run was not saved" if interrupted else "it diverged\n") in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"a-seed-3.h5", "a-seed-4.h5"}
    monkeypatch.undo()
    assert call(*RUN, "-o", tmp_path / "a.h5").exit_code == 0
    assert len(list(tmp_path.iterdir())) == 4


def test_thousands_of_files_are_checked_in_seconds(tmp_path: Path) -> None:
    """Each was looked for beside all others, and leftovers of each among them: 10,000 took most of a minute."""
    many = 10_000
    for seed in range(3, 3 + many):
        (tmp_path / f"a-seed-{seed}.h5").touch()
    (tmp_path / f"a-seed-{2 + many}.h5").write_text("a,b\n")
    begin = time.process_time()
    refused = call(*RUN[:-1], many, "-o", tmp_path / "a.h5")
    assert f"a-seed-{2 + many}.h5: exists, and its content is CSV" in refused.stderr
    assert time.process_time() - begin < 10
