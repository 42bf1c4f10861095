"""The exact law of small arrays under telegraph noise, and under fresh noise with a probit response.

Telegraph noise is the Markov chain of all words and all noise states as matrices. Nothing of the simulator is used.
States are numbers, bit i = site i; a law is an array (words, noise).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from chipsim.problems.problem import Problem

Law = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """Words and noise of a problem of at most 5 cells.

    Attributes:
        problem: what the couplers hold.
        colours: (cells,) colour of each site.
        beta: inverse temperature.
        held: sites that are clamped at their present word.
    """

    problem: Problem
    colours: NDArray[np.int64]
    beta: float = 1.0
    held: tuple[int, ...] = ()

    @property
    def bits(self) -> NDArray[np.int64]:
        """(states, cells), 0 or 1."""
        cells = self.problem.cells
        return (np.arange(2**cells)[:, None] >> np.arange(cells)) & 1

    def up(self) -> NDArray[np.float64]:
        """(states, cells): P(+1) of each cell if the words are in a state."""
        matrix = np.zeros((self.problem.cells,) * 2)
        matrix[tuple(self.problem.edges.T)] = self.problem.couplings
        field = (2 * self.bits - 1) @ (matrix + matrix.T) + self.problem.biases
        return 1 / (1 + np.exp(-2 * self.beta * field))

    def drift(self, law: Law, ratio: float) -> Law:
        """The noise of every cell switches for a time, in units of tau0, while the words stay.

        Up at rate p, down at 1 - p: the two-state matrix is exp(-t) + (1 - exp(-t)) times the stationary law.
        """
        bits, up, keep = self.bits, self.up(), math.exp(-ratio)
        relax = np.ones((len(bits),) * 3)  # words, noise before, noise after
        for cell in range(self.problem.cells):
            target = np.where(bits[:, cell], up[:, cell, None], 1 - up[:, cell, None])
            same = bits[:, cell][:, None] == bits[:, cell][None, :]
            relax *= keep * same[None] + (1 - keep) * target[:, None, :]
        return np.einsum("sn,snm->sm", law, relax)

    def latch(self, law: Law, colour: int) -> Law:
        """The cells of a colour copy their noise."""
        states = np.arange(len(law))
        words, noise = np.meshgrid(states, states, indexing="ij")
        mask = sum(1 << cell for cell in np.flatnonzero(self.colours == colour).tolist() if cell not in self.held)
        moved = np.zeros_like(law)
        np.add.at(moved, ((words & ~mask) | (noise & mask), noise), law)
        return moved

    def write(self, law: Law, site: int) -> Law:
        """A word is set to +1."""
        moved = np.zeros_like(law)
        np.add.at(moved, np.arange(len(law)) | 1 << site, law)
        return moved

    def uniform(self) -> Law:
        """All words and noise states alike."""
        many = 2**self.problem.cells
        return np.full((many, many), many**-2.0)

    def stationary(self, ratio: float) -> NDArray[np.float64]:
        """Law of the words after the last colour, phases lasting `ratio` tau0."""
        law = self.uniform()
        for sweep in range(4000):
            before = law
            for colour in range(int(self.colours.max()) + 1):
                law = self.latch(self.drift(law, ratio), colour)
            if sweep % 20 == 0 and np.abs(law - before).max() < 1e-13:
                break
        return law.sum(axis=1)


def probit_gibbs(problem: Problem, colours: NDArray[np.int64], rms: float, beta: float = 1.0) -> NDArray[np.float64]:
    """Stationary law after the last colour if each latch is independent, +1 with probability Phi(2 beta h / rms)."""
    chain, states = Chain(problem, colours, beta), np.arange(2**problem.cells)
    logit = np.log(chain.up() / (1 - chain.up()))
    up = ndtr(logit / rms)
    law = np.full(len(states), 1 / len(states))
    for _ in range(500):
        for site in np.argsort(colours, kind="stable"):
            moved = np.zeros_like(law)
            np.add.at(moved, states | 1 << site, law * up[:, site])
            np.add.at(moved, states & ~(1 << site), law * (1 - up[:, site]))
            law = moved
    return law
