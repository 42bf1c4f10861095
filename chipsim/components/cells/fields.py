"""Fields that the cells of an array can have, for kinds whose number formats hold only some of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


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

    @property
    def pull(self) -> float:
        """The largest sum of the sizes of the couplings of a cell."""
        return float(self._sums(np.abs(self.couplings)).max(initial=0.0)) * self.beta

    @cached_property
    def spacings(self) -> NDArray[np.float64]:
        """All fields are multiples of a step if and only if these are: the field of each cell whose neighbours are all
        +1, and the change 2 J of a neighbour that is not. Sizes, each once.
        """
        return np.union1d(np.abs(self.biases + self._sums(self.couplings)), 2 * np.abs(self.couplings)) * self.beta

    def _sums(self, couplings: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) sums over the couplings that each cell sees."""
        sides = couplings.T if couplings.ndim > 1 else (couplings, couplings)
        sums = np.zeros(len(self.biases))
        for end, side in zip(self.edges.T, sides, strict=True):
            sums += np.bincount(end, side, len(sums))
        return sums
