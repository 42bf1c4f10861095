"""The runs of `fabric.py` on fields that are late: wires with a clock, nodes that settle, wires without a clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fabric_runs import CHIP, LARGE_LANES, SMALL, SMALL_LANES

import chipsim
from chipsim.rounding import rounded
from chipsim.statistics.deviation import Deviation, deviation

FREE = str(Path(__file__).parent / "fabric_free.yaml")
# What is late takes this time, and clocks are fast or slow beside it. Wires are all one pitch of 6 um long.
LATE_NS = 10
CAUSES = ("wires, clocked", "settling, clocked", "wires, no clock")
RATIOS = {
    "wires, clocked": (0.1, 0.5, 0.9, 1.1, 2.0),
    "settling, clocked": (0.05, 0.1, 0.13, 0.16, 0.2, 0.3, 0.5, 1.0),
    "wires, no clock": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}
IDEAL: dict[str, Any] = {"rng.law": "ideal"}
ARRAY: dict[str, Any] = {
    "fabric.pattern": "square", "fabric.size": [32, 32], "schedule.beta": 0.5, "schedule.sweeps": 4000,
}  # fmt: skip


@dataclass(frozen=True)
class Late:
    """Runs in which something is late by a share of the time between updates.

    Attributes:
        cause: which of `CAUSES`.
        ratio: delay or R C over the clock phase, or over the mean interval of free-running cells.
        small: figures of nine cells: total variation, its floor, fitted beta.
        error: of the array against the same one without delay.
        joules: per effective sample of the array, scope fabric; None where samples are withheld.
        half: half the 95 % interval of `joules`.
        sampling: status of its samples.
    """

    cause: str
    ratio: float
    small: dict[str, float]
    error: Deviation | None
    joules: float | None
    half: float | None
    sampling: str

    @property
    def stands(self) -> bool:
        """Whether effective samples are counted."""
        return self.joules is not None

    @property
    def is_off(self) -> bool:
        """Whether nine cells are further from Boltzmann's law than a perfect sampler would be."""
        return self.small["total_variation"] > self.small["total_variation_floor_high"]


def changes_of(cause: str, ratio: float) -> dict[str, Any]:
    """What is set for it: 10 ns of delay or R C, and an update time that makes this ratio."""
    updates = f"{rounded(LATE_NS / ratio, '.9g')} ns"
    slow = {"couplers.node_rc": f"{LATE_NS} ns"} if cause == "settling, clocked" else {}
    slow = slow or {"couplers.delay_per_length": f"{rounded(LATE_NS / 6, '.12g')} ns/um"}
    return {**IDEAL, **slow, "clock.mean_interval" if cause == "wires, no clock" else "clock.phase": updates}


def late_points() -> Iterator[Late]:
    """All causes at all ratios."""
    for cause in CAUSES:
        chip = FREE if cause == "wires, no clock" else CHIP
        ideal = _observables(chip, ARRAY | IDEAL)
        for ratio in RATIOS[cause]:
            changes = changes_of(cause, ratio)
            small = chipsim.run(chip, "spin-glass", set={**SMALL, **changes}, lanes=SMALL_LANES, seed=1)
            run, found = _array(chip, ARRAY | changes, seed=1)
            figures, summary = small.summary.workload.figures, run.summary
            yield Late(
                cause,
                ratio,
                {name: value for name, value in figures.items() if name.startswith(("total_variation", "fitted_beta"))},
                deviation(found, ideal),
                summary.priced.sample.joules_per_effective_sample,
                summary.priced.sample.joules_per_effective_sample_ci95_j,
                summary.core.answers.sampling,
            )


def _array(chip: str, given: dict[str, Any], seed: int) -> tuple[Any, Any]:
    """A run of the array, and what its samples are compared by."""
    run = chipsim.run(chip, "spin-glass", set=given, lanes=LARGE_LANES, scope="fabric", seed=seed)
    found = chipsim.plan(chip, "spin-glass", set=given).workload.observables(run.trace)
    assert found is not None
    return run, found


def _observables(chip: str, given: dict[str, Any]) -> Any:
    """Those of the array without delay, with random numbers of its own."""
    return _array(chip, given, seed=2)[1]
