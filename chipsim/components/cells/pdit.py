"""pdit: a cell of k states, state j with probability softmax(l)_j of the logits l at its k inputs.

The state is redrawn at a rate of 1 / tau0, whatever it is: over a time t it is drawn anew with probability
1 - exp(-t / tau0) and else kept, the law `redraw` of p-bits. So all its functions have the autocorrelation
exp(-t / tau0). With k = 2 it is a p-bit: P(1) = sigmoid(l_1 - l_0). The output of state j is a voltage
(j - (k - 1) / 2) `level`, which converters read. k p-bits with a one-hot penalty have another law, Boltzmann's of all
2^k states.

Published pdits (circuits of Extropic's test chip X0) come without equations of the circuit and without energies. The
law of a draw is that of thermocompute (commit e50a984), its tau0 100 ns.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action, Gating, powered
from chipsim.components.cells.base import ContinuousCellKind, InputName
from chipsim.components.cells.ou_cell import TICK_FS
from chipsim.components.cells.switching import SwitchingStates
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.physics.low_rank import uncoupled
from chipsim.physics.quartic import AnyLaw
from chipsim.physics.switching import SwitchingLaw
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity


class PDit(SwitchingStates, ContinuousCellKind):
    """Parameters of a cell; gain, offset and disturbance are those of its output."""

    relaxation_time: Annotated[float, Quantity("s", gt=0, le=1e3)]
    level: Annotated[float, Quantity("V", gt=0, le=10)]
    bias_current: Annotated[float, Quantity("A", ge=0, le=1)]
    gated: Gating = "run"

    name: ClassVar[str] = "pdit"
    summary: ClassVar[str] = "cell of k states, drawn anew at random times from softmax of k inputs"
    coupled_by: ClassVar[Literal["S", "F"]] = "S"
    input_names: ClassVar[tuple[InputName, ...]] = ("logits",)

    def bias_j(self, technology: Technology, magnitude: float) -> float:
        """Vdd I times a nanosecond."""
        return technology.vdd * self.bias_current * 1e-9

    actions: ClassVar[tuple[Action, ...]] = (
        Action("redraw", "fabric", "redraw", "state of one cell drawn anew"),
        Action("bias", "fabric", "cell ns", "bias current of one cell for 1 ns", energy=bias_j),
        powered("static", "standby power of the cells, without their bias currents"),
    )

    @property
    def reference(self) -> float:
        """0: there are no couplers."""
        return 0.0

    @property
    def noise_intensity(self) -> float:
        """0: noise sets the times of redraws, and no voltage."""
        return 0.0

    def conductances(self, network: Network) -> Matrix:
        """None."""
        return uncoupled(network.cells)

    def law(self, network: Network, noise: float | NDArray[np.float64]) -> AnyLaw:
        """Redraws at a rate of 1 / tau0.

        Raises:
            ProblemError: the cells are coupled.
        """
        self.require_uncoupled(network)
        levels = np.asarray((np.arange(self.states) - (self.states - 1) / 2) * self.level, np.float64)
        return SwitchingLaw(network.cells, self.states, self.relaxation_time, self.logit_scale, levels=levels)

    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Running time of every cell in nanoseconds, rounded up; redraws are events."""
        return {"bias": cells * -(-duration_fs // TICK_FS)}
