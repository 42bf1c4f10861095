"""Sweeps that cannot be are refused before anything is computed, with place, rule and remedy; or lose nothing done."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from support_cli import call
from support_sweeps import inline_workers, write_sweep

from chipsim.errors import ChipsimError, RunError
from chipsim.sweep import driver, tasks
from chipsim.sweep.driver import Sweep
from chipsim.sweep.spec import read_sweep

FINE = {"cells.relaxation_time": "[50 ns, 100 ns]"}
METRICS = "joules_per_effective_sample, energy_j"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: Any, **named: Any) -> str:
    """What a sweep is refused with; nothing is simulated and no point is written before."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("something was simulated")

    monkeypatch.setattr(tasks, "drive", never)
    path = write_sweep(folder, *arguments, **named)
    result = call("sweep", path, "-o", folder / "out")
    assert result.exit_code == 2, result.output
    assert list((folder / "out").glob("points/*")) == []
    return result.output.replace(str(folder) + "/", "")


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"cells.relaxation": "[50 ns]"}, "sweep.yaml:6:21: axes.cells.relaxation: '50 ns': cells.relaxation: unknown "
         'key "relaxation"; did you mean "relaxation_time"?'),
        ({"cell.relaxation_time": "[50 ns]"}, 'the chip has no "cell"; did you mean "cells"'),
        ({"prices.rng.of.power": "[5 nW]"}, 'no row "rng.of"; did you mean "rng.on"'),
        ({"cells.relaxation_time": "[50, 100]"}, '50: cells.relaxation_time: 50 has no unit; write for'),
        ({"cells.relaxation_time": "[50 ns, 3 V]"}, 'sweep.yaml:6:34: axes.cells.relaxation_time[1]: "3 V" is not'),
        ({"cells.relaxation_time": "[50 mV, 3 V]"}, '"50 mV" is not measured in s'),
        ({"cells.relaxation_time": "{from: 50 ns, to: 1 V, points: 2}"}, '.to: "1 V" is not measured in ns'),
        ({"cells.relaxation_time": "{from: 50 ns, to: 90, points: 2}"}, ".to: 90 has no unit"),
        ({"cells.relaxation_time": "{from: 90 ns, to: 50 ns, points: 2}"}, "the range from 90 ns to 50 ns is empty"),
        ({"cells.relaxation_time": "{from: 0 ns, to: 50 ns, points: 2, spacing: log}"}, "log range needs ends above 0"),
        ({"cells.relaxation_time": "{from: 50 ns, to: 90 ns}"}, "needs points, the number of values"),
        ({"couplers.weight_bits": "{from: 3, to: 5, points: 9}"}, "9 values do not fit into 3 to 5"),
        ({"cells.relaxation_time": "[]"}, "has no values"),
        ({"cells.relaxation_time": "[50 ns, 50 ns]"}, "'50 ns' stands twice"),
        ({"cells.relaxation_time": "50 ns"}, "needs a list of values, or {from: 50 ns"),
        ({"schedule.beta": "[0.3, -1]"}, "-1: schedule.beta"),
        ({"schedule.sweeps": "{from: 1, to: 100000, points: 100000}", "problem.seed": "[1, 2]"}, "200,000 points"),
    ],
)  # fmt: skip
def test_bad_axes(axes: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(tmp_path, monkeypatch, axes)
    assert message in said
    assert said.startswith("sweep.yaml:")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("until: {energy_j: 2 %}", "until: needs max_lanes"),
        ("until: {max_lanes: 128}", "names no metric to be known"),
        ("until: {energy_j: 2, max_lanes: 128}", "until.energy_j: 2 is not a relative width"),
        ("until: {energy_j: 200 %, max_lanes: 128}", "not between 0 % and 100 %"),
        ("until: {energi_j: 2 %, max_lanes: 128}", 'did you mean "energy_j"'),
        ("until: {energy_j: 2 %, max_lanes: 100}", "100 is no multiple of 64"),
        ("until: {energy_j: 2 %, max_lanes: 64}\nlanes: 128", "64 is less than lanes, which is 128"),
        ("until: {energy_j: 2 %, max_lanes: 640}\nlanes: 100", "lanes: 100 is no multiple of 64"),
        ("until: {energy_j: 2 %, max_lanes: 640, max_time: 60}", "until.max_time: 60 has no unit"),
        ("maximise: [energy]", '"energy" is not among the metrics; did you mean "energy_j"'),
        ("reference: {cells.relaxation_time: 70 ns}", "'70 ns' is not a value of the axis"),
        ("reference: {clock.phase: 70 ns}", "reference.clock.phase: is no axis"),
        ("set: {cells.relaxation_time: 70 ns}", "set.cells.relaxation_time: is an axis too"),
        ("points: {random: 3}\nreference: {cells.relaxation_time: 50 ns}", "random points are compared with the first"),
        ("ponts: grid", 'unknown key "ponts"; did you mean "points"?'),
        ("prices: nobodys", 'there is no price table "nobodys"'),
    ],
)
def test_contradictions(more: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert message in refusal(tmp_path, monkeypatch, FINE, more)


def test_an_unknown_metric_is_named_with_its_neighbour_and_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call("sweep", write_sweep(tmp_path, FINE, metrics="energy_jj"), "-o", out)
    assert result.exit_code == 2
    assert len(list((out / "points").iterdir())) == 1  # noticed at the first point
    assert 'no run has a metric "energy_jj"; did you mean "energy_j"' in result.output
    assert call("sweep", write_sweep(tmp_path, FINE, metrics="energy_j"), "-o", out).exit_code == 0


def test_folders_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_sweep(tmp_path, FINE)
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/here")):
        result = call("sweep", path, "-o", folder)
        assert result.exit_code == 2
        assert f"{folder}: cannot be written" in result.output

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    result = call("sweep", path, "-o", tmp_path / "readonly")
    assert "Read-only file system; choose another -o" in result.output


def test_a_full_disk_loses_nothing_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_sweep(tmp_path, {"cells.relaxation_time": "[50 ns, 60 ns, 70 ns, 80 ns]"})
    real, left = os.fsync, [5]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        Sweep(read_sweep(str(path)), tmp_path / "out").run()
    monkeypatch.setattr(os, "fsync", real)
    kept = sorted((tmp_path / "out" / "points").glob("*.json"))
    assert len(kept) == 2
    times = [point.stat().st_mtime_ns for point in kept]
    assert len(Sweep(read_sweep(str(path)), tmp_path / "out").run()["rows"]) == 4
    assert [point.stat().st_mtime_ns for point in kept] == times


def test_an_executor_that_does_not_exist(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, FINE)
    result = call("sweep", path, "-o", tmp_path / "out", "--executor", "cluster")
    assert '"cluster" is neither local nor dask://host:port' in result.output
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from chipsim.sweep import executors

    monkeypatch.setattr(executors, "CONNECT_TIMEOUT_S", 0.5)
    with pytest.raises(RunError, match="no Dask scheduler answers"), executors.workers("dask://127.0.0.1:9", 1):
        pass


def test_report_of_a_folder_without_a_sweep(tmp_path: Path) -> None:
    result = call("report", tmp_path)
    assert result.exit_code == 2
    assert "no sweep was kept here" in result.output
    (tmp_path / "sweep.h5").write_bytes(b"nonsense")
    assert "damaged" in call("report", tmp_path).output


def test_missing_files_are_named() -> None:
    with pytest.raises(ChipsimError, match=r'there is no sweep "relaxatoin"; did you mean "relaxation"'):
        read_sweep("relaxatoin")
