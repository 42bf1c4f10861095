"""Mutated results, weights and tables through all commands that read them: an answer or a line, never a traceback."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from support_cli import call
from support_mutants import mutated

from chipsim.problems.problem import Problem
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

MAX_CPU_S = 5.0
MAX_WAIT_S = 300  # a hang, even on a busy machine
MAX_KIB = 2**20
WEIGHTS = Path(__file__).parents[2] / "workloads" / "weights" / "fashion-dtm-small.h5"


SHORT = {"schedule.sweeps": 30, "schedule.read_every": 10, "schedule.record_every": 5}
FREE = """\
chipsim: 1
extends: tiny
name: free
components:
  clock: { kind: free_running, mean_interval: 100 ns, capacitance: 2 fF }
  rng[*]: { kind: rng, law: ideal }
  couplers: { delay_per_length: 0.5 ns/um }
prices:
  clock.tick: { model: true, grade: assumed, seen: none, source: C V^2 of a trigger of 2 fF }
"""
MAPPED = {
    "chipsim": 1,
    "workload": "ising",
    "name": "mapped",
    "problem": {"given": "arrays"},
    "schedule": {"mode": "sample", "beta": 0.8, "sweeps": 40, "read_every": 10},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A result of each sort: what it holds of its own is in a block of the workload, and in arrays."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "free.yaml").write_text(FREE)
    (folder / "chains.json").write_text('{"0": [0], "1": [1], "2": [4, 5]}')
    triangle = Problem.from_arrays(np.ones((3, 3)) - np.eye(3))
    given = {**MAPPED, "mapping": {"method": "given", "file": str(folder / "chains.json"), "compare": "native"}}
    replicas = {"fabric.size": [6, 6], "schedule.sweeps": 60, "schedule.temper.swap_every": 10}
    digital = {"fabric.size": [4, 4, 4], "schedule.beta_by": "hard_wired", **SHORT}
    plans = {
        "latched": (plan("tiny", "clamped", SHORT), 70),
        "continuous": (plan("spu-8", "inverse", {"schedule.samples": 200}), 2),
        "tempered": (plan("torus-replicas", "temper", replicas), 4),
        "digital": (plan("dsim-1", "spin-glass", digital), 4),
        "delayed": (plan("tiny", "spin-glass", {"couplers.delay_per_length": "0.1 ns/um", **SHORT}), 4),
        "free": (plan(folder / "free.yaml", "spin-glass", SHORT), 4),
        "mapped": (plan("tiny", given, problem=triangle), 4),
    }
    for name, (ready, lanes) in plans.items():
        simulate(ready, lanes).save(folder / f"{name}.h5")
    return [*(folder / f"{name}.h5" for name in plans), WEIGHTS]


class Hang(BaseException):
    """Caught by no command."""


@pytest.fixture
def _no_hang() -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise Hang

    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, stop)
    yield
    _limit(0, 0)


def _limit(cpu_s: float, wait_s: int) -> None:
    """Interrupt what takes longer from now on; 0 for no limit."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    signal.alarm(wait_s)


def commands(path: Path, source: Path, folder: Path, drawn: bool) -> Iterator[tuple[object, ...]]:
    yield "report", path
    yield "report", path, "-v"
    yield "report", path, "--csv", folder / "o.csv", "--json", folder / "o.json"
    yield "report", source, path
    yield "reprice", path, "--prices", "dtca-appendix"
    yield "reprice", path, "--scope", "fabric"
    yield "explain", path
    yield "explain", path, "couplers.toggle"
    yield "diff", path, source
    yield "diff", source, path, "--json"
    yield "cite", path
    yield "quality", path
    yield "report", path, "--answers", folder / "a.json", "--force"
    yield "export", path, "--perfetto", folder / "p.json", "--ert", folder / "e.yaml", "--counts", folder / "c.yaml"
    if drawn:
        yield "report", path, "--html", folder / "o.html"
        yield "report", source, path, "--html", folder / "two.html"


def survive(results: list[Path], folder: Path, seed: int, drawn: bool) -> None:
    """The commands end with 0, or with 2 and one line, and print nothing that a terminal obeys."""
    source, path = results[seed % len(results)], folder / "mutant.h5"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # of all tests of this process so far
    change = mutated(source, path, seed)
    for command in commands(path, source, folder, drawn):
        _limit(MAX_CPU_S, MAX_WAIT_S)
        try:
            result = call(*command)
        except (Exception, Hang) as error:
            raise AssertionError(f"seed {seed}, {change}: {command}") from error
        told = f"seed {seed}, {change}: {command}: {result.output[-500:]}"
        assert result.exit_code == 0 or (result.exit_code == 2 and result.stderr.count("\n") == 1), told
        assert "\x1b" not in result.output, told
    _limit(0, 0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_KIB


@pytest.mark.usefixtures("_no_hang")
@pytest.mark.parametrize("first", [0, 4])
def test_mutants_are_answered_or_refused(first: int, results: list[Path], tmp_path: Path) -> None:
    for seed in range(first, first + 4):
        survive(results, tmp_path, seed, drawn=seed == first)


@pytest.mark.usefixtures("_no_hang")
@pytest.mark.parametrize("seed", [11_856, 11_985])
def test_mutants_that_took_gigabytes(seed: int, results: list[Path], tmp_path: Path) -> None:
    """A text that claims its length, and a total smaller than its parts, of which a bar was drawn."""
    survive(results[:1], tmp_path, seed, drawn=False)


@pytest.mark.slow
@pytest.mark.usefixtures("_no_hang")
@pytest.mark.parametrize("first", range(10_000, 13_000, 100))
def test_thousands_of_mutants_are_answered_or_refused(first: int, results: list[Path], tmp_path: Path) -> None:
    for seed in range(first, first + 100):
        survive(results, tmp_path, seed, drawn=seed % 10 == 0)
