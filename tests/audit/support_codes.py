"""What a chip holds of weights and beta: codes of couplers and of the bias converter ("Codes" of docs/physics.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from support_spec import ROOT, Specs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Codes:
    """A signed code of some bits over a range, and an unsigned one over a full scale."""

    largest: int
    range: float
    steps: int
    full_scale: float

    @classmethod
    def of(cls, specs: Specs) -> Codes:
        """Of a chip whose cells latch."""
        coupler, dac = specs.of_kind("coupler"), specs.of_kind("dac")
        assert coupler is not None
        assert dac is not None
        largest, steps = 2 ** (coupler.keys["weight_bits"] - 1) - 1, 2 ** dac.keys["bits"] - 1
        return cls(largest, float(coupler.keys.get("weight_range", 1)), steps, float(dac.keys["full_scale"]))

    def stretch(self, values: Floats) -> float:
        """Range that weights ask for, over that of the couplers."""
        return max(1.0, float(np.abs(values).max(initial=0.0)) / self.range)

    def held(self, values: Floats) -> Floats:
        """Weights as they are held."""
        step = self.range * self.stretch(values) / self.largest
        return np.asarray(np.rint(values / step) * step)

    def beta(self, asked: float) -> float:
        """Beta as it is set."""
        return min(round(asked / self.full_scale * self.steps), self.steps) * self.full_scale / self.steps

    def quality(self, sets: Sequence[Floats], betas: Sequence[float]) -> Iterator[tuple[str, Any]]:
        """Largest deviations, in the units in which weights are written."""
        yield "quality.weight_error", max(float(np.abs(self.held(values) - values).max()) for values in sets)
        yield "quality.full_scale_stretch", max(map(self.stretch, sets))
        yield "quality.beta_error", max(abs(self.beta(beta) - beta) for beta in betas)


def images_figures(specs: Specs) -> Iterator[tuple[str, Any]]:
    """Of a denoising model: layers one after another on one array, or beside each other with one range for all."""
    generation = specs.workload["generation"]
    with h5py.File(ROOT / "workloads" / generation["weights"]) as file:
        sets = [file[f"arrays/{name}"][:].astype(float) for name in ("couplings", "biases")]
    beside = generation.get("layers") == "beside"
    layers = sets if beside else [layer for values in sets for layer in values]
    yield from Codes.of(specs).quality(layers, [float(specs.workload["beta"])])
