"""Every number of a net does something: it changes what is learnt, what that costs, or what a run gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_nets import planned, write_weights, write_work

from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.runs.train import train
from chipsim.spec.document import dotted, leaves, read_document
from chipsim.spec.presets import find

NUMBERS = {
    dotted(path): value
    for path, value in leaves(read_document(find("workload", "fashion-native")).value)
    if isinstance(value, int | float) and path != ("chipsim",)
}
TRAINING = {name for name in NUMBERS if name.startswith("training.")}
# The size of the images and the layers of a net are tested with its layout.
LAID_OUT = {"data.size[0]", "data.size[1]", "net.outputs", "net.seed"}


@pytest.mark.parametrize("name", sorted(TRAINING))
def test_numbers_of_trainings(name: str, tmp_path: Path) -> None:
    work = write_work(tmp_path)
    base = {"training.epochs": 2, "training.last_rate": 0.1, "training.test_samples": 2}
    changed = {"epochs": 1, "batch": 16, "rate": 0.1, "last_rate": 0.5, "sharpness": 2.0}
    runs = [
        train(plan("tiny", str(work), settings), tmp_path / f"{number}.h5", seed=0)
        for number, settings in enumerate((base, {**base, name: changed[name.partition(".")[2]]}))
    ]
    assert any((runs[0].arrays[key] != runs[1].arrays[key]).any() for key in ("weights", "biases"))


@pytest.mark.parametrize(("name", "value"), [("inference.samples", 6), ("beta", 0.5), ("data.threshold", 0.985)])
def test_numbers_of_runs(name: str, value: float, tmp_path: Path) -> None:
    assert name in NUMBERS
    assert set(NUMBERS) == TRAINING | LAID_OUT | {"inference.samples", "beta", "data.threshold"}
    work = write_work(tmp_path)
    images = np.load(tmp_path / "test_images.npy")
    np.save(tmp_path / "test_images.npy", images * 0.98)
    weights, *_ = write_weights(tmp_path, work)
    base = simulate(planned(work, weights), lanes=64)
    if name == "data.threshold":
        work.write_text(work.read_text().replace("threshold: 0.5", f"threshold: {value}"))
        weights.unlink()
        weights, *_ = write_weights(tmp_path, work)
        changed = simulate(planned(work, weights), lanes=64)
    else:
        changed = simulate(planned(work, weights, **{name: value}), lanes=64)
    assert changed.trace.activity.lane_toggles.sum() != base.trace.activity.lane_toggles.sum()
