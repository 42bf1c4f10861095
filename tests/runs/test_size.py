"""The size of a run is estimated before anything is allocated, and refused where it exceeds what there is."""

from __future__ import annotations

import re
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call

import chipsim
from chipsim.engine.cpu_time import START_S, command_s, on_this_machine
from chipsim.errors import RunError
from chipsim.memory import available_bytes, show_bytes
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.runs.size import Size, check_memory, size_of
from chipsim.runs.train import size_of_its_training
from chipsim.sweeps.tasks import Task, compute

SHORT = {"schedule.sweeps": 20}


def test_time_grows_linearly_with_sweeps_lanes_and_records() -> None:
    def cpu_s(lanes: int, **settings: Any) -> float:
        ready = plan("tiny", "spin-glass", {f"schedule.{key}": value for key, value in settings.items()})
        found = size_of(ready, lanes).cpu_s
        assert found
        return found

    base = cpu_s(64, sweeps=1000, record_every="never")
    # 16 cells with 48 ends of couplers, and one read.
    sweep_s, fixed_s = 16 * 85e-9 + 48 * 5.5e-9, 64 * 1e-4 + 2e-3 + 24 * 0.6e-6
    assert base == pytest.approx(1000 * sweep_s + fixed_s)
    assert cpu_s(64, sweeps=10_000, record_every="never") == pytest.approx(10_000 * sweep_s + fixed_s)
    for groups in (1, 100):
        often, seldom = (cpu_s(64 * groups, sweeps=1000, record_every=spacing) for spacing in (1, 10))
        drawn = sum(sign * min(2**16, records * 64 * groups) for sign, records in ((1, 1000), (-1, 100)))
        records_s = 900 * (280e-6 + groups * (16 * 160e-9 + 64 * 5e-6))
        assert often - seldom == pytest.approx(records_s + drawn * 50e-6, rel=0.01)


@pytest.mark.parametrize(("cells", "alone", "delayed"), [(70, 0.9, 0.5), (1000, 0.32, 0.24)])
def test_cells_in_random_order_take_longer(cells: int, alone: float, delayed: float) -> None:
    """Beside the same chip with a clock, by the rates of `make bench`; the estimate did not know of them."""
    free = {"kind": "free_running", "mean_interval": "100 ns", "capacitance": "2 fF"}
    found = []
    for changes in ({}, {"clock": free}, {"clock": free, "couplers.delay_per_length": "1.7 ns/um"}):
        chip = {"fabric": {"pattern": "square", "size": [cells, cells]}, **changes}
        quiet = {"schedule.sweeps": 1000, "schedule.record_every": "never", "schedule.read_every": "never"}
        ready, none = (plan("torus-2d", "spin-glass", {**chip, **quiet, "schedule.sweeps": n}) for n in (1000, 10))
        found.append(size_of(ready, 64).cpu_s - size_of(none, 64).cpu_s)
    assert found[0] / found[1] == pytest.approx(alone, rel=0.01)
    assert found[0] / found[2] == pytest.approx(delayed, rel=0.01)


def test_what_is_printed_is_what_a_command_takes_with_its_start() -> None:
    printed = call("check", "tiny", "spin-glass", "--set", "schedule.sweeps=4").stdout.splitlines()[-2]
    found = re.search(r"and ([\d.]+) s of one core$", printed)
    assert found is not None
    assert START_S <= float(found[1]) < START_S + 0.8
    assert command_s(10.0) == START_S + on_this_machine(10.0)


def test_memory_grows_linearly_with_lanes_and_records() -> None:
    ready = plan("tiny", "spin-glass", {"schedule.sweeps": 1000, "schedule.record_every": 1})
    sizes = [size_of(ready, lanes).memory["records"] for lanes in (64, 640, 6400)]
    assert sizes == [sizes[0], 10 * sizes[0], 100 * sizes[0]]


@pytest.mark.parametrize("projections", [0, 16])
def test_memory_of_many_lanes_is_no_more_than_estimated(projections: int) -> None:
    """The comparison with Boltzmann's law once took a number for each pair of lanes: 3 GiB of 20,000."""
    settings = {"schedule.sweeps": 4, "schedule.record_every": 1, "schedule.projections": projections}
    ready = plan("tiny", "spin-glass", settings)
    simulate(ready, lanes=20_000, threads=1)  # compiling takes memory, too
    tracemalloc.start()
    try:
        run = simulate(ready, lanes=20_000, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "fitted_beta" in run.summary.workload.figures
    assert peak < size_of(ready, 20_000).total


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


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("tiny", "spin-glass", "--set", "schedule.sweeps=100000", "--set", "schedule.record_every=1"), "records"),
        (("tiny", "spin-glass", "--set", "schedule.sweeps=100000", "--set", "schedule.read_every=1"), "reads"),
        (("spu-8", "inverse", "--set", "schedule.samples=1000000"), "readings"),
        (("tiny", "spin-glass", "--lanes", "1000000"), "lanes"),
        (("dtca-70", "spin-glass", "--set", "fabric.size=[1000, 1000]"), "chip"),
    ],
)
def test_the_estimate_is_the_one_limit_of_every_part(words: tuple[str, ...], part: str, tmp_path: Path) -> None:
    """Refused by the estimate with the largest part named, before anything is simulated."""
    refused = call("run", *words, "--max-memory", "300 MiB", "-o", tmp_path / "run.h5")
    assert refused.exit_code == 2
    found = re.search(r"memory \((.*?)\)", refused.stderr)
    assert found is not None
    sizes = {name: number for name, number, _ in re.findall(r"(\w+) ([\d.]+) (\w?i?B)", found[1])}
    assert part in sizes
    assert refused.stderr.rstrip().endswith("--max-memory allows 300 MiB; use fewer lanes, cells, records or reads")
    assert list(tmp_path.iterdir()) == []


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


def test_check_prints_the_size_of_a_training_and_train_refuses_what_exceeds_a_limit(tmp_path: Path) -> None:
    images = tmp_path / "images.npy"
    np.save(images, np.random.default_rng(1).random((2000, 28, 28)) > 0.6)
    settings = ["--set", f"images.source={images}"]
    checked = call("check", "dtca-70", "fashion-dtm-small", *settings)
    (line,) = [line for line in checked.stdout.splitlines() if line.startswith("a training takes about ")]
    values = images.stat().st_size
    assert f"images {show_bytes(10 * values)}" in line
    # 8 units of 200 steps with 88 sweeps of two groups, and of a test of 804 sweeps of 16 groups; 2 times 1004 sweeps
    # of two groups; all of 4,900 cells and their couplers.
    ready = plan("dtca-70", "fashion-dtm-small", {"images.source": str(images)})
    edges = len(ready.netlist.fabric.edges)
    sweep_s = 4900 * 85e-9 + 2 * edges * 5.5e-9
    sweeps = 8 * (200 * 88 * 2 + 804 * 16) + 2 * 1004 * 2
    size = size_of_its_training(ready)
    assert size is not None
    others = values * 40e-9 + edges * 0.6e-6 + 8 * 200 * (edges + 4900) * 100e-9
    assert size.cpu_s == pytest.approx(sweeps * sweep_s + others)
    path = tmp_path / "weights.h5"
    refused = call("train", "dtca-70", "fashion-dtm-small", *settings, "--max-memory", "100 MiB", "-o", path)
    assert (refused.exit_code, path.exists(), refused.stderr.count("\n")) == (2, False, 1)
    assert "the training takes about" in refused.stderr
    assert "--max-memory allows 100 MiB" in refused.stderr


def test_states_that_are_read_reach_the_disk_as_they_are(tmp_path: Path) -> None:
    """Random bits do not compress: of 4,900 cells they are nearly all of the result, of 16 cells nearly nothing."""
    for chip, reads in (("dtca-70", 200), ("tiny", 400)):
        settings = {"schedule.sweeps": reads, "schedule.read_every": 1, "schedule.record_every": reads}
        ready = plan(chip, "spin-glass", settings)
        simulate(ready, 64).save(tmp_path / f"{chip}.h5")
        ratio = size_of(ready, 64).disk / (tmp_path / f"{chip}.h5").stat().st_size
        assert 0.6 < ratio < 1.7, (chip, ratio)
