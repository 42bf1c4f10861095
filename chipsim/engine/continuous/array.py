"""An array of continuous cells: `advance` propagates its voltages by exact transitions between observation times.

Each lane has its own generator, for the noise of cells and readings.
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
from chipsim.physics.quartic import AnyLaw
from chipsim.physics.switching import SwitchingLaw


@dataclass(frozen=True, eq=False)
class Snapshot:
    """State of an array: voltages, inputs, generators, and the network of its couplers."""

    volts: NDArray[np.float64]
    force: NDArray[np.float64]
    random: tuple[np.random.Generator, ...]
    network: Network | None
    law: AnyLaw | None


class ContinuousArray:
    """One array, with one lane per generator.

    Args:
        random: one generator per lane.
        threads: number of threads that share the lanes.
        ahead: lanes before the first group of this array. They advance on their own, because the last bits of a product
            of matrices may depend on the place of a column, so each lane keeps its place in its block of 64.
    """

    def __init__(self, random: Sequence[np.random.Generator], threads: int = 1, ahead: int = 0) -> None:
        self.kernel_s = 0.0
        self._parts = [part for part in (slice(0, ahead), slice(ahead, len(random))) if part.start < part.stop]
        self._threads = threads
        self._random = list(random)
        self._network: Network | None = None
        self._law: AnyLaw | None = None
        self._variables = 0
        self._volts = np.zeros((len(random), 0))
        self._force = np.zeros(0)

    def load(self, network: Network, law: AnyLaw, force: NDArray[np.float64]) -> None:
        """Set couplers and a force from now on, (n,) or (lanes, n); variables are kept unless their number changes."""
        self._network, self._law, self._force = network, law, force
        self._variables = law.variables if isinstance(law, SwitchingLaw) else force.shape[-1]
        if self._volts.shape[1] != self._variables:
            self.discharge()

    def drive(self, force: NDArray[np.float64]) -> None:
        """Set the force of the inputs from now on, (n,), or (lanes, n) where the lanes differ."""
        self._force = force

    def charge(self, volts: NDArray[np.float64]) -> None:
        """Set the capacitor voltages of all lanes, (n,)."""
        self._volts = np.broadcast_to(volts, self._volts.shape).copy()

    def discharge(self) -> None:
        """Set the capacitor voltages to 0 V, and other variables to 0."""
        self._volts = np.zeros((len(self._random), self._variables))

    def advance(self, times_s: NDArray[np.float64], warmer: float = 1.0) -> NDArray[np.float64]:
        """Variables (lanes, T, m) at increasing times from now; time advances to the last of them.

        `warmer` scales the couplers relative to the inputs, which shifts the stationary mean; the effect on relaxation
        times is of second order and neglected.
        """
        began = time.perf_counter()
        force, law = self._force / warmer, self.law
        parts = []
        for lanes in self._parts:
            pushed = force if force.ndim == 1 else force[lanes]
            parts.append(law.sample(pushed, self._volts[lanes], times_s, self._random[lanes], self._threads))
        states = np.concatenate(parts)
        self._volts = states[:, -1]
        self.kernel_s += time.perf_counter() - began
        return states

    def normals(self, samples: int, numbers: int) -> NDArray[np.float64]:
        """Standard normal numbers of each lane, (lanes, samples, numbers)."""
        return np.stack([random.standard_normal((samples, numbers)) for random in self._random])

    def snapshot(self) -> Snapshot:
        """Complete state for `restore`."""
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
    def force(self) -> NDArray[np.float64]:
        """(m,) of the inputs, or (lanes, m)."""
        return self._force

    @property
    def network(self) -> Network:
        """The network of the couplers.

        Raises:
            ChipsimError: the couplers have not been written yet.
        """
        if self._network is None:
            raise ChipsimError("the couplers have not been written yet", code="run.argument")
        return self._network

    @property
    def law(self) -> AnyLaw:
        """The law of motion.

        Raises:
            ChipsimError: the couplers have not been written yet.
        """
        if self._law is None:
            raise ChipsimError("the couplers have not been written yet", code="run.argument")
        return self._law
