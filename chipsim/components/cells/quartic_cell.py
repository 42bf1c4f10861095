"""quartic_cell: an `ou_cell` with a cubic current.

    x' = -(j2 x + j3 x^2 + j4 x^3 + sum_j w_ij x_j - x_in) / tau + noise

x = V / `scale`, tau = C / g with g the `conductance`, w_ij = G_ij / g the couplers, x_in the input. The potential is

    U = C scale^2 (j2 x^2 / 2 + j3 x^3 / 3 + j4 x^4 / 4 - x_in x) + C scale^2 sum_(i<j) w_ij x_i x_j

(convention of thermocompute, commit e50a984; that of Whitelam, arXiv 2506.15121, has J2 = j2 / 2, J4 = j4 / 4 and the
opposite sign of the bias). Noise acts through g alone, so voltages settle at Boltzmann's law of U at kT = C sigma^2,
sigma the rms voltage of a cell with j2 = 1 alone: the kT of the chip's temperature for thermal noise, that of the
process alone for injected noise. Heat is the fall of U while nothing is switched, work its rise when inputs or couplers
change at fixed voltages; both are exact per lane. `dissipate` counts heat into the bath, `absorb` heat out of it.

`scheme: split` takes steps whose stationary variance is right to `step_error`; `scheme: euler` takes steps of `step`,
to show what they do to the law.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.components.base import Action
from chipsim.components.cells.ou_cell import OuCell
from chipsim.errors import ProblemError, RuleError
from chipsim.kernels.quartic import in_blocks
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.physics.laws import law_of
from chipsim.physics.low_rank import LowRank, uncoupled
from chipsim.physics.quartic import AnyLaw, QuarticLaw, Scheme, Well, step_for
from chipsim.spec.fields import Number, Quantity


class QuarticCell(OuCell):
    """Parameters of a cell; with j2, j3 and j4 = 0 it is an `ou_cell` that takes couplers at their own value."""

    j2: Annotated[float, Number(ge=-1e6, le=1e6)]
    j3: Annotated[float, Number(ge=-1e6, le=1e6)] = 0.0
    j4: Annotated[float, Number(ge=0, le=1e6)]
    scale: Annotated[float, Quantity("V", gt=0, le=10)]
    scheme: Scheme = "split"
    step_error: Annotated[float, Number(ge=1e-5, le=0.1)] = 1e-3
    step: Annotated[float, Quantity("s", gt=0, le=1)] | None = None

    name: ClassVar[str] = "quartic_cell"
    summary: ClassVar[str] = "capacitor with a linear and a cubic current: a continuous cell in a quartic potential"
    has_potential: ClassVar[bool] = True
    actions: ClassVar[tuple[Action, ...]] = (
        *OuCell.actions,
        Action("dissipate", "fabric", "zJ", "one zeptojoule of heat from the cells into their bath"),
        Action("absorb", "fabric", "zJ", "one zeptojoule of heat from the bath into the cells"),
    )

    @model_validator(mode="after")
    def _stable(self) -> QuarticCell:
        if not self.j4 and (self.j2 < 0 or self.j3):
            why = "a negative j2" if self.j2 < 0 else "j3"
            raise RuleError(
                f"the potential has no minimum: {why} needs j4 above 0; set j4, or j2 >= 0 and j3 = 0", code="spec.rule"
            )
        if self.scheme == "euler" and self.step is None:
            raise RuleError("scheme: euler requires a step, for example step: 1 ns", code="spec.missing-key")
        return self

    def inert(self) -> dict[str, str]:
        """The step of the other scheme."""
        if self.scheme == "euler":
            return {"step_error": "scheme: euler takes steps of `step`"}
        return {"step": "scheme: split takes steps that follow from step_error"} if self.step is not None else {}

    @property
    def rate(self) -> float:
        """1 / tau."""
        return float(self.conductance / self.capacitance)

    @property
    def well(self) -> Well:
        """Potential of a cell in units of C scale^2, at x."""
        return Well(self.j2, self.j3, self.j4)

    @property
    def coupling_scale(self) -> float:
        """The conductance: a matrix element of 1 acts like j2 = 1."""
        return float(self.conductance)

    def conductances(self, network: Network) -> Matrix:
        """G in every cell: couplers and the cell's own currents belong to the potential and add no noise."""
        if isinstance(network.held, LowRank):
            return uncoupled(network.cells, self.conductance)
        return np.eye(network.cells) * self.conductance

    def law(self, network: Network, noise: float | NDArray[np.float64]) -> AnyLaw:
        """A = (j2 g + G) / C, q = j3 / (tau scale), k = j4 / (tau scale^2).

        Raises:
            ProblemError: a network of low rank, or uncoupled cells without j4.
        """
        held, numbers = network.held, (self.j3 * self.rate / self.scale, self.j4 * self.rate / self.scale**2)
        charge = np.asarray(noise)
        diffusion = float(charge[0, 0] if charge.ndim else charge) / self.capacitance**2
        if not isinstance(held, np.ndarray):
            if len(held.middle):
                raise ProblemError(
                    "quartic cells take a full matrix; use couplers of kind conductance", code="chip.unsuitable"
                )
            if not self.j4:
                raise ProblemError("cells of a layer are nonlinear by j4; set it above 0", code="chip.unsuitable")
            own = np.full(network.cells, self.j2 * self.rate)
            return QuarticLaw(own, diffusion, *numbers, self.scale, self.scheme, self._step_s(diffusion))
        drift = (self.j2 * self.conductance * np.eye(len(held)) + held) / self.capacitance
        if not self.j4:
            return law_of(drift, diffusion * np.eye(len(held)))
        return QuarticLaw(drift, diffusion, *numbers, self.scale, self.scheme, self._step_s(diffusion))

    def _step_s(self, diffusion: float) -> float:
        """Longest step in seconds."""
        if self.scheme == "euler":
            assert self.step is not None  # required by `_stable`
            return self.step
        temperature = diffusion / (2 * self.rate * self.scale**2)
        return step_for(self.well, temperature, self.step_error) / self.rate

    def stored_j(self, network: Network, force: NDArray[np.float64], volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """U of each lane at voltages (lanes, n) under a force (n,) or (lanes, n) V/s, (lanes,) J."""
        held, unit = network.held, self.capacitance * self.scale**2
        own = unit * self.well.energy(volts / self.scale).sum(axis=-1)
        coupled = 0.0
        if isinstance(held, np.ndarray):
            coupled = 0.5 * (in_blocks(volts, held) * volts).sum(axis=-1) / self.rate
        pushed = (volts * force).sum(axis=-1) * (self.capacitance / self.rate)
        return np.asarray(own + coupled - pushed)
