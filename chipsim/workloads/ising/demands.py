"""What an Ising run demands: words of the host, valid clamps, a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.spec.document import Document
from chipsim.spec.model import fail
from chipsim.workloads.ising.outcome import DIRECTED
from chipsim.workloads.ising.spec import TargetSpec


def check_clamps(document: Document, clamp: Sequence[tuple[int, int]], problem: Problem) -> None:
    """Check that clamped cells are those of the problem, each named once.

    Raises:
        SpecError: with the place.
    """
    clamped: set[int] = set()
    for index, (site, _) in enumerate(clamp):
        if site in clamped:
            raise fail(
                document, ("clamp", index, 0), f"cell {site} is clamped twice; remove one entry", code="spec.duplicate"
            )
        clamped.add(site)
        if site >= problem.cells:
            complaint = f"unknown cell {site} in clamp; the last cell is {problem.cells - 1}"
            raise fail(document, ("clamp", index, 0), complaint, code="spec.out-of-range")


def target_energy(problem: Problem, spec: TargetSpec | None) -> float | None:
    """The energy that counts as solved, or None.

    Raises:
        ProblemError: the problem has no energy, or no best-known value.
    """
    if spec is None:
        return None
    if problem.is_directed:
        raise ProblemError(f"a target requires an energy, which is {DIRECTED}; remove target", code="problem.directed")
    value = problem.best_known_cut if spec.value == "best-known" else spec.value
    if value is None:
        raise ProblemError(
            f'problem "{problem.name}" has no best-known value; set target.value to a number',
            code="problem.no-best-known",
        )
    return problem.energy_of(float(value * spec.fraction))


def words_of_an_energy(problem: Problem) -> int:
    """Machine words from which the host computes an energy: the packed problem, and 64 spins each."""
    return host_words(problem.couplings) + host_words(problem.biases) + -(-problem.cells // 64)


def host_words(values: NDArray[np.float64]) -> int:
    """Machine words of 8 bytes in which the host stores numbers: small integers in a byte, others as float32; zero
    words if all are 0.
    """
    if not values.any():
        return 0
    small = bool((values == np.rint(values)).all()) and float(np.abs(values).max()) <= 127
    return -(-len(values) * (1 if small else 4) // 8)
