"""Bases of clocks, memories, input latches, digital units, and of components with static power only."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Kind, Purpose, RouteKind
from chipsim.errors import ChipsimError

Order = Literal[
    "colours",
    "sequential",
    "random-sequential",
    "free-running",
    "tick-random",
    "partition",
    "block-random",
    "block-stride",
]


@dataclass(frozen=True)
class Policy:
    """Which cells latch when.

    order: `colours` one colour per phase; `sequential`, `random-sequential` one cell per phase; `free-running` each
    cell at the events of a Poisson process of its own; the others latch a random choice of cells together, on average
    each cell once in `parts` phases.
    """

    order: Order = "colours"
    parts: int = 1

    @property
    def together(self) -> bool:
        """Whether cells that are coupled may latch together."""
        return self.order in ("tick-random", "partition", "block-random", "block-stride")

    @property
    def clocked(self) -> bool:
        """Whether cells latch in phases of a clock."""
        return self.order != "free-running"


class ClockKind(Kind):
    """What latches the cells: a clock, one colour per phase unless its policy says otherwise."""

    counted_by_engine: ClassVar[tuple[str, ...]] = ("tick",)

    def policy(self) -> Policy:
        """Which cells latch when."""
        return Policy()

    def pulse_fs(self) -> int:
        """Femtoseconds from the instant at which a cell reads its field to that at which it shows its new value."""
        return 0

    @abstractmethod
    def phase_fs(self) -> int:
        """Length of one phase in femtoseconds; without phases, the mean time between two latches of a cell."""

    @abstractmethod
    def ticks(self, updates: int, latches: int) -> int:
        """Number of clock pins driven for `updates` updates; `latches` is cells times phases."""


class StaticKind(Kind):
    """A component with static power only."""

    def temperature_tolerance_k(self) -> float | None:
        """Standard deviation (K) of the regulated temperature of the die; None if it does not regulate it."""
        return None


class MemoryKind(RouteKind):
    """Weight memory: terminates the route of a program.

    It holds `buffers` sets of weights: with two, one is written while the array samples with the other.
    """

    buffers: int
    serves: ClassVar[Purpose | None] = "program"

    def reload_fs(self) -> int:
        """Minimum femtoseconds between the starts of two full writes."""
        return 0


class CounterKind(RouteKind):
    """Counters beside cells, of `bits` each, that add up their spins: start the route of a count."""

    bits: int
    serves: ClassVar[Purpose | None] = "count"
    counted_by_engine: ClassVar[tuple[str, ...]] = ("count",)

    @property
    def capacity(self) -> int:
        """The largest number of samples: a counter may count one in each of them."""
        return int(2**self.bits - 1)


class InputKind(RouteKind):
    """Input latches of the cells: terminate the route of a clamp.

    `coupling` is "hold" (the latch clamps its cell), the coupling in units of J by which a latch biases its cell, or
    "set": each write selects clamping or a coupling.
    """

    coupling: Literal["hold", "set"] | float
    serves: ClassVar[Purpose | None] = "clamp"

    def code_bits(self) -> int:
        """Bits of the code by which each write sets the coupling; 0 if the coupling is fixed."""
        return 0

    @abstractmethod
    def realised(self, coupling: float) -> float:
        """The coupling that the latches realise for a requested one.

        Raises:
            ChipsimError: the latches cannot realise it.
        """

    def pulled(self, field: Any, pull: NDArray[np.float32]) -> Any:
        """Parameters of stage `field` for couplers whose cells are also biased by their latches.

        Args:
            field: parameters of the couplers' own stage.
            pull: (cells,) by slot, coupling of the latch in units of J; 0 if it is not driven. The latch of the cell in
                slot i is in slot cells + i of the state.

        Raises:
            ChipsimError: these latches only clamp.
        """
        raise ChipsimError(f"{self.name} cannot bias its cells; it has coupling: hold only", code="chip.unsuitable")


DigitalRole = Literal["logic", "host", "multiply-adds", "energies"]


class DigitalKind(RouteKind):
    """A digital unit that passes data and computes for workloads.

    `role` "host" marks the computer next to the chip, at which routes begin and end, on which workloads compute, and
    which takes no area on the die; a unit for "multiply-adds" performs one per word computed; one for "energies" is
    on the die, adds one term per word, from the states of the cells and the stored weights, and may send its sums to a
    host.
    """

    role: ClassVar[DigitalRole] = "logic"

    @abstractmethod
    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """(femtoseconds, counts) of processing a number of machine words.

        Args:
            words: number of machine words.
            working_set: bytes of the data from which they are drawn; None if each is processed once.
        """
