"""input_dac: converters that drive the inputs of continuous cells, `channels` of them side by side.

A voltage is clipped to +-`full_scale` and rounded to one of 2**bits - 1 levels around 0. A conversion costs
C_unit * bits * Vdd**2 (`E_DAC = 50 fF * b * V**2`, ZigZag, 28 nm), and no less than 12 kT 4**bits: what charges a
capacitor so large that its kT/C noise stays below a step.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.converters.base import ContinuousInputKind
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import FEMTOSECONDS


class InputDac(ContinuousInputKind):
    """Parameters of the converters; `rate` is that of one channel."""

    bits: Annotated[int, Whole(ge=2, le=24)]
    full_scale: Annotated[float, Quantity("V", gt=0, le=100)]
    rate: Annotated[float, Quantity("Hz", gt=0, le=1e12)]
    channels: Annotated[int, Whole(ge=1, le=10**7)]
    unit_capacitance: Annotated[float, Quantity("F", gt=0, le=1)] = 50e-15
    gated: Gating = "never"

    name: ClassVar[str] = "input_dac"
    summary: ClassVar[str] = "converters that drive the inputs of continuous cells"

    def convert_j(self, technology: Technology, magnitude: float) -> float:
        """C_unit * bits * Vdd**2, or 12 kT 4**bits where that is more."""
        array = self.unit_capacitance * self.bits * technology.vdd**2
        return max(array, 12 * technology.thermal_energy_j * 4**self.bits)

    actions: ClassVar[tuple[Action, ...]] = (
        Action("convert", "program", "conversion", "one code turned into the input of a cell", energy=convert_j),
        powered("static", "input converters being powered"),
    )

    @property
    def step_v(self) -> float:
        """One code in volts."""
        return float(self.full_scale / (2 ** (self.bits - 1) - 1))

    def realised(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Clipped and rounded."""
        return np.clip(np.rint(volts / self.step_v) * self.step_v, -self.full_scale, self.full_scale)

    def error_v(self) -> float:
        """A step over the square root of 12."""
        return self.step_v / math.sqrt(12)

    def effective_bits(self, technology: Technology) -> float:
        """Its bits."""
        return self.bits

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One period for each `channels` codes."""
        return math.ceil(-(-share // self.channels) * FEMTOSECONDS / self.rate)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One conversion a code."""
        return {"convert": transfer.words}

    def throughput_parameters(self) -> tuple[str, ...]:
        """The number of converters."""
        return ("channels",)
