"""The number of threads has one default: a thread per core that the process may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support_cli import call

import chipsim
from chipsim.runs import simulate as simulation
from chipsim.runs import train as training
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep

CORES = 7


class Asked(Exception):
    """Raised in place of a device, with the number of threads that it was asked for."""


@pytest.fixture(autouse=True)
def _seven_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    def device(program: Any, lanes: int, seed: int, threads: int, first_group: int) -> Any:
        raise Asked(threads)

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(CORES)), raising=False)
    monkeypatch.setattr(simulation, "new_device", device)


def from_command_line(*arguments: object) -> None:
    call("run", "tiny", "spin-glass", "-o", "out.h5", *arguments)


@pytest.mark.parametrize(
    "start",
    [
        lambda: chipsim.run("tiny", "spin-glass"),
        lambda: chipsim.simulate(chipsim.plan("tiny", "spin-glass")),
        lambda: simulation.drive(chipsim.plan("tiny", "spin-glass"), 64, 0),
        lambda: from_command_line(),
    ],
    ids=["chipsim.run", "chipsim.simulate", "drive", "chipsim run"],
)
def test_every_start_of_a_run_uses_the_available_cores(
    start: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Asked) as asked:
        start()
    assert asked.value.args == (CORES,)


def test_threads_that_are_asked_for_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for start in (lambda: chipsim.run("tiny", "spin-glass", threads=3), lambda: from_command_line("--threads", 3)):
        with pytest.raises(Asked) as asked:
            start()
        assert asked.value.args == (3,)


def test_a_training_uses_the_available_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def learner(workload: Any, program: Any, seed: int, threads: int) -> Any:
        raise Asked(threads)

    monkeypatch.setattr(training, "trainable", lambda ready: learner)
    ready = chipsim.plan("tiny", "spin-glass")
    monkeypatch.setattr(type(ready.workload), "untrained", lambda self, fabric: self, raising=False)
    with pytest.raises(Asked) as asked:
        training.train(ready, tmp_path / "w.h5", 0)
    assert asked.value.args == (CORES,)


def test_a_sweep_has_a_process_per_core_and_one_thread_in_each(tmp_path: Path) -> None:
    job = Sweep(read_sweep("relaxation"), tmp_path / "out")
    assert job.jobs == CORES
    from chipsim.sweeps.tasks import _simulate

    task = job._task(job.points[:1])
    ready = chipsim.plan(task.chip, task.workload, task.overrides[0])
    with pytest.raises(Asked) as asked:
        _simulate(task, ready, 64, 0.0)
    assert asked.value.args == (1,)
