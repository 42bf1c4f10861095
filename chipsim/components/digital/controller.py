"""controller: the digital logic on the die that moves words between link, memory, converters and read-out."""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.digital.base import DigitalKind
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import to_fs


class Controller(DigitalKind):
    """Parameters of the controller: it processes one word of `word_bits` per cycle."""

    cycle: Annotated[float, Quantity("s", gt=0, le=1)]
    word_bits: Annotated[int, Whole(ge=1, le=4096)] = 64
    gated: Gating = "never"

    name: ClassVar[str] = "controller"
    summary: ClassVar[str] = "digital logic on the die, one word per cycle"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("word", "digital", "word", "one machine word processed"),
        powered("static", "standby power of the controller"),
    )

    def _words(self, transfer: Transfer, values: int) -> int:
        return -(-values * transfer.bits // self.word_bits)

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One cycle per machine word."""
        return self._words(transfer, share) * to_fs(self.cycle)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Values are packed into machine words."""
        return {"word": self._words(transfer, transfer.words)}

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """One cycle per word."""
        return words * to_fs(self.cycle), {"word": words}
