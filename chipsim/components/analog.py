"""Bases of the kinds of an array of continuous cells, and what a matrix becomes in such an array.

    AnalogCellKind      cells whose voltages relax              a linear law of motion
    AnalogCouplerKind   what joins them                         the network that a matrix becomes
    AnalogNoiseKind     the current noise in them               its intensity
    AnalogInputKind     converters that drive the cells         voltages at the inputs
    AnalogReadKind      converters that read the cells          codes

They are to an array of continuous cells what the bases in `base.py` are to an array of latched ones. Everything is
linear, so a chip is one stochastic equation dx = -(A x - f) dt + dW (`kernels/laws.py`), whatever its cells are.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Kind, Purpose, RouteKind
from chipsim.kernels.laws import Law
from chipsim.kernels.low_rank import LowRank, LowRankLaw
from chipsim.spec.chip import Technology

Matrix = NDArray[np.float64] | LowRank


@dataclass(frozen=True, eq=False)
class PartErrors:
    """Expected variances (n, n) of each independent part or element, in the unit of the coupler squared.

    A diagonal element is the part from its cell to ground (passive), or the element itself.
    """

    code: NDArray[np.float64]
    mismatch: NDArray[np.float64]


@dataclass(frozen=True)
class FactorErrors:
    """Of a matrix of low rank, in units of the matrix: expected variance of an element of J and of H by rounding to
    codes, and the relative deviation of every element of the three arrays.
    """

    code: float
    middle_code: float
    mismatch: float


@dataclass(frozen=True, eq=False)
class Network:
    """A matrix as couplers hold it, in the unit of the coupler (S or F).

    Attributes:
        scale: unit that stands for 1 of the matrix.
        wanted: the matrix times the scale.
        held: what the codes say, with the mismatch of the die.
        passive: whether it is made of parts between two cells, or from one to ground; else of signed elements.
        errors: what is known beforehand of how far that is from what was wanted.
    """

    scale: float
    wanted: Matrix
    held: Matrix
    passive: bool
    errors: PartErrors | FactorErrors

    @property
    def cells(self) -> int:
        """Number of cells that it joins."""
        return len(self.held) if isinstance(self.held, np.ndarray) else self.held.size


class AnalogCellKind(Kind):
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

    def heat_w(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Watts that the cells' own resistors burn at voltages (..., n); only kinds with an action `dissipate`."""
        return np.zeros(volts.shape[:-1])


class AnalogCouplerKind(Kind):
    """What joins the cells; `unit` is what its parts are measured in, `by_factors` says that it holds low ranks only.

    `drift` (1/K) is how much all of them change with temperature, relative to the inputs of the cells.
    """

    unit: ClassVar[Literal["S", "F"]]
    by_factors: ClassVar[bool] = False
    drift: float

    @abstractmethod
    def realise(self, matrix: Matrix, die: np.random.Generator) -> Network:
        """What a symmetric matrix becomes on a die.

        Raises:
            ProblemError: these couplers cannot hold it.
        """

    @abstractmethod
    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """(words, bits a word) of a full set of weights for so many couplers and cells."""

    @abstractmethod
    def pitch_um(self) -> float:
        """Distance between neighbouring cells."""

    def heat_w(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Watts burned in the couplers at voltages (..., n); only kinds with an action `dissipate`."""
        return np.zeros(volts.shape[:-1])


class AnalogNoiseKind(Kind):
    """Current noise in each cell. `sigma` (V) is what a cell on its own would show."""

    law: Literal["thermal", "injected"]
    sigma: float
    bandwidth: float

    @abstractmethod
    def diffusion(self, network: Network, cell: AnalogCellKind, technology: Technology) -> float | NDArray[np.float64]:
        """Diffusion of the charge in A^2 s: one number where it is equal and independent in all cells, or (n, n).

        Raises:
            ProblemError: the noise of this network cannot be said.
        """

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

    full_scale: float
    serves: ClassVar[Purpose | None] = "read"

    @property
    @abstractmethod
    def bits_per_cell(self) -> int:
        """Bits of one code."""

    @property
    def decides_at_once(self) -> bool:
        """Every cell is sampled and held, so the array need not wait for the conversions."""
        return True

    @property
    @abstractmethod
    def step_v(self) -> float:
        """One code in volts."""

    @abstractmethod
    def codes(
        self, volts: NDArray[np.float64], numbers: NDArray[np.float64], technology: Technology
    ) -> NDArray[np.float64]:
        """Volts that the codes stand for; `numbers` are standard normal, of the same shape, for the noise."""

    @abstractmethod
    def clips(self, codes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which codes stand at an end of the scale."""

    @abstractmethod
    def error_v(self, technology: Technology) -> float:
        """Expected rms error of one conversion inside the full scale: quantisation and noise."""
