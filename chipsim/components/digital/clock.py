"""clock: clock phases and their distribution tree.

Each colour latches in a separate phase. The tree costs C V**2 / 2 for each clock pin that it drives in a phase, with
`wire_per_cell` of wire per pin. `tree: gated` drives only the cells that latch, `tree: free` all cells in every phase.
(C V**2 / 2 per cell and cycle of one cell pitch of wire: closure of the cell energy of arXiv 2510.23972.)
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from chipsim.components.base import Action, Gating, half_cv2_j, powered
from chipsim.components.digital.base import ClockKind
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity
from chipsim.units import to_fs


class Clock(ClockKind):
    """Parameters of the clock; `swing` defaults to the full supply."""

    phase: Annotated[float, Quantity("s", ge=1e-15, le=1)]
    tree: Literal["gated", "free"] = "gated"
    wire_per_cell: Annotated[float, Quantity("m", gt=0, le=1)]
    capacitance_per_length: Annotated[float, Quantity("F/m", gt=0, le=1)]
    swing: Annotated[float, Quantity("V", gt=0, le=100)] | None = None
    gated: Gating = "run"

    name: ClassVar[str] = "clock"
    summary: ClassVar[str] = "clock phases that latch the colours, and their distribution tree"

    def tick_j(self, technology: Technology, magnitude: float) -> float:
        """Half C V**2 of the wire of one pin."""
        return half_cv2_j(self.wire_per_cell * self.capacitance_per_length, self.swing_v(technology))

    actions: ClassVar[tuple[Action, ...]] = (
        Action("tick", "fabric", "pin", "clock pin of one cell driven", energy=tick_j),
        powered("static", "standby power of the clock generator"),
    )

    def swing_v(self, technology: Technology) -> float:
        """`swing`, or the full supply."""
        return technology.vdd if self.swing is None else self.swing

    def phase_fs(self) -> int:
        """Phase length in femtoseconds."""
        return to_fs(self.phase)

    def ticks(self, updates: int, latches: int) -> int:
        """The cells that latch, or all cells in every phase."""
        return updates if self.tree == "gated" else latches
