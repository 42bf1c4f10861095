"""Bases of converter kinds at the ends of routes.

`BiasKind` sets beta of latched cells, `ContinuousInputKind` drives continuous cells. `ReadKind` reads cells:
`ReadoutKind` latched ones, `ContinuousReadKind` continuous ones.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Purpose, RouteKind
from chipsim.spec.chip import Technology


class BiasKind(RouteKind):
    """A converter that sets beta for the whole array: terminates the route of a bias; a code has `bits` bits."""

    bits: int
    serves: ClassVar[Purpose | None] = "bias"

    @abstractmethod
    def realised(self, value: float) -> float:
        """The value that the converter sets for a requested one."""


class ContinuousInputKind(RouteKind):
    """Digital-to-analog converters at the inputs of cells: terminate the route of an input; a code has `bits` bits."""

    bits: int
    full_scale: float
    serves: ClassVar[Purpose | None] = "input"

    @abstractmethod
    def realised(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The voltages that the converters set for requested ones."""

    @abstractmethod
    def error_v(self) -> float:
        """Expected rms error of a voltage inside the full scale."""


class ReadKind(RouteKind):
    """Read-out of cells into bits: starts the route of a read."""

    serves: ClassVar[Purpose | None] = "read"

    @property
    @abstractmethod
    def bits_per_cell(self) -> int:
        """Output bits per cell."""

    @property
    @abstractmethod
    def decides_at_once(self) -> bool:
        """Whether all cells are sampled at once and then resume; otherwise they pause until the last conversion."""


class ReadoutKind(ReadKind):
    """The read-out of latched cells."""

    @abstractmethod
    def error_probability(self, technology: Technology) -> float:
        """Probability that one read bit is wrong."""


class ContinuousReadKind(ReadKind):
    """Analog-to-digital converters at continuous cells."""

    full_scale: float

    @property
    def decides_at_once(self) -> bool:
        """Every cell is sampled and held, so the array does not wait for the conversions."""
        return True

    @property
    @abstractmethod
    def step_v(self) -> float:
        """One code in volts."""

    @abstractmethod
    def codes(
        self, volts: NDArray[np.float64], numbers: NDArray[np.float64], technology: Technology
    ) -> NDArray[np.float64]:
        """Voltages of the codes; `numbers` are standard normal, of the same shape, for the noise."""

    @abstractmethod
    def clips(self, codes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which codes are at an end of the scale."""

    @abstractmethod
    def error_v(self, technology: Technology) -> float:
        """Expected rms error of one conversion inside the full scale: quantisation and noise."""
