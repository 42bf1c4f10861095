"""Cells with modes: a categorical state that is drawn anew at random times, and a voltage that follows it.

Mode k has the probability softmax(logits)_k. It is redrawn at a rate of 1 / dwell, so any function of it has the
autocorrelation exp(-t / dwell). The voltage obeys dx = -(x - m) dt / tau + s sqrt(2 / tau) dW with the mean m and the
deviation s of the present mode; with r = tau / dwell its stationary variance is E s^2 + Var(m) / (1 + r). If modes are
redrawn only on a grid of steps, a = exp(-step / tau), q = exp(-step / dwell), it is, at the ends of steps,

    E s^2 + Var(m) (1 - a) (1 + a q) / ((1 + a) (1 - a q))

Both are filters of first order under noise with an exponential autocorrelation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from chipsim.kernels import ou, switching
from chipsim.kernels.quartic import LANES, blocks_of, lane_streams

# Two time constants closer than this, relatively, are moved apart by it: the formula of their mixture divides by the
# difference, and is continuous there.
APART = 1e-5
# Redraws of 64 lanes of all cells in one call of a kernel, which cannot be interrupted: some tenths of a second.
REDRAWS = 2**22

Array = NDArray[np.float64]


class Modes(NamedTuple):
    """What the inputs of cells set, (cells, modes) each.

    Attributes:
        logits: any number may be added to those of a cell.
        means, deviations: of the voltage, V.
    """

    logits: Array
    means: Array
    deviations: Array

    @property
    def probabilities(self) -> Array:
        """(cells, modes) softmax of the logits."""
        return np.asarray(softmax(self.logits, axis=1))

    def mean(self) -> Array:
        """(cells,) stationary mean of the voltage."""
        return np.asarray((self.probabilities * self.means).sum(axis=1))

    def within(self) -> Array:
        """(cells,) V^2: mean of the variances of the modes."""
        return np.asarray((self.probabilities * self.deviations**2).sum(axis=1))

    def between(self) -> Array:
        """(cells,) V^2: variance of the means of the modes."""
        return np.asarray((self.probabilities * (self.means - self.mean()[:, None]) ** 2).sum(axis=1))


@dataclass(frozen=True, eq=False)
class SwitchingLaw:
    """A law of uncoupled cells with modes.

    Its variables are voltages, modes and numbers of redraws so far, n each; its force are the voltages at the inputs,
    (n * inputs of a cell,), in the order of `Modes`, the modes of each together.

    Attributes:
        cells: number of cells n.
        modes: of each.
        dwell_s: mean time between redraws.
        logit_v: volts at an input for a logit of 1.
        sigma: largest deviation that the noise gives, V.
        relaxation_s: tau; 0 where the voltage is the level of its mode.
        grid_s: step of the grid of redraws; 0 if they come at any time.
        levels: (modes,) V, the means of cells whose inputs set only logits, or None.
    """

    cells: int
    modes: int
    dwell_s: float
    logit_v: float
    sigma: float = 0.0
    relaxation_s: float = 0.0
    grid_s: float = 0.0
    levels: Array | None = None

    @property
    def variables(self) -> int:
        """Voltages, modes and redraws."""
        return 3 * self.cells

    def rates(self) -> NDArray[np.complex128]:
        """Of redraws, and of the voltages, each (n,)."""
        times = [self.dwell_s] + ([self.relaxation_s] if self.relaxation_s else [])
        return np.repeat(1 / np.array(times), self.cells).astype(np.complex128)

    @property
    def slowest_s(self) -> float:
        """The longer of the time constants."""
        return max(self.dwell_s, self.relaxation_s)

    def set_by(self, force: Array) -> Modes:
        """What these voltages at the inputs set."""
        if self.levels is not None:
            logits = force.reshape(self.cells, self.modes) / self.logit_v
            return Modes(logits, np.tile(self.levels, (self.cells, 1)), np.zeros_like(logits))
        logits, means, deviations = force.reshape(self.cells, 3, self.modes).transpose(1, 0, 2)
        return Modes(logits / self.logit_v, means, np.clip(deviations, 0, self.sigma))

    def variance(self, modes: Modes) -> Array:
        """(cells,) V^2, stationary variance of the voltages."""
        return np.asarray(modes.within() + modes.between() * self._shares().sum())

    def tau_int(self, spacing_s: float) -> float:
        """Readings of a mode for each independent one: 1 + 2 sum exp(-k t / dwell) = coth(t / (2 dwell))."""
        return float(1 / np.tanh(spacing_s / (2 * self.dwell_s)))

    def voltage_tau_int(self, modes: Modes, spacing_s: float) -> Array:
        """(cells,) the same for the mean of voltages, by the two exponentials of their autocorrelation."""
        if not self.relaxation_s:
            return np.full(self.cells, self.tau_int(spacing_s))
        slow, fast = self._shares()
        parts = np.stack([modes.between() * slow, modes.within() + modes.between() * fast])
        tau = 1 / np.tanh(spacing_s / (2 * self._times()))
        total = parts.sum(axis=0)
        return np.divide(tau @ parts, total, out=np.ones(self.cells), where=total > 0)

    def _times(self) -> Array:
        """Dwell and tau, moved apart where they are as good as equal."""
        near = abs(self.dwell_s / self.relaxation_s - 1) < APART
        return np.array([self.relaxation_s * (1 + APART) if near else self.dwell_s, self.relaxation_s])

    def _shares(self) -> Array:
        """(2,) parts exp(-t / dwell) and exp(-t / tau) of the autocovariance of a voltage, for a Var(m) of 1."""
        if not self.relaxation_s:
            return np.array([1.0, 0.0])
        dwell, tau = self._times()
        if not self.grid_s:
            ratio = tau / dwell
            return np.array([1.0, -ratio]) / (1 - ratio**2)
        a, q = np.exp(-self.grid_s / tau), np.exp(-self.grid_s / dwell)
        whole = (1 - q**2) * (1 - a) ** 2 / ((a - q) * (1 - a * q))
        return np.asarray(whole * np.array([-q / (1 - q**2), a / (1 - a**2)]))

    def sample(
        self, force: Array, start: Array, times: Array, random: Sequence[np.random.Generator], threads: int = 1
    ) -> Array:
        """States (lanes, T, 3 n) at increasing times from `start`, (lanes, 3 n), on; a generator for each lane."""
        set_to, n = self.set_by(force), self.cells
        cumulative = np.cumsum(set_to.probabilities, axis=1)
        out = np.empty((len(start), len(times), self.variables))
        blocks, steps = blocks_of(len(start)), np.diff(times, prepend=0.0)

        def advance(number: int) -> Iterator[None]:
            lanes = blocks[number]
            many, streams = lanes.stop - lanes.start, lane_streams(random[lanes])
            state = np.zeros((3, n, LANES))
            state[:, :, :many] = start[lanes].T.reshape(3, n, many)
            for index, duration in enumerate(steps):
                for piece in self._pieces(float(duration), REDRAWS / (n * many)):
                    switching.switch(
                        *state, cumulative, set_to.means, set_to.deviations, piece, self.dwell_s, self.grid_s,
                        self.relaxation_s, streams, many,
                    )  # fmt: skip
                    yield
                out[lanes, index] = state[:, :, :many].reshape(3 * n, many).T

        ou.each_lane(advance, len(blocks), threads)
        return out

    def _pieces(self, duration: float, redraws: float) -> Iterator[float]:
        """Parts of a time with about so many redraws of a cell, whole steps of the grid; waiting has no memory."""
        piece = redraws * self.dwell_s
        if self.grid_s:
            piece = max(1, math.floor(piece / self.grid_s)) * self.grid_s
        whole = max(0, math.ceil(duration / piece * (1 - 1e-9)) - 1)
        yield from itertools.repeat(piece, whole)
        yield duration - whole * piece
