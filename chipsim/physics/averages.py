"""Closed forms of the errors of averages over a continuous array: residual noise, and the initial transient.

An average over T samples spaced h of something with autocovariance e^(-l t) has the variance
S(l) = (1 + q) / (1 - q) / T - 2 q (1 - q^T) / (T (1 - q))^2, q = e^(-l h): exact, for complex l too. With A = V l V^-1
and the stationary covariance C, R(t) = e^(-A t) C is a sum over such terms: an averaged vector errs by the trace of R
summed over lags, an averaged covariance by (tr R)^2 + tr(R R) (Wick), each over the observed variables only. Readings
before the law has settled, from 0 V with less than C, are added one by one (`transients.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.physics.laws import Law, Reduced
from chipsim.physics.low_rank import LowRankLaw
from chipsim.physics.transients import Readings, averaging, summed_mean, summed_pairs


def remaining(rates: NDArray[Any], readings: Readings) -> NDArray[Any]:
    """Residual of the initial state in an average over the readings, by mode."""
    gone = np.expm1(-rates * readings.spacing * readings.samples) / np.expm1(-rates * readings.spacing)
    return np.asarray(np.exp(-rates * readings.first) * gone / readings.samples)


@dataclass(frozen=True, eq=False)
class Averages:
    """Errors of averages over readings of a law that starts from 0 V.

    Attributes:
        law: as given, reduced.
        rates, vectors, inverse: (m,) eigenvalues, (m, m) eigenvectors as columns, and their inverse, of the drift.
        covariance: (m, m) stationary, in the same coordinates.
        seen: number of coordinates that are voltages; all if the law has a basis.
        readings: times of the readings.
    """

    law: Reduced
    rates: NDArray[Any]
    vectors: NDArray[Any]
    inverse: NDArray[Any]
    covariance: NDArray[np.float64]
    seen: int
    readings: Readings

    @cached_property
    def _mixed(self) -> NDArray[Any]:
        """V^-1 C V^-T."""
        return np.asarray(self.inverse @ self.covariance @ self.inverse.T)

    @cached_property
    def _overlap(self) -> NDArray[Any]:
        """V^T P V, P keeping the voltages."""
        return np.asarray(self.vectors[: self.seen].T @ self.vectors[: self.seen])

    @cached_property
    def mode_errors(self) -> NDArray[Any]:
        """(m,) expected squared errors of the averaged voltages by noise, mode by mode, V^2."""
        return summed_mean(self.rates, self._mixed * self._overlap, self.readings)

    @cached_property
    def rest_error(self) -> tuple[int, float]:
        """(directions outside of the basis, expected squared error by noise in each of them, V^2)."""
        law = self.law
        if law.rest is None or law.basis is None:
            return 0, 0.0
        around, variance = len(law.basis) - law.basis.shape[1], law.rest_diffusion / 2 / law.rest
        return around, float(summed_mean(np.array([law.rest]), np.array([[variance]]), self.readings)[0])

    def mean_error(self) -> float:
        """Expected squared error of the averaged voltages by noise, V^2."""
        around, each = self.rest_error
        return float(self.mode_errors.sum().real) + around * each

    def mean_error_along(self, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """(k,) d^T N d for the covariance N of the averaged voltages by noise, and (k, n) directions d; as far as its
        modes are those of the law, which they are for an even one.
        """
        basis, (_, each) = self.law.basis, self.rest_error
        inside = directions if basis is None else directions @ basis
        vectors, inverse = self.vectors[: self.seen], self.inverse[:, : self.seen]
        along = ((inside @ vectors) * (inside @ inverse.T) * self.mode_errors).sum(axis=1).real
        if basis is not None:
            along = along + each * ((directions**2).sum(axis=1) - (inside**2).sum(axis=1))
        return np.asarray(along)

    def covariance_error(self) -> float:
        """Expected squared Frobenius error of the averaged products of voltages by noise, V^4."""
        return summed_pairs(self.rates, self._mixed, self._overlap, self.readings)

    def mean_start(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Residual of the averaged voltages with respect to (n,) `mean`, V."""
        law = self.law
        away = mean if law.basis is None else mean @ law.basis
        missing = ((self.vectors * remaining(self.rates, self.readings)) @ (self.inverse @ away)).real
        if law.basis is None:
            return np.asarray(missing[: self.seen])
        out = law.basis @ missing
        if law.rest is not None:
            out += (mean - law.basis @ away) * remaining(np.array([law.rest]), self.readings)[0]
        return np.asarray(out)

    def covariance_missing(self) -> NDArray[np.float64]:
        """(seen, seen) residual of the averaged products, V^2."""
        return self._missing(remaining(np.add.outer(self.rates, self.rates), self.readings))

    def covariance_start(self) -> float:
        """Squared Frobenius norm of that, V^4."""
        return float((self.covariance_missing() ** 2).sum())

    def covariance_mean(self) -> NDArray[np.float64]:
        """(seen, seen) expectation of the averaged products, V^2."""
        return np.asarray(self.covariance[: self.seen, : self.seen] - self.covariance_missing())

    def _missing(self, share: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray((self.vectors @ (self._mixed * share) @ self.vectors.T).real[: self.seen, : self.seen])

    # --- distance from stationarity
    # ---------------------------------------------------------------------------------------

    @property
    def slowest(self) -> float:
        """Slowest rate, 1/s."""
        return float(self.rates.real.min())

    def short_of_stationary(self, time: float) -> float:
        """Fraction of its stationary variance that the worst direction of voltages lacks after a time from 0 V."""
        if self.law.inside.modes is not None and self.seen == len(self.rates):
            return float(np.exp(-2 * self.slowest * time))
        missing = self._missing(np.exp(-np.add.outer(self.rates, self.rates) * time))
        root = np.linalg.inv(np.linalg.cholesky(self.covariance[: self.seen, : self.seen]))
        return float(np.clip(np.linalg.eigvalsh(root @ missing @ root.T)[-1], 0, 1))

    def time_to(self, share: float) -> float:
        """Time after which no direction lacks more than this fraction of its variance; monotonic, so by bisection."""
        high = 1 / self.slowest
        while self.short_of_stationary(high) > share:
            high *= 2
        low = 0.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if self.short_of_stationary(middle) <= share else (middle, high)
        return high


def averages_of(law: Law | LowRankLaw, cells: int, settle: float, spacing: float, samples: int) -> Averages:
    """Predicted errors of averages over `samples` readings, `spacing` seconds apart, the first that long after
    `settle` seconds from 0 V, of a law whose first `cells` variables are read.
    """
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
    readings = Readings(settle, spacing, samples)
    return Averages(reduced, rates, vectors, inverse, inside.stationary(), seen, readings)


__all__ = ["Averages", "averages_of", "averaging"]
