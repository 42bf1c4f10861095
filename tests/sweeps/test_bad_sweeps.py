"""Sweeps that cannot be are refused before anything is computed, with place, rule and remedy; or lose nothing done."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from support_cli import call
from support_errors import code_of, error_of, refused
from support_sweeps import inline_workers, write_sweep

from chipsim.errors import ChipsimError
from chipsim.sweeps import driver, tasks
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep

FINE = {"cells.relaxation_time": "[50 ns, 100 ns]"}
METRICS = "joules_per_effective_sample, energy_j"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: Any, **named: Any) -> ChipsimError:
    """The error that a sweep is refused with; nothing is simulated and no point is written before."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("something was simulated")

    monkeypatch.setattr(tasks, "drive", never)
    path = write_sweep(folder, *arguments, **named)
    result = call("sweep", path, "-o", folder / "out")
    assert list((folder / "out").glob("points/*")) == []
    return error_of(result)


@pytest.mark.parametrize(
    ("axes", "code"),
    [
        ({"cells.relaxation": "[50 ns]"}, "spec.unknown-key"),
        ({"cell.relaxation_time": "[50 ns]"}, "spec.unknown-path"),
        ({"prices.rng.of.power": "[5 nW]"}, "price.unknown-row"),
        ({"cells.relaxation_time": "[50, 100]"}, "spec.no-unit"),
        ({"cells.relaxation_time": "[50 ns, 3 V]"}, "spec.wrong-unit"),
        ({"cells.relaxation_time": "[50 mV, 3 V]"}, "spec.wrong-unit"),
        ({"cells.relaxation_time": "{from: 50 ns, to: 1 V, points: 2}"}, "spec.wrong-unit"),
        ({"cells.relaxation_time": "{from: 50 ns, to: 90, points: 2}"}, "spec.no-unit"),
        ({"cells.relaxation_time": "{from: 90 ns, to: 50 ns, points: 2}"}, "sweep.bad-range"),
        ({"cells.relaxation_time": "{from: 0 ns, to: 50 ns, points: 2, spacing: log}"}, "sweep.bad-range"),
        ({"cells.relaxation_time": "{from: 50 ns, to: 90 ns}"}, "spec.missing-key"),
        ({"couplers.weight_bits": "{from: 3, to: 5, points: 9}"}, "sweep.too-many-values"),
        ({"cells.relaxation_time": "[]"}, "sweep.no-values"),
        ({"cells.relaxation_time": "50 ns"}, "spec.wrong-type"),
        ({"schedule.beta": "[0.3, -1]"}, "spec.out-of-range"),
        ({"schedule.sweeps": "{from: 1, to: 100000, points: 100000}", "problem.seed": "[1, 2]"}, "spec.too-large"),
    ],
)  # fmt: skip
def test_bad_axes(axes: dict[str, str], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refusal(tmp_path, monkeypatch, axes)
    assert error.code == code
    assert str(error).startswith(f"{tmp_path}/sweep.yaml:")


def test_the_answer_names_the_value_its_place_and_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(refusal(tmp_path, monkeypatch, {"cells.relaxation": "[50 ns]"})) == (
        f"{tmp_path}/sweep.yaml:6:21: axes.cells.relaxation: '50 ns': cells.relaxation: unknown "
        'key "relaxation"; did you mean "relaxation_time"?'
    )
    error = refusal(tmp_path, monkeypatch, {"cells.relaxation_time": "[50 ns, 3 V]"})
    assert str(error).startswith(f"{tmp_path}/sweep.yaml:6:34: axes.cells.relaxation_time[1]: ")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("until: {energy_j: 2 %}", "spec.missing-key"),
        ("until: {max_lanes: 128}", "spec.missing-key"),
        ("until: {energy_j: 2, max_lanes: 128}", "spec.no-unit"),
        ("until: {energy_j: 200 %, max_lanes: 128}", "spec.out-of-range"),
        ("until: {energy_j: 1e-300 %, max_lanes: 128}", "spec.out-of-range"),
        ("until: {energi_j: 2 %, max_lanes: 128}", "sweep.unknown-metric"),
        ("until: {energy_j: 2 %, max_lanes: 100}", "sweep.bad-lanes"),
        ("until: {energy_j: 2 %, max_lanes: 64}\nlanes: 128", "sweep.too-few-lanes"),
        ("until: {energy_j: 2 %, max_lanes: 640}\nlanes: 100", "sweep.bad-lanes"),
        ("until: {energy_j: 2 %, max_lanes: 640, max_time: 60}", "spec.no-unit"),
        ("maximise: [energy]", "sweep.unknown-metric"),
        ("reference: {cells.relaxation_time: 70 ns}", "sweep.bad-reference"),
        ("reference: {clock.phase: 70 ns}", "sweep.bad-reference"),
        ("set: {cells.relaxation_time: 70 ns}", "spec.duplicate"),
        ("points: {random: 3}\nreference: {cells.relaxation_time: 50 ns}", "sweep.bad-reference"),
        ("ponts: grid", "spec.unknown-key"),
        ("prices: nobodys", "spec.unknown-preset"),
    ],
)
def test_contradictions(more: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path, monkeypatch, FINE, more).code == code


@pytest.mark.parametrize(
    ("metrics", "more", "place", "hint"),
    [
        ("energy_jj", "", ":7:11: metrics[0]", 'did you mean "energy_j"'),
        ("energy_j, energy_to_solution_j", "", ":7:21: metrics[1]", 'did you mean "energy_to_solution_j.value"'),
        (
            "energy_j",
            "replicates: {seed: 2}\nuntil: {accuracy: 1 %, max_replicates: 4}",
            ":9:19: until",
            "its own are ",
        ),
        ("energy_j", "constraints: [energy_k < 1]", ":8:15: constraints[0]", 'did you mean "energy_j"'),
        ("workload.figures.enegy_best", "", ":7:11: metrics[0]", "of ising has a metric"),
    ],
)
def test_metrics_that_the_workload_lacks(
    metrics: str, more: str, place: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refusal(tmp_path, monkeypatch, FINE, more, metrics=metrics)
    assert error.code == "sweep.unknown-metric"
    assert place in str(error)
    assert hint in str(error)
    checked = call("check", tmp_path / "sweep.yaml")
    assert (code_of(checked), checked.stderr.strip()) == (error.code, str(error))


def test_a_metric_that_only_a_run_can_lack_is_noticed_at_the_first_and_loses_nothing(tmp_path: Path) -> None:
    """Which keys a block has depends on the chip."""
    out = tmp_path / "out"
    path = write_sweep(tmp_path, FINE, metrics="energy_by_group_j.fabrik")
    assert call("check", path).exit_code == 0
    result = call("sweep", path, "-o", out)
    assert code_of(result) == "sweep.unknown-metric"
    assert len(list((out / "points").iterdir())) == 1
    assert 'no run has a metric "energy_by_group_j.fabrik"; did you mean "energy_by_group_j.fabric"' in result.output
    assert call("sweep", write_sweep(tmp_path, FINE, metrics="energy_j"), "-o", out).exit_code == 0


def test_folders_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_sweep(tmp_path, FINE)
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/here")):
        result = call("sweep", path, "-o", folder)
        assert code_of(result) == "file.not-writable"
        assert f"{folder}: " in result.stderr

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    result = call("sweep", path, "-o", tmp_path / "readonly")
    assert "Read-only file system; choose another -o" in result.output


def test_a_full_disk_loses_nothing_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_sweep(tmp_path, {"cells.relaxation_time": "[50 ns, 60 ns, 70 ns, 80 ns]"})
    Sweep(read_sweep(str(path)), tmp_path / "warm").run()  # caches are written
    real, left = os.fsync, [5]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with refused("file.not-writable", "No space left on device"):
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
    assert code_of(result) == "run.argument"
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from chipsim.sweeps import executors

    monkeypatch.setattr(executors, "CONNECT_TIMEOUT_S", 0.5)
    with refused("sweep.no-executor", "127.0.0.1:9"), executors.workers("dask://127.0.0.1:9", 1):
        pass


def test_report_of_a_folder_without_a_sweep(tmp_path: Path) -> None:
    result = call("report", tmp_path)
    assert code_of(result) == "result.none"
    (tmp_path / "sweep.h5").write_bytes(b"nonsense")
    assert code_of(call("report", tmp_path)) == "result.damaged"


def test_missing_files_are_named() -> None:
    with refused("spec.unknown-preset", 'did you mean "relaxation"?'):
        read_sweep("relaxatoin")
