"""(G + damping I) g = grad on a chip: voltages V = u g, with a unit u that the host adapts in powers of two.

If readings clip, the host halves u and solves again; if they stay below a quarter of the full scale, it doubles u for
the next solve. All of it is billed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from chipsim.components.converters.base import ContinuousInputKind, ContinuousReadKind
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.continuous.observation import Observation
from chipsim.engine.timeline import Operation
from chipsim.errors import ProblemError
from chipsim.physics.low_rank import LowRank
from chipsim.rounding import rounded
from chipsim.workloads.natural_gradient.spec import SolveSpec

MAX_RESCALINGS = 40
QUIET = 0.25

Vector = NDArray[np.float64]


class AnalogSolver:
    """Runs successive solves on a device.

    Args:
        device: in one repetition.
        spec: of the solves.
    """

    def __init__(self, device: ContinuousDevice, spec: SolveSpec) -> None:
        self.device = device
        self.spec = spec
        self.unit = math.inf
        self.rescalings = 0
        self.kappas: list[float] = []
        self._input_scale = device.netlist.end("input", ContinuousInputKind).kind.full_scale
        self._read_scale = device.netlist.end("read", ContinuousReadKind).kind.full_scale
        self._fresh = True

    def load(self, matrix: LowRank, after: Sequence[Operation]) -> Operation:
        """Write G + damping I."""
        return self.device.write(matrix, after)

    def solve(
        self, right: Vector, after: Sequence[Operation], meanwhile: Callable[[Operation], None] | None = None
    ) -> tuple[Vector, Observation]:
        """(answer, its reading). `meanwhile` books operations that may overlap once the inputs are set."""
        device = self.device
        self._fit(right)
        for again in count():
            driven = device.drive(self.unit * self._gain * right, after)
            self._start(right)
            relaxed = device.relax(self.spec.time, [driven])
            if meanwhile is not None:
                meanwhile(driven)
                meanwhile = None
            seen = device.read([relaxed])
            if not seen.clipped:
                break
            if again == MAX_RESCALINGS:
                raise ProblemError(
                    f"readings clip even at {rounded(self.unit, '.3g')} V per unit of the answer; raise the full scale",
                    code="chip.clips",
                )
            self.rescalings += 1
            self.unit /= 2
            after = seen.done
        # kappa0 of dg = -(A g - grad) dt + sqrt(2 kappa0) dW, with time in units of the cells (arXiv 2405.13817).
        self.kappas.append((device.domain.noise.kind.sigma / self.unit) ** 2 / self._gain)
        volts, unit = seen.first[0], self.unit
        if np.abs(volts).max() < QUIET * self._read_scale:
            self.unit *= 2
        return volts / unit, seen

    def linger(self, seen: Observation) -> None:
        """Let the array continue after a read."""
        if self.spec.delay:
            self.device.relax(self.spec.delay, seen.done)

    @property
    def _gain(self) -> float:
        """Volts at an input per volt in its cell for the identity matrix."""
        return self.device.network.scale / self.device.cell.reference

    def _fit(self, right: Vector) -> None:
        """Lower the unit until the inputs reach it."""
        largest = float(np.abs(right).max())
        if largest == 0:
            self.unit = min(self.unit, self._read_scale)
            return
        limit = min(self._input_scale / self._gain, self._read_scale) / largest
        self.unit = min(self.unit, 2.0 ** math.floor(math.log2(limit)))

    def _start(self, right: Vector) -> None:
        if self.spec.start == "gradient" or (self.spec.start == "previous" and self._fresh):
            self.device.charge(self.unit * right)
        elif self.spec.start == "zero":
            self.device.discharge()
        self._fresh = False
