"""Bases of noise kinds: `NoiseKind` for latched cells, `ContinuousNoiseKind` for continuous ones."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import ArrayContext, Kind
from chipsim.components.cells.base import ContinuousCellKind
from chipsim.physics.held_matrix import Network
from chipsim.spec.chip import Technology


class NoiseKind(Kind):
    """The noise source of each cell.

    A kind may declare its own state, which its stages access as `at.own`.
    """

    counted_by_engine: ClassVar[tuple[str, ...]] = ("draw",)

    @abstractmethod
    def noise(self, context: ArrayContext) -> Any:
        """Parameters of stage `noise`: a NamedTuple of arrays in slot order."""

    # Whether it draws bits for cells that compare them with a threshold.
    needs_thresholds: ClassVar[bool] = False

    def own_state(self, cells: int) -> Any:
        """State of the source for one group of 64 lanes: an array, or a NamedTuple of arrays, by slot."""
        return np.zeros((0, cells), np.uint64)

    def first_state(self, cells: int, random: np.random.Generator) -> Any:
        """The same when the array is switched on, for sources that start from random seeds."""
        return self.own_state(cells)

    def scratch_words(self, context: ArrayContext) -> int:
        """Random words that a stage `prepare` or `settle` draws per cell."""
        return 1

    def instances(self, cells: int) -> int:
        """Sources of so many cells, for power and area."""
        return cells

    def sources(self, colours: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """(cells,) the first slot that uses the same draw as each slot; None where each has draws of its own.

        Args:
            colours: (cells,) of each slot, rising.
        """
        return None

    def uses_relaxation(self) -> bool:
        """Whether the cell's relaxation time matters under this law."""
        return False

    def follows_field(self) -> bool:
        """Whether the noise follows the field between latches too, rather than at a latch only."""
        return False

    def bias(self) -> str:
        """Why the law that is sampled is not Boltzmann's, however fast the clock; "" if it is."""
        return ""

    def is_fresh(self) -> bool:
        """Whether this law assumes independent noise at each latch, regardless of the interval."""
        return False

    def unresolved(self, phase_s: float, sweep_s: float, relaxation_time_s: float) -> str:
        """Why noise of this relaxation time cannot be simulated with this clock; "" if it can."""
        return ""

    def stale_share(self, phase_s: float, sweep_s: float, relaxation_time_s: float) -> float:
        """Share of the noise of a latch that dates from before the latches of its neighbours, which biases the array.

        0 for a law that leaves the Boltzmann distribution unchanged.
        """
        return 0.0


class ContinuousNoiseKind(Kind):
    """Current noise in each cell. `sigma` (V) is the rms voltage of an isolated cell."""

    law: Literal["thermal", "injected"]
    sigma: float
    bandwidth: float

    @abstractmethod
    def diffusion(
        self, network: Network, cell: ContinuousCellKind, technology: Technology
    ) -> float | NDArray[np.float64]:
        """Diffusion of the charge in A^2 s: one number if it is equal and independent in all cells, or (n, n).

        Raises:
            ProblemError: the noise of this network is not modelled.
        """

    @abstractmethod
    def counts(self, cells: int, duration_fs: int) -> dict[str, int]:
        """Counts of this number of sources during this time, by action."""
