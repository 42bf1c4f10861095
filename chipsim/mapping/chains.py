"""Chains of cells, one for each spin, and the problem that a chip with these chains holds.

Cells of a chain are joined by ferromagnetic couplings on all couplers between them; the bias of a spin is shared
equally by its cells. If all chains are intact, the energy of the cells is that of the spins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from chipsim.compiler.fabric import Fabric
from chipsim.errors import ProblemError
from chipsim.mapping.place import couplers_of, place
from chipsim.mapping.spec import MappingSpec
from chipsim.problems.problem import Problem


@dataclass(frozen=True, eq=False)
class Chains:
    """Cells of each spin.

    Attributes:
        first: (N + 1,) int64; the cells of spin k are `cells[first[k]:first[k + 1]]`.
        cells: (K,) int64, all different.
    """

    first: NDArray[np.int64]
    cells: NDArray[np.int64]

    @classmethod
    def of(cls, listed: list[list[int]]) -> Chains:
        """From a list of cells for each spin."""
        first = np.concatenate([[0], np.cumsum([len(cells) for cells in listed])]).astype(np.int64)
        return cls(first, np.array([cell for cells in listed for cell in cells], np.int64))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) cells of each spin."""
        return np.diff(self.first)

    @property
    def are_single(self) -> bool:
        """Whether each spin has one cell."""
        return len(self.cells) == len(self.first) - 1

    def spin_of(self, sites: int) -> NDArray[np.int64]:
        """(sites,) spin of each cell; -1 for idle ones."""
        spins = np.full(sites, -1)
        spins[self.cells] = np.repeat(np.arange(len(self.first) - 1), self.lengths)
        return spins

    def check(self, problem: Problem, fabric: Fabric) -> None:
        """Check that cells exist, belong to one chain each, and that chains hang together.

        Raises:
            ProblemError: with the label of the spin.
        """
        names = problem.names
        wrong = np.flatnonzero((self.cells < 0) | (self.cells >= fabric.sites))
        if len(wrong):
            cell = self.cells[wrong[0]]
            complaint = f"spin {names[self._owner(wrong[0])]}: no cell {cell}; the chip has {fabric.sites:,}, from 0"
            raise ProblemError(complaint, code="spec.out-of-range")
        order = np.argsort(self.cells, kind="stable")
        twice = np.flatnonzero(np.diff(self.cells[order]) == 0)
        if len(twice):
            one, other = (self._owner(order[twice[0] + step]) for step in (0, 1))
            where = (
                f"the chains of {names[one]} and {names[other]}" if one != other else f"the chain of {names[one]} twice"
            )
            raise ProblemError(f"cell {self.cells[order[twice[0]]]} is in {where}; keep one", code="spec.duplicate")
        spins = self.spin_of(fabric.sites)[fabric.edges]
        u, v = fabric.edges[(spins[:, 0] == spins[:, 1]) & (spins[:, 0] >= 0)].T
        _, piece = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(fabric.sites, fabric.sites)))
        lead = np.repeat(piece[self.cells[self.first[:-1]]], self.lengths)
        apart = np.flatnonzero(piece[self.cells] != lead)
        if len(apart):
            spin = self._owner(apart[0])
            complaint = f"chain of spin {names[spin]}: no couplers join cell {self.cells[apart[0]]} to its first cell"
            raise ProblemError(
                f"{complaint} {self.cells[self.first[spin]]}; add the cells between", code="chip.no-coupler"
            )

    def _owner(self, place: int) -> int:
        return int(np.searchsorted(self.first, place, side="right")) - 1


@dataclass(frozen=True, eq=False)
class Mapped:
    """A problem on the cells of a chip.

    Attributes:
        spec: its keys.
        chains: cells of each spin.
        problem: of all cells: by site, its edges those of the fabric.
        strength: chain coupling in units of the largest weight of the problem; 0 without chains.
        links: couplers inside chains.
        couplers: couplers that hold edges of the problem.
        range_left: largest weight of the problem over the largest weight of the chip, both as written.
    """

    spec: MappingSpec
    chains: Chains
    problem: Problem
    strength: float
    links: int
    couplers: int
    range_left: float

    @property
    def read_cells(self) -> NDArray[np.int64]:
        """(R,) cells that a read takes, in the order of the spins."""
        chains = self.chains
        return chains.cells[chains.first[:-1]] if self.spec.read == "single" else chains.cells

    @property
    def by_majority(self) -> bool:
        """Whether reads hold chains of several cells."""
        return self.spec.read == "majority" and not self.chains.are_single

    @property
    def idle(self) -> NDArray[np.int64]:
        """Cells without a spin."""
        return np.flatnonzero(self.chains.spin_of(self.problem.cells) < 0)

    @property
    def used(self) -> Problem:
        """The problem of the cells in use alone, in the order of `chains.cells`; the others are not coupled to them."""
        place = np.full(self.problem.cells, -1)
        place[self.chains.cells] = np.arange(len(self.chains.cells))
        edges = place[self.problem.edges]
        kept = (edges >= 0).all(axis=1)
        biases = self.problem.biases[self.chains.cells]
        return Problem(self.problem.name, edges[kept], self.problem.couplings[kept], biases, offset=self.problem.offset)

    def spins_of(self, cells: NDArray[np.int8]) -> NDArray[np.int8]:
        """Spins (states, N) that the host decides from the cells in use, (states, cells) as in `chains.cells`."""
        return self.decided(cells[:, self.chains.first[:-1]] if self.spec.read == "single" else cells)[0]

    @property
    def words_of_a_decision(self) -> int:
        """Machine words that the host handles to resolve the chains of one read: one for each of their cells."""
        lengths = self.chains.lengths
        return int(lengths[lengths > 1].sum()) if self.by_majority else 0

    def decided(self, spins: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
        """Spins (lanes, N) from the cells of a read (lanes, R), and which chains are broken, (lanes, N).

        A tie is decided by the first cell of the chain. Single cells are never broken.
        """
        if not self.by_majority:
            return spins, np.zeros(spins.shape, bool)
        starts, lengths = self.chains.first[:-1], self.chains.lengths
        sums = np.add.reduceat(spins.astype(np.int64), starts, axis=1)
        voted = np.where(sums == 0, spins[:, starts], np.sign(sums)).astype(np.int8)
        return voted, np.abs(sums) < lengths


def mapped(problem: Problem, fabric: Fabric, chains: Chains, spec: MappingSpec) -> Mapped:
    """The problem that a chip with these chains holds.

    Raises:
        ProblemError: an edge has no coupler, chains are impossible, or couplings with chains are directed.
    """
    chains.check(problem, fabric)
    if problem.is_directed and not chains.are_single:
        raise ProblemError("directed couplings have no chains; use mapping: {method: place}", code="problem.directed")
    spin_of = chains.spin_of(fabric.sites)
    couplings = place(problem, fabric, spin_of)
    ends = spin_of[fabric.edges]
    inside = (ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0)
    biases = np.zeros(fabric.sites)
    biases[chains.cells] = np.repeat(problem.biases / chains.lengths, chains.lengths)
    written = largest(couplings, biases)
    strength, offset = 0.0, problem.offset
    if inside.any():
        strength = chain_strength(problem) if spec.chain.strength == "auto" else spec.chain.strength
        couplings[inside] = strength * (largest(problem.couplings, problem.biases) or 1.0)
        offset += float(couplings[inside].sum())
    peak = largest(couplings, biases)
    whole = Problem(problem.name, fabric.edges, couplings, biases, offset=offset)
    couplers = len(couplers_of(problem, fabric, spin_of)[0])
    return Mapped(spec, chains, whole, strength, int(inside.sum()), couplers, written / peak if peak else 1.0)


def largest(*parts: NDArray[np.float64]) -> float:
    """The largest magnitude of all values."""
    return max(float(np.abs(values).max(initial=0.0)) for values in parts)


def chain_strength(problem: Problem) -> float:
    """Uniform torque compensation, in units of the largest weight, at least 1.

    sqrt(2) x rms coupling x sqrt(mean degree), as `dwave.embedding.chain_strength.uniform_torque_compensation`.
    """
    weights = problem.couplings[problem.coupled]
    peak = largest(problem.couplings, problem.biases)
    if not len(weights):
        return 1.0
    rms = float(np.linalg.norm(weights / peak)) / math.sqrt(len(weights))
    return max(1.0, math.sqrt(2) * rms * math.sqrt(2 * len(weights) / problem.cells))
