"""Bases of coupler kinds: `CouplerKind`, with the `Weights` of latched cells, and `ContinuousCouplerKind`."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Kind
from chipsim.errors import ChipsimError, ProblemError
from chipsim.physics.held_matrix import Matrix, Network


@dataclass(frozen=True, eq=False)
class Weights:
    """Couplings and biases as stored on a chip.

    Attributes:
        codes: shape (E,), or (E, 2) where couplings are directed, int32: the integer code of each coupling.
        step: one code in units of the coupling J.
        biases: shape (N,), float64: the biases that the chip realises, in units of J.
        error: largest deviation of a coupling or bias from the requested one, in units of J.
        stretch: full scale that these weights require, relative to the nominal range of the ladder; at least 1.
        bias_step: one code of a bias in units of J; infinite if biases have no codes.
    """

    codes: NDArray[np.int32]
    step: float
    biases: NDArray[np.float64]
    error: float
    stretch: float = 1.0
    bias_step: float = math.inf

    @property
    def couplings(self) -> NDArray[np.float64]:
        """The couplings that the chip realises, in the shape of the codes."""
        return np.asarray(self.codes * self.step, np.float64)


class CouplerKind(Kind):
    """Weights and wires between cells."""

    counted_by_engine: ClassVar[tuple[str, ...]] = ("toggle",)

    def largest_weight(self) -> float | None:
        """Largest coupling, and largest bias, of the nominal range; None if there is no such range."""
        return None

    @abstractmethod
    def quantise(self, couplings: NDArray[np.float64], biases: NDArray[np.float64]) -> Weights:
        """Couplings and biases stored on the chip when these are written."""

    @abstractmethod
    def field(
        self,
        first: NDArray[np.int32],
        neighbour: NDArray[np.int32],
        codes: NDArray[np.int32],
        step: NDArray[np.float64],
        biases: NDArray[np.float64],
    ) -> Any:
        """Parameters of stage `field` for a neighbour list in slot order: `codes` and `neighbour` by directed edge."""

    def delays_s(self, length_pitches: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Delay (s) of couplings with wires of these lengths in cell pitches; None if wires have none."""
        return None

    def node_rc_s(self) -> float:
        """Time constant (s) of the node on which the couplings of a cell add up; 0 if it settles at once."""
        return 0.0

    def late(self, field: Any, links: Any) -> Any:
        """Parameters of stage `field` where cells see their neighbours as they were.

        Args:
            field: parameters of the same couplings without delay.
            links: `chipsim.components.couplers.late.Links`, when changes arrive.

        Raises:
            ChipsimError: these couplers cannot.
        """
        raise ChipsimError(f"{self.name}: only couplers of kind coupler can be late", code="chip.unsuitable")

    def in_flight(self, field: Any, delays_fs: NDArray[np.int64], first_kept: int, many: int) -> Any:
        """Parameters of stage `field` where cells latch at random times and wires have delay.

        Args:
            field: parameters of the same couplings without delay.
            delays_fs: (directed couplings,) femtoseconds.
            first_kept: first slot of the latches that are kept.
            many: how many for each cell.

        Raises:
            ChipsimError: these couplers cannot.
        """
        raise ChipsimError(f"{self.name}: only couplers of kind coupler can be late", code="chip.unsuitable")

    @abstractmethod
    def wire_capacitance_f(self, length_pitches: NDArray[np.float64]) -> NDArray[np.float64]:
        """Capacitance (F) of the wires that a cell drives, from their total length in cell pitches; shape (N,)."""

    @abstractmethod
    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """(words, bits per word) of a full set of weights for these numbers of couplers and cells."""

    @abstractmethod
    def pitch_um(self) -> float:
        """Distance between neighbouring cells in micrometres."""


class ContinuousCouplerKind(Kind):
    """Couplers between continuous cells; `unit` is the unit of their elements.

    `drift` (1/K) is their common temperature coefficient, relative to the inputs of the cells.
    """

    unit: ClassVar[Literal["S", "F"]]
    # Whether they couple cells to each other; else they connect inputs to cells.
    couples_cells: ClassVar[bool] = True
    drift: float

    def max_rank(self) -> int | None:
        """Largest rank of a matrix that is stored by its factors; None for couplers that store full matrices."""
        return None

    @abstractmethod
    def realise(self, matrix: Matrix, die: np.random.Generator, scale: float | None = None) -> Network:
        """Network that realises a symmetric matrix on a die; `scale` is the value of a coupler for an element of 1,
        None where the largest element takes the whole range.

        Raises:
            ProblemError: these couplers cannot store it.
        """

    @abstractmethod
    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """(words, bits per word) of a full set of weights for these numbers of couplers and cells."""

    @abstractmethod
    def pitch_um(self) -> float:
        """Distance between neighbouring cells in micrometres."""

    def switched(self, couplers: int) -> dict[str, int]:
        """Counts of connecting this number of couplers to their cells, or disconnecting them.

        Raises:
            ProblemError: they have no switches.
        """
        raise ProblemError(
            f"couplers of kind {self.name} cannot be switched off; use conductance", code="chip.unsuitable"
        )

    def input_lines(self) -> int:
        """Lines of a crossbar through which inputs reach the cells; 0 where converters drive each cell."""
        return 0

    def conductances(self, weights: NDArray[np.float64], unit: float, die: np.random.Generator) -> NDArray[np.float64]:
        """(cells, inputs) S between input lines and cells for weights (cells, inputs) on a die; `unit` is the
        conductance of a weight of 1.

        Raises:
            ProblemError: there are no or too few lines, or a weight exceeds the range.
        """
        raise ProblemError(f"couplers of kind {self.name} have no input lines; use a crossbar", code="chip.unsuitable")

    def heat_w(self, network: Network, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Power (W) dissipated in the couplers at voltages (..., n); for kinds with an action `dissipate`."""
        return np.zeros(volts.shape[:-1])
