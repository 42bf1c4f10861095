"""What a file of workload `ising` holds: problem, schedule, clamped cells, target."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.spec.fields import Number, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel

PROJECTIONS = 32


class ProblemSpec(SpecModel):
    """Which problem: exactly one of native, graph, rudy, edge_list.

    With `directed: true` a line `i j J` of the edge list says how cell i acts on cell j, and not the other way round.
    """

    native: Literal["plus-minus", "gaussian", "ferromagnet"] | None = None
    seed: Annotated[int, Whole(ge=0, le=2**32)] = 0
    bias: Annotated[float, Number(ge=-1e6, le=1e6)] = 0.0
    graph: str | None = None
    rudy: str | None = None
    edge_list: str | None = None
    directed: bool = False

    @model_validator(mode="after")
    def _one(self) -> ProblemSpec:
        given = [name for name in ("native", "graph", "rudy", "edge_list") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of native, graph, rudy, edge_list; got {', '.join(given) or 'none'}")
        if self.native is None and (self.seed or self.bias):
            raise ValueError(f"seed and bias belong to native problems, not to {given[0]}; remove them")
        if self.directed and self.edge_list is None:
            raise ValueError(f"directed belongs to edge_list, not to {given[0]}; remove it")
        return self


class BetaRamp(SpecModel):
    """Inverse temperatures of an anneal."""

    start: Annotated[float, Number(ge=0, le=1e6)]
    end: Annotated[float, Number(gt=0, le=1e6)]
    steps: Annotated[int, Whole(ge=1, le=10**6)]
    spacing: Literal["linear", "geometric"] = "linear"

    @model_validator(mode="after")
    def _has_an_end(self) -> BetaRamp:
        if self.steps == 1 and self.start != self.end:
            raise ValueError("a ramp of one step never comes to its end; use at least 2 steps")
        return self

    @model_validator(mode="after")
    def _geometric_needs_a_start(self) -> BetaRamp:
        if self.spacing == "geometric" and self.start == 0:
            raise ValueError("a geometric ramp cannot start at 0; give start a small positive value")
        return self

    def values(self) -> NDArray[np.float64]:
        """The steps, first to last."""
        if self.spacing == "geometric":
            return np.geomspace(self.start, self.end, self.steps)
        return np.linspace(self.start, self.end, self.steps)


class ScheduleSpec(SpecModel):
    """How long, how hot, and what is read when."""

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
            raise ValueError("start: up aligns the cells by a bias, which does nothing at beta 0; use start: random")
        if self.beta_by == "hard_wired" and ramp:
            raise ValueError("an anneal changes beta, so beta_by cannot be hard_wired")
        return self


class TargetSpec(SpecModel):
    """What counts as solved: a value of the objective, or a fraction of the best known one."""

    value: Literal["best-known"] | Annotated[float, Number()] = "best-known"
    fraction: Annotated[float, Number(gt=0, le=1)] = 1.0


class IsingModel(WorkloadModel):
    """A file of workload `ising`."""

    workload: Literal["ising"]
    problem: ProblemSpec
    schedule: ScheduleSpec
    clamp: list[tuple[Annotated[int, Whole(ge=0)], Literal[-1, 1]]] = []
    target: TargetSpec | None = None
