"""Linear systems and inverses: seeded matrices, errors, and digital methods (docs/physics.md, "Seeds" and on)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from support_spec import Specs

Floats = NDArray[np.float64]


def spectrum(size: int, condition: float, seed: int) -> Floats:
    """Eigenvalues evenly spaced in the logarithm, in seeded directions."""
    directions = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]
    return directions @ np.diag(np.geomspace(1 / condition, 1, size)) @ directions.T


def m_matrix(size: int, condition: float, seed: int) -> Floats:
    """Resistors between all cells and from each to ground, largest eigenvalue 1."""
    upper = np.triu(np.random.default_rng(seed).random((size, size)), 1)
    network = np.diag((upper + upper.T).sum(axis=1)) - upper - upper.T
    ground = np.linalg.eigvalsh(network)[-1] / (condition - 1)
    matrix = network + ground * np.eye(size)
    return matrix / np.linalg.eigvalsh(matrix)[-1]


def low_rank(size: int, rank: int, condition: float, seed: int) -> tuple[Floats, Floats]:
    """(orthonormal rows, eigenvalues along them) of what stands beside the multiple of the identity."""
    rows = np.random.default_rng(seed).standard_normal((rank, size))
    values, vectors = np.linalg.eigh(rows @ rows.T)
    return (vectors / np.sqrt(values)).T @ rows, np.geomspace(1 / (condition - 1), 1, rank)


@dataclass(frozen=True, eq=False)
class System:
    """A times a vector, the exact answer, and how many words digital methods are given."""

    size: int
    rank: int | None
    times: Callable[[Floats], Floats]
    right: Floats | None
    exact: Floats
    words: int

    @classmethod
    def of(cls, specs: Specs) -> System:
        """Of a workload file."""
        matrix = specs.workload["matrix"]
        n, rank, inverse = matrix["size"], matrix.get("rank"), specs.workload["workload"] == "inverse"
        right = np.random.default_rng(specs.workload.get("right_side_seed", 0)).standard_normal(n)
        if rank:
            return cls._of_low_rank(matrix, right)
        made: dict[str, Any] = {"spectrum": spectrum, "m-matrix": m_matrix}
        a = made[matrix["seeded"]](n, matrix["condition"], matrix["seed"])
        if inverse:
            return cls(n, None, lambda x: a @ x, None, np.linalg.inv(a), 2 * n * n)
        return cls(n, None, lambda x: a @ x, right, np.linalg.solve(a, right), n * n + 2 * n)

    @classmethod
    def _of_low_rank(cls, matrix: dict[str, Any], right: Floats) -> System:
        n, rank, rest = matrix["size"], matrix["rank"], 1 / (matrix["condition"] - 1)
        rows, values = low_rank(n, rank, matrix["condition"], matrix["seed"])
        along = rows @ right
        exact = (right - rows.T @ along) / rest + rows.T @ (along / (values + rest))
        words = n * rank + rank**2 + 2 * n
        return cls(n, rank, lambda x: rest * x + rows.T @ (values * (rows @ x)), right, exact, words)

    def errors(self, answers: Floats) -> Floats:
        """Relative error of the answer of each lane."""
        off = (answers - self.exact).reshape(len(answers), -1)
        return np.asarray(np.linalg.norm(off, axis=1) / np.linalg.norm(self.exact))

    def digital(self, error: float) -> Iterator[tuple[str, int, float]]:
        """(name, multiply-adds, relative error) of a direct method, and of conjugate gradients as good as the chip."""
        n, r = self.size, self.rank
        if self.right is None:
            yield "Cholesky", n**3 // 2, 0.0
            return
        direct, product = n**3 // 6 + n**2, n**2
        if r:
            direct, product = r**2 * n + r**3 // 6 + 2 * r * n, 2 * r * n + r**2
        yield "Woodbury" if r else "Cholesky", direct, 0.0
        steps, reached = self._gradients(error)
        yield f"conjugate gradients, {steps} steps", steps * (product + 5 * n), reached

    def _gradients(self, error: float) -> tuple[int, float]:
        assert self.right is not None
        found, residual, steps = np.zeros(self.size), self.right, 0
        direction = residual
        while True:
            product, square = self.times(direction), residual @ residual
            length = square / (direction @ product)
            found, residual, steps = found + length * direction, residual - length * product, steps + 1
            reached = float(self.errors(found[None])[0])
            if reached <= error:
                return steps, reached
            direction = residual + (residual @ residual) / square * direction
