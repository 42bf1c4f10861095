"""Bases of coupler kinds: `CouplerKind`, with the `Weights` of cells that latch, and `ContinuousCouplerKind`."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Kind
from chipsim.physics.held_matrix import Matrix, Network


@dataclass(frozen=True, eq=False)
class Weights:
    """Couplings and biases as a chip holds them.

    Attributes:
        codes: shape (E,), or (E, 2) where couplings are directed, int32: the integer code of each coupling.
        step: one code in units of the coupling J.
        biases: shape (N,), float64: the biases that the chip realises, in units of J.
        error: largest deviation of a coupling or bias from the wanted one, in units of J.
        stretch: full scale that these weights ask for, in units of the range that the ladder was built for; 1 at least.
        bias_step: one code of a bias in units of J; infinite where biases have no codes.
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
        return (self.codes * self.step).astype(np.float64)


class CouplerKind(Kind):
    """Weights and wires between cells."""

    counted_by_engine: ClassVar[tuple[str, ...]] = ("toggle",)

    def largest_weight(self) -> float | None:
        """Largest coupling, and largest bias, of the range that it was built for; None where there is no such range."""
        return None

    @abstractmethod
    def quantise(self, couplings: NDArray[np.float64], biases: NDArray[np.float64]) -> Weights:
        """What the chip holds when these couplings and biases are written."""

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

    @abstractmethod
    def wire_capacitance_f(self, length_pitches: NDArray[np.float64]) -> NDArray[np.float64]:
        """Capacitance of the wires that a cell drives, from their summed length in cell pitches; shape (N,)."""

    @abstractmethod
    def program_bits(self, couplers: int, cells: int) -> tuple[int, int]:
        """(words, bits a word) of a full set of weights for so many couplers and cells."""

    @abstractmethod
    def pitch_um(self) -> float:
        """Distance between neighbouring cells."""


class ContinuousCouplerKind(Kind):
    """What joins the cells; `unit` is what its parts are measured in.

    `drift` (1/K) is how much all of them change with temperature, relative to the inputs of the cells.
    """

    unit: ClassVar[Literal["S", "F"]]
    drift: float

    def max_rank(self) -> int | None:
        """Largest rank of a matrix that is held by its factors; None for couplers that hold whole matrices."""
        return None

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
