"""noise_source: the current noise of continuous cells, thermal or injected, white up to its bandwidth.

    thermal    what the conductances give by themselves: for resistors D = 2 kT G / C^2, so that Cov(V) = kT/C; with
               integrators every conductance at a cell counts by its size, D_ii = 2 kT sum_j |G_ij| / C^2. It is
               free.
    injected   the same white noise in every cell, D = 2 sigma^2 g / C: Cov(V) = sigma^2 g G^-1, the precision G is
               sampled. The source drives `load` to sigma over its bandwidth B and pays C sigma^2 2 pi B.

The noise acts as white; the engine refuses a bandwidth below ten times the fastest rate of the network.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.analog import AnalogCellKind, AnalogNoiseKind
from chipsim.components.base import Action, Gating, powered
from chipsim.components.ou_cell import TICK_FS
from chipsim.spec.chip import Technology
from chipsim.spec.model import quantity


class NoiseSource(AnalogNoiseKind):
    """Parameters of the sources; `sigma`, `load` and `bandwidth` belong to `law: injected`."""

    law: Literal["thermal", "injected"]
    sigma: quantity("V", gt=0, le=10) = 1e-3  # type: ignore[valid-type]
    bandwidth: quantity("Hz", gt=0, le=1e15) = 1e9  # type: ignore[valid-type]
    load: quantity("F", gt=0, le=1) = 1e-15  # type: ignore[valid-type]
    gated: Gating = "run"

    name: ClassVar[str] = "noise_source"
    summary: ClassVar[str] = "white current noise of continuous cells, thermal or injected"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("drive", "fabric", "cell ns", "the source of one cell drove its load for a nanosecond"),
        powered("fabric", "noise sources being powered"),
    )

    def diffusion(
        self, conductances: NDArray[np.float64], cell: AnalogCellKind, technology: Technology
    ) -> NDArray[np.float64]:
        """D of the voltages in V^2/s."""
        if self.law == "injected":
            return np.eye(len(conductances)) * (2 * self.sigma**2 * cell.conductance / cell.capacitance)
        beside = conductances - np.diag(np.diag(conductances))
        passive = (beside <= 0).all() and (conductances.sum(axis=1) >= 0).all()
        sources = conductances if passive else np.diag(np.abs(conductances).sum(axis=1))
        return sources * (2 * technology.thermal_energy_j / cell.capacitance**2)

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Every started nanosecond of every source that drives."""
        return {"drive": cells * -(-duration_fs // TICK_FS)} if self.law == "injected" else {}

    def modelled_energy_j(self, action: str, technology: Technology, magnitude: float) -> float:
        """C sigma^2 2 pi B times a nanosecond."""
        if action != "drive":
            return super().modelled_energy_j(action, technology, magnitude)
        return float(self.load * self.sigma**2 * 2 * math.pi * self.bandwidth * 1e-9)

    def inert(self) -> dict[str, str]:
        """What only injected noise uses."""
        if self.law == "injected":
            return {}
        return dict.fromkeys(("sigma", "bandwidth", "load"), "thermal noise follows from kT and the conductances")
