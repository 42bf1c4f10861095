"""Training end to end on small chips: what is learnt, what it costs, and that it survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support_dtm import moments, small_files, spins
from support_errors import refused

import chipsim
from chipsim.cli.main import main
from chipsim.report.headline import headline
from chipsim.report.page import html_page
from chipsim.results.explain import explain_all
from chipsim.runs.train import train


def interrupt(*_):
    raise KeyboardInterrupt


def trained(folder, name="w.h5", seed=1, **changes):
    files = small_files(folder, **changes)
    return train(chipsim.plan(*files), folder / name, seed, 1)


def test_a_planted_model_is_recovered(tmp_path):
    """Twelve visible spins whose data come from a known model: the weights that the chip learns are that model's."""
    random = np.random.default_rng(8)
    fabric = "pattern: square, size: [3, 4]"
    chip, _ = small_files(tmp_path, fabric=fabric)
    edges = chipsim.plan(chip, str(tmp_path / "work.yaml")).netlist.fabric.edges
    couplings, biases = random.normal(0, 0.4, len(edges)), random.normal(0, 0.2, 12)
    every = spins(12)
    weight = np.exp(every @ biases + (every[:, edges[:, 0]] * every[:, edges[:, 1]]) @ couplings)
    data = every[random.choice(len(every), 20_000, p=weight / weight.sum())]
    # The model places pixels by seed: site of pixel k is sites[k].
    changes = {
        "fabric": fabric, "size": [3, 4], "colours": "all", "noise": [20],
        "source": tmp_path / "planted.npy", "epochs": 1, "steps": 300, "batch": 1024, "warmup": 10, "rate": 0.03,
    }  # fmt: skip
    np.save(tmp_path / "planted.npy", np.zeros((1, 3, 4), bool))
    sites = chipsim.plan(*small_files(tmp_path, **changes)).workload.data_sites
    np.save(tmp_path / "planted.npy", (data[:, sites] > 0).reshape(-1, 3, 4))
    run = trained(tmp_path, **changes)
    means, pairs = data.mean(axis=0), (data[:, edges[:, 0]] * data[:, edges[:, 1]]).mean(axis=0)
    beta = 64 * 4 / 255  # what the 8-bit converter makes of 1
    found = moments(edges, run.arrays["couplings"][0], run.arrays["biases"][0], beta)
    # 4 sigma of the data, and the jitter of Adam at its last rate of 0.006.
    assert found[0] == pytest.approx(means, abs=0.06)
    assert found[1] == pytest.approx(pairs, abs=0.06)
    assert run.arrays["couplings"][0] * beta == pytest.approx(couplings, abs=0.08)
    assert np.abs(couplings).max() > 0.5


def test_the_bill_of_a_training(tmp_path):
    """One chip does the lanes in turn: sweeps and inputs for each, weights and Adam once a step."""
    run = trained(tmp_path)
    units, steps, batch, judged = 4, 3, 64, 64
    rows = {(r["component"], r["action"]): r["count"] for r in run.summary["ledger"]}
    learning = 4 + 5 + 2 * 3
    judging = 4 + 20 + 11 * 4
    free = steps * batch * learning * (16 + 16 - 6) + judged * judging * 16
    assert rows["cells", "update"] == units * free
    bits = (2 * 24 + 16) * 8
    assert rows["weights", "write"] == units * (steps + 1) * bits
    clamps = steps * batch * 2 + judged
    assert rows["inputs", "latch"] == units * clamps * (6 * 2 + 8)
    assert rows["bias_dac", "convert"] == units * 2 * (steps * batch * 2 + judged)
    reads = steps * batch * 2 * 2 + judged * 11
    assert rows["readout", "sense"] == units * reads * 16
    assert run.summary["lanes"] == 1
    names = {phase["name"] for phase in run.summary["phases"]}
    of_steps = {"step weights program", "step positive sample", "step negative sample", "step negative read"}
    assert of_steps | {"test mixing sample"} <= names
    sampled = units * (steps * batch * 2 * learning + judged * judging) * 200e-9
    assert rows["rng", "on"] == pytest.approx(units * free * 100e-9) if ("rng", "on") in rows else True
    assert run.summary["elapsed_s"] > sampled
    busy = next(r["busy_s"] for r in run.summary["ledger"] if r["component"] == "cells")
    assert busy == pytest.approx(sampled, rel=1e-12)


def test_nobody_is_said_to_limit_a_training(tmp_path):
    """Its bill is put together from units that ran by themselves: there is no timeline to play again."""
    run = trained(tmp_path)
    assert ("bottleneck", "not known: this result sums separate runs") in headline(run.summary)
    page = html_page(run)
    assert "What limits the run" not in page
    assert "Busy time by component" in page
    assert not any("waited for" in line for line in explain_all(run))


def test_time_of_a_training_counts_shared_work_once(tmp_path):
    """Twice the batch takes twice the time, less one load of the weights and one step of Adam."""
    times = {}
    for batch in (64, 128, 192):
        folder = tmp_path / str(batch)
        folder.mkdir()
        times[batch] = trained(folder, batch=batch, steps=1, epochs=1, noise=[0.3]).summary["elapsed_s"]
    assert times[192] - times[128] == pytest.approx(times[128] - times[64], rel=1e-9)
    assert times[64] > times[128] - times[64]


def test_a_training_that_was_killed_goes_on_to_the_same_weights(tmp_path):
    whole = trained(tmp_path, "whole.h5", epochs=3)
    files = small_files(tmp_path, epochs=3)
    path = tmp_path / "cut.h5"
    command = [str(Path(sys.executable).parent / "chipsim"), "train", *files, "-o", str(path), "--seed", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.time() + 120
    while not path.exists() and time.time() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(chipsim.load(path).summary["training"]) < 6, "it was over before it was killed"
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    cut = chipsim.load(path)
    assert cut.summary["training"] == whole.summary["training"]
    for name, array in whole.arrays.items():
        assert (cut.arrays[name] == array).all(), name
    assert cut.summary["energy_j"] == whole.summary["energy_j"]
    assert cut.summary["elapsed_s"] == whole.summary["elapsed_s"]


@pytest.mark.parametrize("kept", [False, True])
def test_ctrl_c_says_what_is_kept(tmp_path, monkeypatch, kept):
    files, path = small_files(tmp_path), tmp_path / "w.h5"
    if kept:
        trained(tmp_path)
    monkeypatch.setattr("chipsim.runs.train.train", interrupt)
    found = CliRunner().invoke(main, ["train", *files, "-o", str(path)])
    said = f"resumes after the last finished layer in {path}" if kept else "no layer was finished"
    assert (found.exit_code, said in found.output) == (130, True)


def test_a_training_starts_from_the_weights_it_is_given(tmp_path):
    """A rate of next to nothing leaves them; and what is learnt from them is not what is learnt from zero."""
    start = trained(tmp_path, "start.h5")
    files = small_files(tmp_path, rate=1e-9)
    changes = {"training.start": str(tmp_path / "start.h5")}
    still = train(chipsim.plan(*files, set=changes), tmp_path / "still.h5", 2, 1)
    assert np.abs(start.arrays["couplings"]).max() > 0.01
    for name in ("couplings", "biases"):
        assert still.arrays[name] == pytest.approx(start.arrays[name], abs=1e-6)
    alone = train(chipsim.plan(*files), tmp_path / "alone.h5", 2, 1)
    for of in (
        lambda run: run.trace.timing.elapsed_fs,
        lambda run: run.trace.activity.total("program"),
        lambda run: run.trace.observations.reads,
    ):
        assert of(still) == of(start) + of(alone)  # both trainings were paid for
    with refused("data.other-model", "training.start: "):
        train(chipsim.plan(*files, set={**changes, "placement.seed": 9}), tmp_path / "x.h5", 2, 1)
    with refused("data.missing", "training.start: no such file: gone.h5"):
        train(chipsim.plan(*files, set={"training.start": "gone.h5"}), tmp_path / "x.h5", 2, 1)
    assert not (tmp_path / "x.h5").exists()


def test_a_memory_that_makes_writes_wait_is_refused(tmp_path):
    ready = chipsim.plan(*small_files(tmp_path), set={"weights.reload_interval": "1 s"})
    with refused("chip.unsuitable", "set weights.reload_interval to 0 s"):
        train(ready, tmp_path / "x.h5", 1, 1)


def test_threads_do_not_change_the_weights(tmp_path):
    ready = chipsim.plan(*small_files(tmp_path, batch=128))
    one, two = (train(ready, tmp_path / f"{n}.h5", 1, n) for n in (1, 2))
    assert (one.arrays["couplings"] == two.arrays["couplings"]).all()


def test_another_training_is_not_overwritten(tmp_path):
    trained(tmp_path)
    before = (tmp_path / "w.h5").read_bytes()
    with refused("result.other-run", "choose another -o"):
        trained(tmp_path, seed=2)
    assert (tmp_path / "w.h5").read_bytes() == before


def test_a_truncated_file_is_refused(tmp_path):
    trained(tmp_path)
    whole = (tmp_path / "w.h5").read_bytes()
    (tmp_path / "w.h5").write_bytes(whole[: len(whole) // 2])
    with refused("result.damaged"):
        trained(tmp_path)


def test_what_cannot_be_trained_is_said():
    with refused("run.not-trainable"):
        train(chipsim.plan("tiny", "clamped"), Path("never.h5"), 0, 1)
