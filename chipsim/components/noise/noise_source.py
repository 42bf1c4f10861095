"""noise_source: the current noise of continuous cells, thermal or injected, white up to its bandwidth.

    thermal    intrinsic noise of the conductances, diffusion of charge 2 kT G: for passive networks Cov(V) = kT/C for
    any
               matrix; with integrators every conductance at a cell contributes by its magnitude, 2 kT sum_j |G_ij|. It
               costs no energy.
    injected   the same white noise in every cell, with rms voltage `sigma` in an isolated cell; then
               Cov(V) = sigma^2 r N^-1 with N the matrix of the couplers and r the reference of the cell: the matrix is
               sampled. The source drives `load` to sigma over its bandwidth B at a power of C sigma^2 2 pi B.

The noise is modelled as white; the engine rejects a bandwidth below ten times the fastest rate of the network.
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
        Action("inject", "fabric", "cell ns", "noise source of one cell driving its load for 1 ns", energy=inject_j),
        powered("fabric", "standby power of the noise sources"),
    )

    def diffusion(
        self, network: Network, cell: ContinuousCellKind, technology: Technology
    ) -> float | NDArray[np.float64]:
        """Of the charge in A^2 s.

        Raises:
            ProblemError: thermal noise of a low-rank network, which differs between cells.
        """
        if self.law == "injected":
            return float(self.sigma**2 * cell.noise_intensity)
        conductances = cell.conductances(network)
        if not isinstance(conductances, np.ndarray):
            if not len(conductances.middle):
                return conductances.rest * 2 * technology.thermal_energy_j
            raise ProblemError(
                "thermal noise of low-rank arrays is not modelled; use law: injected",
                code="chip.unsuitable",
            )
        active = cell.coupled_by == "S" and not network.passive
        sources = np.diag(np.abs(conductances).sum(axis=1)) if active else conductances
        return sources * (2 * technology.thermal_energy_j)

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Running time of every driving source in nanoseconds, rounded up."""
        return {"inject": cells * -(-duration_fs // TICK_FS)} if self.law == "injected" else {}

    def inert(self) -> dict[str, str]:
        """Parameters used by injected noise only."""
        if self.law == "injected":
            return {}
        return dict.fromkeys(("sigma", "bandwidth", "load"), "thermal noise follows from kT and the conductances")
