"""What the numbers of a file mean, and their conversion to chipsim's E(s) = offset - (sum b_i s_i + sum J_ij s_i s_j).

    maxcut  largest cut: sum of w_ij over pairs on different sides     J = -w
    ising   E = -(sum h_i s_i + sum J_ij s_i s_j)                      J, b = h
    dimod   E = sum h_i s_i + sum J_ij s_i s_j                         J = -J, b = -h
    qubo    E = sum a_i x_i + sum q_ij x_i x_j, x in {0, 1}            J = -q/4, b_i = -(a_i/2 + sum_j q_ij/4)

Each pair counts once. x = (1 + s)/2, so the spin +1 is the bit 1. Dividing by 2 and 4 is exact in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chipsim.problems.problem import Problem

Convention: TypeAlias = Literal["maxcut", "ising", "dimod", "qubo"]


@dataclass(frozen=True, eq=False)
class Terms:
    """A quadratic objective as a file states it, before a convention gives it a meaning.

    Attributes:
        pairs: (E, 2) int32, 0-based spins, every pair once, first < second; arrows from first to second if directed.
        values: (E,) float64, factor of each pair.
        linear: (N,) float64, factor of each variable.
        constant: added to the objective.
        directed: whether `pairs` are arrows: the action of the first spin on the second.
    """

    pairs: NDArray[np.int32]
    values: NDArray[np.float64]
    linear: NDArray[np.float64]
    constant: float = 0.0
    directed: bool = False


def problem_of(terms: Terms, convention: Convention, name: str, *, maximise: bool = False, **about: Any) -> Problem:
    """The problem that terms state under a convention.

    Args:
        terms: of the objective.
        convention: their meaning.
        name: of the problem.
        maximise: whether the objective is to be maximised; its values are then those of `Problem.value`.
        about: labels, notes and best_known_cut of the problem.
    """
    if maximise:
        terms = Terms(terms.pairs, -terms.values, -terms.linear, -terms.constant, terms.directed)
    there = terms.values != 0
    pairs, values = terms.pairs[there], terms.values[there]
    offset, factor, biases = terms.constant, 1.0, terms.linear
    if convention == "qubo":
        quarters = values / 4
        by_spin = np.bincount(pairs.ravel(), np.repeat(quarters, 2), len(biases))
        offset += float(terms.linear.sum() / 2 + quarters.sum())
        biases, factor = -(terms.linear / 2 + by_spin), -0.25
    elif convention != "ising":
        biases, factor = -terms.linear, -1.0
    edges, couplings = pairs, factor * values
    if terms.directed:
        edges, couplings = _both_ways(edges, couplings)
    objective: Literal["energy", "cut", "maximum"] = "cut" if convention == "maxcut" else "energy"
    return Problem(
        name=name,
        edges=edges,
        couplings=couplings,
        biases=biases + 0.0,
        objective="maximum" if maximise else objective,
        offset=offset + 0.0,
        **about,
    )


def _both_ways(
    arrows: NDArray[np.int32], couplings: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Edges (E, 2), first < second, and how each acts on its first and second cell, from arrows (A, 2)."""
    edges, which = np.unique(np.sort(arrows, axis=1), axis=0, return_inverse=True)
    both = np.zeros((len(edges), 2))
    # An arrow i -> j acts on j.
    both[which.ravel(), (arrows[:, 1] > arrows[:, 0]).astype(int)] = couplings
    return edges.astype(np.int32), both
