"""Small models of `dtm_fashion.py`, told no class: several trainings of one model, and models of fewer and more layers.

All are trained with equally many steps and draw images with equally many sweeps. The noise of the steps adds up to that
of the preset. Trainings are kept in runs/reports-dtm-fashion, so a report that was cut off goes on.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import chipsim
from chipsim.runs.plan import Plan
from chipsim.runs.train import train
from chipsim.spec.presets import preset_root

CHIP, SMALL = "dtca-70", "fashion-dtm-small"
KEPT = Path(__file__).parent.parent / "runs" / "reports-dtm-fashion"
# Seeds of the preset, of which the first is that of the weights that ship, and numbers of layers; one is a monolith.
SEEDS, LAYERS, SHIPPED = (0, 1, 2), (4,), 4
# Steps of all layers in an epoch, sweeps of an image, and noise of all steps.
STEPS, SWEEPS, NOISE = 800, 1000, 2.25
# By which the noise of the last step exceeds that of the first, with many layers.
RANGE = 16


def noise_of(layers: int) -> list[float]:
    """Noise of each step, from the data outwards: a geometric series."""
    ratio = RANGE ** (1 / layers)
    first = NOISE * (ratio - 1) / (RANGE - 1)
    return [round(first * ratio**step, 4) for step in range(layers)]


def settings_of(layers: int) -> dict[str, Any]:
    """What a training of so many layers changes in the preset."""
    return {"noise": noise_of(layers), "training.steps": STEPS // layers}


def trained(layers: int, seed: int) -> Path:
    """The weights of a training: those that ship, or what is kept of it."""
    if (layers, seed) == (SHIPPED, SEEDS[0]):
        return preset_root() / "workloads" / "weights" / f"{SMALL}.h5"
    ready: Plan = chipsim.plan(CHIP, SMALL, settings_of(layers))
    bare = replace(ready, workload=ready.workload.untrained(ready.netlist.fabric))
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{bare.ids(seed)[0]}.h5"
    train(ready, path, seed)
    return path
