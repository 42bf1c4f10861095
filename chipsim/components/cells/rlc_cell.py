"""rlc_cell: a resistor, an inductor and coupling capacitors in parallel at each node (arXiv 2312.04836, eq. 4-5).

    L di = v dt,   C dv = -(v / R + i) dt + dq,   Cov(dq) = 2 kappa0 dt

C is the Maxwell capacitance matrix of the couplers. Voltages ring at 1/sqrt(LC) with a decay time of 2 R C and settle
at Cov(v) = kappa0 R C^-1, the inductor currents at kappa0 R / L, uncorrelated with them; so C holds the precision
matrix. The resistors dissipate v**2 / R, and the amplifiers of noise and read-out at each cell draw their
`bias_current`. Inductors are shorts at DC, so these cells have no mean voltage and no inputs.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, powered
from chipsim.components.cells.base import ContinuousCellKind
from chipsim.components.cells.ou_cell import TICK_FS
from chipsim.errors import ProblemError
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.physics.laws import Law, law_of
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity


class RlcCell(ContinuousCellKind):
    """Parameters of a cell; `capacitance` is the reference coupler."""

    resistance: Annotated[float, Quantity("ohm", gt=0, le=1e12)]
    inductance: Annotated[float, Quantity("H", gt=0, le=1e3)]
    capacitance: Annotated[float, Quantity("F", gt=0, le=1)]
    bias_current: Annotated[float, Quantity("A", ge=0, le=1)]
    gated: Gating = "run"

    name: ClassVar[str] = "rlc_cell"
    summary: ClassVar[str] = "resistor, inductor and coupling capacitors: an underdamped or overdamped cell"
    coupled_by: ClassVar[Literal["S", "F"]] = "F"

    def amplify_j(self, technology: Technology, magnitude: float) -> float:
        """Vdd I times a nanosecond."""
        return technology.vdd * self.bias_current * 1e-9

    actions: ClassVar[tuple[Action, ...]] = (
        Action(
            "amplify",
            "fabric",
            "cell ns",
            "bias current of the amplifiers of one cell for 1 ns",
            energy=amplify_j,
        ),
        Action("dissipate", "fabric", "aJ", "one attojoule dissipated in the resistors of the cells"),
        powered("static", "standby power of the cells, without their amplifiers"),
    )

    @property
    def reference(self) -> float:
        """The capacitance."""
        return float(self.capacitance)

    @property
    def noise_intensity(self) -> float:
        """2 C / R: an isolated cell with C to ground then has Var(V) = 1 V^2."""
        return float(2 * self.capacitance / self.resistance)

    def conductances(self, network: Network) -> Matrix:
        """1/R in every cell."""
        return np.eye(network.cells) / self.resistance

    def capacitance_f(self) -> float:
        """The capacitance of one cell."""
        return self.capacitance

    def law(self, network: Network, noise: float | NDArray[np.float64]) -> Law:
        """Voltages first, then the inductor currents: 2n variables. Currents are scaled by sqrt(L/C), so that both have
        the same magnitude.
        """
        held = network.held
        assert isinstance(held, np.ndarray)
        n, inverse = len(held), np.linalg.inv(held)
        unit = np.sqrt(self.capacitance / self.inductance)  # A per unit of current: both variables are in volts
        drift = np.block(
            [[inverse / self.resistance, inverse * unit], [-np.eye(n) / (self.inductance * unit), np.zeros((n, n))]]
        )
        diffusion = np.zeros((2 * n, 2 * n))
        charge = np.asarray(noise) if np.ndim(noise) else np.asarray(noise) * np.eye(n)
        diffusion[:n, :n] = inverse @ charge @ inverse
        return law_of(drift, diffusion)

    def force(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Zero.

        Raises:
            ProblemError: an input voltage is not 0.
        """
        if volts.any():
            raise ProblemError(
                "rlc cells have no mean voltage, as inductors are shorts at DC; use ou cells for linear systems",
                code="chip.unsuitable",
            )
        return np.zeros(2 * network.cells)

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Running time of every cell in nanoseconds, rounded up; the engine counts the dissipation."""
        return {"amplify": cells * -(-duration_fs // TICK_FS)}

    def heat_w(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """v^2 / R."""
        return np.asarray((volts**2).sum(axis=-1) / self.resistance)
