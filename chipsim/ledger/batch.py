"""What the repetitions of a run cost together: the only place that says what `lanes`, `chips` and `jobs_per_load` mean.

A batch is `lanes` repetitions, shared evenly among `chips` chips. Each chip makes its own one after another, and loads
its weights once for every `jobs_per_load` of them, and once for what is left over. With ten repetitions, two chips and
three repetitions a load, each chip makes five and loads twice: four loads.

    total energy        lanes x (energy of a repetition - energy of its load) + loads x energy of a load
    chip time           the same with times: how long chips are busy, all together
    time of the batch   that of the chip with the most repetitions

A run whose weights change on the way has no load to share; then a load costs nothing here, and takes no time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Batch:
    """How many repetitions, on how many chips, with how many to a load."""

    lanes: int
    chips: int
    jobs_per_load: int

    @property
    def loads(self) -> int:
        """Loads on all chips together."""
        most, short = -(-self.lanes // self.chips), self.lanes // self.chips
        longer = self.lanes - short * self.chips
        return longer * self._loads(most) + (self.chips - longer) * self._loads(short)

    def _loads(self, repetitions: int) -> int:
        return -(-repetitions // self.jobs_per_load)

    def longest(self, repetition: float, load: float) -> float:
        """Time on the chip that makes the most of them: `repetition` is one with its load, `load` the load alone."""
        most = -(-self.lanes // self.chips)
        return most * (repetition - load) + self._loads(most) * load
