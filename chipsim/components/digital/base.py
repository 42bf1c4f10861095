"""Bases of clocks, memories, input latches, digital units, and of what only draws power."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import Kind, Purpose, RouteKind
from chipsim.errors import ChipsimError


class ClockKind(Kind):
    """What makes the cells latch, one colour a phase."""

    counted_by_engine: ClassVar[tuple[str, ...]] = ("tick",)

    @abstractmethod
    def phase_fs(self) -> int:
        """Length of one phase in femtoseconds."""

    @abstractmethod
    def ticks(self, updates: int, latches: int) -> int:
        """How many cell clock pins are driven for so many updates, out of all cells in all phases (`latches`)."""


class StaticKind(Kind):
    """Something that is there and draws power."""

    def temperature_tolerance_k(self) -> float | None:
        """Standard deviation of the die's temperature that it keeps, in K; None where it does not regulate it."""
        return None


class MemoryKind(RouteKind):
    """Where the weights are kept: the end of the way of a program.

    `buffers` sets of weights fit: with two, one is written while the array samples with the other.
    """

    buffers: int
    serves: ClassVar[Purpose | None] = "program"

    def reload_fs(self) -> int:
        """Femtoseconds that must pass from the beginning of a full write to the beginning of the next."""
        return 0


class InputKind(RouteKind):
    """Latches beside the cells: the end of the way of a clamp.

    `coupling` is "hold", the coupling in units of J with which a latch pulls its cell, or "set": each write says
    whether the latches hold, or with what coupling they pull.
    """

    coupling: Literal["hold", "set"] | float
    serves: ClassVar[Purpose | None] = "clamp"

    def code_bits(self) -> int:
        """Bits of the code by which each write sets the coupling; 0 where no write does."""
        return 0

    @abstractmethod
    def realised(self, coupling: float) -> float:
        """The coupling that the latches pull with when a write asks for this one.

        Raises:
            ChipsimError: the latches cannot do that.
        """

    def pulled(self, field: Any, pull: NDArray[np.float32]) -> Any:
        """Parameters of stage `field` for couplers whose cells are also pulled by their latches.

        Args:
            field: parameters of the couplers' own stage.
            pull: (cells,) by slot, coupling of the latch in units of J; 0 where none is driven. The latch of the cell
                in slot i stands in slot cells + i of the state.

        Raises:
            ChipsimError: these latches only hold.
        """
        raise ChipsimError(f"{self.name} cannot pull its cells; it has coupling: hold only", code="chip.unsuitable")


DigitalRole = Literal["logic", "host", "multiply-adds"]


class DigitalKind(RouteKind):
    """A digital unit: data passes through it, and workloads can have it compute.

    `role` is what chipsim asks it for: the "host" is the computer beside the chip, at which routes begin and end, on
    which workloads compute, and which takes no area of the die; a unit for "multiply-adds" does one for each word that
    it computes.
    """

    role: ClassVar[DigitalRole] = "logic"

    @abstractmethod
    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """(femtoseconds, counts) of handling so many machine words.

        Args:
            words: how many.
            working_set: bytes of what they are picked from; None where each is handled once.
        """
