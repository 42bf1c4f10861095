"""Exact references for samplers: enumeration of small problems, the ring and the periodic square lattice.

Everything here follows from the model alone and shares no code with the simulator, except `Problem.energy`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem

_MAX_ENUMERATED = 24

# Configurations worked on at once: keeps float64 copies of them (rows x edges) in tens of megabytes.
_BLOCK = 1 << 14


def enumerate_states(n: int) -> NDArray[np.int8]:
    """All configurations of n spins.

    Args:
        n: number of spins, 1 to 24.

    Returns:
        Shape (2**n, n), int8. In row k, spin i is +1 where bit i of k is set and -1 elsewhere.

    Raises:
        ProblemError: n is outside 1..24.
    """
    if not 1 <= n <= _MAX_ENUMERATED:
        raise ProblemError(f"{n} spins; enumeration supports 1 to {_MAX_ENUMERATED}", code="run.argument")
    states = np.empty((1 << n, n), dtype=np.int8)
    index = np.arange(1 << n)
    for i in range(n):
        states[:, i] = ((index >> i) & 1) * 2 - 1
    return states


def boltzmann(problem: Problem, beta: float) -> NDArray[np.float64]:
    """The equilibrium probability exp(-beta E) / Z of every configuration.

    Args:
        problem: at most 24 cells.
        beta: inverse temperature in units of 1/J.

    Returns:
        Shape (2**N,), float64, in the order of `enumerate_states`, adding up to 1 at any beta.

    Raises:
        ProblemError: the problem has more than 24 cells, or none.
    """
    states = enumerate_states(problem.cells)
    blocks = range(0, len(states), _BLOCK)
    exponents = -beta * np.concatenate([problem.energy(states[k : k + _BLOCK]) for k in blocks])
    weights = np.exp(exponents - exponents.max())
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def moments(probabilities: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and second moments of a distribution over configurations.

    Args:
        probabilities: shape (2**n,), in the order of `enumerate_states`.

    Returns:
        The means <s_i>, shape (n,), and the products <s_i s_j>, shape (n, n), with ones on the diagonal.

    Raises:
        ProblemError: the length is not a power of two, 2 to 2**24.
    """
    n = len(probabilities).bit_length() - 1
    states = enumerate_states(n)
    if len(states) != len(probabilities):
        raise ProblemError(f"{len(probabilities)} probabilities; over n spins there are 2**n", code="run.argument")
    means = np.zeros(n)
    correlations = np.zeros((n, n))
    for k in range(0, len(states), _BLOCK):
        block = states[k : k + _BLOCK].astype(np.float64)
        weighted = block * probabilities[k : k + _BLOCK, np.newaxis]
        means += weighted.sum(axis=0)
        correlations += block.T @ weighted
    return means, correlations


def total_variation(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Half the sum of |p_k - q_k|: 0 for equal distributions, 1 for disjoint ones.

    Raises:
        ProblemError: p and q differ in shape.
    """
    if p.shape != q.shape:
        raise ProblemError(f"distributions of shapes {p.shape} and {q.shape} cannot be compared", code="run.argument")
    return float(np.abs(p - q).sum()) / 2


def total_variation_floor(p: NDArray[np.float64], samples: int) -> float:
    r"""The total variation that a perfect sampler shows on average, only because its samples are finite.

    The count of state k among m independent samples is binomial, and de Moivre's formula gives its mean absolute
    deviation without approximation: E|X - m p| = 2 v C(m, v) p^v (1-p)^(m-v+1) with v = floor(m p) + 1 (Diaconis and
    Zabell, Statistical Science 6 (1991) 284). The floor is the sum over k divided by 2m. Where every m p_k is large it
    approaches sum_k sqrt(p_k (1-p_k) / (2 pi m)); where many states are never met, that limit is far too high.

    Args:
        p: shape (K,), the true distribution.
        samples: m, the number of independent samples; for a correlated chain, its effective number.

    Returns:
        The expectation of `total_variation(histogram / samples, p)`.

    Raises:
        ProblemError: samples is less than 1.
    """
    if samples < 1:
        raise ProblemError(f"{samples} samples; at least 1 is needed", code="run.argument")
    return sum(_mean_deviation(float(probability), samples) for probability in p) / (2 * samples)


def ring_energy(n: int, K: float) -> float:
    """Mean energy per spin of a ring of n spins, J = 1, K = beta, by the transfer matrix.

    Z = (2 cosh K)^n + (2 sinh K)^n (Ising 1925), so u = -t (1 + t^(n-2)) / (1 + t^n) with t = tanh K.

    Raises:
        ProblemError: n is less than 3, where a ring would join a pair of spins twice.
    """
    if n < 3:
        raise ProblemError(f"a ring needs at least 3 spins, not {n}", code="run.argument")
    t = math.tanh(K)
    return -t * (1 + t ** (n - 2)) / (1 + t**n)


def kaufman_energy(L_rows: int, L_columns: int, K: float) -> float:
    """Mean energy per spin of the finite square-lattice ferromagnet with periodic boundaries, J = 1, K = beta.

    Kaufman, Phys. Rev. 76 (1949) 1232: Z = (2 sinh 2K)^(N/2) / 2 times the sum of four products over the L_rows
    frequencies, each of 2 cosh(L_columns gamma / 2) or of 2 sinh(L_columns gamma / 2), with odd or with even index.
    The energy is the analytic derivative -(d ln Z / dK) / N, from logarithms throughout; rounding adds about 1e-16 / K.

    Args:
        L_rows: height of the lattice.
        L_columns: width of the lattice.
        K: inverse temperature in units of 1/J, 1e-6 to 100.

    Returns:
        The energy per spin, between -2 and 0.

    Raises:
        ProblemError: a side is less than 3 (it would join pairs of spins twice), or K is out of range.
    """
    if min(L_rows, L_columns) < 3:
        raise ProblemError(
            f"a periodic lattice needs sides of at least 3, not {L_rows} x {L_columns}", code="run.argument"
        )
    if not 1e-6 <= K <= 100:
        raise ProblemError(f"K = {K} is outside 1e-6..100", code="run.argument")
    terms = _kaufman_terms(L_rows, L_columns, K)
    highest = max(term.exponent for term in terms)
    value = sum(term.value * math.exp(term.exponent - highest) for term in terms)
    slope = sum(term.slope * math.exp(term.exponent - highest) for term in terms)
    return -1 / math.tanh(2 * K) - slope / value / (L_rows * L_columns)


def _mean_deviation(p: float, samples: int) -> float:
    """E|X - m p| of a binomial X of m samples with probability p."""
    if not 0 < p < 1:
        return 0.0
    v = min(math.floor(samples * p) + 1, samples)
    log_choose = math.lgamma(samples + 1) - math.lgamma(v + 1) - math.lgamma(samples - v + 1)
    return 2 * v * math.exp(log_choose + v * math.log(p) + (samples - v + 1) * math.log1p(-p))


class _Term(NamedTuple):
    """One of the four products: value * exp(exponent), and slope * exp(exponent) its derivative by K."""

    exponent: float
    value: float
    slope: float


def _kaufman_terms(rows: int, columns: int, K: float) -> list[_Term]:
    """The four products; the one of sinh with even index is negative below the critical K, as gamma_0 is."""
    gamma, growth = _frequencies(2 * rows, K)
    # Each factor is exp(columns |gamma| / 2) times something between 0 and 2, so the exponents carry all the size.
    half, half_growth = columns * gamma / 2, columns * growth / 2
    decay = np.exp(-2 * np.abs(half))
    cosh, sinh = 1 + decay, np.sign(half) * (1 - decay)
    # At the critical K gamma_0, and so one sinh, is zero: products are differentiated factor by factor, and those
    # without the zero are divided by their own value, which is safe.
    terms = []
    for first in (1, 0):
        index = np.arange(first, 2 * rows, 2)
        exponent = float(np.abs(half[index]).sum() + np.log(cosh[index]).sum())
        slope = float((half_growth[index] * sinh[index] / cosh[index]).sum())
        terms.append(_Term(exponent, 1.0, slope))
        rest = index[1:]
        exponent = float(np.abs(half[index]).sum() + np.log(np.abs(sinh[rest])).sum())
        rest_slope = float((half_growth[rest] * cosh[rest] / sinh[rest]).sum())
        value = float(sinh[first])
        terms.append(_Term(exponent, value, float(half_growth[first] * cosh[first]) + value * rest_slope))
    return terms


def _frequencies(count: int, K: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Kaufman's gamma_l for l = 0 .. count - 1, shape (count,), and their derivatives by K.

    cosh gamma_l = cosh 2K coth 2K - cos(2 pi l / count), taken as 1 + x with x free of cancellation, since gamma is
    near 0 at the critical point. gamma_0 = 2K + ln tanh K keeps its sign.
    """
    s = math.sinh(2 * K)
    x = (s - 1) ** 2 / s + 2 * np.sin(np.pi * np.arange(count) / count) ** 2
    root = np.sqrt(x * (x + 2))
    gamma = np.log1p(x + root)
    gamma[0] = 2 * K + math.log(math.tanh(K))
    growth = np.empty(count)
    growth[1:] = 2 * math.cosh(2 * K) * (1 - 1 / s**2) / root[1:]
    growth[0] = 2 + 2 / s
    return gamma, growth
