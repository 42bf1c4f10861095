"""Polynomials of spins or bits with products of any number of them, and their form of pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.problems.formats.bqm import dimod
from chipsim.problems.formula import penalty
from chipsim.problems.models import of_bqm
from chipsim.problems.problem import Problem
from chipsim.rounding import rounded


@dataclass(frozen=True, eq=False)
class Polynomial:
    """A sum of products, to be minimised; a state is judged by its value.

    Attributes:
        variables: their number; of a problem, its first spins.
        products: variables of each term, from 0, ascending, each once; () is the constant.
        factors: (T,) float64, of each term.
        bits: whether variables are 0 and 1, with 1 for spin +1, or -1 and +1.
    """

    variables: int
    products: tuple[tuple[int, ...], ...]
    factors: NDArray[np.float64]
    bits: bool

    def judged(self, spins: NDArray[np.int8]) -> NDArray[np.float64]:
        """Values, (...), of states (..., N) with N >= `variables`, in float64."""
        values = (spins[..., : self.variables] + 1) // 2 if self.bits else spins[..., : self.variables]
        out = np.zeros(spins.shape[:-1])
        for product, factor in zip(self.products, self.factors.tolist(), strict=True):
            out += factor * values[..., list(product)].prod(axis=-1, dtype=np.int64)
        return out

    def of_bits(self) -> dict[tuple[int, ...], float]:
        """The same as factors of products of bits: a spin is 2 x - 1."""
        terms: defaultdict[tuple[int, ...], float] = defaultdict(float)
        for product, factor in zip(self.products, self.factors.tolist(), strict=True):
            if self.bits:
                terms[product] += factor
                continue
            sizes = range(len(product) + 1)
            for chosen in chain.from_iterable(combinations(product, size) for size in sizes):
                terms[chosen] += factor * 2.0 ** len(chosen) * (-1) ** (len(product) - len(chosen))
        return {product: factor for product, factor in terms.items() if factor}


def pairs_of(
    polynomial: Mapping[Any, float], names: Sequence[Hashable], name: str, source: str
) -> tuple[Problem, float]:
    """The problem of pairs of a polynomial of bits, by `dimod.make_quadratic`, and the penalty of its auxiliary bits.

    Args:
        polynomial: factor of each product of names; those of a product in one order in all of them.
        names: of the variables, which are the first spins of the problem.
        name: of the problem.
        source: for messages.

    Raises:
        ChipsimError: dimod is not installed.
    """
    strength = penalty(polynomial)
    pairs = dimod(source).BinaryQuadraticModel("BINARY")
    for variable in names:
        pairs.add_variable(variable)
    return of_bqm(dimod(source).make_quadratic(polynomial, strength, "BINARY", bqm=pairs), name, source), strength


def quadratised(polynomial: Polynomial, labels: Sequence[Hashable], name: str, source: str) -> Problem:
    """The problem of pairs of a polynomial, which judges what is read.

    Args:
        polynomial: to be minimised.
        labels: of its variables.
        name: of the problem.
        source: for messages.

    Raises:
        ChipsimError: dimod is not installed.
    """
    named = {tuple(labels[k] for k in product): factor for product, factor in polynomial.of_bits().items()}
    problem, strength = pairs_of(named, labels, name, source)
    note = (
        f"auxiliary spins: {problem.cells - polynomial.variables:,} (penalty {strength:g}) for "
        f"{len(polynomial.products):,} terms of at most {max(map(len, polynomial.products))} variables, "
        f"{rounded(problem.cells / polynomial.variables, '.3g')} spins per variable; answers are judged by the terms"
    )
    return replace(problem, formula=polynomial, notes=(note,))
