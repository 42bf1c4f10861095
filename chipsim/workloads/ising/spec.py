"""Spec of workload `ising` without its schedule: problem, clamped cells, target."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, field_validator, model_validator

from chipsim.errors import RuleError, did_you_mean
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.conventions import Convention
from chipsim.problems.reading import Format
from chipsim.spec.fields import FileName, Number, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.ising.schedule import ScheduleSpec

# Limits of the scale: beyond these single precision is insufficient.
LEAST_SCALE, MOST_SCALE = 1e-12, 1e12

# Keys of which a problem has exactly one, and those among them that name files.
SOURCES = ("native", "graph", "file", "rudy", "edge_list", "given")
FILES = ("file", "rudy", "edge_list")

Scale = Literal["none", "auto"] | Annotated[float, Number(ge=LEAST_SCALE, le=MOST_SCALE)]


def _no_boolean(value: object) -> object:
    """True equals 1, but is no value of a spin."""
    if isinstance(value, bool):
        raise RuleError(f"{value} is not -1 or 1", code="spec.wrong-type")
    return value


class ProblemSpec(SpecModel):
    """The problem: exactly one of native, graph, file, rudy, edge_list, given.

    `rudy: FILE` is `file: FILE, format: rudy`; `edge_list: FILE` is `file: FILE, format: edges, convention: ising`.
    `given` is the name of a problem that Python hands over.
    With `directed: true` a line `i j J` of a list of edges is the action of cell i on cell j only.
    `scale` multiplies couplings and biases before they are written, and divides beta: see `scale.py`.
    """

    native: Literal["plus-minus", "gaussian", "ferromagnet"] | None = None
    seed: Annotated[int, Whole(ge=0, le=2**32)] = 0
    bias: Annotated[float, Number(ge=-1e6, le=1e6)] = 0.0
    graph: str | None = None
    file: Annotated[str, FileName()] | None = None
    rudy: Annotated[str, FileName()] | None = None
    edge_list: Annotated[str, FileName()] | None = None
    given: str | None = None
    format: Format = "auto"
    convention: Convention | None = None
    first_index: Literal[0, 1] | None = None
    directed: bool = False
    scale: Scale = "none"

    @field_validator("scale", mode="before")
    @classmethod
    def _a_factor_or_a_word(cls, value: Any) -> Any:
        """Report one error instead of one per alternative type."""
        if value in ("none", "auto") and isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            words = f"; {did_you_mean(value, ['none', 'auto'])}" if isinstance(value, str) else ""
            raise RuleError(
                f"expected none, auto or a factor such as 12.5, got {value!r}{words}", code="spec.wrong-type"
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise RuleError(f"{value} is not a factor; write a number above 0, or auto", code="spec.bad-number")
        if not LEAST_SCALE <= value <= MOST_SCALE:
            within = f"factors range from {LEAST_SCALE:g} to {MOST_SCALE:g}"
            raise RuleError(f"{value} is out of range; {within}", code="spec.out-of-range")
        return value

    @model_validator(mode="after")
    def _one(self) -> ProblemSpec:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            raise RuleError(
                f"needs exactly one of {', '.join(SOURCES)}; got {', '.join(given) or 'none'}",
                code="spec.one-of",
                alternatives=tuple((name,) for name in given),
            )
        if self.native is None and (self.seed or self.bias):
            raise RuleError(
                f"seed and bias belong to native problems, not to {given[0]}; remove them", code="spec.no-effect"
            )
        if self.directed and given[0] not in ("file", "edge_list"):
            raise RuleError(f"directed belongs to edge_list, not to {given[0]}; remove it", code="spec.no-effect")
        if self.format != "auto" and self.file is None:
            raise RuleError(f"format belongs to file, not to {given[0]}; remove it", code="spec.no-effect")
        if (self.convention or self.first_index is not None) and given[0] not in FILES:
            raise RuleError(
                f"convention and first_index belong to files, not to {given[0]}; remove them", code="spec.no-effect"
            )
        return self

    @property
    def source(self) -> str:
        """The key that says where the problem comes from."""
        return next(name for name in SOURCES if getattr(self, name) is not None)


class TargetSpec(SpecModel):
    """Target that counts as solved: a value of the objective, or a fraction of the best known one.

    Time and energy to solution refer to restarts until one reaches the target with probability 99 %: each restart loads
    the problem again (`restart: reload`), like the jobs of a queue, or the chip keeps it (`keep`).
    """

    value: Literal["best-known"] | Annotated[float, Number(ge=-1e30, le=1e30)] = "best-known"
    fraction: Annotated[float, Number(gt=0, le=1)] = 1.0
    restart: Literal["reload", "keep"] = "reload"


Cell = Annotated[int, Whole(ge=0, lt=10**7)]


class IsingModel(WorkloadModel):
    """A file of workload `ising`."""

    workload: Literal["ising"]
    problem: ProblemSpec
    mapping: MappingSpec = MappingSpec()
    schedule: ScheduleSpec
    clamp: list[tuple[Cell, Annotated[Literal[-1, 1], BeforeValidator(_no_boolean)]]] = []
    target: TargetSpec | None = None

    @model_validator(mode="after")
    def _compares_samples(self) -> IsingModel:
        if self.mapping.compare is not None and self.schedule.mode != "sample":
            raise RuleError(
                f"mapping.compare needs samples of one law (mode: sample), not mode: {self.schedule.mode}; remove it",
                code="spec.no-effect",
            )
        return self
