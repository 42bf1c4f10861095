"""input_cell: a latch beside a cell that holds it, or pulls it with one fixed coupling.

With `coupling: hold` the cell is clamped to the latch. With a number, the latch is one more neighbour of that weight
(in units of J): the input of a denoising model, whose fixed coupling is Gamma / (2 beta) (arXiv 2510.23972 eq. 7).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from chipsim.components.base import Action, Gating, InputKind, Transfer, powered
from chipsim.spec.model import number, quantity
from chipsim.units import to_fs


class InputCell(InputKind):
    """Parameters of the input latches; one is written per clamped cell."""

    coupling: Literal["hold"] | number(gt=0, le=1e6) = "hold"  # type: ignore[valid-type]
    latch_time: quantity("s", gt=0, le=1)  # type: ignore[valid-type]
    gated: Gating = "never"

    name: ClassVar[str] = "input_cell"
    summary: ClassVar[str] = "latch that holds a cell or pulls it with a fixed coupling"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("latch", "clamp", "bit", "one bit stored in an input latch"),
        powered("static", "input latches being powered"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One latch time a value."""
        return share * to_fs(self.latch_time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Every bit of every value is stored."""
        return {"latch": transfer.words * transfer.bits}
