"""Spec of a training by natural gradients."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipsim.spec.fields import Number, Quantity, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.labelled_images import LabelledImagesSpec

Optimizer = Literal["chip", "sgd", "adam", "exact", "conjugate-gradients"]


class DataSpec(LabelledImagesSpec):
    """Labelled images; `pool` averages squares of this side length in pixels."""

    pool: Annotated[int, Whole(ge=1, le=64)] = 1

    @model_validator(mode="after")
    def _whole_squares(self) -> DataSpec:
        if any(side % self.pool for side in self.size):
            raise ValueError(
                f"images of {self.size[0]} x {self.size[1]} pixels do not divide into squares of {self.pool} pixels"
            )
        return self

    @property
    def inputs(self) -> int:
        """Number of inputs per image."""
        return int(self.size[0] * self.size[1] // self.pool**2)


class PerceptronSpec(SpecModel):
    """Sizes of the hidden layers; an empty list gives a linear classifier."""

    hidden: Annotated[list[Annotated[int, Whole(ge=1, le=10**5)]], Field(max_length=20)]


class DescentSpec(SpecModel):
    """Update of the weights w: w <- w - `rate` g, with g = grad (sgd), Adam's update, or (G + `damping` I)^-1 grad. The
    rate decays by half a cosine to `last_rate` times `rate`.

    The accuracy on test images is evaluated every `judge_every` iterations, not billed; with `stop` the training ends
    when it reaches `target`.
    """

    optimizer: Optimizer = "chip"
    iterations: Annotated[int, Whole(ge=1, le=10**6)]
    batch: Annotated[int, Whole(ge=1, le=10**5)]
    rate: Annotated[float, Number(gt=0, le=1e3)]
    last_rate: Annotated[float, Number(gt=0, le=1)] = 1.0
    damping: Annotated[float, Number(gt=0, le=1e6)]
    seed: Annotated[int, Whole(ge=0, le=2**32)] = 0
    judge_every: Annotated[int, Whole(ge=1, le=10**6)] = 10
    target: Annotated[float, Number(gt=0, le=1)] = 0.85
    stop: bool = False


class SolveSpec(SpecModel):
    """Solution for g by the chip or by conjugate gradients.

    The voltages start at the gradient, at the previous solution, or at 0, and relax for `time`. After the read they
    continue for `delay` towards the old solution, while the host computes the next gradient. Curvature is computed and
    loaded every `curvature_every` iterations. Conjugate gradients start in the same way, with at most `products`
    products with the matrix.
    """

    start: Literal["gradient", "previous", "zero"] = "gradient"
    time: Annotated[float, Quantity("s", ge=0, le=1e3)]
    delay: Annotated[float, Quantity("s", ge=0, le=1e3)] = 0.0
    curvature_every: Annotated[int, Whole(ge=1, le=10**6)] = 1
    products: Annotated[int, Whole(ge=1, le=10**6)] = 10


class NaturalGradientModel(WorkloadModel):
    """A file of workload `natural-gradient`."""

    workload: Literal["natural-gradient"]
    data: DataSpec
    network: PerceptronSpec
    training: DescentSpec
    solve: SolveSpec
