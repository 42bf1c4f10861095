"""What a denoising model loses under noise that runs between latches: with the weights that ship, and trained again.

Trainings are kept in runs/reports-fabric, so a report that was cut off goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from fabric_runs import CHIP, RELAXATION_NS
from readme import Table

import chipsim
from chipsim.rounding import rounded
from chipsim.runs.train import train
from chipsim.statistics.intervals import mean_ci95
from chipsim.units import show
from chipsim.workloads.dtm.quality import MAX_IMAGES, Yardstick, features_for, real_bits

KEPT = Path(__file__).parent.parent / "runs" / "reports-fabric"
CHIPS = {"redraw": CHIP, "telegraph": f"{CHIP}-telegraph"}
SMALL = "fashion-dtm-small"
SHIPPED, AGAIN = "shipped", "trained again"
# Of trainings; the first is that of the weights that ship, which learnt with redraw noise.
SEEDS = (0, 1, 2)
# Noise and phase over its relaxation time.
AT = (("redraw", 1), ("telegraph", 1), ("telegraph", 5))
# Model, weights, seed of their training, noise, phase.
CASES = (
    *((model, SHIPPED, SEEDS[0], *at) for model in ("fashion-dtm", SMALL) for at in AT),
    *((SMALL, AGAIN, seed, "redraw", 1) for seed in SEEDS[1:]),
    *((SMALL, AGAIN, seed, "telegraph", 1) for seed in SEEDS),
)


@dataclass(frozen=True)
class Images:
    """Images of a model under a noise law.

    Attributes:
        model, weights, seed: which, and the seed of the training.
        law, phase: of the noise, in relaxation times.
        distance, half: Frechet distance to real images on the shipped classifier's features, and half its 95 %
            interval by bootstrap over the images.
        floor: distance of other real images.
        joules: of an image, scope fabric.
    """

    model: str
    weights: str
    seed: int
    law: str
    phase: float
    distance: float
    half: float
    floor: float
    joules: float


def denoised() -> Iterator[Images]:
    """All cases."""
    for model, weights, seed, law, phase in CASES:
        changes: dict[str, Any] = {"clock.phase": f"{phase * RELAXATION_NS:g} ns", "generation.images": 1}
        if weights == AGAIN:
            changes["generation.weights"] = str(trained(law, seed))
        run = chipsim.run(CHIPS[law], model, set=changes, lanes=MAX_IMAGES, scope="fabric")
        bits = run.arrays["images"].reshape(MAX_IMAGES, -1) > 127
        dtm: Any = chipsim.plan(CHIPS[law], model).workload
        meaning = dtm.meaning()
        data = real_bits(meaning)
        yardstick = Yardstick(data, features_for(data, meaning), MAX_IMAGES)
        found, floor = yardstick.distance("images", bits), yardstick.distance("real", yardstick.real)
        energy = run.summary.priced.energy_j
        yield Images(model, weights, seed, law, phase, found.value, found.half_width, floor.value, energy)


def trained(law: str, seed: int) -> Path:
    """The small model trained with this noise, at a phase of one relaxation time."""
    ready = chipsim.plan(CHIPS[law], SMALL)
    bare = replace(ready, workload=ready.workload.untrained(ready.netlist.fabric))
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{bare.ids(seed)[0]}.h5"
    train(ready, path, seed)
    return path


def denoising_sentences(rows: Sequence[Images]) -> Iterator[str]:
    """What telegraph noise costs each model as trained, what a longer phase mends, and what training again does."""
    yield (
        f"Images are {MAX_IMAGES:,} of each training; their Frechet distance to real images is on the features of the "
        "classifier that ships. +- is half a 95 % interval over the images, of a mean over the trainings; better and "
        "worse are outside that of the difference."
    )
    for model in dict.fromkeys(row.model for row in rows):
        right, stale, slow = (_shipped(rows, model, *at) for at in AT)
        (was, fresh, late), times = map(_of_images, (right, stale, slow)), slow.joules / right.joules
        yield (
            f"{model} with the weights that ship: distance {was} with redraw noise. With telegraph noise it is {fresh} "
            f"at the same phase ({_verdict(fresh, was)}) and {late} at {slow.phase:g} tau0 ({_verdict(late, was)}), "
            f"where an image takes {rounded(times, '.2g')} times the energy of the array."
        )
    taught, control = (_trained(rows, law) for law in ("telegraph", "redraw"))
    mine, other = _of_trainings(taught), _of_trainings(control)
    yield (
        f"{SMALL} trained again with telegraph noise at one tau0, from {len(taught)} seeds: mean distance {mine} "
        f"({_listed(taught)}), and {other} ({_listed(control)}) of trainings with redraw noise from the same seeds, "
        f"each drawn with the noise it learnt with ({_verdict(mine, other)})."
    )


class Value(NamedTuple):
    """A distance and half its 95 % interval."""

    value: float
    half: float

    def __str__(self) -> str:
        return f"{rounded(self.value, '.3g')} +- {rounded(self.half, '.2g')}"


def _of_images(row: Images) -> Value:
    return Value(row.distance, row.half)


def _of_trainings(rows: Sequence[Images]) -> Value:
    distances = np.array([row.distance for row in rows])
    half = mean_ci95(distances)
    assert half is not None
    return Value(float(distances.mean()), half)


def _shipped(rows: Sequence[Images], model: str, law: str, phase: float) -> Images:
    return next(r for r in rows if (r.model, r.weights, r.law, r.phase) == (model, SHIPPED, law, phase))


def _trained(rows: Sequence[Images], law: str) -> list[Images]:
    """Images of the small model, each training drawn with the noise that it learnt with, by seed."""
    shipped = [_shipped(rows, SMALL, law, 1)] if law == "redraw" else []
    return [*shipped, *(row for row in rows if (row.weights, row.law) == (AGAIN, law))]


def _listed(rows: Sequence[Images]) -> str:
    return ", ".join(rounded(row.distance, ".3g") for row in rows)


def _verdict(one: Value, other: Value) -> str:
    """Which of two distances is larger, if their difference is outside its interval."""
    apart = one.value - other.value
    if abs(apart) <= math.hypot(one.half, other.half):
        return "not told apart"
    return "worse" if apart > 0 else "better"


def denoising_table(rows: Sequence[Images]) -> Table:
    """Each case."""
    return Table(
        "Denoising models on dtca-70, by noise; energy of the array alone",
        ("model", "weights", "seed", "noise", "phase / tau0", "distance", "floor", "energy of an image"),
        tuple((r.model, r.weights, str(r.seed), r.law, f"{r.phase:g}", *_figures(r)) for r in rows),
    )


def _figures(row: Images) -> tuple[str, ...]:
    return str(_of_images(row)), rounded(row.floor, ".2g"), show(row.joules, "J", 3)
