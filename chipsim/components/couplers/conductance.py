"""conductance: programmable conductances between continuous cells, and from each cell to ground.

With `sign: both` (pairs of conductances and inverting integrators) an element of the matrix is one conductance of
either sign into the virtual ground of an integrator, and dissipates |G_ij| V_j**2. With `sign: passive` there are only
resistors, which dissipate V G V. See `networks.py` for how a matrix is realised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, powered
from chipsim.components.couplers.base import ContinuousCouplerKind
from chipsim.errors import ProblemError
from chipsim.physics import networks
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.spec.fields import Number, Quantity, Whole


class Conductance(ContinuousCouplerKind):
    """Parameters of the conductances; `range` is the largest one."""

    bits: Annotated[int, Whole(ge=1, le=24)]
    range: Annotated[float, Quantity("S", gt=0, le=1e3)]
    sign: Literal["both", "passive"]
    mismatch: Annotated[float, Number(ge=0, lt=1)] = 0.0
    drift: Annotated[float, Quantity("1/K", ge=-1, le=1)] = 0.0
    pitch: Annotated[float, Quantity("m", gt=0, le=1)]

    name: ClassVar[str] = "conductance"
    summary: ClassVar[str] = "programmable conductances between continuous cells"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24, "mismatch": 0.0, "drift": 0.0}
    unit: ClassVar[Literal["S", "F"]] = "S"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("dissipate", "fabric", "aJ", "one attojoule dissipated in the conductances"),
        Action("switch", "fabric", "coupler", "one coupler connected to its cells, or disconnected"),
        powered("static", "standby power of the conductances, without their dissipation"),
    )

    def realise(self, matrix: Matrix, die: np.random.Generator, scale: float | None = None) -> Network:
        """One conductance for each element, or one resistor for each pair of cells and each cell."""
        if not isinstance(matrix, np.ndarray):
            raise ProblemError(
                "these couplers store one element for each pair of cells; use a full matrix, not factors",
                code="chip.unsuitable",
            )
        return networks.realise(matrix, self.range, self.bits, self.sign == "passive", self.mismatch, die, scale)

    def switched(self, couplers: int) -> dict[str, int]:
        """Each coupler has a switch."""
        return {"switch": couplers}

    def heat_w(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """V G V between cells, sum |G_ij| V_j**2 into virtual grounds."""
        held = network.held
        assert isinstance(held, np.ndarray)
        watts = (volts * (volts @ held)).sum(axis=-1) if network.passive else volts**2 @ np.abs(held).sum(axis=0)
        return np.asarray(watts, np.float64)

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """One conductance for each pair of cells and one for each cell."""
        return couplers + cells, self.bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)
