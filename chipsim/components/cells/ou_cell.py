"""ou_cell: a capacitor that relaxes through conductances: C dV/dt = -G V + g V_in + i_n, overdamped.

G is the matrix of the couplers, g the `conductance` from the input. With white noise the voltages are an
Ornstein-Uhlenbeck process. An integrator draws its bias current while it runs: E = Vdd I t (gm about 10 C/tau and
I = gm/(10 to 20 V), textbook values). `gain_error`, `offset` and `offset_drift` are standard deviations over the cells
of a die; `common_mode` is the rms of a disturbance of supply or ground, new at each reading.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, powered
from chipsim.components.cells.base import ContinuousCellKind
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.physics.laws import law_of
from chipsim.physics.low_rank import LowRank, low_rank_law
from chipsim.physics.quartic import AnyLaw
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity

# One count of `integrate`: one cell running for this long.
TICK_FS = 10**6


class OuCell(ContinuousCellKind):
    """Parameters of a cell; its voltage range is the full scale of the converter that reads it."""

    capacitance: Annotated[float, Quantity("F", gt=0, le=1)]
    conductance: Annotated[float, Quantity("S", gt=0, le=1e3)]
    bias_current: Annotated[float, Quantity("A", ge=0, le=1)]
    gated: Gating = "run"

    name: ClassVar[str] = "ou_cell"
    summary: ClassVar[str] = "capacitor that relaxes through conductances, with its integrator"
    coupled_by: ClassVar[Literal["S", "F"]] = "S"

    def integrate_j(self, technology: Technology, magnitude: float) -> float:
        """Vdd I times a nanosecond."""
        return technology.vdd * self.bias_current * 1e-9

    actions: ClassVar[tuple[Action, ...]] = (
        Action(
            "integrate",
            "fabric",
            "cell ns",
            "bias current of the integrator of one cell for 1 ns",
            energy=integrate_j,
        ),
        powered("static", "standby power of the cells, without their integrators"),
    )

    @property
    def reference(self) -> float:
        """The conductance from the input."""
        return float(self.conductance)

    @property
    def noise_intensity(self) -> float:
        """2 g C: an isolated cell with g to ground then has Var(V) = 1 V^2."""
        return float(2 * self.conductance * self.capacitance)

    def conductances(self, network: Network) -> Matrix:
        """The network itself."""
        return network.held

    def capacitance_f(self) -> float:
        """The capacitance of one cell."""
        return self.capacitance

    def law(self, network: Network, noise: float | NDArray[np.float64]) -> AnyLaw:
        """A = G / C, D = noise / C^2.

        Raises:
            ValueError: noise that differs from cell to cell in a network of low rank.
        """
        held, diffusion = network.held, np.asarray(noise / self.capacitance**2)
        if isinstance(held, LowRank):
            if diffusion.ndim:
                raise ValueError("a low-rank network requires equal noise in all cells")
            return low_rank_law(held.scaled(1 / self.capacitance), float(diffusion))
        return law_of(held / self.capacitance, diffusion if diffusion.ndim else diffusion * np.eye(len(held)))

    def force(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """G V_in / C."""
        return np.asarray(volts * (self.conductance / self.capacitance))

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Running time of every cell in nanoseconds, rounded up."""
        return {"integrate": cells * -(-duration_fs // TICK_FS)}
