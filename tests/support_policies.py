"""Exact laws of update policies on few cells, by enumeration of states and of all choices; and chips that follow them.

All lanes of a group share the choices of a policy, so histograms of groups are compared, not of lanes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from chipsim.compiler.program import Program
from chipsim.compiler.schedule import Schedule
from chipsim.components.digital.free_running import FreeRunning
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.trial import held_problem, trial_program

Floats = NDArray[np.float64]
RING = {"edges": [[0, 1], [1, 2], [2, 3], [0, 3]]}
FREE = FreeRunning.model_validate({"kind": "free_running", "mean_interval": "100 ns", "capacitance": "1 fF"})
# A right law is rejected for one seed in a million.
CHANCE = 1e-6


@dataclass(frozen=True, eq=False)
class States:
    """All states of a problem, bit i = site i, at inverse temperature 1."""

    problem: Problem

    @property
    def cells(self) -> int:
        return self.problem.cells

    @cached_property
    def bits(self) -> NDArray[np.int64]:
        return (np.arange(2**self.cells)[:, None] >> np.arange(self.cells)) & 1

    @cached_property
    def up(self) -> Floats:
        """(states, cells) the probability that a cell latches +1."""
        matrix = np.zeros((self.cells, self.cells))
        for (i, j), weight in zip(self.problem.edges, self.problem.couplings, strict=True):
            matrix[i, j] += weight
            matrix[j, i] += weight
        return np.asarray(1 / (1 + np.exp(-2 * ((2 * self.bits - 1) @ matrix + self.problem.biases))))

    def latch(self, cells: Sequence[int]) -> Floats:
        """Transitions where these cells latch together."""
        out = np.ones((2**self.cells, 2**self.cells))
        for cell in range(self.cells):
            then = self.bits[None, :, cell]
            if cell in cells:
                p = self.up[:, None, cell]
                out *= np.where(then, p, 1 - p)
            else:
                out *= then == self.bits[:, None, cell]
        return out

    def sweep(self, order: str, parts: int = 0) -> Floats:
        """Transitions of a sweep, averaged over all choices."""
        n = self.cells
        if order == "random-sequential":
            return np.linalg.matrix_power(_mean([self.latch([i]) for i in range(n)]), n)
        if order == "sequential":
            return _chain([self.latch([i]) for i in range(n)])
        if order == "together":
            return self.latch(range(n))
        if order == "tick-random":
            chosen = [[i for i in range(n) if mask[i]] for mask in itertools.product((0, 1), repeat=n)]
            q = 1 / parts
            phase = sum(q ** len(c) * (1 - q) ** (n - len(c)) * self.latch(c) for c in chosen)
            return np.linalg.matrix_power(np.asarray(phase), parts)
        ends = [part * n // parts for part in range(parts + 1)]
        spans = list(itertools.pairwise(ends))
        if order == "partition":
            orders = itertools.permutations(range(n))
            return _mean([_chain([self.latch(cells[a:b]) for a, b in spans]) for cells in orders])
        strides = [1] if order == "block-random" else [_stride(n, asked) for asked in range(1, n)]
        starts = itertools.product(range(n), strides)
        walks = [[(start + k * stride) % n for k in range(n)] for start, stride in starts]
        return _chain([_mean([self.latch(walk[: b - a]) for walk in walks]) for a, b in spans])

    def generator(self) -> Floats:
        """Rates of free-running cells, in units of one mean interval."""
        return np.asarray(sum(self.latch([i]) - np.eye(2**self.cells) for i in range(self.cells)))

    def generator_of_two(self) -> Floats:
        """The same for two lanes that latch at the same times, with noise of their own."""
        one = np.eye(4**self.cells)
        return np.asarray(sum(np.kron(k, k) - one for k in (self.latch([i]) for i in range(self.cells))))


def stationary(transitions: Floats) -> Floats:
    """The law that a sweep leaves as it is."""
    law = np.linalg.matrix_power(transitions, 2**14)[0]
    return np.asarray(law / law.sum())


def _chain(matrices: Sequence[Floats]) -> Floats:
    return np.asarray(np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0])


def _mean(matrices: Sequence[Floats]) -> Floats:
    return np.asarray(sum(matrices) / len(matrices))


def _stride(cells: int, asked: int) -> int:
    """The first stride from the one asked for, round the cells, that visits all of them."""
    found = (1 + (asked - 1 + more) % (cells - 1) for more in range(cells))
    return next(stride for stride in found if math.gcd(stride, cells) == 1)


def policy_program(order: str, parts: int = 0, fabric: dict[str, Any] = RING, **changes: Any) -> Program:
    """The trial chip under a policy; `together` is one colour for all cells."""
    fabric = {**fabric, "coupled_updates": "allow", **({"colours": 1} if order == "together" else {})}
    settings = {"fabric": fabric, "couplers.weight_bits": 16, **changes}
    if order not in ("together", "free-running"):
        settings["clock.updates"] = order
    if parts:
        settings["clock.parts"] = parts
    return trial_program(FREE if order == "free-running" else None, settings)


def started(
    program: Program, couplings: Floats, biases: Floats, lanes: int, seed: int, schedule: Schedule | None = None
) -> tuple[LatchedArray, States]:
    """An array at inverse temperature 1, and the states of the problem that it holds."""
    array = LatchedArray(program, lanes, seed, schedule=schedule)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(couplings, biases)))
    array.set_beta(1.0)
    return array, States(held_problem(program, couplings, biases))


def shares_by_group(array: LatchedArray) -> Floats:
    """(groups, states) share of the lanes of each group in each state, bit i = site i."""
    spins = lanes_of_words(array.words(array.program.slot_of), array.lanes)
    index = (spins > 0) @ (1 << np.arange(array.program.cells))
    states = 2**array.program.cells
    index += np.arange(array.lanes) // 64 * states
    return np.bincount(index, minlength=array.groups * states).reshape(array.groups, states) / 64


def agrees(samples: Floats, law: Floats) -> bool:
    """Whether the mean of independent histograms is a law: Hotelling's T**2 by their own covariance."""
    off = (samples.mean(axis=0) - law)[:-1]
    covariance = np.cov(samples[:, :-1], rowvar=False) / len(samples)
    excess, limit = float(off @ np.linalg.solve(covariance, off)), float(chdtri(len(off), CHANCE))
    print(f"T**2 {excess:.1f} of {limit:.1f}")
    return excess < limit
