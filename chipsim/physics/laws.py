"""A chip of continuous cells as one linear law dx = -(A x - f) dt + dW, with exact transitions over any time.

Here A is any matrix of shape (n, n); `low_rank.py` has laws whose matrix is never formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import ou

EVEN = 1e-12


@dataclass(frozen=True, eq=False)
class Law:
    """A and the noise of a linear law.

    Attributes:
        drift: (n, n) A.
        diffusion: (n, n) D of dW: Cov(dW) = D dt.
        modes: rates and eigenvectors where A is symmetric and the noise even, else None.
    """

    drift: NDArray[np.float64]
    diffusion: NDArray[np.float64]
    modes: ou.Modes | None = None

    def rates(self) -> NDArray[np.complex128]:
        """All eigenvalues of A."""
        known = self.modes.rates if self.modes is not None else np.linalg.eigvals(self.drift)
        return known.astype(np.complex128)

    def mean(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """Stationary mean A^-1 f, (n,)."""
        if self.modes is not None:
            return ou.apply(self.modes, lambda rate: 1 / rate, force)
        return np.linalg.solve(self.drift, force).astype(np.float64)

    def sample(
        self,
        force: NDArray[np.float64],
        start: NDArray[np.float64],
        times: NDArray[np.float64],
        random: Sequence[np.random.Generator],
        threads: int = 1,
    ) -> NDArray[np.float64]:
        """States (lanes, T, n) at increasing times from `start`, (lanes, n), on; a generator for each lane."""
        mean = self.mean(force)
        if self.modes is not None:
            return ou.sample(self.modes, mean, self.diffusion[0, 0] / 2, start, times, random, threads)
        return ou.sample_any(self.drift, mean, self.diffusion, start, times, random, threads)

    def reduced(self) -> Reduced:
        """The full law."""
        return Reduced(self)

    def stationary(self) -> NDArray[np.float64]:
        """Stationary covariance, (n, n)."""
        if self.modes is not None:
            vectors = self.modes.vectors
            spread = self.diffusion[0, 0] / 2 / self.modes.rates
            return (vectors * spread) @ vectors.T
        return ou.stationary(self.drift, self.diffusion)


@dataclass(frozen=True, eq=False)
class Reduced:
    """A law in the coordinates of a basis, for closed-form predictions.

    Attributes:
        inside: the law of the m coordinates.
        basis: (n, m) orthonormal columns, or None where the coordinates are the variables themselves.
        rest, rest_diffusion: rate and diffusion of all directions outside the basis; None without any.
    """

    inside: Law
    basis: NDArray[np.float64] | None = None
    rest: float | None = None
    rest_diffusion: float = 0.0


def law_of(drift: NDArray[np.float64], diffusion: NDArray[np.float64]) -> Law:
    """The law of any drift and diffusion matrices, both (n, n)."""
    even = np.allclose(diffusion, diffusion[0, 0] * np.eye(len(drift)), rtol=EVEN, atol=0)
    modes = ou.dense_modes(drift) if even and np.array_equal(drift, drift.T) else None
    return Law(drift, diffusion, modes)
