"""Schedules of latching: convert simulated time into ticks, with a kernel stage `walk`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from chipsim.errors import ChipsimError
from chipsim.kernels.clocked import Clocked
from chipsim.kernels.scattered import Scattered
from chipsim.kernels.together import Together
from chipsim.kernels.windows import Windows


class Schedule(Protocol):
    """Interface of schedules."""

    @property
    def parameters(self) -> Any:
        """A NamedTuple with a stage `walk` (`chipsim.kernels.update.walk`)."""

    @property
    def ticks_per_sweep(self) -> int:
        """Ticks in which every free cell is updated once."""

    @property
    def tick_fs(self) -> int:
        """Femtoseconds per tick."""


def ticks_between(schedule: Schedule, t0_fs: int, t1_fs: int) -> int:
    """Ticks of a schedule between two times.

    Raises:
        ChipsimError: the times are not whole ticks.
    """
    ticks, rest = divmod(t1_fs - t0_fs, schedule.tick_fs)
    if rest or ticks < 0:
        complaint = f"an array advances by whole ticks of {schedule.tick_fs} fs, not from {t0_fs} to {t1_fs} fs"
        raise ChipsimError(complaint, code="run.argument")
    return ticks


@dataclass(frozen=True, eq=False)
class ClockedSchedule:
    """One colour per clock phase.

    Attributes:
        parameters: of the kernel.
        tick_fs: length of one clock phase.
    """

    parameters: Clocked
    tick_fs: int

    @property
    def ticks_per_sweep(self) -> int:
        """Number of colours."""
        return len(self.parameters.colour_first_cell) - 1

    @property
    def phase_fs(self) -> int:
        """A tick."""
        return self.tick_fs

    @property
    def phases_per_sweep(self) -> int:
        """Number of colours."""
        return self.ticks_per_sweep


@dataclass(frozen=True, eq=False)
class DrawnSchedule:
    """Cells that latch in an order of their own: in turn, or drawn at random.

    Attributes:
        parameters: of the kernel.
        tick_fs: length of a tick; a sweep where cells latch one after another.
        ticks_per_sweep: ticks in which a cell latches once on average.
        phase_fs: length of a clock phase; without a clock, the mean time between two latches of a cell.
        phases_per_sweep: phases of a sweep.
    """

    parameters: Scattered | Together | Windows
    tick_fs: int
    ticks_per_sweep: int
    phase_fs: int
    phases_per_sweep: int
