"""The exact law of small arrays whose cells see the past, from the integral that defines their fields; of a pair of
free-running cells the closed form.

States are the words that the last ticks latched, as many as matter; nothing of the simulator is used. A field is
h_i(t) = b_i + sum_j J_ij x_ij(t) with x_ij(t) = int_0^inf exp(-u) s_j(t - d_ij - u RC) du.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.problems.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class History:
    """A problem, its colours, and how late fields are, in units of a phase.

    delays: by edge; node_rc: 0 for none; ticks: how many of the last are remembered, older ones count as the oldest.
    """

    problem: Problem
    colours: NDArray[np.int64]
    delays: Floats
    node_rc: float
    ticks: int

    @property
    def many(self) -> int:
        return int(self.colours.max()) + 1

    def members(self, colour: int) -> list[int]:
        return np.flatnonzero(self.colours == colour % self.many).tolist()

    def shape(self, colour: int) -> tuple[int, ...]:
        """Numbers of words of the last ticks, newest first, when a colour is about to latch."""
        return tuple(2 ** len(self.members(colour - ago)) for ago in range(1, self.ticks + 1))

    def weights(self, delay: float) -> Floats:
        """(ticks + 1,): the share in x of the state after the tick n - 1, n - 2, ...; the last is all that is older."""
        ends = np.maximum(np.arange(1, self.ticks + 2) - delay, 0.0)
        ends[-1] = math.inf
        left = np.exp(-ends / self.node_rc) if self.node_rc else np.where(ends > 0, 0.0, 1.0)
        return np.asarray(-np.diff(np.append(1.0, left)))

    def up(self, site: int) -> Floats:
        """P(+1) of a cell that latches, for each history."""
        colour = int(self.colours[site])
        shape = self.shape(colour)
        field = np.full(shape, self.problem.biases[site])
        for (i, j), coupling, delay in zip(self.problem.edges, self.problem.couplings, self.delays, strict=True):
            if site not in (i, j):
                continue
            other = int(j if site == i else i)
            latches = [a for a in range(1, self.ticks + 1) if (colour - a) % self.many == self.colours[other]]
            place = self.members(int(self.colours[other])).index(other)
            for tick, weight in enumerate(self.weights(float(delay)), start=1):
                axis = next((a for a in latches if a >= tick), latches[-1]) - 1
                spin = 2.0 * ((np.arange(shape[axis]) >> place) & 1) - 1
                field = field + coupling * weight * spin.reshape([-1 if k == axis else 1 for k in range(self.ticks)])
        return np.asarray(1 / (1 + np.exp(-2 * field)))

    def step(self, law: Floats, colour: int) -> Floats:
        """A colour latches."""
        members = self.members(colour)
        ups = [self.up(site) for site in members]
        out = []
        for word in range(2 ** len(members)):
            chance = law
            for place, p in enumerate(ups):
                chance = chance * (p if word >> place & 1 else 1 - p)
            out.append(chance.sum(axis=-1))
        return np.array(out)

    def stationary(self) -> Floats:
        """Law of the words after the last colour, bit i = site i."""
        law = np.full(self.shape(0), 1.0) / np.prod(self.shape(0))
        for _ in range(300):
            before = law
            for colour in range(self.many):
                law = self.step(law, colour)
            if np.abs(law - before).max() < 1e-9 / law.size:
                break
        newest = law.sum(axis=tuple(range(self.many, self.ticks)))
        out = np.zeros(2**self.problem.cells)
        for words, chance in np.ndenumerate(newest):
            index = 0
            for ago, word in enumerate(words):
                for place, site in enumerate(self.members(self.many - 1 - ago)):
                    index |= (word >> place & 1) << site
            out[index] += chance
        return out


def pair_moments(coupling: float, delay: float) -> tuple[float, float, float]:
    """(B(0), A(d), B(d)) of two equal free-running cells without bias; delays in mean intervals.

    A latch gives a mean of g s_other(t - d), g = tanh J. So A(t) = <s0(0) s0(t)> and B(t) = <s0(0) s1(t)>, which are
    even in t, obey A' = -A + g B(t - d) and B' = -B + g A(t - d) for t > 0. Their sum and difference F, with +g and -g,
    are on [0, d] combinations of exp(+-kappa t) with kappa**2 = 1 - g**2, whose ratio F(d - t) determines; A(0) = 1,
    and B is smooth at 0: B(0) = g A(d).
    """
    gain = math.tanh(coupling)
    kappa = math.sqrt(1 - gain**2)

    def shape(sign: int, t: float) -> float:
        rising = sign * gain * math.exp(-kappa * delay) / (1 + kappa)
        return rising * math.exp(kappa * t) + math.exp(-kappa * t)

    sums, differences = ([shape(sign, t) for t in (0.0, delay)] for sign in (1, -1))
    matrix = [
        [sums[0], differences[0]],
        [sums[0] - gain * sums[1], -differences[0] - gain * differences[1]],
    ]
    of_sum, of_difference = np.linalg.solve(matrix, [2.0, 0.0])
    plus, minus = ([float(of_sum * sums[k]), float(of_difference * differences[k])] for k in (0, 1))
    return (plus[0] - plus[1]) / 2, sum(minus) / 2, (minus[0] - minus[1]) / 2


def pair_correlation(coupling: float, delay: float) -> float:
    """Mean of s0 s1 of two such cells at one time."""
    return pair_moments(coupling, delay)[0]
