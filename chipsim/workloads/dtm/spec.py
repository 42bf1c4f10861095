"""What a user writes about a denoising model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipsim.spec.model import SpecModel, number, whole
from chipsim.workloads.base import WorkloadModel


class ImagesSpec(SpecModel):
    """Which images, and how a grey value becomes bits: one copy a threshold, or `copies` draws that are summed."""

    source: str = "fashion-mnist"
    dataset: str | None = None
    size: tuple[whole(ge=1, le=4096), whole(ge=1, le=4096)] = (28, 28)  # type: ignore[valid-type]
    thresholds: Annotated[list[number(ge=0, lt=1)], Field(min_length=1)] | None = None  # type: ignore[valid-type]
    copies: whole(ge=1, le=64) | None = None  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _one_code(self) -> ImagesSpec:
        if (self.thresholds is None) == (self.copies is None):
            raise ValueError("needs exactly one of thresholds (one bit each) and copies (random bits that are summed)")
        return self

    @property
    def bits_per_pixel(self) -> int:
        """Data cells of one pixel."""
        return len(self.thresholds) if self.thresholds is not None else int(self.copies or 1)

    @property
    def data_cells(self) -> int:
        """Data cells of one image."""
        return int(self.size[0] * self.size[1] * self.bits_per_pixel)


class PlacementSpec(SpecModel):
    """Where data cells sit, on the first colour or on all of them.

    `order: random` draws them by the seed (arXiv 2510.23972); `order: image` spreads the image over the array, so that
    couplers, which are short, join pixels that are near each other.
    """

    order: Literal["random", "image"] = "random"
    seed: whole(ge=0, le=2**32) = 0  # type: ignore[valid-type]
    colours: Literal["one", "all"] = "one"

    @model_validator(mode="after")
    def _seed_is_used(self) -> PlacementSpec:
        if self.order == "image" and self.seed:
            raise ValueError("order: image draws nothing; remove the seed")
        return self


class PenaltySpec(SpecModel):
    """Total-correlation penalty of a layer, steered by its autocorrelation (arXiv 2510.23972 app. H)."""

    start: number(ge=0, le=1e3) = 0.0  # type: ignore[valid-type]
    smallest: number(gt=0, le=1e3) = 1e-3  # type: ignore[valid-type]
    target: number(gt=0, lt=1) = 0.05  # type: ignore[valid-type]
    change: number(ge=0, lt=1) = 0.2  # type: ignore[valid-type]


class TrainingSpec(SpecModel):
    """How weights are learnt: one chip does the chains of a batch one after another."""

    epochs: whole(ge=1, le=10**6)  # type: ignore[valid-type]
    steps: whole(ge=1, le=10**6)  # type: ignore[valid-type]
    batch: whole(ge=2, le=10**5)  # type: ignore[valid-type]
    restart_sweeps: whole(ge=1, le=10**6) = 4  # type: ignore[valid-type]
    warmup: whole(ge=0, le=10**6)  # type: ignore[valid-type]
    samples: whole(ge=1, le=10**6)  # type: ignore[valid-type]
    spacing: whole(ge=1, le=10**6)  # type: ignore[valid-type]
    rate: number(gt=0, le=10)  # type: ignore[valid-type]
    last_rate: number(gt=0, le=1) = 0.2  # type: ignore[valid-type]
    penalty: PenaltySpec = PenaltySpec()
    inputs: whole(ge=1, le=10**5) = 64  # type: ignore[valid-type]
    chains: whole(ge=2, le=10**4) = 16  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _twins(self) -> TrainingSpec:
        if self.batch % 2:
            raise ValueError(f"batch {self.batch} is odd; each input runs on two chains, so make it even")
        return self


class GenerationSpec(SpecModel):
    """How images are drawn: K sweeps a layer, with the weights of a file."""

    sweeps: whole(ge=5, le=10**7)  # type: ignore[valid-type]
    weights: str | None = None


class DtmModel(WorkloadModel):
    """A file of workload `dtm`.

    `noise` is gamma t of each step, from the data outwards; there are as many layers.
    """

    workload: Literal["dtm"]
    images: ImagesSpec
    noise: Annotated[list[number(gt=0, le=100)], Field(min_length=1, max_length=1000)]  # type: ignore[valid-type]
    placement: PlacementSpec = PlacementSpec()
    beta: number(gt=0, le=1e6) = 1.0  # type: ignore[valid-type]
    training: TrainingSpec
    generation: GenerationSpec
