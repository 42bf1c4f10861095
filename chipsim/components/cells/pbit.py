"""p-bit: a cell that is +1 with probability sigma(2 beta g h + o) each time it latches.

h is the local field of its couplers and bias, g its gain, o its offset. The response comes from a comparator whose
noise has the scale of the thermal voltage kT/q: calibrated at one temperature, the same field acts as beta * T_cal / T
at another. (Camsari et al. 2017; bias response of the all-transistor cell: arXiv 2510.23972 eq. D6.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, ArrayContext, Gating, powered
from chipsim.components.cells.base import CellKind
from chipsim.kernels import stages, vectors
from chipsim.kernels.jit import stage
from chipsim.kernels.near import fetch
from chipsim.spec.fields import Number, Quantity


class PBit(CellKind):
    """Parameters of a p-bit cell."""

    relaxation_time: Annotated[float, Quantity("s", gt=0, le=1)]
    gain: Annotated[float, Number(gt=0, le=1e3)] = 1.0
    offset: Annotated[float, Number(ge=-1e3, le=1e3)] = 0.0
    calibrated_at: Annotated[float, Quantity("K", gt=0, le=1000)] = 300.0
    gated: Gating = "phase"

    name: ClassVar[str] = "pbit"
    summary: ClassVar[str] = "cell that latches +1 with probability sigma(2 beta h)"
    ideal: ClassVar[Mapping[str, Any]] = {"gain": 1.0, "offset": 0.0}
    actions: ClassVar[tuple[Action, ...]] = (
        Action("update", "fabric", "update", "one update of one cell, flipped or not"),
        powered("fabric", "standby power of bias ladder and comparator"),
    )

    def activation(self, context: ArrayContext) -> PBitActivation:
        """Slope and offset of the exponent, per cell."""
        slope = -2 * math.log2(math.e) * self.gain * self.calibrated_at / context.technology.temperature
        offset = -math.log2(math.e) * self.offset
        slopes, offsets = (np.full(context.cells, value, np.float32) for value in (slope, offset))
        return PBitActivation(slopes, offsets, np.array([slope, offset]))


class PBitActivation(NamedTuple):
    """p = 1 / (1 + 2**y) with y = slope * beta * h + offset; shape (cells,), float32.

    precise: slope and offset again, float64; empty where single precision has them as they are.
    """

    slope: NDArray[np.float32]
    offset: NDArray[np.float32]
    precise: NDArray[np.float64] = np.zeros(0)


@stage(stages.ahead, PBitActivation)
def fetch_response(params: Any, cell: Any) -> Any:
    """Slope and offset of a cell."""
    fetch(params.slope, np.int64(cell))
    fetch(params.offset, np.int64(cell))


@stage(stages.activation, PBitActivation)
def logistic(params: Any, h: Any, at: Any) -> Any:
    """The exponent y of the logistic response."""
    return vectors.fma(vectors.multiply(at.beta, params.slope[at.cell]), h, params.offset[at.cell])


@stage(stages.exponent, PBitActivation)
def precise_logistic(params: Any, y: Any, h: Any, beta: Any, cell: Any) -> Any:
    """The same in double precision, from beta and h in single."""
    if len(params.precise):
        return params.precise[0] * beta * h + params.precise[1]
    return np.float64(params.slope[cell]) * beta * h + np.float64(params.offset[cell])
