"""Placing the couplings of a problem on the couplers of a fabric.

Spin k of the problem is cell k: problems need as many spins as the chip has cells. A mapping of fewer spins, or of
spins to chains of cells, would replace `place`, in `Ising.prepare` before sizes are compared.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem


def place(problem: Problem, fabric: Fabric) -> NDArray[np.float64]:
    """Couplings by fabric edge, (E,) or directed (E, 2); unused couplers are 0.

    Raises:
        ProblemError: the problem couples cells without a coupler on the chip.
    """

    def keys(edges: NDArray[np.int32]) -> NDArray[np.int64]:
        pairs = np.sort(edges, axis=1).astype(np.int64)
        return pairs[:, 0] * fabric.sites + pairs[:, 1]

    if problem.edges is fabric.edges:
        return problem.couplings
    available = keys(fabric.edges)
    order = np.argsort(available)
    wanted = keys(problem.edges)
    found = np.searchsorted(available[order], wanted)
    inside = np.minimum(found, len(available) - 1)
    missing = np.flatnonzero(available[order][inside] != wanted) if len(available) else np.arange(len(wanted))
    if len(missing):
        i, j = problem.edges[missing[0]]
        raise ProblemError(
            f'problem "{problem.name}" couples cells {i} and {j}, but the chip does not '
            f"({len(missing):,} of {len(wanted):,} couplings have no coupler); "
            "use a fabric with these couplers, or fabric: {from: problem}",
            code="chip.no-coupler",
        )
    placed, wanted_couplings = order[found], problem.couplings
    if problem.is_directed:
        turned = fabric.edges[placed, 0] != problem.edges[:, 0]
        wanted_couplings = np.where(turned[:, None], wanted_couplings[:, ::-1], wanted_couplings)
    couplings = np.zeros((len(available), *wanted_couplings.shape[1:]))
    couplings[placed] = wanted_couplings
    return couplings
