"""Schedule of workload `ising`: betas, reads and records, in sweeps; those of tempering are sweeps of each replica."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from chipsim.errors import RuleError
from chipsim.spec.fields import FileName, Number, Whole
from chipsim.spec.model import SpecModel

PROJECTIONS = 32
MAX_RECORDS = 1000
# Sweeps after the warm-up that are recorded individually, to resolve short autocorrelations.
FINE_SWEEPS = 1000


class BetaRamp(SpecModel):
    """Inverse temperatures of an anneal, or of tempering.

    Those of tempering may do without a start: from the coldest, `end`, down, neighbours swap at `swap_rate`, by a pilot
    (`ladder.py`).
    """

    start: Annotated[float, Number(ge=0, le=1e6)] | None = None
    end: Annotated[float, Number(gt=0, le=1e6)]
    steps: Annotated[int, Whole(ge=1, le=10**6)]
    spacing: Literal["linear", "geometric"] = "linear"
    swap_rate: Annotated[float, Number(ge=0.01, le=0.99)] | None = None

    @model_validator(mode="after")
    def _has_both_ends(self) -> BetaRamp:
        if self.start is not None and self.steps == 1 and self.start != self.end:
            raise ValueError("a ramp needs at least 2 steps")
        return self

    @model_validator(mode="after")
    def _geometric_needs_a_start(self) -> BetaRamp:
        if self.spacing == "geometric" and self.start == 0:
            raise ValueError("a geometric ramp cannot start at 0; set start to a small positive value")
        return self

    def values(self) -> NDArray[np.float64]:
        """The steps, first to last, of a ramp that has a start."""
        assert self.start is not None
        if self.spacing == "geometric":
            return np.geomspace(self.start, self.end, self.steps)
        return np.linspace(self.start, self.end, self.steps)


class StartSpec(SpecModel):
    """A state to start from: answers of an earlier run, or its result."""

    file: Annotated[str, FileName()]


class TemperSpec(SpecModel):
    """Parallel tempering: one replica for each beta, and swaps of neighbours every `swap_every` sweeps.

    `replicas: copies` are copies of the problem side by side, all at once; `in_turn` has one array, whose states are
    written and read out for each turn. `energies` are those of states that the host reads, or come from a unit on the
    chip. Neighbours r, r + 1 swap with probability min(1, exp((beta_r - beta_r+1)(E_r - E_r+1))), even and odd pairs in
    turn (Hukushima and Nemoto 1996).
    """

    replicas: Literal["copies", "in_turn"] = "copies"
    swap_every: Annotated[int, Whole(ge=1, le=10**9)] = 10
    energies: Literal["host", "chip"] = "host"


Betas = Annotated[list[Annotated[float, Number(ge=0, le=1e6)]], Field(min_length=2, max_length=1000)]


class ScheduleSpec(SpecModel):
    """Length, temperatures and reads of a run."""

    mode: Literal["sample", "anneal", "temper"]
    sweeps: Annotated[int, Whole(ge=1, le=10**9)]
    beta: Annotated[float, Number(ge=0, le=1e6)] | BetaRamp | Betas
    beta_by: Literal["global_bias", "rewrite", "hard_wired"] = "global_bias"
    warmup_fraction: Annotated[float, Number(ge=0, lt=1)] = 0.2
    read_every: Annotated[int, Whole(ge=1, le=10**9)] | Literal["end", "never"] = "end"
    record_every: Annotated[int, Whole(ge=1, le=10**9)] | Literal["auto", "never"] = "auto"
    projections: Annotated[int, Whole(ge=0, le=256)] = PROJECTIONS
    start: Literal["random", "up"] | StartSpec = "random"
    temper: TemperSpec | None = None

    @model_validator(mode="after")
    def _ramp_has_a_start(self) -> ScheduleSpec:
        ramp = self.beta  # checked here, since a complaint within the ramp would bring those of other forms of beta
        if isinstance(ramp, BetaRamp):
            if (ramp.start is None) == (ramp.swap_rate is None):
                raise RuleError("beta needs start, or swap_rate in its place; give one of them", code="spec.one-of")
            if ramp.swap_rate is not None and "spacing" in ramp.model_fields_set:
                raise RuleError("beta.spacing has no effect with swap_rate; remove it", code="spec.no-effect")
        return self

    @model_validator(mode="after")
    def _mode_fits_beta(self) -> ScheduleSpec:
        ramp, listed = isinstance(self.beta, BetaRamp), isinstance(self.beta, list)
        wanted = {
            "sample": (not ramp and not listed, "a number"),
            "anneal": (ramp and self.fitted is None, "{start: 0.1, end: 3, steps: 50}"),
            "temper": (
                ramp or listed,
                "[0.1, 0.2, 0.4], {start: 0.1, end: 0.4, steps: 3} or {end: 0.4, steps: 3, swap_rate: 0.3}",
            ),
        }
        fits, as_what = wanted[self.mode]
        if not fits:
            raise ValueError(f"mode {self.mode} needs beta as {as_what}")
        if self.mode == "anneal" and isinstance(self.beta, BetaRamp) and self.beta.steps > self.sweeps:
            raise ValueError(f"{self.beta.steps} steps of beta do not fit into {self.sweeps} sweeps")
        if self.start != "random" and not ramp and self.beta == 0:
            raise ValueError("start sets the cells by a bias, which has no effect at beta 0; use start: random")
        if self.beta_by == "hard_wired" and self.mode != "sample":
            what = "an anneal changes beta" if self.mode == "anneal" else "tempering swaps betas"
            raise ValueError(f"{what}, so beta_by cannot be hard_wired")
        return self

    @model_validator(mode="after")
    def _tempers(self) -> ScheduleSpec:
        if self.mode != "temper":
            if self.temper is not None:
                raise RuleError(f"temper has no effect with mode: {self.mode}; remove it", code="spec.no-effect")
            return self
        betas = np.arange(self.replicas) if self.fitted is not None else self.betas
        if len(betas) < 2 or not (np.diff(betas) > 0).all():
            raise ValueError("tempering needs at least 2 betas that rise, from hot to cold")
        keys, every = self.tempering, self.tempering.swap_every
        if self.sweeps % every or self.sweeps < 2 * every:
            raise ValueError(f"sweeps must be 2 or more times temper.swap_every, {every}; got {self.sweeps}")
        if keys.replicas == "in_turn":
            for name in ("read_every", "record_every"):
                value = getattr(self, name)
                if isinstance(value, int) and value % every:
                    complaint = f"replicas: in_turn needs {name} to be a multiple of temper.swap_every, {every}"
                    raise ValueError(f"{complaint}; got {value}")
        return self

    @property
    def fitted(self) -> BetaRamp | None:
        """What betas are to be fitted to a swap rate; None where they are given, or once they are fitted."""
        return self.beta if isinstance(self.beta, BetaRamp) and self.beta.swap_rate is not None else None

    @property
    def samples(self) -> bool:
        """Whether the coldest cells sample one law after the warm-up; those of an anneal do not."""
        return self.mode != "anneal"

    @property
    def tempering(self) -> TemperSpec:
        """Keys of tempering."""
        return self.temper or TemperSpec()

    @property
    def replicas(self) -> int:
        """Number of replicas; 1 without tempering."""
        if self.fitted is not None:
            return self.fitted.steps
        return len(self.betas) if self.mode == "temper" else 1

    @property
    def turns(self) -> int:
        """Sweeps of the array for each sweep of a replica."""
        return self.replicas if self._in_turn else 1

    @property
    def copies(self) -> int:
        """Copies of the problem that the array holds."""
        return 1 if self._in_turn else self.replicas

    @property
    def _in_turn(self) -> bool:
        return self.mode == "temper" and self.tempering.replicas == "in_turn"

    def own_sweeps(self, sweeps: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sweeps of the coldest replica, from those of the array while it runs: it has the last turn of each round."""
        if not self._in_turn:
            return sweeps
        every = self.tempering.swap_every
        done = sweeps - 1 - self.first_sweep
        return self.first_sweep + done // (every * self.replicas) * every + done % every + 1

    @property
    def first_sweep(self) -> int:
        """Sweeps before the schedule: one for a start that is not random."""
        return int(self.start != "random")

    @property
    def warmup(self) -> int:
        """Sweeps before sampling starts."""
        return int(self.sweeps * self.warmup_fraction) if self.samples else 0

    @property
    def betas(self) -> NDArray[np.float64]:
        """The steps of beta, first to last; of tempering hot to cold, once they are fitted."""
        return self.beta.values() if isinstance(self.beta, BetaRamp) else np.atleast_1d(np.array(self.beta))

    @property
    def steps(self) -> dict[int, float]:
        """The sweep at which each step of beta begins."""
        betas = self.betas if self.mode == "anneal" else self.betas[-1:]
        return {-(-step * self.sweeps // len(betas)): float(beta) for step, beta in enumerate(betas)}

    @property
    def record_spacing(self) -> int:
        """Sweeps between records; 0 if nothing is recorded."""
        if self.record_every == "never":
            return 0
        automatic = max(1, math.ceil(self.sweeps / MAX_RECORDS))
        if self._in_turn:  # at ends of turns
            automatic = -(-automatic // self.tempering.swap_every) * self.tempering.swap_every
        return automatic if self.record_every == "auto" else int(self.record_every)

    @property
    def fine_stretch(self) -> range:
        """Sweeps that are recorded individually, if the automatic record spacing is larger."""
        if not self.samples or self._in_turn or self.record_every != "auto" or self.record_spacing == 1:
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
        return sorted(marks | set(self.swaps))

    @property
    def swaps(self) -> range:
        """Sweeps after which replicas may swap."""
        every = self.tempering.swap_every
        return range(every, self.sweeps, every) if self.mode == "temper" else range(0)

    @property
    def reads(self) -> list[int]:
        """Sweeps after which the state is read."""
        if self.read_every == "never":
            return []
        if self.read_every == "end":
            return [self.sweeps]
        return [*range(self.read_every, self.sweeps, self.read_every), self.sweeps]
