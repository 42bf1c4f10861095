"""How far sampled states are from Boltzmann's law: total variation where all states can be enumerated, and the inverse
temperature that fits each spin in the field of the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.statistics.deviation import MIN_LANES, Interval
from chipsim.statistics.intervals import student_t

# States of more spins are not enumerated: 2**16 of them share the samples of a run.
MAX_ENUMERATED = 16
# Draws of a perfect sampler, for the distance that it would show.
DRAWS = 200
DRAWS_SEED = 20251129
# Newton's steps for beta; the equation is monotone, so a fit that has not settled by then does not exist.
NEWTON_STEPS = 60
# Of beta times a field, beyond which a tanh is 1 in double precision.
SATURATED = 40.0


@dataclass(frozen=True)
class Distance:
    """Total variation between sampled states and a law.

    Attributes:
        value: half the sum of |frequency - probability|.
        floor: what a perfect sampler shows on average with as many independent samples.
        high: what it exceeds in one of 40 runs.
        samples: number of independent samples.
    """

    value: float
    floor: float
    high: float
    samples: int


def enumerated(spins: int) -> NDArray[np.int8]:
    """(2**spins, spins) all states; bit i of the row is spin i."""
    return (((np.arange(1 << spins)[:, None] >> np.arange(spins)) & 1) * 2 - 1).astype(np.int8)


def boltzmann_law(energies: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """Probabilities of states with these energies."""
    weights = np.exp(-beta * (energies - energies.min()))
    law: NDArray[np.float64] = weights / weights.sum()
    return law


def independent_samples(counts: NDArray[np.float64]) -> float:
    """Number of independent samples with as much scatter between blocks of lanes as these have.

    Of m independent samples the frequencies f_k scatter with a summed variance of (1 - sum f_k^2) / m; dividing this by
    the variance of their mean over blocks gives m, whatever the correlations within a lane.

    Args:
        counts: (blocks, states), of the same number of lanes each.
    """
    blocks, counts = len(counts), counts[:, counts.any(axis=0)]  # a run visits some hundred of 2**16 states
    shares = counts / counts.sum(axis=1, keepdims=True)
    scatter = float(shares.var(axis=0, ddof=1).sum()) / blocks
    spread = 1 - float((shares.mean(axis=0) ** 2).sum())
    # Sweeps that repel each other count once.
    return float(counts.sum()) if scatter <= 0 else min(spread / scatter, float(counts.sum()))


def distance_to(law: NDArray[np.float64], counts: NDArray[np.float64]) -> Distance | None:
    """Distance of sampled states from a law; None with fewer than `MIN_LANES` blocks of lanes, or frozen ones.

    Args:
        law: (states,) probabilities.
        counts: (blocks, states) how often each was seen, in blocks of the same number of lanes.
    """
    if len(counts) < MIN_LANES or not counts.sum():
        return None
    samples = math.floor(independent_samples(counts))
    if samples < 2:
        return None
    value = float(np.abs(counts.sum(axis=0) / counts.sum() - law).sum()) / 2
    random = np.random.default_rng(DRAWS_SEED)
    perfect = list(_of_perfect_samplers(random, samples, law))
    return Distance(value, float(np.mean(perfect)), float(np.quantile(perfect, 0.975)), samples)


def _of_perfect_samplers(random: np.random.Generator, samples: int, law: NDArray[np.float64]) -> Iterator[float]:
    """Distances of sets of independent samples; drawn by the state or by the sample, whichever are fewer."""
    if samples >= len(law):
        for _ in range(DRAWS):
            yield float(np.abs(random.multinomial(samples, law) / samples - law).sum()) / 2
        return
    ends = np.cumsum(law)
    ends /= ends[-1]
    for _ in range(DRAWS):
        drawn, many = np.unique(np.searchsorted(ends, random.random(samples), side="right"), return_counts=True)
        # A state that was not drawn is off by its probability.
        yield float((np.abs(many / samples - law[drawn]) - law[drawn]).sum() + law.sum()) / 2


def fitted_beta(
    spins: NDArray[np.int8], fields: NDArray[np.float64], counts: NDArray[np.float64] | None
) -> Interval | None:
    """The inverse temperature at which spins are most likely in their fields, with its 95 % interval.

    P(s | h) = 1 / (1 + exp(-2 beta s h)) in Boltzmann's law, so the logarithm of the product over all spins (Besag's
    pseudo-likelihood) is largest where sum h (s - tanh(beta h)) = 0. The interval is by the scatter of that sum between
    blocks of lanes, which are independent. None where no finite beta fits, or there are fewer than `MIN_LANES` blocks.

    Args:
        spins: (states, cells), -1 or +1.
        fields: (states, cells) bias plus couplings times neighbours.
        counts: (blocks, states) how often each state was seen; None if each was seen once, in a block of its own.
    """
    blocks, total = (len(spins), np.ones(len(spins))) if counts is None else (len(counts), counts.sum(axis=0))
    if blocks < MIN_LANES or not np.abs(fields).any():
        return None
    size = float(np.abs(fields).max())
    scaled = fields / size
    aligned = (spins * scaled).sum(axis=1)
    beta = 0.0
    for _ in range(NEWTON_STEPS):
        response = np.tanh(beta * scaled)
        excess = aligned - (scaled * response).sum(axis=1)
        slope = float(total @ (scaled**2 * (1 - response**2)).sum(axis=1))
        step = float(total @ excess) / slope if slope else math.inf
        if not math.isfinite(step) or abs(beta + step) > SATURATED:
            return None
        beta += step
        if abs(step) < 1e-12:
            break
    else:
        return None
    by_block = excess if counts is None else counts @ excess
    scatter = math.sqrt(float((by_block**2).sum()) * blocks / (blocks - 1))
    half = student_t(blocks - 1) * scatter / slope
    return Interval(beta / size, (beta - half) / size, (beta + half) / size)
