"""What a user may get wrong about a training: said with the place, the value and a way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_classifier import planned, write_work
from support_cli import call
from support_errors import code_of, refused

from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.problems import images
from chipsim.workloads.natural_gradient.workload import Training

SMALL = ("--set", "fabric.uncoupled=150", "--set", "couplers.rows=24")
MISTAKES = {
    "training.batch=9": "chip.too-small",
    "network.hidden=[20]": "chip.too-small",
    "training.optimizer=adagrad": "spec.unknown-word",
    "solve.time=5": "spec.no-unit",
    "data.pool=3": "spec.rule",
    "data.size=[8, 9]": "spec.rule",
    "data.source=fashion-mnist": "spec.no-effect",
    "training.iterations=0": "spec.out-of-range",
}
AT_RUN = {
    "data.classes=2": "data.wrong-values",
    "data.size=[6, 8]": "data.wrong-shape",
    "data.train=1000": "data.too-few",
    "data.train=4": "data.too-few",
}


@pytest.mark.parametrize("change", MISTAKES)
def test_refused_before_anything_is_simulated(change: str, tmp_path: Path) -> None:
    work = write_work(tmp_path)
    result = call("check", "tngd-array", work, *SMALL, "--set", change)
    assert code_of(result) == MISTAKES[change]
    assert change.partition(".")[0] in result.stderr


@pytest.mark.parametrize("change", AT_RUN)
def test_refused_when_the_data_are_read_and_nothing_is_written(change: str, tmp_path: Path) -> None:
    work, out = write_work(tmp_path), tmp_path / "run.h5"
    result = call("run", "tngd-array", work, *SMALL, "--set", change, "-o", out)
    assert code_of(result) == AT_RUN[change]
    assert not out.exists()


def test_files_that_are_missing_or_hold_something_else(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    np.save(tmp_path / "labels.npy", np.zeros(120))
    command = ("run", "tngd-array", work, *SMALL, "-o", tmp_path / "a.h5")
    assert code_of(call(*command)) == "data.malformed"
    np.save(tmp_path / "labels.npy", np.zeros(3, int))
    done = call(*command)
    assert code_of(done) == "data.wrong-shape"
    assert "array of shape (3,), expected 120 labels" in done.stderr
    (tmp_path / "labels.npy").unlink()
    done = call(*command)
    assert code_of(done) == "data.missing"
    assert "; check data.labels" in done.stderr


def test_losses_that_are_no_numbers_end_a_training(tmp_path: Path) -> None:
    ready = planned(tmp_path)
    training = Training(ready.workload, ContinuousDevice(ready.program, 1))  # type: ignore[arg-type]
    training.weights[:] = np.nan
    with refused("run.diverged"):
        training.run()


def test_missing_fashion_mnist_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(images, "FASHION_MNIST", tmp_path)
    checked = call("check", "tngd-10k", "fashion-classifier")
    assert checked.exit_code == 0
    assert "the size of a run is not known: " in checked.output
    result = call("run", "tngd-10k", "fashion-classifier", "-o", tmp_path / "a.h5")
    assert code_of(result) == "data.missing"
    assert "apt-get install dataset-fashion-mnist" in result.stderr


@pytest.mark.parametrize(
    ("chip", "code"),
    [
        ("dtca-70", "chip.wrong-cells"),
        ("ou-256", "chip.unsuitable"),
    ],
)
def test_chips_that_cannot(chip: str, code: str, tmp_path: Path) -> None:
    result = call("check", chip, write_work(tmp_path), "--set", "network.hidden=[]", "--set", "training.batch=2")
    assert code_of(result) == code


def test_more_lanes_than_a_training_has(tmp_path: Path) -> None:
    result = call("run", "tngd-array", write_work(tmp_path), *SMALL, "--lanes", 3, "-o", tmp_path / "a.h5")
    assert code_of(result) == "run.too-many-lanes"
    assert "repeat it with other seeds" in result.stderr


def test_keys_that_do_nothing_are_said(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    told = call("check", "tngd-array", work, *SMALL).output
    assert "inert: solve.products (optimizer chip does not use it)" in told
    told = call("check", "tngd-array", work, *SMALL, "--set", "training.optimizer=adam").output
    assert "inert: training.damping (optimizer adam does not use it)" in told
    assert "inert: solve.time (optimizer adam does not use it)" in told
