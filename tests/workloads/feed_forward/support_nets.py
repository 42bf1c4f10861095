"""A net of 4 pixels, 8 hidden and 4 output cells on the 16 cells of `tiny`, with data and weights of its own."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from support_cli import call

from chipsim.runs.plan import Plan, plan

WORK = """\
chipsim: 1
workload: feed-forward
name: quarters
data:
  images: FOLDER/images.npy
  labels: FOLDER/labels.npy
  test_images: FOLDER/test_images.npy
  test_labels: FOLDER/test_labels.npy
  size: [2, 2]
  classes: 2
  threshold: 0.5
placement: { order: image }
net: { hidden: [rest], outputs: 2, seed: 1 }
training: { epochs: 3, batch: 8, rate: 0.05, sharpness: 4 }
inference: { samples: 5 }
"""
# Pixels of the test images, one image each: both halves, all on, one on.
PIXELS = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1], [0, 1, 0, 0]])


def write_work(folder: Path) -> Path:
    """The workload file with its data: the class says whether the upper pixels are on."""
    random = np.random.default_rng(0)
    images = random.random((64, 2, 2)).astype(np.float32)
    arrays = {
        "images": images,
        "labels": (images[:, 0].sum(axis=1) > images[:, 1].sum(axis=1)).astype(int),
        "test_images": PIXELS.reshape(-1, 2, 2).astype(np.float32),
        "test_labels": np.array([1, 0, 0, 1]),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    path = folder / "quarters.yaml"
    path.write_text(WORK.replace("FOLDER", str(folder)))
    return path


def write_weights(folder: Path, work: Path, seed: int = 3) -> tuple[Path, NDArray[np.float32], NDArray[np.float32]]:
    """A trained file whose weights and biases were replaced by large ones that the chip stores exactly."""
    path = folder / "weights.h5"
    assert call("train", "tiny", work, "-o", path).exit_code == 0
    random = np.random.default_rng(seed)
    with h5py.File(path, "r+") as file:
        arrays = [random.integers(-31, 32, file["arrays"][name].shape) / 31 for name in ("weights", "biases")]
        for name, array in zip(("weights", "biases"), arrays, strict=True):
            array[0] = 1.0
            file["arrays"][name][...] = array
    return path, *(array.astype(np.float32) for array in arrays)


def planned(work: Path, weights: Path, **settings: object) -> Plan:
    """The net on `tiny`; names of settings have `__` for a dot."""
    paths = {name.replace("__", "."): value for name, value in settings.items()}
    return plan("tiny", str(work), {"inference.weights": str(weights), **paths})
