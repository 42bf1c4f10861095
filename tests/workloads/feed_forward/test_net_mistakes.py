"""Mistakes in files of nets: one line with place and remedy, exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import call
from support_nets import write_weights, write_work


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Workload file and weights file."""
    folder = tmp_path_factory.mktemp("net")
    work = write_work(folder)
    return work, write_weights(folder, work)[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["inference.samples=0"], "inference.samples"),
        (["inference.weights=nowhere.h5"], "no such file: nowhere.h5; train the model first"),
        (["net.seed=2"], "weights of another model: net is"),
        (["net.hidden=[9]"], "layers of 9 cells on one colour, which has 8"),
        (["net.hidden=[]"], "net.hidden"),
        (["data.test_images=nowhere.npy"], "images not found at nowhere.npy"),
        (["data.test_labels=nowhere.npy"], "labels not found at nowhere.npy"),
        (["data.size=[3, 3]"], "9 data cells, but the fabric has 8 cells of one colour"),
        (["data.test=100"], "4 images, expected 100"),
        (["placement.colours=all"], "pixels lie on one colour; remove placement.colours"),
    ],
)
def test_one_line_and_exit_code_2(net: tuple[Path, Path], settings: list[str], words: str, tmp_path: Path) -> None:
    assignments = [part for setting in settings for part in ("--set", setting)]
    if not any(setting.startswith("inference.weights") for setting in settings):
        assignments += ["--set", f"inference.weights={net[1]}"]
    result = call("run", "tiny", net[0], *assignments, "-o", tmp_path / "out.h5")
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["fabric.size=[4, 6]"], "weights of another model: fabric is"),
        (["fabric.size=[3, 3]", "fabric.borders=torus"], "requires a checkerboard whose two colours latch in turn"),
        (["fabric.size=[4, 4]", "fabric.copies=2"], "a net uses one array; set fabric.copies to 1"),
    ],
)
def test_another_graph(net: tuple[Path, Path], settings: list[str], words: str, tmp_path: Path) -> None:
    assignments = [part for setting in ["fabric.pattern=square", *settings] for part in ("--set", setting)]
    weights = ("--set", f"inference.weights={net[1]}")
    result = call("run", "dtca-70", net[0], *assignments, *weights, "-o", tmp_path / "out.h5")
    assert result.exit_code == 2
    assert words in result.stderr


def test_run_without_weights(net: tuple[Path, Path], tmp_path: Path) -> None:
    result = call("run", "tiny", net[0], "-o", tmp_path / "out.h5")
    assert result.exit_code == 2
    assert "no weights; set inference.weights=FILE, written by chipsim train" in result.stderr


def test_batch_larger_than_the_data(net: tuple[Path, Path], tmp_path: Path) -> None:
    result = call("train", "tiny", net[0], "--set", "training.batch=65", "-o", tmp_path / "w.h5")
    assert result.exit_code == 2
    assert "a batch of 65 exceeds the 64 images" in result.stderr
