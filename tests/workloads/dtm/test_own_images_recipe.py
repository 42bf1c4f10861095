"""The recipe of docs/howto/train-a-model.md for a user's own images: bars and crosses of 10 x 10 pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support_documents import ROOT, blocks, call_all

import chipsim
from chipsim.report.page import html_page
from chipsim.results.result import Run
from chipsim.runs.train import train

PAGE = ROOT / "docs/howto/train-a-model.md"
# As many pixels may be wrong in an image that counts as recognisable; independent pixels have some 20 wrong ones.
WRONG = 5


def recipe(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the files of the page, and the images."""
    monkeypatch.chdir(folder)
    for block in blocks(PAGE):
        if block.kind == "{file}":
            (folder / block.argument.strip()).write_text(block.text)
    exec((folder / "make_images.py").read_text(), {})


def shapes() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All bars and crosses that the recipe draws from, (12, 100) of 0 and 1, and their classes."""
    found, classes = [], []
    for row in range(3, 6):
        bar = np.zeros((10, 10), int)
        bar[row : row + 2] = 1
        found.append(bar)
        classes.append(0)
        for column in range(3, 6):
            cross = bar.copy()
            cross[:, column : column + 2] = 1
            found.append(cross)
            classes.append(1)
    return np.array(found).reshape(-1, 100), np.array(classes)


@pytest.mark.system
def test_numbers_of_any_kind_give_the_same_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grey bytes, bytes 0 and 1, floats, and bools of the same images: equal weights, bit by bit."""
    recipe(tmp_path, monkeypatch)
    grey = np.load("images.npy")
    bits = grey > 127
    kinds = {"grey": grey, "ones": bits.astype(np.uint8), "floats": bits * 0.8 + 0.1, "bools": bits}
    short = {"fabric.size": [20, 20], "training.epochs": 1, "training.steps": 2, "training.inputs": 2}
    trained = {}
    for name, images in kinds.items():
        np.save(f"{name}.npy", images)
        settings = {**short, "images.source": f"{name}.npy"}
        trained[name] = train(chipsim.plan("dtca-70", "bars.yaml", settings), tmp_path / f"{name}.h5", 0, 1).arrays
    for arrays in trained.values():
        for name in ("couplings", "biases"):
            assert (arrays[name] == trained["grey"][name]).all()
    assert np.count_nonzero(trained["grey"]["couplings"]) > 1000


@pytest.mark.slow
def test_the_recipe_draws_recognisable_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe(tmp_path, monkeypatch)
    commands = [
        line
        for block in blocks(PAGE)
        if block.kind == "{shell}"
        for line in block.text.replace("\\\n", " ").splitlines()
        if "bars.yaml" in line and not line.startswith("chipsim check")
    ]
    assert [line.split()[1] for line in commands] == ["train", "run"]
    call_all([line.replace(" 2> /dev/null", "") for line in commands], {})
    check_learning(chipsim.load("weights.h5"))
    run = chipsim.load("mine.h5")
    known, classes = shapes()
    images = (run.arrays["images"].reshape(-1, 100) > 127).astype(int)
    wrong = (images[:, None] != known).sum(axis=2)
    assert np.mean(wrong.min(axis=1) <= WRONG) > 0.7
    # Each class as it was asked for, and all shapes but one at least.
    right = wrong.min(axis=1) <= WRONG
    assert np.mean(classes[wrong.argmin(axis=1)][right] == run.arrays["classes"][right]) > 0.95
    assert len(np.unique(wrong.argmin(axis=1)[right])) >= len(known) - 1
    page = html_page(run)
    assert "Images: bar, 32 of 128" in page
    assert "Images: cross, 32 of 128" in page


def check_learning(run: Run) -> None:
    """The mean fit of the layers and the distance of drawn images are better at the end, and on the page.

    The outermost layer sees little but noise, so its own fit stays at that of the noise alone.
    """
    fits = np.mean([run.arrays[f"fit_layer_{layer}"] for layer in range(1, 5)], axis=0)
    assert fits[-1] < 0.85 * fits[0]
    assert run.arrays["distance"][-1] < run.arrays["distance"][0]
    assert "Learning curve" in html_page(run)
