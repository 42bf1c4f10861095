"""pmog: an `ou_cell` whose mean and noise switch between k states, a mixture of Gaussians.

In state j the voltage relaxes to the mean at input j with tau = C / g and settles with a deviation set by another
input, at most the sigma of the noise. The state is redrawn from softmax(logits) at a rate of 1 / `dwell`. For long
dwells voltages are a mixture of Gaussians; for short ones the means blur: the variance is E s^2 + Var(m) / (1 + r),
r = tau / dwell. With `step`, states are redrawn only at multiples of it, with probability 1 - exp(-step / dwell), as
thermocompute does (commit e50a984, step = tau0 = 100 ns); `physics/switching.py` has the variance of both.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Action
from chipsim.components.cells.base import InputName
from chipsim.components.cells.ou_cell import OuCell
from chipsim.components.cells.switching import SwitchingStates
from chipsim.physics.held_matrix import Network
from chipsim.physics.quartic import AnyLaw
from chipsim.physics.switching import SwitchingLaw
from chipsim.spec.fields import Quantity


class PMog(SwitchingStates, OuCell):
    """Parameters of a cell; `dwell` is the mean time between redraws, of which 1 / k leave the state as it was."""

    dwell: Annotated[float, Quantity("s", gt=0, le=1e3)]
    step: Annotated[float, Quantity("s", gt=0, le=1e3)] | None = None

    name: ClassVar[str] = "pmog"
    summary: ClassVar[str] = "capacitor that relaxes to one of k means at a time: a mixture of Gaussians"
    input_names: ClassVar[tuple[InputName, ...]] = ("logits", "means", "deviations")
    actions: ClassVar[tuple[Action, ...]] = (
        Action("redraw", "fabric", "redraw", "state of one cell drawn anew"),
        *OuCell.actions,
    )

    def law(self, network: Network, noise: float | NDArray[np.float64]) -> AnyLaw:
        """Redraws at a rate of 1 / dwell, relaxation with C / g, deviations up to that of the noise.

        Raises:
            ProblemError: the cells are coupled.
        """
        self.require_uncoupled(network)
        return SwitchingLaw(
            network.cells,
            self.states,
            self.dwell,
            self.logit_scale,
            sigma=float(np.sqrt(noise / self.noise_intensity)),
            relaxation_s=self.capacitance / self.conductance,
            grid_s=self.step or 0.0,
        )
