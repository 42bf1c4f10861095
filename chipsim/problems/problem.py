"""One Ising problem: a weighted graph with biases, in the sign convention of the project.

E(s) = -(sum_i b_i s_i + sum_edges J_ij s_i s_j), each edge once, s_i in {-1, +1}.
Couplings may be directed: J_ij, by which cell j acts on cell i, is then not J_ji, and there is no energy.
A Max-Cut problem with edge weights w is the same with J = -w; its cut is (sum w - E) / 2 when there are no biases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError

# Bound on the number of accumulating rounding errors: those of longer sums cancel.
MAX_ROUNDINGS = 4096


@dataclass(frozen=True, eq=False)
class Problem:
    """An Ising problem in row-major order of its sites.

    Attributes:
        name: as shown in reports, for example "G11".
        edges: shape (E, 2), int32, 0-based, first < second, every undirected pair once.
        couplings: shape (E,), float64, J of each edge; or (E, 2) where couplings are directed: how the edge acts on its
            first cell, and how on its second.
        biases: shape (N,), float64, b of each cell.
        shape: the grid that the sites fill in row-major order, when there is one, for example (100, 8).
        objective: "energy", or "cut" if results are quoted as Max-Cut values.
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

    @property
    def is_directed(self) -> bool:
        """Whether the two cells of an edge may act on each other differently; no energy is defined then."""
        return self.couplings.ndim == 2

    def energy(self, spins: NDArray[np.int8]) -> NDArray[np.float64]:
        """E of one or many configurations: spins of shape (..., N) with values -1, +1 -> energies of shape (...).

        Raises:
            ProblemError: the couplings are directed.
        """
        if self.is_directed:
            raise ProblemError(
                f'problem "{self.name}" has directed couplings, so no energy is defined', code="problem.directed"
            )
        values = spins.astype(np.float64)
        pairs = values[..., self.edges[:, 0]] * values[..., self.edges[:, 1]]
        # Adding 0 makes -0 a 0.
        return -(values @ self.biases + pairs @ self.couplings) + 0.0

    @property
    def rounding(self) -> float:
        """Bound on the rounding difference of two float64 energies of one configuration."""
        terms = min(self.couplings.size + self.cells, MAX_ROUNDINGS)
        return terms * float(np.finfo(float).eps * (np.abs(self.couplings).sum() + np.abs(self.biases).sum()))

    def cut(self, energy: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        """Max-Cut value of configurations with these energies."""
        return (-self.couplings.sum() - energy) / 2 + 0.0
