"""The interface of trainable workloads.

A training is a sequence of units. Each is stored on completion together with the state so far, so an interrupted
training resumes after the last completed unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import ContinuousProgram, Program
from chipsim.engine.trace import Trace
from chipsim.workloads.outcome import Step, Use

WorkloadT = TypeVar("WorkloadT")
ProgramT = TypeVar("ProgramT", Program, ContinuousProgram)


@dataclass(frozen=True, eq=False)
class Unit:
    """Result of one unit.

    Attributes:
        trace: of the unit on one chip, as a single repetition (`engine.serial.serial`).
        entry: its entry of the history, plain values.
        line: the same as text.
        look: (images, rows, columns) bytes to show, or None; not part of the training and not billed.
    """

    trace: Trace
    entry: dict[str, Any]
    line: str
    look: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class TrainingSize:
    """Estimated size of a training.

    Attributes:
        lanes: of its largest device.
        memory: bytes by part, in addition to the chip and the state of its lanes.
        disk: bytes of its result while it is not finished.
        cpu_s: seconds of a core with AVX2, of all units.
    """

    lanes: int
    memory: dict[str, int]
    disk: int
    cpu_s: float


class Training(ABC, Generic[WorkloadT, ProgramT]):
    """One training of a workload. It begins with `start` or `resume`; then its units run in order.

    Args:
        workload: as returned by `Workload.untrained`.
        program: the chip.
        seed: of all random numbers.
        threads: threads that share the groups of 64 lanes.

    Raises:
        RunError: this chip cannot train it.
    """

    # Name of a unit, for messages.
    unit_name: ClassVar[str]
    # The key of the workload file for the trained result.
    trained_key: ClassVar[str]
    # The key for a result from which a training starts; "" without one.
    start_key: ClassVar[str] = ""

    def __init__(self, workload: WorkloadT, program: ProgramT, seed: int, threads: int) -> None:
        self.workload = workload
        self.program: ProgramT = program
        self.seed = seed
        self.threads = threads

    @property
    @abstractmethod
    def units(self) -> int:
        """Number of units."""

    def size(self) -> TrainingSize | None:
        """The estimated size of all units, before any data are read; None if unknown.

        Raises:
            ChipsimError: data are missing.
        """
        return None

    @property
    def stops_early(self) -> bool:
        """Whether the training is over before its last unit."""
        return False

    @property
    def starts_from(self) -> Path | None:
        """The result from which it starts, whose cost is included."""
        return None

    @abstractmethod
    def start(self) -> None:
        """Begin.

        Raises:
            ChipsimError: the initial result does not fit.
        """

    @abstractmethod
    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Resume after the unit that stored `arrays`: the results are the same, bit by bit."""

    @abstractmethod
    def unit(self, number: int) -> Unit:
        """Run unit `number`, counted from 0."""

    @abstractmethod
    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """Arrays stored after a unit: all that `resume` needs, or only the trained result after the last unit."""

    def figures(self) -> dict[str, Any]:
        """Figures of the result, in addition to the history."""
        return {}

    def step(self, units: int) -> Step | None:
        """The steps of the first units, whose mean cost is reported; None without steps."""
        return None

    def billed_tests(self, units: int) -> Step | None:
        """The billed tests of the first units, which are no steps; None without any."""
        return None

    def use(self) -> Use | None:
        """One use of the result so far, not billed, whose cost is compared with that of the training."""
        return None
