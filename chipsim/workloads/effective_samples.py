"""How many independent samples correlated chains are worth.

tau_int of an observable comes from the autocovariance pooled over lanes about the mean of all lanes (about its own
mean a frozen chain would look mixed), summed over Geyer's initial monotone positive sequence (Geyer 1992). The number
that counts is that of the worst of energy, magnetisation and random projections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A chain must be this many autocorrelation times long before its tau_int is believed (Sokal 1997).
SHORTEST_CHAIN = 50


@dataclass(frozen=True)
class Mixing:
    """How a set of chains mixes.

    Attributes:
        tau_int: integrated autocorrelation time of the worst observable, in records; at least 1 is not required.
        worst: its name.
        samples: effective samples of all lanes.
        resolved: whether the chains are long enough to know.
    """

    tau_int: float
    worst: str
    samples: float
    resolved: bool


def autocovariance(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocovariance pooled over lanes.

    Args:
        series: (n, lanes).

    Returns:
        (n,) covariance at lag 0..n-1, each lag averaged over its n - lag products and all lanes.
    """
    n = len(series)
    centred = series - series.mean()
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size, axis=0)) ** 2
    products = np.fft.irfft(spectrum.sum(axis=1), size)[:n]
    covariance: NDArray[np.float64] = products / (np.arange(n, 0, -1) * series.shape[1])
    return covariance


def tau_int(series: NDArray[np.float64]) -> float:
    """Integrated autocorrelation time 1 + 2 sum_k rho(k), in steps of the series; infinite for a frozen one.

    Args:
        series: (n, lanes).
    """
    if len(series) < 4 or not np.ptp(series, axis=0).any():
        return float("inf")
    covariance = autocovariance(series)
    rho = covariance / covariance[0]
    pairs = rho[: len(rho) // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0)
    pairs = np.minimum.accumulate(pairs[: negative[0] if len(negative) else len(pairs)])
    return float(max(2 * pairs.sum() - 1, 1e-3))


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
        energies: (n, lanes).
        projections: (n, lanes, 1 + P): magnetisation, then random projections.
    """
    n, lanes = energies.shape
    names = ["energy", "magnetisation", *(f"projection {k}" for k in range(1, projections.shape[2]))]
    columns = [energies, *(projections[:, :, k].astype(np.float64) for k in range(projections.shape[2]))]
    taus = [tau_int(column) for column in columns]
    worst = int(np.argmax(taus))
    tau = taus[worst]
    return Mixing(tau, names[worst], lanes * n / max(tau, 1.0), bool(n >= SHORTEST_CHAIN * tau))
