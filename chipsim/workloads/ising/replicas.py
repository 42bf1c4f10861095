"""Replicas of parallel tempering on the cells of a chip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.mapping.chains import Chains, Mapped, mapped
from chipsim.mapping.search import chains_of
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem


@dataclass(frozen=True, eq=False)
class Replicas:
    """Where the replicas are that the array holds at once; the last is the coldest.

    Attributes:
        sites: (copies, N) int64, cell of each spin of each replica.
        all: the problem of all of them, at equal betas.
        coldest: the cells that answers are read from.
        watched: the energy of the coldest alone, by site, for records.
        part_of: (sites,) int64, replica of each cell, -1 for idle ones.
    """

    sites: NDArray[np.int64]
    all: Mapped
    coldest: Mapped
    watched: Problem
    part_of: NDArray[np.int64]

    def by_edge(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(E,) the value (copies,) of the replica of each coupler; 1 between replicas and idle cells."""
        first, second = self.part_of[self.all.problem.edges].T
        return np.where((first == second) & (first >= 0), values[first], 1.0)

    def by_site(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(sites,) the value (copies,) of the replica of each cell; 1 for idle cells."""
        return np.where(self.part_of >= 0, values[self.part_of], 1.0)


def copied(problem: Problem, copies: int) -> Problem:
    """Copies of a problem that are not coupled: spin k of copy r has number r N + k.

    Its shape remains that of one copy, from which a chip may take its grid.
    """
    if copies == 1:
        return problem
    shift = (np.arange(copies, dtype=np.int32) * problem.cells)[:, None, None]
    return Problem(
        problem.name,
        (problem.edges + shift).reshape(-1, 2),
        np.tile(problem.couplings, (copies, *[1] * (problem.couplings.ndim - 1))),
        np.tile(problem.biases, copies),
        problem.shape,
        offset=copies * problem.offset,
    )


def replicas_of(problem: Problem, fabric: Fabric, spec: MappingSpec, copies: int) -> Replicas:
    """Give each spin of each replica its cell.

    Raises:
        ProblemError: they do not fit, or the mapping has chains, or couplings are directed.
    """
    if problem.is_directed:
        raise ProblemError("directed couplings have no energy by which replicas could swap", code="problem.directed")
    union = copied(problem, copies)
    if spec.method == "native":
        if union.cells != fabric.sites:
            needs = f"{copies} replicas of {problem.cells:,} spins need {union.cells:,} cells"
            raise ProblemError(
                f"{needs}, but the chip has {fabric.sites:,}; change fabric.size or fabric.copies, use fabric: "
                "{from: problem}, mapping: {method: place}, or schedule.temper.replicas: in_turn",
                code="chip.too-small",
            )
        chains = Chains.of(np.arange(union.cells)[:, None].tolist())
    else:
        chains = chains_of(union, fabric, spec)
        if not chains.are_single:
            raise ProblemError(
                "replicas of parallel tempering cannot be chains; use mapping: {method: place}", code="chip.unsuitable"
            )
    whole = mapped(union, fabric, chains, spec)
    sites = chains.cells.reshape(copies, problem.cells)
    part_of = np.full(fabric.sites, -1)
    part_of[chains.cells] = np.repeat(np.arange(copies), problem.cells)
    own = Chains(np.arange(problem.cells + 1), sites[-1])
    inside = part_of[fabric.edges[:, 0]] == copies - 1
    held = whole.problem
    couplings, biases = np.where(inside, held.couplings, 0.0), np.where(part_of == copies - 1, held.biases, 0.0)
    watched = Problem(problem.name, fabric.edges, couplings, biases, offset=problem.offset)
    return Replicas(sites, whole, replace(whole, chains=own), watched, part_of)
