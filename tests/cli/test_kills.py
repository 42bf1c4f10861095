"""Commands killed at random moments: no process is left, nothing is lost, and the repeated command ends equal."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from support_chips import chip_text
from support_cli import call, start
from support_results import beside_the_block

from chipsim.sweeps.table import read_table

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SWEEP = """chipsim: 1
name: small
chip: tiny
workload: spin-glass
set: {schedule.sweeps: 20000}
axes: {cells.gain: [0.5, 1, 1.5, 2]}
metrics: [energy_j]
"""
MODEL = """chipsim: 1
workload: dtm
name: small
images: {source: images.npy, size: [2, 3], thresholds: [0.5]}
placement: {seed: 3, colours: one}
noise: [0.3, 0.6]
training: {epochs: 2, steps: 3, batch: 64, warmup: 5, samples: 2, spacing: 3, rate: 0.02, inputs: 4, chains: 16}
generation: {sweeps: 20}
"""


@dataclass(frozen=True)
class Case:
    """A command that is killed.

    Attributes:
        words: without the output, by folder of the inputs.
        output: option and name of what it writes.
        content: what must be equal of two outputs.
        finished: what is finished of an output, by name.
        at_once: whether the output is complete as soon as it exists.
    """

    words: tuple[str, ...]
    output: tuple[str, str]
    content: Callable[[Path], object]
    finished: Callable[[Path], dict[str, bytes]] = lambda path: {}
    at_once: bool = True


def points(path: Path) -> dict[str, bytes]:
    return {point.name: point.read_bytes() for point in (path / "points").glob("*.json")}


def rows(path: Path) -> object:
    return read_table(path)["rows"]


RUN = ("run", "tiny", "spin-glass", "--set", "schedule.sweeps=200000", "--threads", "1")
TRAIN = ("train", "chip.yaml", "model.yaml", "--threads", "1")
CASES = {
    "run": Case(RUN, ("-o", "run.h5"), beside_the_block),
    "sweep": Case(("sweep", "sweep.yaml", "--jobs", "2"), ("-o", "out"), rows, points, False),
    "train": Case(TRAIN, ("-o", "weights.h5"), beside_the_block, at_once=False),
    "report": Case(("report", "given.h5"), ("--html", "page.html"), Path.read_bytes),
}


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the inputs of all cases, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("sweep.yaml").write_text(SWEEP)
    Path("chip.yaml").write_text(chip_text(coupling="set", fabric="pattern: square, size: [4, 4]"))
    Path("model.yaml").write_text(MODEL)
    np.save("images.npy", np.random.default_rng(5).random((60, 2, 3)) > 0.6)
    assert call("run", "tiny", "spin-glass", "--set", "schedule.sweeps=20", "-o", "given.h5").exit_code == 0
    return tmp_path


def finish(*words: object) -> float:
    """Run a command to its end; how long it took."""
    begin = time.monotonic()
    process = start(*words)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return time.monotonic() - begin


def killed(delay: float, number: signal.Signals, *words: object) -> None:
    """Start a command in a process group of its own and end its first process; the others must follow."""
    process = start(*words, process_group=0)
    time.sleep(delay)
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert process.returncode in (0, -number, 130, 1), said
    deadline = time.monotonic() + 20
    while is_group(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_group(process.pid), f"processes are left after {number.name}"


def is_group(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("seed", "kills"), [(1, 2), pytest.param(2, 25, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CASES)
def test_kills_at_random_moments_lose_nothing(name: str, seed: int, kills: int, inputs: Path) -> None:
    case, chance = CASES[name], np.random.default_rng(seed)
    option, output = case.output
    calm, cut = (inputs / folder / output for folder in ("calm", "cut"))
    for path in (calm, cut):
        path.parent.mkdir()
    spent = finish(*case.words, option, calm)
    for number in range(kills):
        before = case.finished(cut)
        killed(float(chance.random()) * spent, SIGNALS[number % 3], *case.words, option, cut)
        after = case.finished(cut)
        assert {key: after[key] for key in before} == before
        if case.at_once and cut.exists():
            assert case.content(cut) == case.content(calm)
    finish(*case.words, option, cut)
    assert case.content(cut) == case.content(calm)
    names = {path.name for path in cut.parent.rglob("*")}
    assert not [name for name in names if name.endswith(".tmp")]
