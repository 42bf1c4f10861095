"""One Ising problem: a weighted graph with biases, in the sign convention of the whole project.

E(s) = -(sum_i b_i s_i + sum_edges J_ij s_i s_j), each edge once, s_i in {-1, +1}.
A Max-Cut problem with edge weights w is the same with J = -w; its cut is (sum w - E) / 2 when there are no biases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Problem:
    """An Ising problem in row-major order of its sites.

    Attributes:
        name: what reports call it, for example "G11".
        edges: shape (E, 2), int32, 0-based, first < second, every undirected pair once.
        couplings: shape (E,), float64, J of each edge.
        biases: shape (N,), float64, b of each cell.
        shape: the grid that the sites fill in row-major order, when there is one, for example (100, 8).
        objective: "energy", or "cut" where results are quoted as a Max-Cut value.
        best_known_cut: the best published cut, when there is one.
    """

    name: str
    edges: NDArray[np.int32]
    couplings: NDArray[np.float64]
    biases: NDArray[np.float64]
    shape: tuple[int, ...] | None = None
    objective: Literal["energy", "cut"] = "energy"
    best_known_cut: float | None = None

    @property
    def cells(self) -> int:
        """Number of spins."""
        return len(self.biases)

    def energy(self, spins: NDArray[np.int8]) -> NDArray[np.float64]:
        """E of one or many configurations: spins of shape (..., N) with values -1, +1 -> energies of shape (...)."""
        values = spins.astype(np.float64)
        pairs = values[..., self.edges[:, 0]] * values[..., self.edges[:, 1]]
        return -(values @ self.biases + pairs @ self.couplings)

    def cut(self, energy: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        """Max-Cut value of configurations with these energies."""
        return (-self.couplings.sum() - energy) / 2
