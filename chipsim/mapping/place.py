"""Couplings of a problem on the couplers of a fabric, with one cell or a chain of cells for each spin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem


def couplers_of(
    problem: Problem, fabric: Fabric, spin_of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which couplers hold which edge of a problem; edges of weight 0 need none.

    Args:
        problem: to be placed.
        fabric: of the chip.
        spin_of: (sites,) the spin of each cell, -1 for idle ones.

    Returns:
        (couplers, edges), both (K,): indices of edges of the fabric, and the edge of the problem that each holds.
    """
    spins = np.sort(spin_of[fabric.edges], axis=1)
    between = np.flatnonzero((spins[:, 0] >= 0) & (spins[:, 0] != spins[:, 1]))
    there = spins[between, 0] * problem.cells + spins[between, 1]
    kept = problem.coupled
    wanted = np.sort(problem.edges[kept], axis=1).astype(np.int64) @ np.array([problem.cells, 1])
    order = np.argsort(wanted)
    found = np.searchsorted(wanted[order], there)
    inside = np.minimum(found, max(len(wanted) - 1, 0))
    holds = wanted[order][inside] == there if len(wanted) else np.zeros(len(there), bool)
    return between[holds], kept[order][inside[holds]] if len(wanted) else np.zeros(0, np.int64)


def place(problem: Problem, fabric: Fabric, spin_of: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """Couplings by fabric edge, (E,) or directed (E, 2); unused couplers are 0.

    An edge between chains is shared equally by all couplers that join them.

    Args:
        problem: to be placed.
        fabric: of the chip.
        spin_of: (sites,) the spin of each cell, -1 for idle ones; None if spin k is cell k.

    Raises:
        ProblemError: the problem couples spins without a coupler on the chip.
    """
    if spin_of is None:
        if problem.edges is fabric.edges:
            return problem.couplings
        spin_of = np.arange(fabric.sites)
        what = "cells"
    else:
        what = "spins"
    couplers, edges = couplers_of(problem, fabric, spin_of)
    shares = np.bincount(edges, minlength=len(problem.edges))
    wanted = problem.coupled
    missing = wanted[shares[wanted] == 0]
    if len(missing):
        i, j = problem.edges[missing[0]] if what == "cells" else problem.names[problem.edges[missing[0]]]
        raise ProblemError(
            f'problem "{problem.name}" couples {what} {i} and {j}, but the chip does not '
            f"({len(missing):,} of {len(wanted):,} couplings have no coupler); "
            "use a fabric with these couplers, fabric: {from: problem}, or mapping: {method: embed}",
            code="chip.no-coupler",
        )
    couplings = np.zeros((len(fabric.edges), *problem.couplings.shape[1:]))
    weights = problem.couplings[edges]
    if problem.is_directed:
        turned = spin_of[fabric.edges[couplers, 0]] != problem.edges[edges, 0]
        weights = np.where(turned[:, None], weights[:, ::-1], weights)
        couplings[couplers] = weights / shares[edges][:, None]
    else:
        couplings[couplers] = weights / shares[edges]
    return couplings
