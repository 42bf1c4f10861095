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
from chipsim.rounding import rounded
from chipsim.workloads.feed_forward.readings import votes

SCOPES: tuple[Scope, ...] = ("fabric", "chip", "system")
JOBS = "10000"


# Of a run.
FIGURES = (
    "digital_mac_share",
    "weights",
    "cells_per_weight",
    "couplers_per_weight",
    "longest_neuron",
    "weight_scale",
    "output_correlation",
)


@dataclass(frozen=True)
class Setting:
    """A setting of a net on test images.

    Attributes:
        name: as shown.
        images: their number.
        accuracy: from the first 1, 2, 3, ... samples.
        won: images that are right after all samples, and wrong in the setting that it is compared with.
        lost: images that are wrong, and right there.
        figures: `FIGURES` of the run.
    """

    name: str
    images: int
    accuracy: list[float]
    won: int
    lost: int
    figures: dict[str, float | None]

    def at(self, samples: int) -> float:
        """Accuracy from this number of samples."""
        return self.accuracy[samples - 1]

    def samples_for(self, accuracy: float) -> int | None:
        """Fewest samples of this accuracy; None if it is not reached."""
        return next((k for k, found in enumerate(self.accuracy, 1) if found >= accuracy), None)

    def figure(self, name: str) -> float:
        """One of `figures` that every run has."""
        found = self.figures[name]
        assert found is not None
        return found


def settings_of(
    chip: str, model: str, changes: Mapping[str, Mapping[str, Any]], images: int, samples: int
) -> list[Setting]:
    """The first test images at a number of samples in each setting, compared with the first setting."""
    base: NDArray[np.bool_] | None = None
    out = []
    for name, given in changes.items():
        accuracy, right, figures = measure(chip, model, given, images, samples)
        base = right if base is None else base
        out.append(Setting(name, images, accuracy, *gained(right, base), figures))
    return out


def gained(right: NDArray[np.bool_], base: NDArray[np.bool_]) -> tuple[int, int]:
    """Images that are right and were wrong, and the reverse."""
    return int((right & ~base).sum()), int((base & ~right).sum())


def measure(
    chip: str, model: str, changes: Mapping[str, Any], images: int, samples: int
) -> tuple[list[float], NDArray[np.bool_], dict[str, float | None]]:
    """Accuracy by number of samples, images (images,) that are right after all of them, and `FIGURES`."""
    changes = {**changes, "inference.samples": samples}
    run = chipsim.run(chip, model, set=changes, lanes=images)
    workload: Any = chipsim.plan(chip, model, changes).workload
    data = workload.data
    by_class = votes(list(run.trace.observations.states), images, data.classes.max() + 1).sum(axis=0)
    right = by_class.argmax(axis=1) == data.classes[np.arange(images) % len(data.classes)]
    return run.arrays["accuracy_by_samples"].tolist(), right, {key: run.summary[key] for key in FIGURES}


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


def difference(one: Setting) -> tuple[float, float]:
    """Points of accuracy beyond the setting that it is compared with, image by image, and half its 95 % interval."""
    size = (one.won - one.lost) / one.images
    spread = ((one.won + one.lost) / one.images - size**2) * one.images / (one.images - 1)
    return 100 * size, 100 * 1.96 * math.sqrt(spread / one.images)


def told(one: Setting) -> str:
    """`difference`, and whether the images resolve it."""
    size, half = difference(one)
    return f"{rounded(size, '+.1f')} +- {rounded(half, '.1f')}{', not resolved' if abs(size) <= half else ''}"
