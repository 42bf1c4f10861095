"""Bases of cell kinds: `CellKind` for latched cells, `ContinuousCellKind` for continuous ones."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import ArrayContext, Kind
from chipsim.components.cells.fields import Fields
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.physics.quartic import AnyLaw
from chipsim.spec.fields import Number, Quantity

# Error of the probability of a decision, through the format of the field or through fields that are late, above which
# the law is not Boltzmann's: a convention.
MAX_DECISION_ERROR = 1e-3


# Logits of the states of a cell, and mean and deviation of its voltage in each.
InputName = Literal["logits", "means", "deviations"]


class CellKind(Kind):
    """The cells of an array."""

    counted_by_engine: ClassVar[tuple[str, ...]] = ("update",)

    relaxation_time: float
    # Whether random bits can be compared with a stage `threshold`.
    has_thresholds: ClassVar[bool] = False

    @abstractmethod
    def activation(self, context: ArrayContext) -> Any:
        """Parameters of stage `activation`: a NamedTuple of arrays in slot order."""

    def bias(self, fields: Fields) -> str:
        """Why the law that is sampled with these fields is not Boltzmann's of the weights that the chip holds; "" if it
        is.
        """
        return ""


class ContinuousCellKind(Kind):
    """Cells with continuous voltages; `coupled_by` is the unit of the couplers that they require.

    `gain_error` and `offset` (V) are standard deviations over the cells of a die, `offset_drift` (V/K) that of the
    offset's drift with temperature, `common_mode` (V) that of a disturbance common to simultaneous readings.
    """

    offset: Annotated[float, Quantity("V", ge=0, le=1)] = 0.0
    offset_drift: Annotated[float, Quantity("V/K", ge=0, le=1)] = 0.0
    gain_error: Annotated[float, Number(ge=0, lt=1)] = 0.0
    common_mode: Annotated[float, Quantity("V", ge=0, le=1)] = 0.0

    ideal: ClassVar[Mapping[str, Any]] = {"offset": 0.0, "offset_drift": 0.0, "gain_error": 0.0, "common_mode": 0.0}
    coupled_by: ClassVar[Literal["S", "F"]]
    # Whether the cells have a potential, by which heat and work are counted, instead of a linear law.
    has_potential: ClassVar[bool] = False
    # What the inputs of a cell set, each a voltage for every state; in this order.
    input_names: ClassVar[tuple[InputName, ...]] = ("means",)

    @property
    def states_per_cell(self) -> int:
        """Number of states among which a cell switches; 1 for cells that have voltages alone."""
        return 1

    @property
    def coupling_scale(self) -> float | None:
        """Coupler of a matrix element of 1, in `coupled_by`; None where the largest element takes the whole range."""
        return None

    @property
    @abstractmethod
    def reference(self) -> float:
        """Reference strength of a coupler, in `coupled_by`, for an isolated cell."""

    @property
    @abstractmethod
    def noise_intensity(self) -> float:
        """A^2 s of current noise for 1 V^2 of variance in an isolated cell with the reference coupler to ground."""

    @abstractmethod
    def conductances(self, network: Network) -> Matrix:
        """(n, n) S: the conductances that dissipate and generate thermal noise."""

    @abstractmethod
    def law(self, network: Network, noise: float | NDArray[np.float64]) -> AnyLaw:
        """The equation of motion. Its first n variables are the voltages.

        Args:
            network: that couples the cells.
            noise: diffusion of the charge in A^2 s: one number for independent equal noise in all cells, or (n, n).
        """

    @abstractmethod
    def force(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """F of the law for these voltages at the inputs, (n,)."""

    @abstractmethod
    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Counts of this number of cells running for this time, by action."""

    def events(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> dict[str, int]:
        """Counts of what happened between two states of the variables, (lanes, m), by action."""
        return {}

    def capacitance_f(self) -> float | None:
        """Capacitance of an isolated node, for the kT/C check of injected noise; None if it does not apply."""
        return None

    def stored_j(self, network: Network, force: NDArray[np.float64], volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Potential energy of each lane, (lanes,) J, at voltages (lanes, n) under a force (n,) of the inputs; for kinds
        with a potential, whose actions are `dissipate` and `absorb`.
        """
        raise TypeError(f"{self.name} has no potential")

    def heat_w(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Watts dissipated in the cells' own resistors at voltages (..., n); for kinds with an action `dissipate`."""
        return np.zeros(volts.shape[:-1])
