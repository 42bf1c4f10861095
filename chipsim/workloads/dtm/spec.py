"""Spec of a denoising model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Discriminator, Field, GetCoreSchemaHandler, Tag, model_validator
from pydantic_core import CoreSchema

from chipsim.errors import RuleError
from chipsim.mapping.layout import ImageGrid, PlacementSpec
from chipsim.spec.fields import FileName, Number, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel

FASHION_CLASSES = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "boot",
)


class ImagesSpec(SpecModel):
    """Images and their conversion to bits: one bit per threshold, or `copies` random bits that are summed."""

    source: Annotated[str, FileName(words=("fashion-mnist",))] = "fashion-mnist"
    dataset: str | None = None
    size: tuple[Annotated[int, Whole(ge=1, le=4096)], Annotated[int, Whole(ge=1, le=4096)]] = (28, 28)
    thresholds: Annotated[list[Annotated[float, Number(ge=0, lt=1)]], Field(min_length=1)] | None = None
    copies: Annotated[int, Whole(ge=1, le=64)] | None = None

    @model_validator(mode="after")
    def _one_code(self) -> ImagesSpec:
        if (self.thresholds is None) == (self.copies is None):
            raise RuleError(
                "needs exactly one of thresholds (one bit each) and copies (sum of random bits)",
                code="spec.one-of",
                alternatives=() if self.copies is None else (("thresholds",), ("copies",)),
            )
        return self

    @property
    def bits_per_pixel(self) -> int:
        """Data cells of one pixel."""
        return len(self.thresholds) if self.thresholds is not None else int(self.copies or 1)

    @property
    def grid(self) -> ImageGrid:
        """The bits of one image, each of which is a data cell."""
        return ImageGrid(*self.size, self.bits_per_pixel)


class LabelsSpec(SpecModel):
    """Label cells for the class of an image: `spots` per class, clamped to +1 for its class and -1 for the others.

    They are placed at random among the latent cells; with `placement.colours: one` among those of the other colour,
    next to data cells. `source` has the class of each image, for the training. Reports show the `names` of the classes,
    by default their numbers.
    """

    source: Annotated[str, FileName(words=("fashion-mnist",))] = "fashion-mnist"
    classes: Annotated[int, Whole(ge=2, le=1000)] = 10
    names: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1)] | None = None
    spots: Annotated[int, Whole(ge=1, le=10**5)]

    @model_validator(mode="after")
    def _one_name_each(self) -> LabelsSpec:
        if self.names is not None and len(self.names) != self.classes:
            raise ValueError(f"names has {len(self.names)} names for {self.classes} classes; give one per class")
        if self.names is not None and len(set(self.names)) < len(self.names):
            raise ValueError("names has the same name twice; each class needs its own")
        return self

    @property
    def cells(self) -> int:
        """Label cells of one image."""
        return int(self.classes * self.spots)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class."""
        if self.names is not None:
            return tuple(self.names)
        if self.source == "fashion-mnist" and self.classes == len(FASHION_CLASSES):
            return FASHION_CLASSES
        return tuple(map(str, range(self.classes)))

    def number(self, name: int | str) -> int:
        """The number of a class, given that or its name.

        Raises:
            ValueError: there is no such class.
        """
        if name in self.class_names:
            return self.class_names.index(str(name))
        if not isinstance(name, int) or not 0 <= name < self.classes:
            named = f", named {', '.join(self.class_names)}" if self.class_names[0] != "0" else ""
            raise ValueError(f"generation.classes has class {name}; classes are 0 to {self.classes - 1}{named}")
        return name


@dataclass(frozen=True)
class ClassName:
    """A class, by its number or its name."""

    number: Whole

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        which = Discriminator(lambda value: "name" if isinstance(value, str) else "number")
        number: Any = Annotated[Annotated[int, self.number], Tag("number")]
        return handler.generate_schema(Annotated[number | Annotated[str, Tag("name")], which])


@dataclass(frozen=True)
class ByLayer:
    """One number for all layers, or a list with one per layer."""

    one: Number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        one: Any = Annotated[float, self.one]
        which = Discriminator(lambda value: "each" if isinstance(value, list) else "all")
        return handler.generate_schema(Annotated[Annotated[one, Tag("all")] | Annotated[list[one], Tag("each")], which])


class LayerPenalty(NamedTuple):
    """Total-correlation penalty of one layer."""

    start: float
    smallest: float
    target: float
    change: float


class PenaltySpec(SpecModel):
    """Total-correlation penalty, steered by the autocorrelation of each layer (arXiv 2510.23972 app. H): one number for
    all layers, or a list from the data outwards.
    """

    start: Annotated[float | list[float], ByLayer(Number(ge=0, le=1e3))] = 0.0
    smallest: Annotated[float | list[float], ByLayer(Number(gt=0, le=1e3))] = 1e-3
    target: Annotated[float | list[float], ByLayer(Number(gt=0, lt=1))] = 0.05
    change: Annotated[float, Number(ge=0, lt=1)] = 0.2

    def of(self, layer: int) -> LayerPenalty:
        """Of a layer, counted from 0."""
        start, smallest, target = (v[layer] if isinstance(v, list) else v for v in self._by_layer().values())
        return LayerPenalty(start, smallest, target, self.change)

    def fits(self, layers: int) -> str:
        """Description of a list whose length differs from the number of layers, or ""."""
        lists = {key: len(value) for key, value in self._by_layer().items() if isinstance(value, list)}
        return next((f"penalty.{key} has {many} values" for key, many in lists.items() if many != layers), "")

    def _by_layer(self) -> dict[str, Any]:
        return {"start": self.start, "smallest": self.smallest, "target": self.target}


class TrainingSpec(SpecModel):
    """Training of the weights: one chip runs the chains of a batch in sequence.

    With `start`, a file of weights, it starts from those instead of zero. Tests use `held_out` images that are not
    trained on, by default a tenth of all, at most 1,000. With `patience`, the training stops after so many epochs
    without a better fit to them.
    """

    start: Annotated[str, FileName()] | None = None
    epochs: Annotated[int, Whole(ge=1, le=10**6)]
    steps: Annotated[int, Whole(ge=1, le=10**6)]
    batch: Annotated[int, Whole(ge=2, le=10**5)]
    restart_sweeps: Annotated[int, Whole(ge=1, le=10**6)] = 4
    warmup: Annotated[int, Whole(ge=0, le=10**6)]
    samples: Annotated[int, Whole(ge=1, le=10**6)]
    spacing: Annotated[int, Whole(ge=1, le=10**6)]
    rate: Annotated[float, Number(gt=0, le=10)]
    last_rate: Annotated[float, Number(gt=0, le=1)] = 0.2
    penalty: PenaltySpec = PenaltySpec()
    inputs: Annotated[int, Whole(ge=1, le=10**5)] = 64
    chains: Annotated[int, Whole(ge=2, le=10**4)] = 16
    held_out: Annotated[int, Whole(ge=1, le=10**6)] | None = None
    patience: Annotated[int, Whole(ge=1, le=10**6)] | None = None

    @model_validator(mode="after")
    def _twins(self) -> TrainingSpec:
        if self.batch % 2:
            raise ValueError(f"batch is {self.batch}; it must be even, since each input runs on two chains")
        return self


class GenerationSpec(SpecModel):
    """How images are drawn: K sweeps a layer, with the weights of a file.

    Layers are reloaded onto one array, or each has its own copy of the fabric (`beside`), where arrays without work are
    gated or run on. A lane draws `images`: on one array all of them pass a layer before the next is loaded, on arrays
    beside each other they follow one another through the layers.

    A model with labels draws images of these `classes`, numbers or names, by default of all. In `order: mixed` the
    classes come in turn, and each image is told its label at each layer. In `order: sorted` all images of a lane, and
    of the batch that shares its load, are of one class, which is told once a batch; the classes come in turn from lane
    to lane.
    """

    sweeps: Annotated[int, Whole(ge=5, le=10**7)]
    weights: Annotated[str, FileName()] | None = None
    layers: Literal["reloaded", "beside"] = "reloaded"
    idle: Literal["gated", "running"] = "gated"
    images: Annotated[int, Whole(ge=1, le=10**4)] = 1
    classes: Annotated[list[Annotated[int | str, ClassName(Whole(ge=0, lt=1000))]], Field(min_length=1)] | None = None
    order: Literal["mixed", "sorted"] = "mixed"

    @model_validator(mode="after")
    def _idle_arrays(self) -> GenerationSpec:
        if self.layers == "reloaded" and self.idle == "running":
            raise RuleError(
                "idle has no effect with one array; remove it, or set layers: beside", code="spec.no-effect"
            )
        return self


class DtmModel(WorkloadModel):
    """A file of workload `dtm`.

    `noise` is gamma t of each step, from the data outwards; there are as many layers.
    """

    workload: Literal["dtm"]
    images: ImagesSpec
    noise: Annotated[list[Annotated[float, Number(gt=0, le=100)]], Field(min_length=1, max_length=1000)]
    placement: PlacementSpec = PlacementSpec()
    labels: LabelsSpec | None = None
    beta: Annotated[float, Number(gt=0, le=1e6)] = 1.0
    training: TrainingSpec
    generation: GenerationSpec

    @model_validator(mode="after")
    def _penalties(self) -> DtmModel:
        misfit = self.training.penalty.fits(len(self.noise))
        if misfit:
            raise ValueError(f"training.{misfit} for {len(self.noise)} layers; give one per layer, or a single one")
        return self

    @model_validator(mode="after")
    def _classes(self) -> DtmModel:
        requested = self.generation.classes
        if self.labels is None and self.generation.order == "sorted":
            raise RuleError(
                "generation.order has no effect in a model without labels; remove it", code="spec.no-effect"
            )
        if requested is None:
            return self
        if self.labels is None:
            raise ValueError("generation.classes requires a model with labels")
        for name in requested:
            self.labels.number(name)
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; none without labels."""
        return self.labels.class_names if self.labels is not None else ()

    def requested_classes(self) -> list[int]:
        """Numbers of the classes of the generated images, in turn; none without labels."""
        if self.labels is None:
            return []
        return [self.labels.number(name) for name in self.generation.classes or range(self.labels.classes)]
