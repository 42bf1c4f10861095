"""A small classifier, and a chip of 150 cells without any error but the noise of its cells and long converters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from chipsim.runs.plan import Plan, plan
from chipsim.workloads.natural_gradient.perceptron import Perceptron

CELLS = 150
# As good as analog parts can be asked to be: what is left are 24 bits and a nanovolt of noise.
PERFECT: dict[str, Any] = {
    "fabric.uncoupled": CELLS,
    "couplers.rows": 24,
    "couplers.bits": 24,
    "couplers.mismatch": 0,
    "couplers.drift": "0 ppm/K",
    "cells.offset": "0 V",
    "cells.offset_drift": "0 V/K",
    "cells.gain_error": 0,
    "cells.common_mode": "0 V",
    "noise.sigma": "1 nV",
    "noise.bandwidth": "1 THz",
    "inputs.bits": 24,
    "readout.bits": 24,
    "readout.noise": "0 V",
    "readout.sampling_capacitance": "1 F",
}
CHIP = {key: value for key, value in PERFECT.items() if key.startswith("fabric") or key == "couplers.rows"}

WORK = """\
chipsim: 1
workload: natural-gradient
name: squares
data:
  images: FOLDER/images.npy
  labels: FOLDER/labels.npy
  test_images: FOLDER/test_images.npy
  test_labels: FOLDER/test_labels.npy
  size: [8, 8]
  pool: 2
  classes: 3
network: { hidden: [6] }
training: { iterations: 6, batch: 8, rate: 0.3, damping: 0.1, seed: 3, judge_every: 2 }
solve: { start: gradient, time: 50 us }
"""
BATCH, CLASSES = 8, 3
NETWORK = Perceptron((16, 6, CLASSES))


def write_work(folder: Path) -> Path:
    """A workload file with its data: images of 8 x 8 pixels, whose brightest third says the class."""
    random = np.random.default_rng(0)
    for prefix, count in (("", 120), ("test_", 60)):
        labels = random.integers(0, CLASSES, count)
        images = 0.3 * random.random((count, 8, 8))
        for image, label in zip(images, labels, strict=True):
            image[:, 2 * label : 2 * label + 3] += 0.6
        np.save(folder / f"{prefix}images.npy", images)
        np.save(folder / f"{prefix}labels.npy", labels)
    path = folder / "work.yaml"
    path.write_text(WORK.replace("FOLDER", str(folder)))
    return path


def planned(folder: Path, chip: dict[str, Any] = PERFECT, **settings: Any) -> Plan:
    """The plan of that training; `training__rate=0.1` sets training.rate."""
    work = folder / "work.yaml"
    own = {key.replace("__", "."): value for key, value in settings.items()}
    return plan("tngd-array", str(work if work.exists() else write_work(folder)), {**chip, **own})
