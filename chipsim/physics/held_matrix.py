"""A matrix as realised by the couplers of a chip, and its expected errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from chipsim.physics.low_rank import LowRank

Matrix = NDArray[np.float64] | LowRank


@dataclass(frozen=True, eq=False)
class PartErrors:
    """Errors of a network of parts.

    Attributes:
        code: (n, n) deviation of the coded matrix from the requested one, the same on all dies, in the unit of the
            coupler.
        mismatch: (n, n) expected variance of each independent part by the mismatch of a die, in that unit squared. A
            diagonal element is the part from its cell to ground (passive), or the element itself.
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
    """A matrix as realised by couplers, in the unit of the coupler (S or F).

    Attributes:
        scale: coupler value of a matrix element of 1.
        wanted: the requested matrix times the scale.
        held: the realised matrix: codes with the mismatch of the die.
        passive: whether it is made of parts between two cells, or from one to ground; else of signed elements.
        errors: expected deviations from the requested matrix.
    """

    scale: float
    wanted: Matrix
    held: Matrix
    passive: bool
    errors: PartErrors | FactorErrors

    def disconnected(self) -> Self:
        """The same cells with all couplers switched off; for full matrices."""
        return replace(self, held=np.zeros((self.cells, self.cells)))

    @property
    def cells(self) -> int:
        """Number of coupled cells."""
        return len(self.held) if isinstance(self.held, np.ndarray) else self.held.size
