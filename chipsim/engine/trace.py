"""Everything a run produced, before any price."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.engine.activity import Activity
from chipsim.engine.observations import Observations
from chipsim.engine.timing import Timing


@dataclass(frozen=True)
class Fidelity:
    """How well the chip held what it was asked to hold.

    Attributes:
        weight_error: largest deviation of a held coupling or bias from the one asked for, over all writes.
        beta_error: the same for beta.
        stretch: full scale that the weights asked for, in units of the range that the couplers were built for.
    """

    weight_error: float = 0.0
    beta_error: float = 0.0
    stretch: float = 1.0

    def __or__(self, other: Fidelity) -> Fidelity:
        """The worst of both."""
        return Fidelity(
            max(self.weight_error, other.weight_error),
            max(self.beta_error, other.beta_error),
            max(self.stretch, other.stretch),
        )


@dataclass(frozen=True)
class MachineTime:
    """Seconds of the machine that simulated: all (`wall_s`), and those in kernels."""

    wall_s: float
    kernel_s: float

    def __add__(self, other: MachineTime) -> MachineTime:
        """Of both together."""
        return MachineTime(self.wall_s + other.wall_s, self.kernel_s + other.kernel_s)


@dataclass(frozen=True, eq=False)
class Trace:
    """A run of so many lanes (independent repetitions): what was counted, how long it took, and what was seen."""

    lanes: int
    activity: Activity
    timing: Timing
    observations: Observations
    fidelity: Fidelity
    machine: MachineTime
