"""A Dask cluster of processes that die: what is finished is kept, and the same command resumes the sweep."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support_sweeps import write_sweep

from chipsim.errors import RunError
from chipsim.sweeps import executors
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.table import read_table

pytest.importorskip("distributed")
POINTS = 6


class Cluster:
    """A scheduler and its workers on this machine."""

    def __init__(self) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{found.getsockname()[1]}"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", self.address.partition(":")[2])
        self.workers = [self.start_worker()]

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", f"tcp://{self.address}", "--nthreads", "1", "--no-nanny")

    @staticmethod
    def _start(what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words, "--no-dashboard"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait_for_workers(self, number: int) -> None:
        from distributed import Client

        with Client(f"tcp://{self.address}", timeout=60) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(number, timeout=60)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.stop()


def swept(folder: Path, executor: str, progress: Callable[[Sweep], None] = lambda sweep: None) -> dict[str, Any]:
    axes = {"cells.relaxation_time": f"{{from: 50 ns, to: 200 ns, points: {POINTS}, spacing: log}}"}
    fabric, schedule = "pattern: square, size: [40, 40]", "mode: sample, beta: 0.3, sweeps: 2000"
    path = write_sweep(folder, axes, fabric_of_chip=fabric, schedule=schedule)
    return Sweep(read_sweep(str(path)), folder / "out", executor, progress=progress).run()


def lost(folder: Path, cluster: Cluster, kill: Callable[[], None]) -> str:
    """What a sweep says that loses its cluster after the first point; the points so far are in its table."""

    def once(sweep: Sweep) -> None:
        if len(sweep.status.records) == 1:
            kill()

    begin = time.monotonic()
    with pytest.raises(RunError) as caught:
        swept(folder, f"dask://{cluster.address}", once)
    assert caught.value.code == "sweep.no-executor"
    assert time.monotonic() - begin < 120
    kept = [row["status"] for row in read_table(folder / "out")["rows"]]
    assert kept
    assert set(kept) == {"done"}
    assert len(kept) < POINTS
    again = swept(folder, "inline")
    assert [row["status"] for row in again["rows"]] == ["done"] * POINTS
    return str(caught.value)


def test_a_scheduler_that_dies_is_named(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.wait_for_workers(1)
    monkeypatch.setattr(executors, "CONNECT_TIMEOUT_S", 3)
    told = lost(tmp_path, cluster, cluster.scheduler.kill)
    assert told.startswith(f"the Dask scheduler at {cluster.address} no longer answers; all finished points are kept")


def test_a_cluster_without_workers_is_given_up(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.wait_for_workers(1)
    monkeypatch.setattr(executors, "WORKERS_TIMEOUT_S", 3.0)
    told = lost(tmp_path, cluster, cluster.workers[0].kill)
    assert told.startswith(f"the Dask scheduler at {cluster.address} has had no workers for 3 s; start some with dask")


def test_a_worker_that_dies_is_replaced_by_another(cluster: Cluster, tmp_path: Path) -> None:
    cluster.workers.append(cluster.start_worker())
    cluster.wait_for_workers(2)

    def kill_one(sweep: Sweep) -> None:
        cluster.workers[0].kill()

    table = swept(tmp_path, f"dask://{cluster.address}", kill_one)
    assert [row["status"] for row in table["rows"]] == ["done"] * POINTS
    assert cluster.workers[0].poll() is not None
