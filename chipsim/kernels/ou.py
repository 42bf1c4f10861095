"""Exact transitions of linear stochastic differential equations dx = -(A x - b) dt + dW, Cov(dW) = D dt.

Symmetric A with D = 2 k0 I is solved mode by mode, f(A) y = U f(rates) U^T y. A mode of rate a goes over a time t to

    mean + e^(-a t) (x - mean) + sqrt(k0 (1 - e^(-2 a t)) / a) z,   z ~ N(0, 1)

Any other A or D goes through `transition`: E(t) = e^(-A t) and C(t) = C_inf - E(t) C_inf E(t)^T. C(t) is summed as a
series over a short time and doubled, C(2t) = C + E C E^T, which needs neither C_inf nor eigenvectors, so it also holds
for drifts that are not normal or cannot be diagonalised. There is no discretisation error in time.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels.jit import kernel

# The series over the short time: ||A|| t at most this, so many terms; the rest is below 1e-18 of the first.
SHORT = 0.25
TERMS = 14


class Modes(NamedTuple):
    """A symmetric matrix by its eigenvectors: (d, d) orthonormal columns, and (d,) eigenvalues."""

    vectors: NDArray[Any]
    rates: NDArray[Any]


def dense_modes(drift: NDArray[np.float64]) -> Modes:
    """Modes of a symmetric matrix of shape (d, d)."""
    rates, vectors = np.linalg.eigh(drift)
    return Modes(vectors, rates)


def apply(modes: Modes, function: Callable[[Any], Any], values: NDArray[Any]) -> NDArray[np.float64]:
    """f(A) y for y of shape (..., d); `function` takes an array of rates."""
    return ((values @ modes.vectors) * function(modes.rates)) @ modes.vectors.T


def spread(rates: NDArray[Any], intensity: float, time: float) -> NDArray[np.float64]:
    """Standard deviation sqrt(k0 (1 - e^(-2 a t)) / a) that modes gain in a time; sqrt(2 k0 t) at rate 0."""
    still = rates == 0
    growth = np.where(still, 2 * time, -np.expm1(-2 * rates * time) / np.where(still, 1.0, rates))
    return np.sqrt(intensity * growth)


def sample(
    modes: Modes,
    mean: NDArray[Any],
    intensity: float,
    start: NDArray[Any],
    times: NDArray[np.float64],
    random: Sequence[np.random.Generator],
    threads: int = 1,
) -> NDArray[np.float64]:
    """States at given times, exact at any spacing.

    Args:
        modes: of the drift A.
        mean: (d,), A^-1 b.
        intensity: k0, half the diffusion; A and k0 in inverse units of time.
        start: (lanes, d) at time 0.
        times: (T,) increasing, from 0 on.
        random: one generator per lane.
        threads: threads that share the lanes.

    Returns:
        (lanes, T, d).
    """
    steps = np.diff(times, prepend=0.0)
    # Orthonormal modes take independent normal numbers as they are.
    begun = product((start - mean)[:, None], modes.vectors)
    decay, gained = coefficients(modes.rates, intensity, steps)
    noise = np.empty((len(start), len(times), len(mean)))

    def moved(lane: int) -> None:
        random[lane].standard_normal(out=noise[lane])
        recur(decay, gained, begun[lane], noise[lane : lane + 1])

    each_lane(moved, len(start), threads)
    states = product(noise, modes.vectors.T)
    states += mean
    return states


def normals(random: Sequence[np.random.Generator], out: NDArray[np.float64], threads: int = 1) -> None:
    """Fill (lanes, T, n) with normal numbers, each lane from its own generator."""
    each_lane(lambda lane: random[lane].standard_normal(out=out[lane]), len(random), threads)


def each_lane(work: Callable[[int], Any], lanes: int, threads: int) -> None:
    """Run `work` for every lane on a number of threads: numpy's generators and kernels release the GIL.

    Work that takes long is an iterator: threads leave it at its next step when the program is interrupted, which would
    otherwise wait for them.
    """
    stopped = threading.Event()

    def done(lane: int) -> None:
        steps = work(lane)
        for _ in steps if isinstance(steps, Iterator) else ():
            if stopped.is_set():
                return

    if min(threads, lanes) == 1:
        for lane in range(lanes):
            done(lane)
        return
    with ThreadPoolExecutor(min(threads, lanes)) as pool:
        try:
            list(pool.map(done, range(lanes)))
        except BaseException:
            stopped.set()
            raise


def product(states: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    """(lanes, T, d) @ (d, r), lane by lane, so that results do not depend on the number of lanes."""
    out = np.empty((*states.shape[:2], matrix.shape[1]), np.result_type(states, matrix))
    for lane, state in enumerate(states):
        np.matmul(state, matrix, out=out[lane])
    return out


def coefficients(rates: Any, intensity: float, steps: NDArray[np.float64]) -> tuple[Any, Any]:
    """(T, r) factors and standard deviations of each step."""
    distinct, which = np.unique(steps, return_inverse=True)
    decay = np.exp(-np.outer(distinct, rates))
    gained = np.array([spread(rates, intensity, float(step)) for step in distinct])
    return decay[which], gained[which]


@kernel
def recur(decay, gained, start, noise):  # type: ignore[no-untyped-def]
    """In place: noise[lane, t] becomes the state after step t."""
    lanes, steps, width = noise.shape
    for lane in range(lanes):
        for i in range(width):
            noise[lane, 0, i] = decay[0, i] * start[lane, i] + gained[0, i] * noise[lane, 0, i]
        for t in range(1, steps):
            for i in range(width):
                noise[lane, t, i] = decay[t, i] * noise[lane, t - 1, i] + gained[t, i] * noise[lane, t, i]


def transition(
    drift: NDArray[np.float64], diffusion: NDArray[np.float64], time: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(E, C) over a time: x goes to N(mean + E (x - mean), C); all of shape (d, d).

    C(t) is the integral of e^(-A s) D e^(-A^T s) over s from 0 to t.
    """
    size = float(np.abs(drift).sum(axis=1).max(initial=0.0)) * time
    doublings = max(0, math.ceil(math.log2(size / SHORT))) if size > 0 else 0
    step = time / 2**doublings
    decay = term = np.eye(len(drift))
    covariance = gain = diffusion * step
    for k in range(1, TERMS):
        term = term @ drift * (-step / k)
        decay = decay + term
        gain = (drift @ gain + gain @ drift.T) * (-step / (k + 1))
        covariance = covariance + gain
    for _ in range(doublings):
        covariance = covariance + decay @ covariance @ decay.T
        decay = decay @ decay
    return decay, (covariance + covariance.T) / 2


def stationary(drift: NDArray[np.float64], diffusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """C_inf with A C_inf + C_inf A^T = D, for a stable A: by doubling the time until nothing is added.

    Raises:
        ValueError: no stationary state, because A has an eigenvalue with real part <= 0.
    """
    decay, covariance = transition(drift, diffusion, 1 / max(float(np.abs(drift).sum(axis=1).max()), 1e-300))
    for _ in range(200):
        largest = float(np.abs(decay).max())
        if largest < 1e-18:
            return covariance
        if largest > 1e60:
            break
        covariance = covariance + decay @ covariance @ decay.T
        decay = decay @ decay
    raise ValueError("no stationary state: an eigenvalue of the drift has a real part <= 0")


def sample_any(
    drift: NDArray[np.float64],
    mean: NDArray[np.float64],
    diffusion: NDArray[np.float64],
    start: NDArray[np.float64],
    times: NDArray[np.float64],
    random: Sequence[np.random.Generator],
    threads: int = 1,
) -> NDArray[np.float64]:
    """As `sample`, for any drift and any diffusion matrix D, both (d, d)."""
    states = np.empty((len(start), len(times), start.shape[1]))
    normals(random, states, threads)
    distinct, which = np.unique(np.diff(times, prepend=0.0), return_inverse=True)
    pairs = [transition(drift, diffusion, float(step)) for step in distinct]
    decays, roots = np.array([d.T for d, _ in pairs]), np.array([root(c).T for _, c in pairs])
    _march(np.ascontiguousarray(decays), np.ascontiguousarray(roots), which, start - mean, states)
    return states + mean


@kernel
def _march(decays, roots, which, start, noise):  # type: ignore[no-untyped-def]
    """In place: noise[lane, t] becomes start E^T + z R^T, step by step; `which` selects the matrices."""
    lanes, steps, width = noise.shape
    for lane in range(lanes):
        now = start[lane].copy()
        for t in range(steps):
            following = np.zeros(width)
            for j in range(width):
                for i in range(width):
                    following[i] += now[j] * decays[which[t], j, i] + noise[lane, t, j] * roots[which[t], j, i]
            now = following
            noise[lane, t] = now


def root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """R with R R^T = C, also for singular C."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
