"""Readings of continuous cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.timeline import Operation


@dataclass(frozen=True, eq=False)
class Observation:
    """Readings of all driven cells received by the host.

    Attributes:
        volts: (lanes, samples, cells), voltages of the codes.
        first: (samples, cells) the same of the first lane of the run, on which the host bases decisions.
        clipped: whether a reading of that lane clipped.
        done: the operations; the host has all data when both have ended.
    """

    volts: NDArray[np.float64]
    first: NDArray[np.float64]
    clipped: bool
    done: tuple[Operation, Operation]

    @property
    def samples(self) -> int:
        """Number of readings."""
        return self.volts.shape[1]

    def joined(self, later: Observation) -> Observation:
        """This observation followed by a later one."""
        volts = np.concatenate([self.volts, later.volts], axis=1)
        first = np.concatenate([self.first, later.first])
        return Observation(volts, first, self.clipped or later.clipped, later.done)
