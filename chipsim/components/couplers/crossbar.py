"""crossbar: programmable conductances from input lines to cells that are not coupled to each other.

Line j at V_j drives the current sum_j G_ij V_j into cell i, at the virtual ground of its integrator: it acts like an
input of sum_j (G_ij / g) V_j, g the conductance of the cell, and G_ij may have either sign. Every conductance
dissipates |G_ij| V_j**2 while the cells run. With `lines: 0` there is no crossbar: the converters drive each cell.
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
from chipsim.rounding import rounded
from chipsim.spec.fields import Number, Quantity, Whole


class Crossbar(ContinuousCouplerKind):
    """Parameters of the conductances; `range` is the largest one."""

    lines: Annotated[int, Whole(ge=0, le=10**6)]
    bits: Annotated[int, Whole(ge=1, le=24)] = 8
    range: Annotated[float, Quantity("S", gt=0, le=1e3)] = 1e-6
    mismatch: Annotated[float, Number(ge=0, lt=1)] = 0.0
    drift: Annotated[float, Quantity("1/K", ge=-1, le=1)] = 0.0
    pitch: Annotated[float, Quantity("m", gt=0, le=1)]

    name: ClassVar[str] = "crossbar"
    summary: ClassVar[str] = "programmable conductances from input lines to cells, or none"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24, "mismatch": 0.0, "drift": 0.0}
    unit: ClassVar[Literal["S", "F"]] = "S"
    couples_cells: ClassVar[bool] = False
    actions: ClassVar[tuple[Action, ...]] = (
        Action("dissipate", "fabric", "aJ", "one attojoule dissipated in the conductances"),
        powered("static", "standby power of the conductances, without their dissipation"),
    )

    def realise(self, matrix: Matrix, die: np.random.Generator, scale: float | None = None) -> Network:
        """Refused: cells are not coupled to each other."""
        raise ProblemError(
            "a crossbar couples lines to cells, not cells to each other; use conductance", code="chip.unsuitable"
        )

    def input_lines(self) -> int:
        """The lines."""
        return self.lines

    def conductances(self, weights: NDArray[np.float64], unit: float, die: np.random.Generator) -> NDArray[np.float64]:
        """One conductance of either sign for each weight."""
        if weights.shape[1] > self.lines:
            raise ProblemError(
                f"{weights.shape[1]:,} inputs for {self.lines:,} lines; raise lines of the crossbar",
                code="chip.too-small",
            )
        peak = float(np.abs(weights).max()) * unit
        if peak > self.range:
            raise ProblemError(
                f"a weight needs {rounded(peak, '.4g')} S, above the range of {rounded(self.range, '.4g')} S; raise "
                "the range of the crossbar",
                code="chip.out-of-range",
            )
        step = self.range / networks.levels(self.bits, signed=True)
        coded = np.rint(weights * (unit / step)) * step
        return np.asarray(coded * (1 + self.mismatch * die.standard_normal(weights.shape)))

    def inert(self) -> dict[str, str]:
        """Parameters of the conductances, where there are none."""
        if self.lines:
            return {}
        return dict.fromkeys(("bits", "range", "mismatch", "drift", "pitch"), "there are no lines")

    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """One conductance for each line and cell."""
        return self.lines * cells, self.bits

    def pitch_um(self) -> float:
        """Cell pitch in micrometres."""
        return float(self.pitch * 1e6)
