"""Values from Python: numpy arrays and scalars, floats in SI, prices as a dict; training and quality."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_chips import chip_text, workload_text
from support_errors import refused

import chipsim
from chipsim.runs.plan import planned
from chipsim.spec.document import parse_document
from chipsim.spec.overrides import parse_assignment
from chipsim.sweeps.points import check_points, points_of
from chipsim.sweeps.spec import read_sweep

SHORT = {"schedule.sweeps": 20}
SAME: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("tiny", "spin-glass", {"cells.relaxation_time": 5e-8}, {"cells.relaxation_time": "50 ns"}),
    ("tiny", "spin-glass", {"couplers.swing": np.float64(0.5)}, {"couplers.swing": "0.5 V"}),
    ("tiny", "spin-glass", {"technology.temperature": 310.0}, {"technology.temperature": "310 K"}),
    ("tiny", "spin-glass", {"fabric.size": np.array([4, 4])}, {"fabric.size": [4, 4]}),
    ("tiny", "spin-glass", {"cells.gain": np.int64(2)}, {"cells.gain": 2}),
    ("ou-256", "linear-solve", {"schedule.spacing": np.float32(2**-17)}, {"schedule.spacing": f"{2**-17!r} s"}),
    ("tiny", "spin-glass", {"prices.rng.on.power": 5e-9}, {"prices.rng.on.power": "5 nW"}),
]


@pytest.mark.parametrize(("chip", "workload", "given", "written"), SAME)
def test_values_of_numpy_and_floats_in_si_are_those_of_a_file(
    chip: str, workload: str, given: dict[str, Any], written: dict[str, Any]
) -> None:
    of_python, of_file = chipsim.plan(chip, workload, given), chipsim.plan(chip, workload, written)
    assert of_python.ids(0) == of_file.ids(0)


def test_chips_and_workloads_take_floats_in_si() -> None:
    chip = chipsim.Chip("tiny", set={"cells.relaxation_time": 5e-8})
    assert chip.overrides == {"cells.relaxation_time": "5e-08 s"}
    assert chipsim.Chip(chip, set={"cells.gain": 2}).overrides["cells.relaxation_time"] == "5e-08 s"
    work = chipsim.Workload("linear-solve", set={"schedule.spacing": 1e-5})
    assert work.to_dict()["schedule"]["spacing"] == "1e-05 s"
    assert chipsim.plan("ou-256", work).ids(0) == chipsim.plan("ou-256", "linear-solve").ids(0)


def test_the_command_of_such_a_run_repeats_it() -> None:
    run = chipsim.run("tiny", "spin-glass", set={**SHORT, "cells.relaxation_time": 5e-8}, lanes=8)
    words = shlex.split(run.summary["command"])
    settings = dict(parse_assignment(words[index + 1]) for index, word in enumerate(words) if word == "--set")
    assert planned("tiny", "spin-glass", settings).ids(0)[1] == run.summary["run_id"]


def test_whole_numbers_of_quantities_and_floats_of_whole_numbers_are_refused() -> None:
    with refused("spec.no-unit", "cells.relaxation_time"):
        chipsim.plan("tiny", "spin-glass", {"cells.relaxation_time": 50})
    with refused("spec.wrong-type", "schedule.sweeps"):
        chipsim.plan("tiny", "spin-glass", {"schedule.sweeps": 20.0})


def test_axes_of_a_dict_take_arrays_in_si() -> None:
    def overrides(axis: Any) -> list[Any]:
        spec = {"chipsim": 1, "name": "s", "chip": "tiny", "workload": "spin-glass", "metrics": ["energy_j"]}
        read = read_sweep({**spec, "axes": {"cells.relaxation_time": axis}}, si=True)
        points = points_of(read)
        check_points(read, points)
        return [(point.overrides["cells.relaxation_time"], point.activity) for point in points]

    values = np.array([5e-8, 1e-7])
    assert [value for value, _ in overrides(values)] == ["5e-08 s", "1e-07 s"]
    assert overrides({"from": values[0], "to": values[1], "points": 2}) == overrides(values)
    with refused("spec.no-unit"):
        overrides([50, 100])


def test_prices_as_a_dict_change_those_of_the_run() -> None:
    run = chipsim.run("tiny", "spin-glass", set=SHORT, lanes=8)
    wanted = chipsim.reprice(run, set={"prices.link.transfer.energy": "4 pJ"})
    assert wanted.energy_j > run.energy_j
    for value in ("4 pJ", 4e-12, np.float64(4e-12)):
        found = chipsim.reprice(run, prices={"link.transfer.energy": value})
        assert found.summary["run_id"] == wanted.summary["run_id"] or found.energy_j == wanted.energy_j
    with refused("price.unknown-row", "lnik.transfer"):
        chipsim.reprice(run, prices={"lnik.transfer.energy": "4 pJ"})


def test_a_training_from_python_is_that_of_the_command(tmp_path: Path) -> None:
    from support_cli import call

    np.save(tmp_path / "grey.npy", (np.indices((40, 6, 6)).sum(0) % 4 < 2).astype(np.float32))
    settings = {
        "fabric.size": [12, 12],
        "images.source": str(tmp_path / "grey.npy"),
        "images.size": [6, 6],
        "noise": [1.0],
        "training.epochs": 2,
        "training.steps": 1,
        "training.batch": 4,
        "generation.weights": None,
    }
    seen: list[tuple[int, int]] = []
    run = chipsim.train(
        "dtca-70",
        "fashion-dtm-small",
        tmp_path / "a.h5",
        set=settings,
        seed=3,
        progress=lambda progress: seen.append((progress.done, progress.units)),
    )
    assert seen == [(1, 2), (2, 2)]
    words = [w for path, value in settings.items() for w in ("--set", f"{path}={'null' if value is None else value}")]
    call("train", "dtca-70", "fashion-dtm-small", "-o", tmp_path / "b.h5", "--seed", "3", *words)
    other = chipsim.load(tmp_path / "b.h5")
    assert run.summary["activity_id"] == other.summary["activity_id"]
    assert run.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(run.arrays[name], other.arrays[name]) for name in run.arrays)


def test_quality_of_a_run_without_data_is_refused() -> None:
    run = chipsim.run("tiny", "spin-glass", set=SHORT, lanes=8)
    with refused("result.not-comparable", "ising"):
        chipsim.quality(run)


SCRIPT = """import multiprocessing
if multiprocessing.current_process().name == "MainProcess":
    child = multiprocessing.get_context("spawn").Process(target=print)
    child.start()
    child.join()
else:
    import chipsim
    try:
        chipsim.sweep({spec!r}, "out", jobs=2)
    except chipsim.ChipsimError as error:
        print(error.code, error)
"""


def test_a_sweep_in_a_script_that_a_child_process_imports_says_so(tmp_path: Path) -> None:
    spec = {
        "chipsim": 1,
        "name": "small",
        "chip": parse_document(chip_text(), "chip").value,
        "workload": parse_document(workload_text(), "work").value,
        "axes": {"cells.gain": [1, 2]},
        "metrics": ["energy_j"],
    }
    (tmp_path / "script.py").write_text(SCRIPT.format(spec=spec))
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    lines = [line for line in done.stdout.splitlines() if line]
    assert len(lines) == 1
    assert lines[0].startswith("sweep.no-executor ")
    assert 'if __name__ == "__main__":' in lines[0]
    assert done.stderr == ""
