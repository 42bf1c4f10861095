"""Fit of a layer to held-out images: against enumeration, by hand, and as a learning signal."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support_dtm import moments, small_files
from support_errors import refused

import chipsim
from chipsim.cli.main import main
from chipsim.engine.packing import words_of_lanes
from chipsim.report.headline import headline
from chipsim.report.page import html_page
from chipsim.runs.train import train
from chipsim.workloads.dtm.curves import Curves
from chipsim.workloads.dtm.examples import Examples
from chipsim.workloads.dtm.fit import Reconstruction, noise_bits
from chipsim.workloads.dtm.training import Trainer
from chipsim.workloads.dtm.weights import DtmWeights


def test_bits_by_hand() -> None:
    """Two inputs with two chains each, one cell, two reads: 3 and 0 of 4 samples are up."""
    found = Reconstruction(2, 2, 1)
    for spins in ([1, 1, -1, -1], [1, -1, -1, -1]):
        found.add(words_of_lanes(np.array(spins, np.int8)[:, None]))
    assert found.ones.tolist() == [[3], [0]]
    expected = -(math.log2(3.5 / 5) + math.log2(1 - 0.5 / 5)) / 2
    assert found.bits(np.array([[1], [-1]], np.int8)) == pytest.approx(expected, rel=1e-12)


def test_noise_alone_is_the_entropy_of_a_flip() -> None:
    assert noise_bits(20.0) == pytest.approx(1, abs=1e-12)
    flip = (1 - math.exp(-0.6)) / 2
    assert noise_bits(0.3) == pytest.approx(-flip * math.log2(flip) - (1 - flip) * math.log2(1 - flip), rel=1e-12)


def trainer_of(folder: Path, **changes: object) -> Trainer:
    ready = chipsim.plan(*small_files(folder, **changes), set={"training.inputs": 64, "training.chains": 512})
    pixels = np.random.default_rng(7).random((40, 2, 3)).astype(np.float32)
    return Trainer(ready.workload, ready.program, Examples(pixels), 3, 1)


def test_fit_is_that_of_enumeration(tmp_path: Path) -> None:
    """Marginals of 16 spins given each noisy image; 512 chains of 11 reads leave 0.007 in a probability."""
    trainer, random = trainer_of(tmp_path), np.random.default_rng(1)
    edges, sites = trainer.program.netlist.fabric.edges, trainer.workload.data_sites
    weights = DtmWeights(
        random.normal(0, 0.3, (2, len(edges))).astype(np.float32), random.normal(0, 0.3, (2, 16)).astype(np.float32)
    )
    sampler = trainer._sampler(0, 0, 1, 64 * 512)
    pairs = trainer._pairs(trainer.held_out, 0, 64, 512, np.random.default_rng(5))
    found = trainer.tested(weights, 0, sampler, np.random.default_rng(5))["fit"]
    beta = trainer.program.netlist.route("bias")[-1].kind.realised(1.0)
    coupling = trainer.workload.input_coupling(trainer.program.netlist, 0)
    pull = trainer.program.netlist.route("clamp")[-1].kind.realised(coupling)
    held = sampler.device.held_couplings, sampler.device.held_biases
    bits = []
    for clean, noisy in zip(pairs[0][::512], pairs[1][::512], strict=True):
        biases = held[1].copy()
        biases[sites] += pull * noisy
        means = moments(edges, held[0], biases, beta)[0][sites]
        bits.append(-np.log2((1 + clean * means) / 2))
    assert found == pytest.approx(np.mean(bits), abs=0.01)
    assert abs(found - noise_bits(0.3)) > 0.02, "the weights must matter"


def test_without_weights_the_fit_is_that_of_the_noise(tmp_path: Path) -> None:
    """Of 64 x 6 bits; the share of flipped ones has sigma 0.02, each worth log2((1 - p) / p) bits."""
    trainer = trainer_of(tmp_path)
    zero = DtmWeights(np.zeros((2, 24), np.float32), np.zeros((2, 16), np.float32))
    flip = (1 - math.exp(-0.6)) / 2
    tolerance = 4 * math.sqrt(flip * (1 - flip) / 384) * math.log2((1 - flip) / flip)
    assert trainer.mixing_of(zero, 0)["fit"] == pytest.approx(noise_bits(0.3), abs=tolerance)


def test_held_out_images_are_not_trained_on() -> None:
    grey = np.arange(50, dtype=np.float32)[:, None, None] / 50
    train, test = Examples(grey).split(None)
    assert (len(train.grey), len(test.grey)) == (45, 5)
    assert np.array_equal(np.sort(np.concatenate([train.grey, test.grey]).ravel()), grey.ravel())
    assert len(Examples(grey).split(20)[1].grey) == 20
    assert len(Examples(np.zeros((30_000, 1, 1), np.float32)).split(None)[1].grey) == 1000
    with refused("data.too-few", "lower training.held_out"):
        Examples(grey).split(50)


def test_epochs_without_a_better_fit_are_counted() -> None:
    curves = Curves(2, [0.9, 0.8])
    curves.fits = [[0.9, 0.5, 0.6, 0.6], [0.8, 0.4, 0.5, 0.4]]
    assert curves.stale_epochs() == 2
    curves.fits[0][3] = 0.4
    assert curves.stale_epochs() == 0


def stripes(folder: Path) -> Path:
    """Images with the left or the right half white: 6 pixels that know each other."""
    right = np.random.default_rng(2).random(200) < 0.5
    images = np.zeros((200, 2, 3), bool)
    images[right, :, 1:] = True
    images[~right, :, 0] = True
    np.save(folder / "stripes.npy", images)
    return folder / "stripes.npy"


LEARNING = {
    "placement.order": "image",
    "placement.seed": 0,
    "training.inputs": 64,
    "generation.sweeps": 100,
}


def learning(folder: Path, name: str = "w.h5", **settings: object) -> chipsim.Run:
    sizes = {"colours": "all", "fabric": "pattern: square, size: [2, 3]", "noise": [0.6, 1.2]}
    work = {"epochs": 2, "steps": 100, "batch": 256, "warmup": 20, "rate": 0.03}
    files = small_files(folder, source=stripes(folder), **sizes, **work)
    return train(chipsim.plan(*files, set={**LEARNING, **settings}), folder / name, 1, 1)


def test_the_curve_is_in_the_file_on_the_page_and_in_the_terminal(tmp_path: Path) -> None:
    run = learning(tmp_path)
    history, arrays = run.summary["training"], chipsim.load(tmp_path / "w.h5").arrays
    for layer, noise in ((1, 0.6), (2, 1.2)):
        measured = [entry["fit"] for entry in history if entry["layer"] == layer]
        assert arrays[f"fit_layer_{layer}"] == pytest.approx([noise_bits(noise), *measured], rel=1e-12)
        assert arrays[f"fit_epochs_{layer}"].tolist() == [0, 1, 2]
    # In the outermost layer the images are noise, so there is almost nothing to learn.
    assert arrays["fit_layer_1"][-1] < 0.9 * noise_bits(0.6), "it learns"
    assert arrays["distance"].tolist() == [entry["distance"] for entry in history if "distance" in entry]
    assert arrays["distance"][-1] < arrays["distance"][0]
    page = html_page(run)
    assert "<h3>Learning curve</h3>" in page
    assert "bits per pixel to reconstruct held-out images" in page
    assert "by the noise alone" in dict(headline(run.summary))["fit"]
    shown = CliRunner().invoke(main, ["report", str(tmp_path / "w.h5"), "-v"]).output
    assert f"{history[-1]['fit']:.4g}" in shown


def test_patience_ends_a_training_that_no_longer_improves(tmp_path: Path) -> None:
    """At next to no rate the fit only fluctuates: it stops long before the end, and the file is complete."""
    changes = {"training.epochs": 100, "training.steps": 1, "training.rate": 1e-9, "training.patience": 1}
    run = learning(tmp_path, **changes)
    assert len(run.summary["training"]) < 100
    assert run.summary["stopped_early"] is True
    assert "adam_first" not in run.arrays
    assert "stopped early" in dict(headline(run.summary))["trained"]
    before = (tmp_path / "w.h5").read_bytes()
    learning(tmp_path, **changes)
    assert (tmp_path / "w.h5").read_bytes() == before


def test_more_epochs_on_a_finished_file_name_the_key_that_continues(tmp_path: Path) -> None:
    learning(tmp_path, **{"training.steps": 1, "training.epochs": 1})
    with refused("result.other-run", f"--set training.start={tmp_path / 'w.h5'} to continue from its weights"):
        learning(tmp_path, **{"training.steps": 1, "training.epochs": 2})
