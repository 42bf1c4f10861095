"""The size of a run is estimated before anything is allocated, and refused where it exceeds what there is."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support_cli import call

import chipsim
from chipsim.errors import RunError
from chipsim.memory import available_bytes, show_bytes
from chipsim.runs.plan import plan
from chipsim.runs.size import Size, check_memory, size_of
from chipsim.sweeps.tasks import Task, compute

# CPU time, peak memory and bytes of the result of a run in a process of its own.
MEASURE = """
import json, os, resource, sys, time
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
chip, workload, settings, lanes, path = json.loads(sys.argv[1])
ready = plan(chip, workload, settings)
simulate(ready, lanes=1, threads=1)  # compiles
begin = time.process_time()
simulate(ready, lanes, threads=1).save(path)
spent = time.process_time() - begin
print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, os.path.getsize(path))
"""
SHORT = {"schedule.sweeps": 20}
CASES: list[tuple[str, dict[str, Any], int]] = [
    ("tiny", SHORT, 64),
    ("torus-2d", {**SHORT, "fabric.size": [700, 700]}, 64),
    ("torus-2d", {**SHORT, "fabric.size": [100, 100]}, 6400),
    ("tiny", SHORT, 50_000),
    ("tiny", {"schedule.sweeps": 10_000, "schedule.record_every": 1}, 64),
    ("tiny", {"schedule.sweeps": 10_000, "schedule.read_every": 1}, 64),
    ("dtca-70", {"schedule.sweeps": 2000}, 64),
    ("dtca-70", {"schedule.sweeps": 200, "schedule.record_every": 1}, 640),
]
# Below, CPU time is that of steps that do not grow.
MIN_S = 1.0


@pytest.mark.slow
@pytest.mark.parametrize(("chip", "settings", "lanes"), CASES)
def test_estimates_are_within_a_factor_of_2(chip: str, settings: dict[str, Any], lanes: int, tmp_path: Path) -> None:
    case = json.dumps([chip, "spin-glass", settings, lanes, str(tmp_path / "run.h5")])
    done = subprocess.run([sys.executable, "-c", MEASURE, case], capture_output=True, text=True, check=True)
    spent, memory, disk = map(float, done.stdout.split())
    estimate = size_of(plan(chip, "spin-glass", settings), lanes)
    assert memory / 2 < estimate.total < memory * 2, (str(estimate), show_bytes(int(memory)))
    assert disk / 3 < estimate.disk < disk * 3, (str(estimate), show_bytes(int(disk)))
    # Processors and their load differ.
    assert estimate.cpu_s is not None
    assert spent / 3 < estimate.cpu_s < spent * 3 or max(spent, estimate.cpu_s) < MIN_S, (str(estimate), spent)


def test_time_grows_linearly_with_sweeps_lanes_and_records() -> None:
    def cpu_s(lanes: int, **settings: Any) -> float:
        ready = plan("tiny", "spin-glass", {f"schedule.{key}": value for key, value in settings.items()})
        found = size_of(ready, lanes).cpu_s
        assert found is not None
        return found

    base = cpu_s(64, sweeps=1000, record_every="never")
    # 16 cells with 48 ends of couplers, and one read.
    sweep_s, fixed_s = 16 * 85e-9 + 48 * 5.5e-9, 64 * 1e-4 + 2e-3
    assert base == pytest.approx(1000 * sweep_s + fixed_s)
    assert cpu_s(64, sweeps=10_000, record_every="never") == pytest.approx(10_000 * sweep_s + fixed_s)
    for groups in (1, 100):
        often, seldom = (cpu_s(64 * groups, sweeps=1000, record_every=spacing) for spacing in (1, 10))
        assert often - seldom == pytest.approx(900 * (280e-6 + 16 * groups * 160e-9), rel=0.01)
    assert size_of(plan("spu-8", "inverse"), 4).cpu_s is None


def test_memory_grows_linearly_with_lanes_and_records() -> None:
    ready = plan("tiny", "spin-glass", {"schedule.sweeps": 1000, "schedule.record_every": 1})
    sizes = [size_of(ready, lanes).memory["records"] for lanes in (64, 640, 6400)]
    assert sizes == [sizes[0], 10 * sizes[0], 100 * sizes[0]]


def test_check_prints_the_size_and_run_refuses_what_exceeds_a_limit(tmp_path: Path) -> None:
    settings = ["--set", "schedule.sweeps=100000", "--set", "schedule.record_every=1"]
    checked = call("check", "tiny", "spin-glass", *settings)
    assert "a run of 64 lanes takes about 4.78 GiB of memory" in checked.stdout
    assert checked.stdout.splitlines()[-2].endswith(" s of one core")
    assert f"records {show_bytes(100_000 * 64 * (32 + 3) * 22)}" in checked.stdout
    path = tmp_path / "run.h5"
    refused = call("run", "tiny", "spin-glass", *settings, "--max-memory", "1 GiB", "-o", path)
    assert (refused.exit_code, path.exists()) == (2, False)
    assert refused.stderr.count("\n") == 1
    for part in ("records", "chipsim 200 MiB", "--max-memory allows 1 GiB"):
        assert part in refused.stderr
    wrong = call("run", "tiny", "spin-glass", "--max-memory", "much", "-o", path)
    assert (wrong.exit_code, "is not a number with a unit" in wrong.stderr) == (2, True)


def test_runs_from_python_and_points_of_sweeps_are_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chipsim.runs.size.available_bytes", lambda: 2**27)
    with pytest.raises(RunError, match="this machine has available 128 MiB") as caught:
        chipsim.run("tiny", "spin-glass", set=SHORT)
    assert caught.value.code == "run.too-large"
    (record,) = compute(Task("tiny", "spin-glass", None, "system", (SHORT,), 0, 64, None)).records
    assert record["status"] == "failed"  # another machine may have more, so it is tried again
    assert "this machine has available 128 MiB" in record["error"]


def test_what_the_machine_has_is_the_default() -> None:
    there = available_bytes()
    assert there is not None
    check_memory(Size({"chipsim": 2**20}, 0))
    with pytest.raises(RunError, match="this machine has available") as caught:
        check_memory(Size({"lanes": 2**60}, 0))
    assert caught.value.code == "run.too-large"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("spu-8", "gaussian-sample", "--set", "matrix.size=10000"), "10,000 unknowns for 8 cells"),
        (("spu-8", "inverse", "--set", "matrix.size=10000"), "10,000 unknowns for"),
        (("any-graph", "spin-glass", "--set", "fabric={complete: 5000}"), "more than 4,096 colours"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_made(arguments: tuple[str, ...], told: str) -> None:
    """It took minutes."""
    begin = time.process_time()
    result = call("check", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert time.process_time() - begin < 20


def test_sizes_are_shown_with_three_digits() -> None:
    assert [show_bytes(size) for size in (0, 1000, 1024, 5 * 2**30)] == ["0 B", "1000 B", "1 KiB", "5 GiB"]
