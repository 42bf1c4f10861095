"""noise_source: the current noise of continuous cells, thermal or injected, white up to its bandwidth.

    thermal    what the conductances give by themselves, diffusion of charge 2 kT G: for passive networks Cov(V) = kT/C
               whatever they hold; with integrators every conductance at a cell counts by its size,
               2 kT sum_j |G_ij|. It is free.
    injected   the same white noise in every cell, such that a cell on its own would show `sigma`; then
               Cov(V) = sigma^2 r N^-1 with N what the couplers hold and r the cell's reference: the matrix is sampled.
               The source drives `load` to sigma over its bandwidth B and pays C sigma^2 2 pi B.

The noise acts as white; the engine refuses a bandwidth below ten times the fastest rate of the network.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, powered
from chipsim.components.cells.base import ContinuousCellKind
from chipsim.components.cells.ou_cell import TICK_FS
from chipsim.components.noise.base import ContinuousNoiseKind
from chipsim.errors import ProblemError
from chipsim.physics.held_matrix import Network
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity


class NoiseSource(ContinuousNoiseKind):
    """Parameters of the sources; `sigma`, `load` and `bandwidth` belong to `law: injected`."""

    law: Literal["thermal", "injected"]
    sigma: Annotated[float, Quantity("V", gt=0, le=10)] = 1e-3
    bandwidth: Annotated[float, Quantity("Hz", gt=0, le=1e15)] = 1e9
    load: Annotated[float, Quantity("F", gt=0, le=1)] = 1e-15
    gated: Gating = "run"

    name: ClassVar[str] = "noise_source"
    summary: ClassVar[str] = "white current noise of continuous cells, thermal or injected"

    def inject_j(self, technology: Technology, magnitude: float) -> float:
        """C sigma^2 2 pi B times a nanosecond."""
        return self.load * self.sigma**2 * 2 * math.pi * self.bandwidth * 1e-9

    actions: ClassVar[tuple[Action, ...]] = (
        Action(
            "inject", "fabric", "cell ns", "the source of one cell drove its load for a nanosecond", energy=inject_j
        ),
        powered("fabric", "noise sources being powered"),
    )

    def diffusion(
        self, network: Network, cell: ContinuousCellKind, technology: Technology
    ) -> float | NDArray[np.float64]:
        """Of the charge in A^2 s.

        Raises:
            ProblemError: thermal noise of a network of low rank, which differs from cell to cell.
        """
        if self.law == "injected":
            return float(self.sigma**2 * cell.noise_intensity)
        conductances = cell.conductances(network)
        if not isinstance(conductances, np.ndarray):
            raise ProblemError(
                "thermal noise of arrays of low rank is not modelled; use noise with law: injected",
                code="chip.unsuitable",
            )
        active = cell.coupled_by == "S" and not network.passive
        sources = np.diag(np.abs(conductances).sum(axis=1)) if active else conductances
        return sources * (2 * technology.thermal_energy_j)

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Every started nanosecond of every source that drives."""
        return {"inject": cells * -(-duration_fs // TICK_FS)} if self.law == "injected" else {}

    def inert(self) -> dict[str, str]:
        """What only injected noise uses."""
        if self.law == "injected":
            return {}
        return dict.fromkeys(("sigma", "bandwidth", "load"), "thermal noise follows from kT and the conductances")
