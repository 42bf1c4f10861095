"""Sweeps in processes of their own: killed, interrupted, in company, and on a cluster."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import start
from support_sweeps import write_sweep

from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.table import read_table

# A point takes some tenths of a second, so that a random moment hits the middle of something.
AXES = {
    "cells.relaxation_time": "{{from: 50 ns, to: 200 ns, points: {points}, spacing: log}}",
    "couplers.swing": "[0.1 V, 0.2 V]",
}
FABRIC = "pattern: square, size: [40, 40]"
SCHEDULE = "mode: sample, beta: 0.3, sweeps: 1000"
UNTIL = "until: {joules_per_effective_sample: 5 %, max_lanes: 128}"


def sweep_file(folder: Path, points: int) -> Path:
    axes = {path: values.format(points=points) for path, values in AXES.items()}
    return write_sweep(folder, axes, UNTIL, fabric_of_chip=FABRIC, schedule=SCHEDULE)


def done(folder: Path) -> dict[str, int]:
    """Finished points, and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "points").glob("*.json")}


def finish(*processes: subprocess.Popen[str]) -> list[tuple[str, str]]:
    said = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return said


def killed_until_done(folder: Path, points: int, kills: int, random: np.random.Generator) -> list[set[str]]:
    """Kill a sweep so many times at random moments, then let it finish. Each time: the points that were lost."""
    path, out = sweep_file(folder, points), folder / "out"
    for _ in range(kills):
        before = done(out)
        process = start("sweep", path, "-o", out, "--jobs", 2)
        # From before the first point to the middle of the sweep.
        deadline = time.monotonic() + 60
        wanted = len(before) + int(random.integers(0, 3))
        while len(done(out)) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(float(random.random()) * 0.3)
        process.kill()
        process.communicate()
        after = done(out)
        assert {name: after[name] for name in before} == before, "a finished point was computed again"
    last = done(out)
    finish(start("sweep", path, "-o", out, "--jobs", 2))
    end = done(out)
    assert {name: end[name] for name in last} == last
    return end


def test_two_kills_and_a_resume_give_the_table_of_an_undisturbed_sweep(tmp_path: Path) -> None:
    check_kills(tmp_path, points=5, kills=2)


@pytest.mark.slow
def test_ten_kills_and_a_resume_give_the_table_of_an_undisturbed_sweep(tmp_path: Path) -> None:
    check_kills(tmp_path, points=20, kills=10)


def check_kills(folder: Path, points: int, kills: int) -> None:
    (folder / "killed").mkdir()
    (folder / "calm").mkdir()
    killed_until_done(folder / "killed", points, kills, np.random.default_rng(11))
    calm = sweep_file(folder / "calm", points)
    finish(start("sweep", calm, "-o", folder / "calm" / "out", "--jobs", 2))
    tables = [read_table(folder / name / "out") for name in ("killed", "calm")]
    assert tables[0]["rows"] == tables[1]["rows"]
    assert len(tables[0]["rows"]) == 2 * points
    leftovers = [path.name for path in (folder / "killed" / "out").rglob(".*")]
    assert leftovers == []  # the next command removes what a killed one was writing


def test_two_processes_finish_a_sweep_together(tmp_path: Path) -> None:
    path, out = sweep_file(tmp_path, 8), tmp_path / "out"
    said = finish(*(start("sweep", path, "-o", out, "--jobs", 1) for _ in range(2)))
    computed = [int(re.search(r"planned: (\d+) computed", text)[1]) for text, _ in said]  # type: ignore[index]
    assert sum(computed) == 16
    assert min(computed) >= 1
    assert len(read_table(out)["rows"]) == 16


def test_ctrl_c_keeps_what_is_done_and_says_so(tmp_path: Path) -> None:
    path, out = sweep_file(tmp_path, 40), tmp_path / "out"
    process = start("sweep", path, "-o", out, "--jobs", 2)
    deadline = time.monotonic() + 60
    while len(done(out)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    kept = len(done(out))
    assert f"interrupted: {kept} of 80 points are saved" in said
    assert "Traceback" not in said
    assert len(read_table(out)["rows"]) == kept


def test_a_worker_that_dies_is_survived(tmp_path: Path) -> None:
    path, out = sweep_file(tmp_path, 8), tmp_path / "out"
    process = start("sweep", path, "-o", out, "--jobs", 1)
    deadline = time.monotonic() + 60
    while not done(out) and time.monotonic() < deadline:
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert workers
    subprocess.run(["kill", "-9", workers[-1]], check=True)
    ((_, said),) = finish(process)
    assert "a worker process died" in said
    rows = read_table(out)["rows"]
    assert [row["status"] for row in rows] == ["done"] * 16


def test_a_dask_cluster_computes_the_same(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    path = sweep_file(tmp_path, 2)
    local: dict[str, Any] = Sweep(read_sweep(str(path)), tmp_path / "local", jobs=1).run()
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options, protocol="tcp") as cluster:
        address = cluster.scheduler_address.removeprefix("tcp://")
        remote = Sweep(read_sweep(str(path)), tmp_path / "remote", executor=f"dask://{address}").run()
    assert remote["rows"] == local["rows"]
