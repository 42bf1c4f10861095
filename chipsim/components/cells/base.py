"""Bases of cell kinds: `CellKind` for those that latch, `ContinuousCellKind` for those whose voltages relax."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import ArrayContext, Kind
from chipsim.physics.held_matrix import Matrix, Network
from chipsim.physics.laws import Law
from chipsim.physics.low_rank import LowRankLaw


class CellKind(Kind):
    """The cells of an array."""

    counted_by_engine: ClassVar[tuple[str, ...]] = ("update",)

    relaxation_time: float

    @abstractmethod
    def activation(self, context: ArrayContext) -> Any:
        """Parameters of stage `activation`: a NamedTuple of arrays in slot order."""


class ContinuousCellKind(Kind):
    """Cells whose voltages relax; `coupled_by` is the unit of the couplers that they need.

    `gain_error` and `offset` (V) are standard deviations over the cells of a die, `offset_drift` (V/K) that of the
    offset's drift with temperature, `common_mode` (V) a disturbance that moves all readings of one instant together.
    """

    gain_error: float
    offset: float
    offset_drift: float
    common_mode: float
    coupled_by: ClassVar[Literal["S", "F"]]

    @property
    @abstractmethod
    def reference(self) -> float:
        """Strength of a coupler, in `coupled_by`, with which a cell on its own is compared."""

    @property
    @abstractmethod
    def noise_intensity(self) -> float:
        """A^2 s of current noise for 1 V^2 of variance in a cell on its own with the reference coupler to ground."""

    @abstractmethod
    def conductances(self, network: Network) -> Matrix:
        """(n, n) S: the conductances that dissipate, and make thermal noise."""

    @abstractmethod
    def law(self, network: Network, noise: float | NDArray[np.float64]) -> Law | LowRankLaw:
        """The equation of motion. Its first n variables are the voltages.

        Args:
            network: what joins the cells.
            noise: diffusion of the charge in A^2 s: one number for independent equal noise in all cells, or (n, n).
        """

    @abstractmethod
    def force(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """F of the law for these voltages at the inputs, (n,)."""

    @abstractmethod
    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Counts of so many cells that work for a time, by action."""

    def capacitance_f(self) -> float | None:
        """Of a node by itself, whose kT/C the lint compares with injected noise; None where that says nothing."""
        return None

    def heat_w(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Watts that the cells' own resistors burn at voltages (..., n); only kinds with an action `dissipate`."""
        return np.zeros(volts.shape[:-1])
