"""Images of noise, so that trainings of presets need no dataset."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_FOLDER = tempfile.TemporaryDirectory(prefix="chipsim-tests-")  # until this process ends


@cache
def small_classifier() -> dict[str, Any]:
    """Settings that make fashion-classifier small: 24 images of 28 x 28 pixels, 631 weights, 3 iterations."""
    folder = Path(_FOLDER.name)
    random = np.random.default_rng(0)
    files = {"images": random.random((24, 28, 28)), "labels": np.arange(24) % 10}
    settings: dict[str, Any] = {"data.source": None}
    for prefix in ("", "test_"):
        for name, array in files.items():
            np.save(folder / f"{prefix}{name}.npy", array)
            settings[f"data.{prefix}{name}"] = str(folder / f"{prefix}{name}.npy")
    return settings | {
        "network.hidden[0]": 3,
        "training.iterations": 3,
        "training.batch": 2,
        "training.judge_every": 1,
        "fabric.uncoupled": 2500,
        "couplers.rows": 20,
    }


@cache
def small_native() -> dict[str, Any]:
    """Settings that run fashion-native on 8 images of noise, with 3 samples."""
    shared = small_classifier()
    return {name: value for name, value in shared.items() if name.startswith("data.")} | {"inference.samples": 3}
