"""An array of continuous cells: `advance` moves its voltages by exact transitions, from one look to the next.

Each lane has a generator of its own, for the noise in the cells and that of its readings.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ChipsimError
from chipsim.physics.held_matrix import Network
from chipsim.physics.laws import Law
from chipsim.physics.low_rank import LowRankLaw


@dataclass(frozen=True, eq=False)
class Snapshot:
    """An array at an instant: voltages, inputs, generators, and what its couplers hold."""

    volts: NDArray[np.float64]
    force: NDArray[np.float64]
    random: tuple[np.random.Generator, ...]
    network: Network | None
    law: Law | LowRankLaw | None


class ContinuousArray:
    """One array in as many lanes as there are generators.

    Args:
        random: one generator a lane.
        threads: number of threads that share the lanes.
    """

    def __init__(self, random: Sequence[np.random.Generator], threads: int = 1) -> None:
        self.kernel_s = 0.0
        self._threads = threads
        self._random = list(random)
        self._network: Network | None = None
        self._law: Law | LowRankLaw | None = None
        self._volts = np.zeros((len(random), 0))
        self._force = np.zeros(0)

    def load(self, network: Network, law: Law | LowRankLaw, force: NDArray[np.float64]) -> None:
        """Let couplers act from now on, under a force (n,); voltages stay unless there are more or fewer of them."""
        self._network, self._law, self._force = network, law, force
        if self._volts.shape[1] != len(force):
            self.discharge()

    def drive(self, force: NDArray[np.float64]) -> None:
        """Let inputs act from now on: the force of the law, (n,)."""
        self._force = force

    def charge(self, volts: NDArray[np.float64]) -> None:
        """Let the capacitors of all lanes hold these, (n,)."""
        self._volts = np.broadcast_to(volts, self._volts.shape).copy()

    def discharge(self) -> None:
        """Let the capacitors hold 0 V."""
        self._volts = np.zeros((len(self._random), len(self._force)))

    def advance(self, times_s: NDArray[np.float64], warmer: float = 1.0) -> NDArray[np.float64]:
        """Variables (lanes, T, m) at increasing times from now, the last of which is the new now.

        Couplers that are `warmer` than nominal, relative to the inputs, settle elsewhere; that they also settle a
        little sooner is of second order.
        """
        began = time.perf_counter()
        states = self.law.sample(self._force / warmer, self._volts, times_s, self._random, self._threads)
        self._volts = states[:, -1]
        self.kernel_s += time.perf_counter() - began
        return states

    def normals(self, samples: int, numbers: int) -> NDArray[np.float64]:
        """Standard normal numbers of each lane, (lanes, samples, numbers)."""
        return np.stack([random.standard_normal((samples, numbers)) for random in self._random])

    def snapshot(self) -> Snapshot:
        """Everything that decides how it goes on."""
        random = tuple(copy.deepcopy(each) for each in self._random)
        return Snapshot(self._volts.copy(), self._force.copy(), random, self._network, self._law)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        self._volts, self._force = snapshot.volts.copy(), snapshot.force.copy()
        self._random = [copy.deepcopy(each) for each in snapshot.random]
        self._network, self._law = snapshot.network, snapshot.law

    @property
    def volts(self) -> NDArray[np.float64]:
        """(lanes, m) variables now, the voltages first."""
        return self._volts

    @property
    def network(self) -> Network:
        """What the couplers hold.

        Raises:
            ChipsimError: nothing is written yet.
        """
        if self._network is None:
            raise ChipsimError("the couplers have not been written yet", code="run.argument")
        return self._network

    @property
    def law(self) -> Law | LowRankLaw:
        """How the voltages move.

        Raises:
            ChipsimError: nothing is written yet.
        """
        if self._law is None:
            raise ChipsimError("the couplers have not been written yet", code="run.argument")
        return self._law
