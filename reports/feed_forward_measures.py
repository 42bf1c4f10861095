"""Runs of feed-forward nets for their report: accuracy image by image, and energies by scope."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import chipsim
from chipsim.prices.scopes import Scope
from chipsim.results.result import Run
from chipsim.rounding import rounded
from chipsim.workloads.feed_forward.readings import votes

SCOPES: tuple[Scope, ...] = ("fabric", "chip", "system")
JOBS = "10000"


@dataclass(frozen=True, eq=False)
class Setting:
    """A setting of a net on test images.

    Attributes:
        name: as shown.
        accuracy: (samples,), from the first 1, 2, 3, ... samples.
        right: (images,), whether the class is right after all samples.
        run: with its other figures.
    """

    name: str
    accuracy: NDArray[np.float64]
    right: NDArray[np.bool_]
    run: Run

    def at(self, samples: int) -> float:
        """Accuracy from this number of samples."""
        return float(self.accuracy[samples - 1])

    def samples_for(self, accuracy: float) -> int | None:
        """Fewest samples of this accuracy; None if it is not reached."""
        enough = np.flatnonzero(self.accuracy >= accuracy)
        return int(enough[0]) + 1 if len(enough) else None


def measure(name: str, chip: str, model: str, changes: Mapping[str, Any], images: int, samples: int) -> Setting:
    """The first test images at a number of samples; the first of them give the accuracy of fewer."""
    changes = {**changes, "inference.samples": samples}
    run = chipsim.run(chip, model, set=changes, lanes=images)
    workload: Any = chipsim.plan(chip, model, changes).workload
    data = workload.data
    by_class = votes(list(run.trace.observations.states), images, data.classes.max() + 1).sum(axis=0)
    right = by_class.argmax(axis=1) == data.classes[np.arange(images) % len(data.classes)]
    return Setting(name, run.arrays["accuracy_by_samples"], right, run)


def priced_scopes(chip: str, model: str, changes: Mapping[str, Any]) -> tuple[dict[Scope, float], float]:
    """Joules of an answer by scope, and its seconds, at 10,000 answers per load of the weights."""
    run = chipsim.run(chip, model, set=changes, lanes=64)
    runs = [chipsim.reprice(run, scope=scope) for scope in SCOPES]
    energy = {scope: each.summary["energy_per_job_j"][JOBS] for scope, each in zip(SCOPES, runs, strict=True)}
    return energy, runs[0].summary["time_per_job_s"][JOBS]


def percent(accuracy: float, images: int) -> str:
    """An accuracy with its 95 % interval over the images (binomial)."""
    half = 1.96 * math.sqrt(accuracy * (1 - accuracy) / images)
    return f"{rounded(accuracy, '.1%').removesuffix('%')} +- {rounded(half, '.1%')}"


def difference(one: Setting, other: Setting) -> str:
    """The difference of two accuracies, image by image, as far as the images resolve it (95 %)."""
    gaps = one.right.astype(float) - other.right
    size, half = 100 * gaps.mean(), 100 * 1.96 * gaps.std(ddof=1) / math.sqrt(len(gaps))
    if abs(size) <= half:
        return f"not told apart from {other.name} ({rounded(size, '+.1f')} +- {rounded(half, '.1f')} points)"
    return f"{rounded(size, '+.1f')} +- {rounded(half, '.1f')} points against {other.name}"
