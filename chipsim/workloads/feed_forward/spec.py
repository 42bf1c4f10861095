"""Spec of a feed-forward net of p-bits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipsim.errors import RuleError
from chipsim.mapping.layout import PlacementSpec
from chipsim.spec.fields import FileName, Number, Whole
from chipsim.spec.model import SpecModel
from chipsim.workloads.base import WorkloadModel
from chipsim.workloads.labelled_images import LabelledImagesSpec


class PixelsSpec(LabelledImagesSpec):
    """Labelled images; a pixel above `threshold` is +1, any other -1."""

    threshold: Annotated[float, Number(ge=0, lt=1)]


class NetSpec(SpecModel):
    """Layers of neurons between the pixels and the classes.

    `hidden` has the number of neurons of each hidden layer; `rest` shares the cells left of a colour evenly among the
    layers that ask for them. Each class has `outputs` neurons. With `wiring.method: native`, the `seed` draws the cells
    of hidden layers and outputs; otherwise the inputs of each neuron, if `fan_in` limits their number.
    """

    hidden: Annotated[
        list[Literal["rest"] | Annotated[int, Whole(ge=1, le=10**7)]], Field(min_length=1, max_length=100)
    ]
    outputs: Annotated[int, Whole(ge=1, le=10**6)]
    fan_in: Annotated[int, Whole(ge=1, le=10**6)] | None = None
    seed: Annotated[int, Whole(ge=0, le=2**32)] = 0


class WiringSpec(SpecModel):
    """How neurons become cells.

    `native`: one cell per neuron; layers are joined where the chip has couplers. The other methods make a graph of
    their own, for chips whose fabric is that of the problem. `copies` and `chains` give a neuron several cells where it
    has more links than the `degree` of a cell: copies act one way, chains both ways, with `coupling` = beta times the
    coupling between them. `host-first-layer`: the host computes the fields of the first hidden layer and writes them
    as codes of `bits`.
    """

    method: Literal["native", "copies", "chains", "host-first-layer"] = "native"
    degree: Annotated[int, Whole(ge=3, le=10**6)] | None = None
    coupling: Annotated[float, Number(gt=0, le=100)] | None = None
    bits: Annotated[int, Whole(ge=1, le=16)] | None = None

    @model_validator(mode="after")
    def _what_the_method_takes(self) -> WiringSpec:
        taken = {"copies": {"degree", "coupling"}, "chains": {"degree", "coupling"}, "host-first-layer": {"bits"}}
        wanted = taken.get(self.method, set())
        for name in ("degree", "coupling", "bits"):
            if name in wanted and getattr(self, name) is None:
                raise RuleError(f"method {self.method} takes {name}; set wiring.{name}", code="spec.missing-key")
            if name not in wanted and getattr(self, name) is not None:
                raise RuleError(f"{name} has no effect with method {self.method}; remove it", code="spec.no-effect")
        return self


class BackpropagationSpec(SpecModel):
    """Training by backpropagation through sampled hidden spins (straight-through) on the host.

    The loss is the cross-entropy of a softmax of `sharpness` times the mean output of each class. Adam's `rate` decays
    by half a cosine to `last_rate` times `rate`. Weights are rounded to the codes of the chip in every step, and
    clipped to its range. After each epoch, `test_samples` samples of each test image are drawn, not billed.
    """

    epochs: Annotated[int, Whole(ge=1, le=10**4)]
    batch: Annotated[int, Whole(ge=1, le=10**5)]
    rate: Annotated[float, Number(gt=0, le=10)]
    last_rate: Annotated[float, Number(ge=0, le=1)] = 0.0
    sharpness: Annotated[float, Number(gt=0, le=1e4)] = 20.0
    test_samples: Annotated[int, Whole(ge=1, le=10**4)] = 16


class InferenceSpec(SpecModel):
    """Inference by the mean of `samples` samples, with the weights of a file.

    One sample enters the net in every sweep. With `back_action`, each coupling also acts from the later on the earlier
    layer, by that share of its weight. `warmup` sweeps after the first sample reached the outputs are not read.
    `readout: spins` reads the outputs after each sample, `counters` once, from counters beside them.
    """

    samples: Annotated[int, Whole(ge=1, le=10**6)]
    weights: Annotated[str, FileName()] | None = None
    back_action: Annotated[float, Number(ge=-1, le=1)] = 0.0
    warmup: Annotated[int, Whole(ge=0, le=10**6)] = 0
    readout: Literal["spins", "counters"] = "spins"


class FeedForwardModel(WorkloadModel):
    """A file of workload `feed-forward`."""

    workload: Literal["feed-forward"]
    data: PixelsSpec
    placement: PlacementSpec = PlacementSpec()
    net: NetSpec
    wiring: WiringSpec = WiringSpec()
    beta: Annotated[float, Number(gt=0, le=1e6)] = 1.0
    training: BackpropagationSpec
    inference: InferenceSpec

    @model_validator(mode="after")
    def _pixels_of_one_colour(self) -> FeedForwardModel:
        if self.placement.colours != "one":
            raise ValueError("pixels lie on one colour; remove placement.colours")
        return self

    @model_validator(mode="after")
    def _layers_of_the_method(self) -> FeedForwardModel:
        method = self.wiring.method
        if method == "native" and self.net.fan_in is not None:
            raise RuleError("net.fan_in has no effect with wiring.method: native; remove it", code="spec.no-effect")
        if method != "native" and "rest" in self.net.hidden:
            raise ValueError(f"wiring.method: {method} takes numbers of neurons in net.hidden, not rest")
        return self
