"""One Ising problem: a weighted graph with biases, in the sign convention of the project.

E(s) = offset - (sum_i b_i s_i + sum_edges J_ij s_i s_j), each edge once, s_i in {-1, +1}.
Couplings may be directed: J_ij, by which cell j acts on cell i, is then not J_ji, and there is no energy.
A Max-Cut problem with edge weights w is the same with J = -w; its cut is (sum w - E) / 2 when there are no biases.
`conventions.py` converts from all other conventions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipsim.errors import ProblemError

if TYPE_CHECKING:
    from chipsim.problems.conventions import Convention

# Bound on the number of accumulating rounding errors: those of longer sums cancel.
MAX_ROUNDINGS = 4096


class Judge(Protocol):
    """What a problem of pairs stands for."""

    def judged(self, spins: NDArray[np.int8]) -> NDArray[np.float64]:
        """Objective (...) of states (..., N), to be minimised."""


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
        objective: what results are quoted as: "energy"; "cut", the Max-Cut value; "maximum", -E, to be maximised.
        best_known_cut: the best published cut, when there is one.
        offset: constant part of the energy.
        labels: (N,) int64 or str, name of each spin in its source; None for 0 to N - 1.
        notes: findings of its reader that results depend on, such as missing labels.
        formula: clauses or polynomial that judge what is read, of which this is the quadratic form; None if the energy
            does.

    Example:
        >>> from chipsim import Problem
        >>> problem = Problem.from_arrays([[0, 1], [1, 0]], [0.5, 0])
        >>> problem.couplings.tolist(), problem.biases.tolist()
        ([1.0], [0.5, 0.0])
    """

    name: str
    edges: NDArray[np.int32]
    couplings: NDArray[np.float64]
    biases: NDArray[np.float64]
    shape: tuple[int, ...] | None = None
    objective: Literal["energy", "cut", "maximum"] = "energy"
    best_known_cut: float | None = None
    offset: float = 0.0
    labels: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()
    formula: Judge | None = None

    @property
    def cells(self) -> int:
        """Number of spins."""
        return len(self.biases)

    @property
    def coupled(self) -> NDArray[np.int64]:
        """Indices of the edges whose weight is not 0: others need no coupler and no colour."""
        weights = self.couplings
        return np.flatnonzero((weights != 0).any(axis=1) if self.is_directed else weights)

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
        return self.offset - (values @ self.biases + pairs @ self.couplings) + 0.0

    @property
    def rounding(self) -> float:
        """Bound on the rounding difference of two float64 energies of one configuration."""
        terms = min(self.couplings.size + self.cells, MAX_ROUNDINGS)
        size = np.abs(self.couplings).sum() + np.abs(self.biases).sum() + abs(self.offset)
        return terms * float(np.finfo(float).eps * size)

    @property
    def names(self) -> NDArray[Any]:
        """(N,) label of each spin."""
        return np.arange(self.cells) if self.labels is None else self.labels

    def value(self, energy: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        """The objective of configurations with these energies, as results are quoted."""
        if self.objective == "cut":
            return (self.offset - self.couplings.sum() - energy) / 2 + 0.0
        return (-1.0 if self.objective == "maximum" else 1.0) * energy + 0.0

    def energy_of(self, value: float) -> float:
        """The inverse of `value`."""
        if self.objective == "cut":
            return float(self.offset - self.couplings.sum() - 2 * value)
        return -value if self.objective == "maximum" else value

    @classmethod
    def from_arrays(
        cls,
        J: ArrayLike,
        h: ArrayLike | None = None,
        *,
        convention: Convention = "ising",
        offset: float = 0.0,
        labels: Iterable[Hashable] | None = None,
        name: str = "arrays",
    ) -> Problem:
        """A problem from a matrix: symmetric or one triangle, each pair once; or Q of x'Qx with `convention="qubo"`.

        Args:
            J: (N, N) couplings, weights or Q; dense, or sparse of scipy.
            h: (N,) linear terms of the same convention, or None.
            convention: "ising": E = -(sum h s + sum J s s); "dimod": E = sum h s + sum J s s; "maxcut"; "qubo".
            offset: constant of the objective.
            labels: of the spins; None for 0 to N - 1.
            name: as shown in reports.

        Raises:
            ProblemError: complex, not square, not finite, or not symmetric; with the place in the matrix.

        Example:
            >>> import numpy as np
            >>> from chipsim import Problem
            >>> problem = Problem.from_arrays([[0, 1], [1, 0]], [0.5, 0])
            >>> float(problem.energy(np.array([1, 1])))
            -1.5
        """
        from chipsim.problems.models import labels_of, of_matrix

        names = None if labels is None else labels_of(labels)
        return of_matrix(J, h, convention, name, name, names, offset)

    @classmethod
    def from_networkx(
        cls,
        graph: Any,
        *,
        convention: Convention = "maxcut",
        weight: str = "weight",
        bias: str = "bias",
        name: str = "graph",
    ) -> Problem:
        """A problem from an undirected graph of networkx; its nodes are the labels.

        Args:
            graph: `networkx.Graph`.
            convention: of its weights, as in `from_arrays`.
            weight: attribute of edges; 1 where no edge has attributes.
            bias: attribute of nodes; 0 where missing.
            name: as shown in reports.

        Raises:
            ProblemError: directed, parallel edges, self-loops, or attributes that are not finite numbers.
        """
        from chipsim.problems.models import of_graph

        return of_graph(graph, convention, name, name, weight, bias)

    @classmethod
    def from_bqm(cls, bqm: Any, *, name: str = "bqm") -> Problem:
        """A problem from a `dimod.BinaryQuadraticModel`; its variables are the labels, its offset is kept.

        Raises:
            ProblemError: a bias that is not finite.
        """
        from chipsim.problems.models import of_bqm

        return of_bqm(bqm, name, name)
