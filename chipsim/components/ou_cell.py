"""ou_cell: a capacitor that relaxes through conductances: C dV/dt = -G V + g V_in + i_n, overdamped.

G is what the couplers hold, g the conductance from the input. With white noise the voltages are an Ornstein-Uhlenbeck
process. An integrator draws its bias current as long as it works: E = Vdd I t (gm about 10 C/tau and I = gm/(10 to
20 V), textbook values). `gain_error` and `offset` are standard deviations over the cells of a die.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.components.analog import AnalogCellKind
from chipsim.components.base import Action, Gating, powered
from chipsim.spec.chip import Technology
from chipsim.spec.model import number, quantity

# One count of `integrate`: a cell at work for this long.
TICK_FS = 10**6


class OuCell(AnalogCellKind):
    """Parameters of a cell; how far its voltage may go is the full scale of the converter that reads it."""

    capacitance: quantity("F", gt=0, le=1)  # type: ignore[valid-type]
    conductance: quantity("S", gt=0, le=1e3)  # type: ignore[valid-type]
    offset: quantity("V", ge=0, le=1) = 0.0  # type: ignore[valid-type]
    gain_error: number(ge=0, lt=1) = 0.0  # type: ignore[valid-type]
    bias_current: quantity("A", ge=0, le=1)  # type: ignore[valid-type]
    gated: Gating = "run"

    name: ClassVar[str] = "ou_cell"
    summary: ClassVar[str] = "capacitor that relaxes through conductances, with its integrator"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("integrate", "fabric", "cell ns", "the integrator of one cell drew its bias current for a nanosecond"),
        powered("static", "cells being powered beside their integrators"),
    )

    def errors(self, cells: int, die: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gains around 1 and offsets around 0, normal."""
        gains = 1 + self.gain_error * die.standard_normal(cells)
        return gains, self.offset * die.standard_normal(cells)

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Every started nanosecond of every cell."""
        return {"integrate": cells * -(-duration_fs // TICK_FS)}

    def modelled_energy_j(self, action: str, technology: Technology, magnitude: float) -> float:
        """Vdd I times a nanosecond."""
        if action != "integrate":
            return super().modelled_energy_j(action, technology, magnitude)
        return float(technology.vdd * self.bias_current * 1e-9)
