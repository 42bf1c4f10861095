"""Every number of a denoising model does something: it changes what is learnt, what that costs, or is refused."""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import chipsim
from chipsim.errors import ChipsimError
from chipsim.runs.train import train
from chipsim.spec.document import dotted, leaves, read_document
from chipsim.spec.presets import find, preset_names

SETTINGS = {
    "inputs.coupling": "set",
    "inputs.coupling_range": 2,
    "images.size": [2, 2],
    "labels.classes": 2,
    "labels.spots": 1,
    "noise": [0.4, 0.8],
    "training.epochs": 2,
    "training.steps": 2,
    "training.batch": 64,
    "training.warmup": 3,
    "training.samples": 2,
    "training.spacing": 2,
    "training.rate": 0.2,
    "training.penalty.start": [0.05, 0.06],
    "training.inputs": 4,
    "training.chains": 16,
    "generation.sweeps": 5,
}
DTMS = [w for w in preset_names("workload") if read_document(find("workload", w)).value["workload"] == "dtm"]
# The model of this test has two layers.
UNUSED = {f"{each}[{layer}]" for each in ("noise", "training.penalty.start") for layer in range(2, 100)}
NAMES = sorted(
    {
        dotted(path)
        for workload in DTMS
        for path, value in leaves(read_document(find("workload", workload)).value)
        if isinstance(value, int | float) and path != ("chipsim",) and dotted(path) not in UNUSED
    }
    | {"inputs.coupling_range"}
)
# Where the short training would not reach the key: r_yy that is never good enough asks for the smallest penalty,
# one that is always good enough for less of it.
OTHERS = {
    "training.penalty.smallest": {"training.penalty.start": 0, "training.penalty.target": 1e-6},
    "training.penalty.change": {"training.penalty.target": 0.99},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("decoration")
    # Grey values on a grid, so that a threshold of 0.1 and one of 0.11 differ.
    np.save(path / "images.npy", np.random.default_rng(1).integers(0, 12, (50, 2, 2)) / 100 + 0.05)
    np.save(path / "labels.npy", np.arange(50) % 2)
    return path


@cache
def learnt(folder: Path, changes: tuple):
    """Everything that a training found out, or why it was refused."""
    # A copy: an override of images.size[0] writes into the list that images.size was set to.
    files = {"images.source": str(folder / "images.npy"), "labels.source": str(folder / "labels.npy")}
    settings = {**copy.deepcopy(SETTINGS), **files, **dict(changes)}
    try:
        ready = chipsim.plan("tiny", DTMS[0], settings)
        path = folder / f"{abs(hash(changes))}.h5"
        run = train(ready, path, 0, 1)
    except ChipsimError as error:
        return str(error)
    path.unlink()
    arrays = {key: array.tolist() for key, array in run.arrays.items()}
    return arrays, run.summary["training"], run.summary["ledger"], run.summary["elapsed_s"]


def current(name):
    """The value of a key in the settings of this test or in the preset."""
    values = {dotted(path): value for path, value in leaves(read_document(find("workload", DTMS[0])).value)}
    values.update(SETTINGS)
    parent, _, index = re.sub(r"\[(\d+)\]$", r" \1", name).partition(" ")
    value = values[parent][int(index)] if index and parent in values else values[name]
    return value[0] if isinstance(value, list) else value


@pytest.mark.parametrize("name", NAMES)
def test_numbers(name, folder):
    others = tuple(OTHERS.get(name, {}).items())
    if name == "training.penalty.target":
        # A target just below and just above what was measured.
        measured = learnt(folder, ())[1][0]["r_yy"]
        assert 0 < measured < 0.9
        below, above = (learnt(folder, ((name, measured * f),)) for f in (0.99, 1.01))
        assert below[1] != above[1]
        return
    value = current(name)
    new = value + max(2, round(value * 0.1)) if isinstance(value, int) else value * 1.1
    assert learnt(folder, (*others, (name, new))) != learnt(folder, others)
