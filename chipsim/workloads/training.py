"""What a workload says of its training, for those that can be trained.

A training is a row of units. Each is stored when it is finished, with all that those before it came to, so a training
that was cut off goes on behind the last one.
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

WorkloadT = TypeVar("WorkloadT")
ProgramT = TypeVar("ProgramT", Program, ContinuousProgram)


@dataclass(frozen=True, eq=False)
class Unit:
    """What came of one unit.

    Attributes:
        trace: what it cost one chip, as a single repetition (`engine.serial.serial`).
        entry: its entry of the history, plain values.
        line: the same for people.
        look: (images, rows, columns) bytes to be shown, or None: a look of the user, no part of the training and of
            its bill.
    """

    trace: Trace
    entry: dict[str, Any]
    line: str
    look: NDArray[np.uint8] | None = None


class Training(ABC, Generic[WorkloadT, ProgramT]):
    """One training of a workload. It begins with `start` or `resume`; then its units are done in order.

    Args:
        workload: as `Workload.untrained` hands it over.
        program: the chip.
        seed: of all random numbers.
        threads: threads that share the groups of 64 lanes.

    Raises:
        RunError: this chip cannot train it.
    """

    # What a unit is, for people.
    unit_name: ClassVar[str]
    # The key of the workload file that names what was trained.
    trained_key: ClassVar[str]

    def __init__(self, workload: WorkloadT, program: ProgramT, seed: int, threads: int) -> None:
        self.workload = workload
        self.program: ProgramT = program
        self.seed = seed
        self.threads = threads

    @property
    @abstractmethod
    def units(self) -> int:
        """How many units there are."""

    @property
    def starts_from(self) -> Path | None:
        """The result that it starts from: the bill of that is a part of this one's."""
        return None

    @abstractmethod
    def start(self) -> None:
        """Begin.

        Raises:
            ChipsimError: what it starts from does not fit.
        """

    @abstractmethod
    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Begin behind the unit after which `arrays` were stored: what follows is the same, bit by bit."""

    @abstractmethod
    def unit(self, number: int) -> Unit:
        """Do unit `number`, counted from 0."""

    @abstractmethod
    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """What is stored after a unit: all that `resume` needs, or after the last what was trained alone."""

    def figures(self) -> dict[str, Any]:
        """Figures of the result, beside the history."""
        return {}
