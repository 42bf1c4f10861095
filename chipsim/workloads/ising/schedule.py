"""Schedule of workload `ising`: steps of beta, reads and records, in sweeps."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.spec.fields import Number, Whole
from chipsim.spec.model import SpecModel

PROJECTIONS = 32
MAX_RECORDS = 1000
# Sweeps after the warm-up that are recorded individually, to resolve short autocorrelations.
FINE_SWEEPS = 1000


class BetaRamp(SpecModel):
    """Inverse temperatures of an anneal."""

    start: Annotated[float, Number(ge=0, le=1e6)]
    end: Annotated[float, Number(gt=0, le=1e6)]
    steps: Annotated[int, Whole(ge=1, le=10**6)]
    spacing: Literal["linear", "geometric"] = "linear"

    @model_validator(mode="after")
    def _has_an_end(self) -> BetaRamp:
        if self.steps == 1 and self.start != self.end:
            raise ValueError("a ramp needs at least 2 steps")
        return self

    @model_validator(mode="after")
    def _geometric_needs_a_start(self) -> BetaRamp:
        if self.spacing == "geometric" and self.start == 0:
            raise ValueError("a geometric ramp cannot start at 0; set start to a small positive value")
        return self

    def values(self) -> NDArray[np.float64]:
        """The steps, first to last."""
        if self.spacing == "geometric":
            return np.geomspace(self.start, self.end, self.steps)
        return np.linspace(self.start, self.end, self.steps)


class ScheduleSpec(SpecModel):
    """Length, temperatures and reads of a run."""

    mode: Literal["sample", "anneal"]
    sweeps: Annotated[int, Whole(ge=1, le=10**9)]
    beta: Annotated[float, Number(ge=0, le=1e6)] | BetaRamp
    beta_by: Literal["global_bias", "rewrite", "hard_wired"] = "global_bias"
    warmup_fraction: Annotated[float, Number(ge=0, lt=1)] = 0.2
    read_every: Annotated[int, Whole(ge=1, le=10**9)] | Literal["end", "never"] = "end"
    record_every: Annotated[int, Whole(ge=1, le=10**9)] | Literal["auto", "never"] = "auto"
    projections: Annotated[int, Whole(ge=0, le=256)] = PROJECTIONS
    start: Literal["random", "up"] = "random"

    @model_validator(mode="after")
    def _mode_fits_beta(self) -> ScheduleSpec:
        ramp = isinstance(self.beta, BetaRamp)
        if (self.mode == "anneal") != ramp:
            wanted = "{start: 0.1, end: 3, steps: 50}" if self.mode == "anneal" else "a number"
            raise ValueError(f"mode {self.mode} needs beta as {wanted}")
        if isinstance(self.beta, BetaRamp) and self.beta.steps > self.sweeps:
            raise ValueError(f"{self.beta.steps} steps of beta do not fit into {self.sweeps} sweeps")
        if self.start == "up" and not ramp and self.beta == 0:
            raise ValueError("start: up aligns the cells by a bias, which has no effect at beta 0; use start: random")
        if self.beta_by == "hard_wired" and ramp:
            raise ValueError("an anneal changes beta, so beta_by cannot be hard_wired")
        return self

    @property
    def first_sweep(self) -> int:
        """Sweeps before the schedule: one for an ordered start."""
        return int(self.start == "up")

    @property
    def warmup(self) -> int:
        """Sweeps before sampling starts."""
        return int(self.sweeps * self.warmup_fraction) if self.mode == "sample" else 0

    @property
    def betas(self) -> NDArray[np.float64]:
        """The steps of beta, first to last."""
        return self.beta.values() if isinstance(self.beta, BetaRamp) else np.array([self.beta])

    @property
    def steps(self) -> dict[int, float]:
        """The sweep at which each step of beta begins."""
        betas = self.betas
        return {-(-step * self.sweeps // len(betas)): float(beta) for step, beta in enumerate(betas)}

    @property
    def record_spacing(self) -> int:
        """Sweeps between records; 0 if nothing is recorded."""
        if self.record_every == "never":
            return 0
        automatic = max(1, math.ceil(self.sweeps / MAX_RECORDS))
        return automatic if self.record_every == "auto" else int(self.record_every)

    @property
    def fine_stretch(self) -> range:
        """Sweeps that are recorded individually, if the automatic record spacing is larger."""
        if self.mode == "anneal" or self.record_every != "auto" or self.record_spacing == 1:
            return range(0)
        return range(self.warmup, min(self.warmup + FINE_SWEEPS, self.sweeps))

    @property
    def records(self) -> int:
        """Upper bound of the number of records."""
        return self.sweeps // self.record_spacing + len(self.fine_stretch) if self.record_spacing else 0

    @property
    def marks(self) -> list[int]:
        """Sweeps at which beta, the record spacing or reads change."""
        fine = self.fine_stretch
        marks = {0, self.sweeps, *self.steps, *([fine.start, fine.stop] if fine else [])}
        if isinstance(self.read_every, int):
            marks |= set(range(self.read_every, self.sweeps, self.read_every))
        return sorted(marks)

    @property
    def reads(self) -> list[int]:
        """Sweeps after which the state is read."""
        if self.read_every == "never":
            return []
        if self.read_every == "end":
            return [self.sweeps]
        return [*range(self.read_every, self.sweeps, self.read_every), self.sweeps]
