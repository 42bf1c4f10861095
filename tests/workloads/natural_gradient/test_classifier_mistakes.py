"""What a user may get wrong about a training: said with the place, the value and a way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_classifier import planned, write_work
from support_cli import call

from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.errors import ProblemError
from chipsim.problems import images
from chipsim.workloads.natural_gradient.workload import Training

SMALL = ("--set", "fabric.uncoupled=150", "--set", "couplers.rows=24")
MISTAKES = {
    "training.batch=9": "training.batch: 9 images of 3 classes take 27 rows; couplers have 24",
    "network.hidden=[20]": "network.hidden: 403 weights for 150 cells; use a larger chip",
    "training.optimizer=adagrad": "training.optimizer: ",
    "solve.time=5": 'solve.time: 5 has no unit; write for example "100 ns"',
    "data.pool=3": "data: squares of 3 pixels do not fill images of 8 x 8",
    "data.size=[8, 9]": "data: squares of 2 pixels do not fill images of 8 x 9",
    "data.source=fashion-mnist": "data: takes source or files, not both; remove images",
    "training.iterations=0": "training.iterations: ",
}
AT_RUN = {
    "data.classes=2": "data.labels holds a label 2",
    "data.size=[6, 8]": "holds an array of shape (120, 8, 8), wanted (images, 6 x 8); set data.size",
    "data.train=1000": "holds 120 images, wanted 1,000",
    "data.train=4": "training.batch: batches of 8 from 4 images; lower it",
}


@pytest.mark.parametrize("change", MISTAKES)
def test_refused_before_anything_is_simulated(change: str, tmp_path: Path) -> None:
    work = write_work(tmp_path)
    result = call("check", "tngd-array", work, *SMALL, "--set", change)
    assert result.exit_code == 2
    assert MISTAKES[change] in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("change", AT_RUN)
def test_refused_when_the_data_are_read_and_nothing_is_written(change: str, tmp_path: Path) -> None:
    work, out = write_work(tmp_path), tmp_path / "run.h5"
    result = call("run", "tngd-array", work, *SMALL, "--set", change, "-o", out)
    assert result.exit_code == 2
    assert AT_RUN[change].replace("data.labels", str(tmp_path / "labels.npy") + ":") in result.stderr
    assert not out.exists()


def test_files_that_are_missing_or_hold_something_else(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    np.save(tmp_path / "labels.npy", np.zeros(120))
    complaint = (
        f"data: {tmp_path}/labels.npy: not a readable label file: values are float64; wanted whole numbers from 0"
    )
    assert complaint in call("run", "tngd-array", work, *SMALL, "-o", tmp_path / "a.h5").stderr
    np.save(tmp_path / "labels.npy", np.zeros(3, int))
    told = call("run", "tngd-array", work, *SMALL, "-o", tmp_path / "a.h5").stderr
    assert "holds an array of shape (3,), wanted 120 labels" in told
    (tmp_path / "labels.npy").unlink()
    told = call("run", "tngd-array", work, *SMALL, "-o", tmp_path / "a.h5").stderr
    assert "and there is no such file; check data.labels" in told


def test_losses_that_are_no_numbers_end_a_training(tmp_path: Path) -> None:
    ready = planned(tmp_path)
    training = Training(ready.workload, ContinuousDevice(ready.program, 1))  # type: ignore[arg-type]
    training.weights[:] = np.nan
    with pytest.raises(ProblemError, match="the loss is no longer a number"):
        training.run()


def test_missing_fashion_mnist_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(images, "FASHION_MNIST", tmp_path)
    assert call("check", "tngd-10k", "fashion-classifier").exit_code == 0
    result = call("run", "tngd-10k", "fashion-classifier", "-o", tmp_path / "a.h5")
    assert result.exit_code == 2
    assert "apt-get install dataset-fashion-mnist" in result.stderr


@pytest.mark.parametrize(
    ("chip", "complaint"),
    [
        ("dtca-70", "natural-gradient needs continuous cells"),
        ("ou-256", "couplers hold no factors of a curvature; use a resistor_array"),
    ],
)
def test_chips_that_cannot(chip: str, complaint: str, tmp_path: Path) -> None:
    result = call("check", chip, write_work(tmp_path), "--set", "network.hidden=[]", "--set", "training.batch=2")
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_more_lanes_than_a_training_has(tmp_path: Path) -> None:
    result = call("run", "tngd-array", write_work(tmp_path), *SMALL, "--lanes", 3, "-o", tmp_path / "a.h5")
    assert result.exit_code == 2
    assert "natural-gradient takes no more than 1 lane a run, not 3; repeat it with other seeds" in result.stderr


def test_keys_that_do_nothing_are_said(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    told = call("check", "tngd-array", work, *SMALL).output
    assert "inert: solve.products (optimizer chip does not use it)" in told
    told = call("check", "tngd-array", work, *SMALL, "--set", "training.optimizer=adam").output
    assert "inert: training.damping (optimizer adam does not use it)" in told
    assert "inert: solve.time (optimizer adam does not use it)" in told
