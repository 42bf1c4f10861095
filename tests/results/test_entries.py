"""Two results with different ids say what differs."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import pytest

from chipsim.report.terminal import diff_lines
from chipsim.results.diff import diff
from chipsim.results.entries import EntryDiff, differing_entries
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.sources.modules import short_hash

SHORT = {"schedule.sweeps": 20}


def simulated(seed: int = 0, **more: Any) -> Run:
    return simulate(plan("tiny", "clamped", {**SHORT, **more}), lanes=1, seed=seed)


@pytest.fixture(scope="module")
def tiny() -> Run:
    return simulated()


def renamed(run: Run, identity: dict[str, Any]) -> Run:
    """The run as if it had been made under other circumstances."""
    core = run.summary.core
    request = replace(core.request, activity_id=short_hash(identity))
    return replace(run, identity=identity, summary=replace(run.summary, core=replace(core, request=request)))


def test_the_id_is_the_hash_of_what_is_stored(tiny: Run, tmp_path: Path) -> None:
    tiny.save(tmp_path / "run.h5")
    found = load(tmp_path / "run.h5")
    assert found.identity == tiny.identity
    assert short_hash(found.identity) == found.summary.core.request.activity_id


def test_parameters_are_shown_as_they_were_written(tiny: Run) -> None:
    other = simulated(seed=1, **{"cells.relaxation_time": "50 ns", "schedule.sweeps": 21, "technology.vdd": "0.7 V"})
    found = {entry.name: (entry.a, entry.b) for entry in differing_entries(tiny, other)}
    assert found.pop("cells.relaxation_time") == ("100 ns", "50 ns")
    assert found.pop("schedule.sweeps") == ("20", "21")
    assert found.pop("seed") == ("0", "1")
    assert found.pop("technology.vdd")[1] == "0.7 V"
    assert found == {}


def test_code_and_files_are_named(tiny: Run) -> None:
    other = copy.deepcopy(tiny.identity)
    other["code"]["chipsim.engine.device"] = "0123456789abcdef"
    other["inputs"]["weights"] = "0123456789abcdef"
    other["outside"]["kind dwell_noise"] = "0123456789abcdef"
    del other["components"]["host"]["parameters"]["kind"]
    names = ["host.kind", "code chipsim.engine.device", "file weights", "code of kind dwell_noise"]
    found = differing_entries(tiny, renamed(tiny, other))
    assert [entry.name for entry in found] == names
    assert found[1] == EntryDiff("code chipsim.engine.device", "", "")
    (line,) = [line for line in diff_lines(diff(tiny, renamed(tiny, other))) if line.startswith("ids differ")]
    assert line == f"ids differ in: {names[0]} host -> absent; {'; '.join(names[1:])}"


def test_many_entries_are_counted(tiny: Run) -> None:
    other = {**tiny.identity, "code": dict.fromkeys(tiny.identity["code"], "0")}
    (line,) = [line for line in diff_lines(diff(tiny, renamed(tiny, other))) if line.startswith("ids differ")]
    assert line.endswith(f"; and {len(other['code']) - 12} more")


def test_equal_ids_and_results_of_earlier_versions_say_nothing(tiny: Run, tmp_path: Path) -> None:
    assert differing_entries(tiny, simulated()) == ()
    tiny.save(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        del file["identity"]
    earlier = load(tmp_path / "run.h5")
    assert earlier.identity == {}
    assert differing_entries(earlier, simulated(seed=1)) == ()
