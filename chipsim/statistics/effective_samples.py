"""How many independent samples correlated chains are worth.

tau_int of an observable comes from the autocovariance pooled over lanes about the mean of all lanes (about its own
mean a frozen chain would look mixed), summed over Geyer's initial monotone positive sequence (Geyer 1992). The number
that counts is that of the worst of energy, magnetisation and random projections. Its uncertainty comes from leaving out
one block of lanes after the other (jackknife).

The largest of many noisy numbers is somewhat too large. Choosing the worst observable on other lanes than those it is
measured on was tried: it takes that bias away, adds more noise than it removes bias, and its jackknife interval covers
the truth in 70-80 % of cases only, where that of the plain maximum covers it in 93-97 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.observations import Records
from chipsim.statistics.intervals import block_starts

# A chain must be this many autocorrelation times long before its tau_int is believed (Sokal 1997).
SHORTEST_CHAIN = 50


@dataclass(frozen=True, eq=False)
class Mixing:
    """How a set of chains mixes.

    Attributes:
        tau_int: integrated autocorrelation time of the worst observable, in records; at least 1 is not required.
        worst: its name.
        samples: effective samples of all lanes.
        resolved: whether the chains are long enough to know.
        without_block: (blocks,) tau_int without each block of lanes, see `block_starts`.
    """

    tau_int: float
    worst: str
    samples: float
    resolved: bool
    without_block: NDArray[np.float64]


def lagged_products(series: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean product of deviations from the mean of all lanes at lag 0..n-1, summed over the lanes of each block.

    Args:
        series: (n, lanes).
        starts: (blocks,) first lane of each block.

    Returns:
        (blocks, n).
    """
    n = len(series)
    centred = series - series.mean()
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size, axis=0)) ** 2
    products = np.fft.irfft(np.add.reduceat(spectrum, starts, axis=1), size, axis=0)[:n]
    means: NDArray[np.float64] = products.T / np.arange(n, 0, -1)
    return means


def autocovariance(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocovariance pooled over lanes.

    Args:
        series: (n, lanes).

    Returns:
        (n,) covariance at lag 0..n-1, each lag averaged over its n - lag products and all lanes.
    """
    pooled: NDArray[np.float64] = lagged_products(series, np.zeros(1, np.int64))[0] / series.shape[1]
    return pooled


def tau_int(series: NDArray[np.float64]) -> float:
    """Integrated autocorrelation time 1 + 2 sum_k rho(k), in steps of the series; infinite for a frozen one.

    Args:
        series: (n, lanes).
    """
    return float("inf") if _frozen(series) else float(_geyer(autocovariance(series)))


def _frozen(series: NDArray[np.float64]) -> bool:
    return len(series) < 4 or not np.ptp(series, axis=0).any()


def _geyer(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """tau_int of autocovariances of shape (..., n), summed over the initial monotone positive sequence."""
    even = covariance[..., : covariance.shape[-1] // 2 * 2]
    pairs = even.reshape(*even.shape[:-1], -1, 2).sum(axis=-1) / covariance[..., :1]
    positive = np.logical_and.accumulate(pairs > 0, axis=-1)
    total = np.where(positive, np.minimum.accumulate(pairs, axis=-1), 0.0).sum(axis=-1)
    return np.maximum(2 * total - 1, 1e-3)


def thinned_tau_int(tau: float, spacing: float) -> float:
    """tau_int, in samples, of a chain of which only every `spacing`-th step is kept.

    For an exponential autocorrelation rho**k, tau_int = (1 + rho)/(1 - rho): the rho of the whole chain follows from
    its tau, and rho**spacing is that of the thinned one. 1 at least: samples are not counted twice.
    """
    if tau <= 1:
        return 1.0
    kept = ((tau - 1) / (tau + 1)) ** spacing
    return float((1 + kept) / (1 - kept))


def mixing(energies: NDArray[np.float64], projections: NDArray[np.float32]) -> Mixing:
    """The worst observable of a set of chains.

    Args:
        energies: (n, lanes), or (0, lanes) where no energy is defined.
        projections: (n, lanes, 1 + P): magnetisation, then random projections.
    """
    n, lanes = projections.shape[:2]
    rows = ["magnetisation", *(f"projection {k}" for k in range(1, projections.shape[2]))]
    names = [*(["energy"] if len(energies) else []), *rows[: projections.shape[2]]]
    starts = block_starts(lanes)
    products = np.empty((len(names), len(starts), n))
    for index, column in enumerate(_observables(energies, projections)):
        if _frozen(column):
            return Mixing(float("inf"), names[index], 0.0, False, np.full(len(starts), np.inf))
        products[index] = lagged_products(column, starts)
    pooled = products.sum(axis=1)
    taus = _geyer(pooled)
    worst = int(np.argmax(taus))
    tau = float(taus[worst])
    without = _geyer(pooled[worst] - products[worst]) if len(starts) > 1 else np.zeros(0)
    return Mixing(tau, names[worst], lanes * n / max(tau, 1.0), bool(n >= SHORTEST_CHAIN * tau), without)


def _observables(energies: NDArray[np.float64], projections: NDArray[np.float32]) -> Iterable[NDArray[np.float64]]:
    """Energy, magnetisation and projections, each (n, lanes)."""
    if len(energies):
        yield np.ascontiguousarray(energies)
    for k in range(projections.shape[2]):
        yield np.ascontiguousarray(projections[:, :, k], dtype=np.float64)


def mixing_of(records: Records, kept: NDArray[np.bool_], spacing: int) -> Mixing:
    """The mixing of some of the records, in sweeps.

    Args:
        records: of a run.
        kept: (records,) which of them.
        spacing: sweeps between those.
    """
    energies = records.energies[kept] if len(records.energies) else records.energies
    state = mixing(energies, records.projections[kept])
    return replace(state, tau_int=state.tau_int * spacing, without_block=state.without_block * spacing)
