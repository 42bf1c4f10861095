"""input_dac: `channels` parallel converters that drive the inputs of continuous cells.

A voltage is clipped to +-`full_scale` and rounded to one of 2**bits - 1 levels around 0. A conversion costs
C_unit * bits * Vdd**2 (`E_DAC = 50 fF * b * V**2`, ZigZag, 28 nm), and at least 12 kT 4**bits: the energy to charge a
capacitor whose kT/C noise stays below a step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, powered
from chipsim.components.converters.bank import ConverterBank
from chipsim.components.converters.base import ContinuousInputKind
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity


class InputDac(ConverterBank, ContinuousInputKind):
    """Parameters of the converters, in addition to those of every bank."""

    unit_capacitance: Annotated[float, Quantity("F", gt=0, le=1)] = 50e-15
    gated: Gating = "never"

    name: ClassVar[str] = "input_dac"
    summary: ClassVar[str] = "converters that drive the inputs of continuous cells"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24}

    def convert_j(self, technology: Technology, magnitude: float) -> float:
        """The larger of C_unit * bits * Vdd**2 and 12 kT 4**bits."""
        array = self.unit_capacitance * self.bits * technology.vdd**2
        return max(array, 12 * technology.thermal_energy_j * 4**self.bits)

    actions: ClassVar[tuple[Action, ...]] = (
        Action("convert", "clamp", "conversion", "one code converted into the input of a cell", energy=convert_j),
        powered("static", "standby power of the input converters"),
    )

    def realised(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Clipped and rounded."""
        return self.rounded(volts)

    def error_v(self) -> float:
        """A step over the square root of 12."""
        return self.step_v / math.sqrt(12)

    def effective_bits(self, technology: Technology) -> float:
        """Its bits."""
        return self.bits
