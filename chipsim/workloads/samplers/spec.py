"""Spec of samples of single cells."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipsim.errors import RuleError
from chipsim.spec.fields import FileName, Number, Quantity, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel

Logit = Annotated[float, Number(ge=-100, le=100)]
Weight = Annotated[float, Number(gt=0, le=1e6)]
Volts = Annotated[float, Quantity("V", ge=-10, le=10)]
Deviation = Annotated[float, Quantity("V", gt=0, le=10)]
States = Field(min_length=1, max_length=64)


class ReadingsSpec(SpecModel):
    """Cells run for `settle`, then each is read `samples` times, every `spacing`."""

    settle: Annotated[float, Quantity("s", gt=0, le=1e3)]
    samples: Annotated[int, Whole(ge=1, le=10**7)]
    spacing: Annotated[float, Quantity("s", gt=0, le=1e3)]


class SamplersModel(WorkloadModel):
    """A file of workload `samplers`.

    Cells with states take their law from one of: `logits`, `weights` in proportion to probabilities, or `file` with a
    row of logits for each cell that is used; `logits` and `weights` are those of every cell. Cells with voltages take
    `means`, and with states also `deviations`, one for each state. The text of a file has one row per line; `.npy`,
    `.npz`, `.mat` and MatrixMarket are read too.
    """

    workload: Literal["samplers"]
    logits: Annotated[list[Logit], States] | None = None
    weights: Annotated[list[Weight], States] | None = None
    file: Annotated[str, FileName()] | None = None
    means: Annotated[list[Volts], States] | None = None
    deviations: Annotated[list[Deviation], States] | None = None
    schedule: ReadingsSpec

    @model_validator(mode="after")
    def _one_law(self) -> SamplersModel:
        given = [name for name in ("logits", "weights", "file") if getattr(self, name) is not None]
        if len(given) > 1:
            raise RuleError(
                f"takes one of logits, weights and file; got {' and '.join(given)}",
                code="spec.one-of",
                alternatives=tuple((name,) for name in given),
            )
        return self
