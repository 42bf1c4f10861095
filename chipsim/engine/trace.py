"""The complete output of a run before pricing."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.engine.activity import Activity
from chipsim.engine.observations import Observations
from chipsim.engine.timing import Timing

# Largest number of lanes of a run.
MAX_LANES = 1_000_000


@dataclass(frozen=True)
class Fidelity:
    """Accuracy of the parameters stored on the chip.

    Attributes:
        weight_error: largest deviation of a stored coupling or bias from the requested one, over all writes.
        beta_error: the same for beta.
        stretch: full scale required by the weights, relative to the nominal range of the couplers.
    """

    weight_error: float = 0.0
    beta_error: float = 0.0
    stretch: float = 1.0

    def __or__(self, other: Fidelity) -> Fidelity:
        """The larger deviation of both."""
        return Fidelity(
            max(self.weight_error, other.weight_error),
            max(self.beta_error, other.beta_error),
            max(self.stretch, other.stretch),
        )


@dataclass(frozen=True)
class MachineTime:
    """Time of the simulating machine in seconds: total (`wall_s`) and in kernels."""

    wall_s: float
    kernel_s: float

    def __add__(self, other: MachineTime) -> MachineTime:
        """Sum of both."""
        return MachineTime(self.wall_s + other.wall_s, self.kernel_s + other.kernel_s)


@dataclass(frozen=True, eq=False)
class Trace:
    """A run of `lanes` independent repetitions: activity, timing and observations.

    Attributes:
        beside: of another chip that ran in the same simulation to be compared with, without its states; or None.
    """

    lanes: int
    activity: Activity
    timing: Timing
    observations: Observations
    fidelity: Fidelity
    machine: MachineTime
    beside: Trace | None = None
