"""Weighted clauses of Boolean variables, as a polynomial of bits and as the judge of an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Formula:
    """Clauses over variables 1 to `variables`; a state is judged by the total weight of the clauses that it violates.

    Attributes:
        variables: their number; of a problem, its first spins, +1 for true.
        clauses: literals of each clause, k for variable k and -k for its negation, each variable once.
        weights: (C,) float64, of each clause.
    """

    variables: int
    clauses: tuple[tuple[int, ...], ...]
    weights: NDArray[np.float64]

    def judged(self, spins: NDArray[np.int8]) -> NDArray[np.float64]:
        """Total weight of violated clauses, (...), of states (..., N) with N >= `variables`."""
        out = np.zeros(spins.shape[:-1])
        for clause, weight in zip(self.clauses, self.weights, strict=True):
            literals = np.array(clause)
            out += weight * (spins[..., np.abs(literals) - 1] != np.sign(literals)).all(axis=-1)
        return out

    def polynomial(self) -> dict[tuple[int, ...], float]:
        """The same of bits, 1 for true: the factor of each product of variables; () is the constant."""
        terms: defaultdict[tuple[int, ...], float] = defaultdict(float)
        for clause, weight in zip(self.clauses, self.weights, strict=True):
            for product, sign in _expanded(clause):
                terms[product] += sign * float(weight)
        return {product: factor for product, factor in terms.items() if factor}


def penalty(polynomial: Mapping[Any, float]) -> float:
    """Strength at which no auxiliary bit p = x y gains by being wrong, 0 without terms of three or more bits.

    A wrong p costs the strength at least, and changes at most the terms of three or more bits that contain x and y.
    """
    containing: defaultdict[Any, float] = defaultdict(float)
    for product, factor in polynomial.items():
        if len(product) > 2:
            for pair in combinations(product, 2):
                containing[pair] += abs(factor)
    return max(containing.values(), default=0.0)


def _expanded(clause: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
    """(product, sign) of the terms of prod (1 - x) over literals times prod x over negated ones."""
    always = [-literal for literal in clause if literal < 0]
    free = [literal for literal in clause if literal > 0]
    for size in range(len(free) + 1):
        for chosen in combinations(free, size):
            yield tuple(sorted([*always, *chosen])), (-1) ** size
