"""The machine against enumeration, what a chip draws against the exact law, and its training step by step."""

from __future__ import annotations

import itertools
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contrastive_rbm.model import Machine, correlations
from contrastive_rbm.workload import Rbm

import chipsim
from chipsim.errors import ChipsimError
from chipsim.runs.train import train

HERE = Path(__file__).parents[2]
WORK = str(HERE / "contrastive-rbm.yaml")
SHORT: dict[str, Any] = {"hidden": 4, "training.epochs": 2, "training.steps": 5}


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings with the images of bars.py."""
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(HERE / "bars.py"))
    return {**SHORT, "data": str(tmp_path / "bars.npy")}


def test_probabilities_are_those_of_enumeration() -> None:
    """All states of 3 visible and 2 hidden spins."""
    random = np.random.default_rng(1)
    machine = Machine(random.normal(size=(3, 2)), random.normal(size=3), random.normal(size=2), 0.7)
    states = np.array(list(itertools.product((-1, 1), repeat=5)), np.int8)
    v, h = states[:, :3], states[:, 3:]
    energy = -((v @ machine.couplings * h).sum(axis=1) + v @ machine.visible + h @ machine.hidden)
    law = np.exp(-0.7 * energy) / np.exp(-0.7 * energy).sum()
    visible = states[::4, :3]
    np.testing.assert_allclose(machine.log_probability(visible), np.log(law.reshape(8, 4).sum(axis=1)), rtol=1e-12)


def test_there_are_thirty_images_of_bars(bars: dict[str, Any]) -> None:
    images = np.load(bars["data"])
    assert images.shape == (30, 4, 4)
    assert len(np.unique(images.reshape(30, -1), axis=0)) == 30


def test_training_fits_and_the_chip_draws_what_its_weights_imply(bars: dict[str, Any], tmp_path: Path) -> None:
    """Images without a model have 16 ln 2 = 11.1 nats each; the share drawn is exact within 5 standard errors."""
    bars |= {"hidden": 8, "training.epochs": 5, "training.steps": 50}
    run = train(chipsim.plan("any-graph", WORK, bars), tmp_path / "w.h5", 0, 1)
    fits = [entry["log_likelihood"] for entry in run.summary.workload.figures["training"]]
    assert fits == run.arrays["fit"].tolist()
    assert fits[0] > -11.1
    assert fits[-1] > fits[0] + 2
    ready = chipsim.plan("any-graph", WORK, {**bars, "weights": str(tmp_path / "w.h5")})
    drawn = chipsim.simulate(ready, 4096, seed=1)
    expected = drawn.summary["expected_share"]
    assert abs(drawn.summary["learnt_share"] - expected) < 5 * np.sqrt(expected * (1 - expected) / 4096)
    assert expected > 0.1 > 100 * 30 / 2**16
    assert drawn.summary["log_likelihood"] == fits[-1]
    assert drawn.arrays["drawn"].shape == (4096, 4, 4)


def test_a_step_is_counted_and_follows_the_products(bars: dict[str, Any], tmp_path: Path) -> None:
    """16 visible and 4 hidden cells, batches of 64: hidden ones for a sweep, then all cells for one."""
    ready = chipsim.plan("any-graph", WORK, {**bars, "training.epochs": 1, "training.steps": 2})
    trace = train(ready, tmp_path / "w.h5", 0, 1).trace
    assert trace.activity.total("update") == 2 * 64 * (4 + 20)
    assert trace.activity.total("clamp") == 2 * 64 * (16 + 16)
    assert trace.activity.total("sense") == 2 * 64 * (20 + 20)
    assert trace.activity.total("program") == 2 * 20
    spins = np.array([[1, -1, 1], [1, 1, 1]], np.int8)
    products, means = correlations(spins, 2)
    assert (products.tolist(), means.tolist()) == ([[1], [0]], [1, 0, 1])


def test_a_training_that_was_cut_off_goes_on_to_the_same_weights(bars: dict[str, Any], tmp_path: Path) -> None:
    ready = chipsim.plan("any-graph", WORK, bars)
    whole = train(ready, tmp_path / "whole.h5", 0, 1)

    class CutError(Exception):
        pass

    def cut(progress: object) -> None:
        raise CutError

    with pytest.raises(CutError):
        train(ready, tmp_path / "cut.h5", 0, 1, cut)
    resumed = train(ready, tmp_path / "cut.h5", 0, 1)
    for name, values in whole.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], values)
    assert resumed.summary["ledger"] == whole.summary["ledger"]


def weights_of(chip: str, settings: dict[str, Any]) -> object:
    workload = chipsim.plan(chip, WORK, settings).workload
    assert isinstance(workload, Rbm)
    return workload.trained()


@pytest.mark.parametrize(
    ("chip", "settings", "code"),
    [
        ("tiny", {}, "chip.no-coupler"),
        ("any-graph", {"data": "no.npy"}, "data.malformed"),
        ("any-graph", {"data": "flat.npy"}, "data.wrong-shape"),
        ("any-graph", {"weights": "no.h5"}, "data.missing"),
        ("any-graph", {"weights": "w.h5", "hidden": 5}, "data.other-model"),
    ],
)
def test_mistakes_are_refused(bars: dict[str, Any], chip: str, settings: dict[str, Any], code: str) -> None:
    np.save("flat.npy", np.ones(3))
    if settings.get("weights") == "w.h5":
        train(chipsim.plan("any-graph", WORK, {**bars, "training.epochs": 1}), Path("w.h5"), 0, 1)
    with pytest.raises(ChipsimError) as caught:
        weights_of(chip, {**bars, **settings})
    assert caught.value.code == code
