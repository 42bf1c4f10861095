"""Bases of clocks, memories, input latches, digital units and what else stands around an array."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from chipsim.components.base import Kind, Purpose, RouteKind


class ClockKind(Kind):
    """What makes the cells latch, one colour a phase."""

    @abstractmethod
    def phase_fs(self) -> int:
        """Length of one phase in femtoseconds."""

    @abstractmethod
    def ticks(self, updates: int, latches: int) -> int:
        """How many cell clock pins are driven for so many updates, out of all cells in all phases (`latches`)."""


class StaticKind(Kind):
    """Something that is there and draws power; what it does for the chip, the netlist says."""


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

    @abstractmethod
    def realised(self, coupling: float) -> float:
        """The coupling that the latches pull with when a write asks for this one.

        Raises:
            ChipsimError: the latches cannot do that.
        """


class DigitalKind(RouteKind):
    """A digital unit: data passes through it, and workloads can have it compute."""

    @abstractmethod
    def compute(self, words: int) -> tuple[int, dict[str, int]]:
        """(femtoseconds, counts) of handling so many machine words."""
