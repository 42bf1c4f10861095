"""Cost of all repetitions of a run: the only module that defines `lanes`, `chips` and `jobs_per_load`.

A batch is `lanes` repetitions, distributed evenly over `chips` chips. Each chip runs its repetitions in sequence and
loads its weights once per `jobs_per_load` of them, and once for the remainder. With ten repetitions, two chips and
three repetitions per load, each chip runs five and loads twice: four loads.

    total energy        lanes x (energy of a repetition - energy of its load) + loads x energy of a load
    chip time           the same with times: total busy time of all chips
    time of the batch   that of the chip with the most repetitions

A run that rewrites its weights has no load to share; its load counts as zero energy and time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Batch:
    """Numbers of repetitions, chips, and repetitions per load."""

    lanes: int
    chips: int
    jobs_per_load: int

    @property
    def loads(self) -> int:
        """Total loads on all chips."""
        most, short = -(-self.lanes // self.chips), self.lanes // self.chips
        longer = self.lanes - short * self.chips
        return longer * self._loads(most) + (self.chips - longer) * self._loads(short)

    def _loads(self, repetitions: int) -> int:
        return -(-repetitions // self.jobs_per_load)

    def longest(self, repetition: float, load: float) -> float:
        """Time on the chip with the most repetitions: `repetition` includes its load, `load` is the load alone."""
        most = -(-self.lanes // self.chips)
        return most * (repetition - load) + self._loads(most) * load
