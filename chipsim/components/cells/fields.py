"""Fields that the cells of an array can have, for kinds whose number formats hold only some of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fields:
    """Fields h = b_i + sum_j J_ij s_j, times `beta`.

    Attributes:
        edges: (E, 2) pairs of cells.
        couplings: (E,) as the chip holds them, or (E, 2) where they are directed.
        biases: (N,) likewise.
        beta: factor of couplings and biases.
    """

    edges: NDArray[np.integer]
    couplings: NDArray[np.float64]
    biases: NDArray[np.float64]
    beta: float

    @property
    def reach(self) -> float:
        """The largest field that a cell can have."""
        return float((np.abs(self.biases) + self._sums(np.abs(self.couplings))).max(initial=0.0)) * self.beta

    def largest_sum(self, value: Callable[[Floats, NDArray[np.integer]], Floats]) -> float:
        """The largest sum over the neighbours of a cell.

        Args:
            value: (sizes of couplings times beta, (E,); the neighbours, (E,)) -> (E,), what each adds.
        """
        sums = np.zeros(len(self.biases))
        for end, side in enumerate(self._sides(np.abs(self.couplings))):
            sums += np.bincount(self.edges[:, end], value(side * self.beta, self.edges[:, 1 - end]), len(sums))
        return float(sums.max(initial=0.0))

    @cached_property
    def spacings(self) -> NDArray[np.float64]:
        """All fields are multiples of a step if and only if these are: the field of each cell whose neighbours are all
        +1, and the change 2 J of a neighbour that is not. Sizes, each once.
        """
        return np.union1d(np.abs(self.biases + self._sums(self.couplings)), 2 * np.abs(self.couplings)) * self.beta

    def _sums(self, couplings: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) sums over the couplings that each cell sees."""
        sums = np.zeros(len(self.biases))
        for end, side in zip(self.edges.T, self._sides(couplings), strict=True):
            sums += np.bincount(end, side, len(sums))
        return sums

    def _sides(self, couplings: Floats) -> tuple[Floats, Floats]:
        """(E,) couplings that the first and the second cell of each pair see."""
        return (couplings[:, 0], couplings[:, 1]) if couplings.ndim > 1 else (couplings, couplings)
