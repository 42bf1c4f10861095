"""Training by backpropagation: gradients, progress, resumption, and its bill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support_cli import call
from support_nets import planned, write_weights, write_work

import chipsim
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.train import Progress, train
from chipsim.units import show_number
from chipsim.workloads.feed_forward.network import Net


def test_output_gradients_against_differences(tmp_path: Path) -> None:
    """Weights of the last layer do not change the hidden spins, so their gradient is that of the loss, exactly."""
    work = write_work(tmp_path)
    path, weights, biases = write_weights(tmp_path, work)
    net = Net(planned(work, path).workload.layout, 2, beta=0.7)
    pixels = np.where(np.random.default_rng(1).random((4, 32)) < 0.5, -1, 1).astype(np.float32)
    wanted = np.arange(32) % 2
    begin = len(net.layout.links[0].edge)

    def loss(weights: np.ndarray, biases: np.ndarray) -> float:
        return net.gradient(weights, biases, pixels, wanted, 3.0, np.random.default_rng(7)).loss

    found = net.gradient(weights, biases, pixels, wanted, 3.0, np.random.default_rng(7))
    step = 1e-2
    for gradient, values, numbers in (
        (found.weights, weights, range(begin, len(weights))),
        (found.biases, biases, range(8, len(biases))),
    ):
        for number in numbers:
            ends = []
            for sign in (1, -1):
                moved = values.copy()
                moved[number] += sign * step
                ends.append(loss(moved, biases) if values is weights else loss(weights, moved))
            assert gradient[number] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=2e-4)


def test_hidden_gradients_are_straight_through(tmp_path: Path) -> None:
    """The gradient by a hidden field is that by its spin times beta (1 - m^2), by dense matrices."""
    work = write_work(tmp_path)
    path, weights, biases = write_weights(tmp_path, work)
    layout = planned(work, path).workload.layout
    net, beta, sharpness = Net(layout, 2, beta=0.7), 0.7, 3.0
    pixels = np.where(np.random.default_rng(1).random((4, 6)) < 0.5, -1, 1).astype(np.float32)
    wanted = np.arange(6) % 2
    found = net.gradient(weights, biases, pixels, wanted, sharpness, np.random.default_rng(7))
    first, second = layout.links
    into_hidden, into_outputs = np.zeros((8, 4)), np.zeros((4, 8))
    into_hidden[first.target, first.source] = weights[: len(first.edge)]
    into_outputs[second.target, second.source] = weights[len(first.edge) :]
    means = np.tanh(beta * (into_hidden @ pixels + biases[:8, None]))
    spins = np.where(2 * np.random.default_rng(7).random(means.shape, np.float32) - 1 < means, 1, -1)
    outputs = np.tanh(beta * (into_outputs @ spins + biases[8:, None]))
    scores = sharpness * outputs.reshape(2, 2, -1).mean(axis=1)
    chances = np.exp(scores) / np.exp(scores).sum(axis=0)
    error = chances - np.eye(2)[wanted].T
    by_outputs = (error * sharpness / 2 / 6).repeat(2, axis=0) * beta * (1 - outputs**2)
    by_hidden = into_outputs.T @ by_outputs * beta * (1 - means**2)
    dense = by_hidden @ pixels.T
    assert found.weights[: len(first.edge)] == pytest.approx(dense[first.target, first.source], rel=1e-4, abs=1e-6)
    assert found.biases[:8] == pytest.approx(by_hidden.sum(axis=1), rel=1e-4, abs=1e-6)


def test_training_learns_and_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    whole, cut = tmp_path / "whole.h5", tmp_path / "cut.h5"
    ready = plan("tiny", str(work), {"training.epochs": 12})
    run = train(ready, whole, seed=0)
    losses = [entry["loss"] for entry in run.summary.workload.figures["training"]]
    assert losses[-1] < 0.6 * losses[0]
    assert run.summary.workload.figures["training"][-1]["test_accuracy"] >= 0.75

    def stop(progress: Progress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(ready, cut, seed=0, progress=stop)
    assert "adam_first" in load(cut).arrays
    again = train(ready, cut, seed=0)
    assert sorted(again.arrays) == ["biases", "weights"]
    for name in again.arrays:
        assert (again.arrays[name] == run.arrays[name]).all()
    assert again.summary.workload.figures["training"] == run.summary.workload.figures["training"]


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    whole, cut = tmp_path / "whole.h5", tmp_path / "cut.h5"
    train(plan("tiny", str(work), {"training.epochs": 300}), whole, seed=0)
    words = [Path(sys.executable).parent / "chipsim", "train", "tiny", work, "--set", "training.epochs=300", "-o", cut]
    command = [str(word) for word in words]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.time() + 120
    while not cut.exists() and time.time() < deadline:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was over before it was killed"
    assert len(load(cut).summary.workload.figures["training"]) < 300
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for name in ("weights", "biases"):
        assert (load(cut).arrays[name] == load(whole).arrays[name]).all()


def test_weights_are_those_that_the_chip_stores(tmp_path: Path) -> None:
    work = write_work(tmp_path)
    path = tmp_path / "w.h5"
    assert call("train", "tiny", work, "-o", path, "--set", "couplers.weight_bits=3").exit_code == 0
    codes = load(path).arrays["weights"] * 3
    assert codes == pytest.approx(np.rint(codes), abs=1e-5)
    assert 1 <= np.abs(codes).max() <= 3


def test_bill_of_a_training_by_hand(tmp_path: Path) -> None:
    """8 steps of 8 images an epoch, 3 epochs: 3 multiply-adds per weight and image, 2 words per parameter and step."""
    work = write_work(tmp_path)
    path = tmp_path / "w.h5"
    assert call("train", "tiny", work, "-o", path).exit_code == 0
    run = load(path)
    weights, parameters = len(run.arrays["weights"]), len(run.arrays["weights"]) + 12
    words = 3 * 8 * (8 * 3 * weights + 2 * parameters)
    counts = {(row.component, row.action): row.count for row in run.ledger}
    assert counts["host", "small_cache"] == words
    assert counts["host", "instruction"] == 2 * words
    assert run.summary["elapsed_s"] == pytest.approx(words * 1e-9)
    assert not {("cells", "update"), ("weights", "write")} & set(counts)
    step = run.summary["step"]
    assert step["count"] == 24


def test_a_sample_of_the_bill_is_that_of_a_run(tmp_path: Path) -> None:
    """With the weights of the file, one sample on one lane; the training is compared with it."""
    work = write_work(tmp_path)
    path = tmp_path / "w.h5"
    printed = call("train", "tiny", work, "-o", path)
    assert printed.exit_code == 0
    run = load(path)
    sample = chipsim.run("tiny", str(work), set={"inference.weights": str(path), "inference.samples": 1}, lanes=1)
    use = run.summary.priced.use
    assert use is not None
    assert (use.name, run.summary["use_gives"]) == ("sample", "sample")
    assert use.energy_j == pytest.approx(sample.energy_j, rel=1e-12)
    assert use.time_s == pytest.approx(sample.summary["elapsed_s"], rel=1e-12)
    assert use.uses == pytest.approx(run.energy_j / sample.energy_j, rel=1e-12)
    assert f"the training takes as much energy as {show_number(use.uses)} of them" in printed.output
