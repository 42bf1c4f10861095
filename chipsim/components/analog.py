"""Bases of the kinds of an array of continuous cells: C dV/dt = -G V + g V_in + i_n, read at any time.

    AnalogCellKind      capacitors that integrate          C, g, full scale
    AnalogCouplerKind   the conductances G between them    what G becomes when a matrix is written
    AnalogNoiseKind     the current noise in them          diffusion of the voltages
    AnalogInputKind     converters that drive the cells    V_in
    AnalogReadKind      converters that read the cells     codes

They are to an array of continuous cells what the bases in `base.py` are to an array of latched ones.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Kind, Purpose, RouteKind
from chipsim.spec.chip import Technology


class AnalogCellKind(Kind):
    """Cells whose voltage relaxes.

    `capacitance` in F, `conductance` from the input in S; `gain_error` and `offset` (V) are standard deviations
    over the cells of a die.
    """

    capacitance: float
    conductance: float
    gain_error: float
    offset: float

    @abstractmethod
    def errors(self, cells: int, die: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(gain, offset in volts) with which each cell of a die shows its voltage; shapes (cells,)."""

    @abstractmethod
    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Counts of so many cells that integrate for a time, by action."""


@dataclass(frozen=True, eq=False)
class Realised:
    """A matrix as conductances.

    Attributes:
        scale: siemens that stand for 1 of the matrix.
        wanted: (n, n) S, without any error.
        quantised: (n, n) S, as the codes say.
        held: (n, n) S, with the mismatch of the die.
        resistors: whether the independent elements are resistors between cells and to ground, else matrix elements.
        code_variance, mismatch_variance: (n, n) S^2, expected variance of each independent element, diagonal included.
    """

    scale: float
    wanted: NDArray[np.float64]
    quantised: NDArray[np.float64]
    held: NDArray[np.float64]
    resistors: bool
    code_variance: NDArray[np.float64]
    mismatch_variance: NDArray[np.float64]


class AnalogCouplerKind(Kind):
    """Conductances between cells and to ground."""

    @abstractmethod
    def realise(self, matrix: NDArray[np.float64], die: np.random.Generator) -> Realised:
        """The conductances of a symmetric matrix of shape (n, n) on a die.

        Raises:
            ProblemError: these conductances cannot be had.
        """

    @abstractmethod
    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """(words, bits a word) of a matrix with so many couplers and cells."""

    @abstractmethod
    def pitch_um(self) -> float:
        """Distance between neighbouring cells."""


class AnalogNoiseKind(Kind):
    """Current noise in each cell."""

    @abstractmethod
    def diffusion(
        self, conductances: NDArray[np.float64], cell: AnalogCellKind, technology: Technology
    ) -> NDArray[np.float64]:
        """D of dV, (n, n) in V^2/s."""

    @abstractmethod
    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Counts of so many sources in a time, by action."""


class AnalogInputKind(RouteKind):
    """Digital-to-analog converters at the inputs of cells: the end of the way of an input; a code has `bits` bits."""

    bits: int
    full_scale: float
    serves: ClassVar[Purpose | None] = "input"

    @abstractmethod
    def realised(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The voltages that the converters set when asked for these."""

    @abstractmethod
    def error_v(self) -> float:
        """Expected rms error of a voltage inside the full scale."""


class AnalogReadKind(RouteKind):
    """Analog-to-digital converters at the cells: the beginning of the way of a read."""

    serves: ClassVar[Purpose | None] = "read"

    @property
    @abstractmethod
    def bits_per_cell(self) -> int:
        """Bits of one code."""

    @abstractmethod
    def codes(self, volts: NDArray[np.float64], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Volts that the codes stand for; `numbers` are standard normal, of the same shape, for the noise."""

    @abstractmethod
    def clips(self, codes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which codes stand at an end of the scale."""

    @abstractmethod
    def error_v(self) -> float:
        """Expected rms error of one conversion inside the full scale: quantisation and noise."""
