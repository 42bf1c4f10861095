"""dwell_noise: a trap that catches and lets go of one electron, and a p-bit that listens to it.

The source has two states. It leaves -1 at the constant rate 1/tau (the trap lets go) and +1 at the rate 2**y / tau (it
catches), y the exponent of the cell's response: the dwell time in +1 is tau 2**-y = tau exp(2 beta h) and follows the
field, as capture times follow the gate voltage. Between two latches of the cell the field stands still, so with
k = exp(-dt (1 + 2**y) / tau), dt since the cell's previous latch,

    P(+1) = (1 - k) / (1 + 2**y) + k [it was +1]      keep with k, else draw afresh

k depends on the neighbours through the field, not on the cell itself. So each single-cell update is reversible with
respect to the Boltzmann conditional 1 / (1 + 2**y), whatever k is, and the Boltzmann distribution of a correctly
coloured array stays stationary: slower mixing, no bias.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, ArrayContext, Gating, powered
from chipsim.components.noise.base import NoiseKind
from chipsim.errors import ChipsimError
from chipsim.kernels import rng as generator
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.spec.fields import Quantity

ONE = np.float32(1)
# Beyond, 1 - k has too few bits in single precision.
MAX_INTERVALS = 1000
# Enough to forget everything; also stands for the infinite time before the first latch.
MAX_RATE = 200.0


class DwellNoise(NoiseKind):
    """Parameters of the source: `dwell_time` is tau, the mean dwell time in -1, and in +1 without a field."""

    dwell_time: Annotated[float, Quantity("s", gt=0, le=1)]
    gated: Gating = "phase"

    name: ClassVar[str] = "dwell_noise"
    summary: ClassVar[str] = "two-state noise source whose dwell time follows the field"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("draw", "fabric", "draw", "one random decision handed to a cell"),
        powered("fabric", "noise source being powered"),
    )

    def noise(self, context: ArrayContext) -> DwellParameters:
        """Rates per cell.

        Raises:
            ChipsimError: the source hardly moves between two latches.
        """
        if context.since_latch_s * MAX_INTERVALS < self.dwell_time:
            raise ChipsimError(
                f"dwell_noise: a dwell time of {self.dwell_time:g} s is more than {MAX_INTERVALS} times the "
                f"{context.since_latch_s:g} s between latches; shorten it, or latch more slowly",
                code="chip.out-of-range",
            )
        rate = min(math.log2(math.e) * context.since_latch_s / self.dwell_time, MAX_RATE)
        return DwellParameters(np.full(context.cells, rate, np.float32))


class DwellParameters(NamedTuple):
    """log2(e) dt / tau; shape (cells,), float32."""

    rate: NDArray[np.float32]


@stage(stages.noise, DwellParameters)
def dwell(params: Any, y: Any, at: Any) -> Any:
    """One u decides: u (1 + 2**y) < 1 + k 2**y where the source was +1, < 1 - k where it was -1."""
    u, random = generator.uniform(at.random)
    odds = vectors.exp2(y)
    rate = params.rate[at.cell]
    keep = vectors.exp2(vectors.fma(odds, -rate, -rate))
    threshold = vectors.choose(at.words[at.cell], vectors.fma(keep, odds, ONE), vectors.fma(keep, -ONE, ONE))
    return vectors.less(vectors.fma(u, odds, u), threshold), random
