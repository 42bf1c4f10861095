"""workstation: the computer beside the chip; it packs values into words of 64 bits and handles one every `word_time`.

Its supply loses a part of what the processor takes, so a word costs `word_energy` / `efficiency`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, Transfer, powered
from chipsim.components.digital.base import DigitalKind, DigitalRole
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Number, Quantity
from chipsim.units import to_fs

WORD_BITS = 64


class Workstation(DigitalKind):
    """Parameters of the workstation."""

    word_time: Annotated[float, Quantity("s", gt=0, le=1)]
    word_energy: Annotated[float, Quantity("J", gt=0, le=1)]
    efficiency: Annotated[float, Number(gt=0, le=1)] = 1.0

    def word_j(self, technology: Technology, magnitude: float) -> float:
        """What comes out of the socket."""
        return self.word_energy / self.efficiency

    role: ClassVar[DigitalRole] = "host"
    name: ClassVar[str] = "workstation"
    summary: ClassVar[str] = "computer beside the chip, with a supply that loses energy"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("word", "digital", "word", "one word of 64 bits handled", energy=word_j),
        powered("static", "workstation being powered"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One word after another."""
        return _words(transfer, share) * to_fs(self.word_time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Values are packed into words."""
        return {"word": _words(transfer, transfer.words)}

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """One word after another."""
        return words * to_fs(self.word_time), {"word": words}


def _words(transfer: Transfer, values: int) -> int:
    return -(-values * transfer.bits // WORD_BITS)
