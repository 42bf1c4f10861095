"""Cells in a quartic potential, coupled linearly: dx = -(A x + q x**2 + k x**3 - f) dt + dW, Cov(dW) = D dt.

Completing the cube, q x**2 + k x**3 = k (x - c)**3 - 3 k c**2 x + k c**3 with c = -q / (3 k): the rest joins A and f.
One step of the scheme `split` is half the flow of the cubic part, the exact transition of the linear part with all
couplings, and half a flow (`kernels/quartic.py`); its length follows from the error that it may have (`step_for`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.kernels import ou, quartic
from chipsim.kernels.quartic import LANES
from chipsim.physics.laws import Law
from chipsim.physics.low_rank import LowRankLaw
from chipsim.physics.switching import SwitchingLaw

Scheme = Literal["split", "euler"]

# The grid on which an isolated cell is integrated: points, and standard deviations of a Gaussian that it would hold.
POINTS, REACH = 201, 6.5
# Longest step, in units of the relaxation time at the mean curvature, and rounds of the search for the right one.
LONGEST, ROUNDS = 0.5, 4
# Steps of 64 lanes of a cell in one call of a kernel, which cannot be interrupted: some tenths of a second.
CELL_STEPS = 2**22


@dataclass(frozen=True, eq=False)
class QuarticLaw:
    """A law of coupled cells, all with the same quadratic and cubic force.

    Attributes:
        drift: (n, n) A in 1/s, symmetric, or its diagonal (n,) where no cells are coupled.
        diffusion: D in the unit of x squared per second, equal in all cells.
        quadratic, cubic: q and k, in 1/s per unit of x, and per unit of x squared.
        unit: scale of x, for float32.
        scheme: of the steps.
        step_s: longest step in seconds.
    """

    drift: NDArray[np.float64]
    diffusion: float
    quadratic: float
    cubic: float
    unit: float
    scheme: Scheme
    step_s: float

    @property
    def confined(self) -> bool:
        """Whether the potential holds the cells without the linear part: k > 0."""
        return self.cubic > 0

    def rates(self) -> NDArray[np.complex128]:
        """Eigenvalues of A."""
        return self._rates.astype(np.complex128)

    @property
    def centre(self) -> float:
        """C."""
        return -self.quadratic / (3 * self.cubic) if self.cubic else 0.0

    @cached_property
    def apart(self) -> bool:
        """Whether no cells are coupled."""
        return self.drift.ndim == 1 or not np.any(self.drift - np.diag(self._own))

    @property
    def _own(self) -> NDArray[np.float64]:
        """(n,) the diagonal of A."""
        return self.drift if self.drift.ndim == 1 else np.diag(self.drift)

    @property
    def _rates(self) -> NDArray[np.float64]:
        return self._own if self.apart else self._modes.rates

    @cached_property
    def _modes(self) -> ou.Modes:
        return ou.dense_modes(self.drift)

    def sample(
        self,
        force: NDArray[np.float64],
        start: NDArray[np.float64],
        times: NDArray[np.float64],
        random: Sequence[np.random.Generator],
        threads: int = 1,
    ) -> NDArray[np.float64]:
        """States (lanes, T, n) at increasing times from `start`, (lanes, n), on; a generator for each lane.

        The force is (n,), or (lanes, n) for cells without couplings. Lanes advance in blocks of 64, padded where fewer
        are left.

        Raises:
            ProblemError: forces of their own for the lanes of coupled cells.
        """
        if force.ndim > 1 and not self.apart:
            raise ProblemError("inputs that differ between lanes need cells without couplings", code="chip.unsuitable")
        out = np.empty((len(start), len(times), start.shape[1]))
        blocks = quartic.blocks_of(len(start))
        steps = np.diff(times, prepend=0.0)

        def advance(number: int) -> Iterator[None]:
            lanes = blocks[number]
            streams = quartic.lane_streams(random[lanes])
            state = np.zeros((start.shape[1], LANES), np.float32)
            state[:, : lanes.stop - lanes.start] = (start[lanes] / self.unit).T
            pushed = force if force.ndim == 1 else force[lanes]
            for index, duration in enumerate(steps):
                if duration:
                    yield from self._advance(state, pushed, float(duration), streams)
                out[lanes, index] = state[:, : lanes.stop - lanes.start].T * self.unit

        ou.each_lane(advance, len(blocks), threads)
        return out

    def _advance(
        self, state: NDArray[np.float32], force: NDArray[np.float64], duration: float, streams: NDArray[np.uint32]
    ) -> Iterator[None]:
        """In place: (n, 64) states in units of `unit` after a time; yields a few times per second."""
        count = max(1, math.ceil(duration / self.step_s * (1 - 1e-9)))
        step, flat = duration / count, state.ravel()
        if self.scheme == "euler":
            yield from self._euler(state, force, step, count, streams)
            return
        rate = np.float32(2 * self.cubic * self.unit**2 * step)
        centre = np.float32(self.centre / self.unit)
        factor, push, spread = self._transition(force, step)
        if self.apart:
            pushed, most = _by_lane(push).ravel(), max(1, CELL_STEPS // len(factor))
            for begun in range(0, count, most):
                quartic.alone(flat, factor, pushed, spread, centre, rate, min(most, count - begun), streams)
                yield
            return
        vectors = self._vectors
        modes = np.empty_like(state)
        quartic.flow(flat, centre, rate / np.float32(2))
        for number in range(count):
            np.matmul(vectors.T, state, out=modes)
            quartic.decay(modes.ravel(), factor, push, spread, streams)
            np.matmul(vectors, modes, out=state)
            quartic.flow(flat, centre, rate / np.float32(2) if number == count - 1 else rate)
            yield

    @cached_property
    def _vectors(self) -> NDArray[np.float32]:
        return np.ascontiguousarray(self._modes.vectors, np.float32)

    @property
    def _softening(self) -> float:
        """What the completed cube takes from the linear rate: 3 k c**2."""
        return 3 * self.cubic * self.centre**2

    def _transition(
        self, force: NDArray[np.float64], step: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Factor, push and standard deviation of each mode over a step, in units of `unit`; the push is that of each
        lane where the force is.
        """
        rates = self._rates - self._softening
        held = force - self.cubic * self.centre**3
        pushed = held if self.apart else held @ self._modes.vectors
        still = np.abs(rates) * step < 1e-12
        gain = np.where(still, step, -np.expm1(-rates * step) / np.where(still, 1.0, rates))
        spread = ou.spread(np.where(still, 0.0, rates), self.diffusion / 2, step)
        parts = (np.exp(-rates * step), gain * pushed / self.unit, spread / self.unit)
        return parts[0].astype(np.float32), parts[1].astype(np.float32), parts[2].astype(np.float32)

    def _euler(
        self,
        state: NDArray[np.float32],
        force: NDArray[np.float64],
        step: float,
        count: int,
        streams: NDArray[np.uint32],
    ) -> Iterator[None]:
        pushed = _by_lane((force / self.unit).astype(np.float32))
        drift, each = self.drift.astype(np.float32), self._own.astype(np.float32)[:, None]
        spread = np.float32(math.sqrt(self.diffusion * step) / self.unit)
        numbers = np.float32(self.quadratic * self.unit), np.float32(self.cubic * self.unit**2), np.float32(step)
        for _ in range(count):
            linear = each * state if self.apart else drift @ state
            quartic.euler(state.ravel(), (pushed - linear).ravel(), *numbers, spread, streams)
            yield


def _by_lane(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 64) from values of all lanes, (n,), or of up to 64 lanes, (lanes, n)."""
    if values.ndim == 1:
        return np.repeat(values[:, None], LANES, axis=1)
    return np.pad(values.T, ((0, 0), (0, LANES - len(values))))


AnyLaw: TypeAlias = Law | LowRankLaw | QuarticLaw | SwitchingLaw


class Well(NamedTuple):
    """The potential of one cell, linear x^2 / 2 + quadratic x^3 / 3 + cubic x^4 / 4, with coefficients in units of an
    inverse time, so that dx = -V'(x) dt + sqrt(2 temperature) dW.
    """

    linear: float
    quadratic: float
    cubic: float

    def energy(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """V(x)."""
        return np.asarray(self.linear * x**2 / 2 + self.quadratic * x**3 / 3 + self.cubic * x**4 / 4)

    @property
    def centre(self) -> float:
        """c, about which the cube is complete."""
        return -self.quadratic / (3 * self.cubic)

    def flowed(self, x: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        """The flow of the cubic part over a time."""
        y = x - self.centre
        return np.asarray(self.centre + y / np.sqrt(1 + 2 * self.cubic * time * y**2))


@lru_cache(maxsize=64)
def step_for(well: Well, temperature: float, error: float) -> float:
    """Longest step of the scheme `split` whose stationary variance is right to a relative `error`, above 0.

    It is found by integrating an isolated cell without input on a grid: exact up to quadrature, so there is no
    statistical error. Infinite without a cubic part, whose transitions are exact.
    """
    if not well.cubic:
        return math.inf
    grid, weights = boltzmann_grid(well, temperature)
    variance = float(weights @ (grid - weights @ grid) ** 2)
    curvature = float(well.linear + weights @ (2 * well.quadratic * grid + 3 * well.cubic * grid**2))
    step = LONGEST / curvature
    for _ in range(ROUNDS):
        # The error grows as the square of the step.
        found = abs(split_variance(well, temperature, step) / variance - 1)
        step = min(step * math.sqrt(error / max(found, 1e-12)), LONGEST / curvature)
    return step


def boltzmann_grid(well: Well, temperature: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Equidistant points that hold Boltzmann's law of a cell with a cubic part, and its probabilities at them."""
    # Beyond this point the quartic term alone exceeds all others and REACH^2 / 2 of kT.
    edge = (2 * REACH**2 * temperature / well.cubic) ** 0.25 + math.sqrt(2 * abs(min(well.linear, 0)) / well.cubic)
    wide = np.linspace(-1, 1, 40 * POINTS) * (2 * edge + 2 * abs(well.quadratic) / well.cubic)
    energy = well.energy(wide)
    inside = wide[energy - energy.min() < REACH**2 / 2 * temperature]
    grid = np.linspace(inside[0], inside[-1], POINTS)
    energy = well.energy(grid)
    weights = np.exp(-(energy - energy.min()) / temperature)
    return grid, weights / weights.sum()


def split_variance(well: Well, temperature: float, step: float) -> float:
    """Stationary variance of the scheme `split` with steps of this length, by the transition matrix on a grid."""
    grid, _ = boltzmann_grid(well, temperature)
    rate, push = well.linear - 3 * well.cubic * well.centre**2, -well.cubic * well.centre**3
    still = abs(rate) * step < 1e-12
    gain = step if still else -math.expm1(-rate * step) / rate
    spread = float(ou.spread(np.array([0.0 if still else rate]), temperature, step)[0])
    # A kernel of this width is summed without error on points that are this close.
    width = min(grid[1] - grid[0], spread / 1.2)
    points = np.arange(grid[0] - 8 * spread, grid[-1] + 8 * spread, width)
    moved = math.exp(-rate * step) * well.flowed(points, step) + gain * push
    kernel = np.exp(-0.5 * ((points[:, None] - moved[None]) / spread) ** 2)
    matrix = kernel / kernel.sum(axis=0) - np.eye(len(points))
    matrix[-1], right = 1.0, np.zeros(len(points))
    right[-1] = 1.0
    state = np.linalg.solve(matrix, right)
    seen = well.flowed(points, step / 2)
    return float(state @ (seen - state @ seen) ** 2)
