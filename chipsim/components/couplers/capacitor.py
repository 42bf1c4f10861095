"""capacitor: switched banks of capacitors between continuous cells, and from each cell to ground.

They form the Maxwell capacitance matrix C, with C_ii the sum of all capacitors at cell i and -C_ij between two cells,
so they realise M-matrices with row sums >= 0 (arXiv 2312.04836). They do not dissipate; the energy of switching a bank
is part of writing the codes. See `networks.py` for how a matrix is realised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from chipsim.components.base import Action, powered
from chipsim.components.couplers.base import ContinuousCouplerKind
from chipsim.errors import ProblemError
from chipsim.physics import networks
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.spec.fields import Number, Quantity, Whole


class Capacitor(ContinuousCouplerKind):
    """Parameters of the banks; `range` is the largest capacitance of one."""

    bits: Annotated[int, Whole(ge=1, le=24)]
    range: Annotated[float, Quantity("F", gt=0, le=1)]
    mismatch: Annotated[float, Number(ge=0, lt=1)] = 0.0
    drift: Annotated[float, Quantity("1/K", ge=-1, le=1)] = 0.0
    pitch: Annotated[float, Quantity("m", gt=0, le=1)]

    name: ClassVar[str] = "capacitor"
    summary: ClassVar[str] = "switched banks of capacitors between continuous cells"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24, "mismatch": 0.0, "drift": 0.0}
    unit: ClassVar[Literal["S", "F"]] = "F"
    actions: ClassVar[tuple[Action, ...]] = (powered("static", "standby power of the bank switches"),)

    def realise(self, matrix: Matrix, die: np.random.Generator, scale: float | None = None) -> Network:
        """One bank for each pair of cells and each cell."""
        if not isinstance(matrix, np.ndarray):
            raise ProblemError(
                "these couplers store one element for each pair of cells; use a full matrix, not factors",
                code="chip.unsuitable",
            )
        return networks.realise(matrix, self.range, self.bits, True, self.mismatch, die, scale)

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """One bank for each pair of cells and one for each cell."""
        return couplers + cells, self.bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)
