"""Problems on a chip's own graph: they have as many spins and edges as the chip has cells and couplers."""

from __future__ import annotations

import numpy as np

from chipsim.compiler.fabric import Fabric
from chipsim.problems.problem import Problem
from chipsim.workloads.ising.spec import ProblemSpec


def native_problem(spec: ProblemSpec, fabric: Fabric) -> Problem:
    """Seeded couplings on the chip's own graph: +-1, standard normal, or all +1."""
    random = np.random.default_rng(spec.seed)
    edges = len(fabric.edges)
    if spec.native == "plus-minus":
        couplings = random.integers(0, 2, edges).astype(np.float64)
        couplings *= 2
        couplings -= 1
    elif spec.native == "gaussian":
        couplings = random.standard_normal(edges)
    else:
        couplings = np.ones(edges)
    name = f"{spec.native} on the chip's graph, seed {spec.seed}"
    biases = np.full(fabric.sites, spec.bias, np.float64)
    return Problem(name, fabric.edges, couplings, biases, fabric.stacked_shape)
