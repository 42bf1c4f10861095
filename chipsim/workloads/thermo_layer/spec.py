"""Spec of a layer of cells in quartic potentials."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipsim.errors import RuleError
from chipsim.spec.fields import Number, Quantity, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.thermo_layer.task import HEADS


class TaskSpec(SpecModel):
    """Sequences of `tokens` tokens of `features` numbers, mixed by a random attention block or not, of a `seed`."""

    seed: Annotated[int, Whole(ge=0, le=2**31)] = 1
    tokens: Annotated[int, Whole(ge=1, le=1024)] = 16
    features: Annotated[int, Whole(ge=1, le=4096)] = 32
    attention: bool = True

    @model_validator(mode="after")
    def _heads(self) -> TaskSpec:
        if self.attention and self.features % HEADS:
            raise RuleError(
                f"features of {HEADS} heads must be a multiple of {HEADS}; got {self.features}; change it, or set "
                "attention: false",
                code="spec.rule",
            )
        return self


class ThermoLayerModel(WorkloadModel):
    """A file of workload `thermo-layer`.

    `layers` are their widths, one layer of all cells without them. Each is observed after a `window`, once at every one
    of the `temperatures`, in units of that of the chip. `ridge` is the penalty of the fit, `digital` the width of the
    digital layer to compare with. Wider layers than `simulate_up_to` are billed without states.
    """

    workload: Literal["thermo-layer"]
    task: TaskSpec = TaskSpec()
    layers: Annotated[list[Annotated[int, Whole(ge=1, le=10**7)]], Field(min_length=1, max_length=64)] | None = None
    window: Annotated[float, Quantity("s", gt=0, le=1e3)]
    temperatures: Annotated[list[Annotated[float, Number(gt=0, le=100)]], Field(min_length=1, max_length=16)] = [1.0]
    ridge: Annotated[float, Number(gt=0, le=1e6)] = 1e-2
    digital: Annotated[int, Whole(ge=1, le=65536)] = 128
    simulate_up_to: Annotated[int, Whole(ge=1, le=10**6)] = 4096
