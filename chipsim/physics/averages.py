"""Closed forms of what averages over a continuous array miss: noise that does not average out, and the start.

An average over T samples spaced h of something with autocovariance e^(-l t) has the variance
S(l) = (1 + q) / (1 - q) / T - 2 q (1 - q^T) / (T (1 - q))^2, q = e^(-l h): exact, for complex l too. With A = V l V^-1
and the stationary covariance C, R(t) = e^(-A t) C is a sum over such terms: an averaged vector errs by the trace of R
summed over lags, an averaged covariance by (tr R)^2 + tr(R R) (Wick), each over the observed variables only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.physics.laws import Law, Reduced
from chipsim.physics.low_rank import LowRankLaw


def averaging(rates: NDArray[Any], spacing: float, samples: int) -> NDArray[Any]:
    """S: variance of the average of so many samples, in units of the variance of one."""
    q = np.exp(-rates * spacing)
    return np.asarray((1 + q) / (1 - q) / samples - 2 * q * (1 - q**samples) / (samples * (1 - q)) ** 2)


def remaining(rates: NDArray[Any], settle: float, spacing: float, samples: int) -> NDArray[Any]:
    """Share of the way from the start that an average over the samples still misses, by mode."""
    q = np.exp(-rates * spacing)
    return np.asarray(np.exp(-rates * settle) * q * (1 - q**samples) / (1 - q) / samples)


@dataclass(frozen=True, eq=False)
class Averages:
    """Errors of averages over `samples` readings, `spacing` seconds apart, after `settle` seconds from 0 V.

    Attributes:
        rates, vectors, inverse: (m,) eigenvalues, (m, m) eigenvectors as columns, and their inverse, of the drift.
        covariance: (m, m) stationary, in the same coordinates.
        seen: how many of the coordinates are voltages; all where the law has a basis.
        law, settle, spacing, samples: as given.
    """

    law: Reduced
    rates: NDArray[Any]
    vectors: NDArray[Any]
    inverse: NDArray[Any]
    covariance: NDArray[np.float64]
    seen: int
    settle: float
    spacing: float
    samples: int

    def _inside(self) -> NDArray[Any]:
        """V^-1 C P V, P keeping the voltages."""
        return np.asarray(self.inverse @ self.covariance[:, : self.seen] @ self.vectors[: self.seen])

    def mean_error(self) -> float:
        """Expected squared error of the averaged voltages by noise, V^2."""
        inside = np.diag(self._inside())
        error = float((inside * averaging(self.rates, self.spacing, self.samples)).sum().real)
        law = self.law
        if law.rest is not None and law.basis is not None:
            around = len(law.basis) - law.basis.shape[1]
            rest = averaging(np.array([law.rest]), self.spacing, self.samples)
            error += around * law.rest_diffusion / 2 / law.rest * float(rest[0])
        return error

    def covariance_error(self) -> float:
        """Expected squared Frobenius error of the averaged products of voltages by noise, V^4."""
        inside = self._inside()
        weights = np.diag(inside)
        sums = averaging(np.add.outer(self.rates, self.rates), self.spacing, self.samples)
        return float(((np.outer(weights, weights) + inside * inside.T) * sums).sum().real)

    def mean_start(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the averaged voltages still miss of (n,) `mean`, V."""
        law, timing = self.law, (self.settle, self.spacing, self.samples)
        away = mean if law.basis is None else mean @ law.basis
        missing = ((self.vectors * remaining(self.rates, *timing)) @ (self.inverse @ away)).real
        if law.basis is None:
            return np.asarray(missing[: self.seen])
        out = law.basis @ missing
        if law.rest is not None:
            out += (mean - law.basis @ away) * remaining(np.array([law.rest]), *timing)[0]
        return np.asarray(out)

    def covariance_start(self) -> float:
        """Squared Frobenius norm of what the averaged products still miss, V^4."""
        timing = (self.settle, self.spacing, self.samples)
        inside = self.inverse @ self.covariance @ self.inverse.T
        missing = self.vectors @ (inside * remaining(np.add.outer(self.rates, self.rates), *timing)) @ self.vectors.T
        return float((np.abs(missing[: self.seen, : self.seen]) ** 2).sum())


def averages_of(law: Law | LowRankLaw, cells: int, settle: float, spacing: float, samples: int) -> Averages:
    """What is known beforehand of averages over a law whose first `cells` variables are read."""
    reduced = law.reduced()
    inside = reduced.inside
    rates: NDArray[Any]
    vectors: NDArray[Any]
    if inside.modes is not None:
        vectors, rates = inside.modes
        inverse = vectors.T
    else:
        rates, vectors = np.linalg.eig(inside.drift)
        inverse = np.linalg.inv(vectors)
    seen = cells if reduced.basis is None else len(rates)
    return Averages(reduced, rates, vectors, inverse, inside.stationary(), seen, settle, spacing, samples)
