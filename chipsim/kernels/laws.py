"""A chip of continuous cells as one linear law dx = -(A x - f) dt + dW, moved on exactly over any time.

Everything happens in a subspace, the columns of `basis`: there A and the diffusion are matrices. Outside of it (where
there is an outside: matrices of low rank) every direction relaxes by itself at one rate, `rest`. Where A is symmetric
and the noise is the same in all directions, the eigenvectors of A are the basis and nothing else is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import ou

EVEN = 1e-12


class LowRank(NamedTuple):
    """The matrix left @ middle @ right + rest I of shape (n, n), never formed.

    left: (n, r); middle: (r, r); right: (r, n). It is symmetric where left is the transpose of right.
    """

    left: NDArray[Any]
    middle: NDArray[Any]
    right: NDArray[Any]
    rest: float

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.left)

    def times(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """The matrix times each row of (..., n)."""
        out: NDArray[np.float64] = ((values @ self.right.T) @ self.middle.T) @ self.left.T + self.rest * values
        return out

    def scaled(self, factor: float) -> LowRank:
        """The matrix times a number."""
        return LowRank(self.left, self.middle * factor, self.right, self.rest * factor)


@dataclass(frozen=True, eq=False)
class Law:
    """A and the noise of a linear law.

    Attributes:
        drift: (m, m) A in the coordinates of the basis.
        diffusion: (m, m) D of dW there: Cov(dW) = D dt.
        basis: (n, m) orthonormal columns, or None where the coordinates are the variables themselves.
        rest, rest_diffusion: rate and diffusion of each direction outside of the basis; None where there is none.
        modes: rates and eigenvectors (n, m) where A is symmetric and the noise even, else None.
    """

    drift: NDArray[np.float64]
    diffusion: NDArray[np.float64]
    basis: NDArray[np.float64] | None = None
    rest: float | None = None
    rest_diffusion: float = 0.0
    modes: ou.Modes | None = None

    def rates(self) -> NDArray[np.complex128]:
        """Eigenvalues of A, all that are."""
        known = self.modes.rates if self.modes is not None else np.linalg.eigvals(self.drift)
        return np.append(known, [] if self.rest is None else [self.rest]).astype(np.complex128)

    def mean(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """A^-1 f, where the law settles, (n,)."""
        if self.modes is not None:
            return ou.apply(self.modes, lambda rate: 1 / rate, force)
        if self.basis is None:
            return np.linalg.solve(self.drift, force).astype(np.float64)
        inside = force @ self.basis
        settled: NDArray[np.float64] = self.basis @ np.linalg.solve(self.drift, inside)
        return settled if self.rest is None else settled + (force - self.basis @ inside) / self.rest

    def sample(
        self,
        mean: NDArray[np.float64],
        start: NDArray[np.float64],
        times: NDArray[np.float64],
        random: Sequence[np.random.Generator],
    ) -> NDArray[np.float64]:
        """States (lanes, T, n) at increasing times from `start`, (lanes, n); one generator a lane."""
        if self.modes is not None:
            return ou.sample(self.modes, mean, self.diffusion[0, 0] / 2, start, times, random)
        if self.basis is None:
            return ou.sample_any(self.drift, mean, self.diffusion, start, times, random)
        away = start - mean
        inside = ou.product(away[:, None], self.basis)[:, 0]
        nothing = np.zeros(inside.shape[1])
        moved = ou.sample_any(self.drift, nothing, self.diffusion, inside, times, random)
        states = ou.product(moved, self.basis.T) + mean
        if self.rest is not None:
            alone = ou.Modes(np.zeros((len(mean), 0)), np.zeros(0), self.rest)
            around = ou.sample(alone, np.zeros(len(mean)), self.rest_diffusion / 2, away, times, random)
            states += around - ou.product(ou.product(around, self.basis), self.basis.T)
        return states

    def stationary(self) -> NDArray[np.float64]:
        """Covariance that the law settles at, (m, m) in the coordinates of the basis."""
        if self.modes is not None and self.basis is None:
            vectors = self.modes.vectors
            spread = self.diffusion[0, 0] / 2 / self.modes.rates
            return (vectors * spread) @ vectors.T
        return ou.stationary(self.drift, self.diffusion)


def law_of(drift: NDArray[np.float64], diffusion: NDArray[np.float64]) -> Law:
    """The law of any drift and diffusion matrices, both (n, n)."""
    even = np.allclose(diffusion, diffusion[0, 0] * np.eye(len(drift)), rtol=EVEN, atol=0)
    modes = ou.dense_modes(drift) if even and np.array_equal(drift, drift.T) else None
    return Law(drift, diffusion, modes=modes)


def low_rank_law(matrix: LowRank, diffusion: float) -> Law:
    """The law of a drift of low rank with noise that is the same in all directions.

    A symmetric one (with a middle without negative eigenvalues) by the eigenvectors of its rank; any other in the span
    of the columns of `left` and the rows of `right`: nothing leads into it or out of it.
    """
    if np.array_equal(matrix.left.T, matrix.right) and np.allclose(matrix.middle, matrix.middle.T, rtol=EVEN, atol=0):
        values, vectors = np.linalg.eigh(matrix.middle)
        if values[0] >= -EVEN * abs(values[-1]):
            factor = (vectors * np.sqrt(np.maximum(values, 0.0))).T @ matrix.right
            modes = ou.low_rank_modes(factor, matrix.rest)
            even = np.eye(len(modes.rates)) * diffusion if len(modes.rates) else np.full((1, 1), diffusion)
            return Law(np.diag(modes.rates), even, modes.vectors, matrix.rest, diffusion, modes)
    basis, _ = np.linalg.qr(np.hstack([matrix.left, matrix.right.T]))
    inside = (basis.T @ matrix.left) @ matrix.middle @ (matrix.right @ basis)
    size = len(inside)
    return Law(inside + matrix.rest * np.eye(size), np.eye(size) * diffusion, basis, matrix.rest, diffusion)
