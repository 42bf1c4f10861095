"""Spec of images from heat."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chipsim.spec.fields import FileName, Number, Quantity, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel


class PrototypesSpec(SpecModel):
    """The images that the cells are to remember: `chosen` ones of a source, counted from 0.

    A source is Fashion-MNIST, three `shapes` of 8 x 8 pixels (cross, diagonals, stripes), or a file of grey images.
    """

    source: Annotated[str, FileName(words=("fashion-mnist", "shapes"))] = "fashion-mnist"
    dataset: str | None = None
    size: tuple[Annotated[int, Whole(ge=1, le=4096)], Annotated[int, Whole(ge=1, le=4096)]] = (28, 28)
    chosen: Annotated[list[Annotated[int, Whole(ge=0, le=10**7)]], Field(min_length=1, max_length=64)]

    @property
    def pixels(self) -> int:
        """Pixels of an image, each of which is a visible cell."""
        return int(self.size[0] * self.size[1])


class LangevinTrainingSpec(SpecModel):
    """A cycle noises one prototype, in turn, and takes one step of the couplings.

    `steps` per window; `rate` scales the gradient of the mean loss of a step; hidden cells are driven by the pixel of
    their number, or by a random `projection` of all pixels.
    """

    cycles: Annotated[int, Whole(ge=1, le=10**6)]
    steps: Annotated[int, Whole(ge=4, le=10**6)]
    rate: Annotated[float, Number(gt=0, le=1e3)] = 1.0
    hidden: Literal["pixels", "projection"]


class LangevinGenerationSpec(SpecModel):
    """The trained `weights`, written by `chipsim train`."""

    weights: Annotated[str, FileName()] | None = None


class LangevinModel(WorkloadModel):
    """A file of workload `langevin-images`; `window` is the time of each relaxation."""

    workload: Literal["langevin-images"]
    images: PrototypesSpec
    window: Annotated[float, Quantity("s", gt=0, le=1e3)]
    training: LangevinTrainingSpec
    generation: LangevinGenerationSpec = LangevinGenerationSpec()
