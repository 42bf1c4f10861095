"""clock: clock phases and their distribution tree.

`updates` says which cells latch in a phase. Three policies sample the Boltzmann distribution:

    colours            the cells of one colour
    sequential         one cell, in the order of sites
    random-sequential  one cell, each with equal probability

The others latch cells together that may be coupled, each once in `parts` phases on average, and sample something else.
Cells of a phase read the state before it.

    tick-random        each cell with probability 1 / parts
    partition          the parts of a random partition, one after another; a fresh one in every sweep
    block-random       consecutive cells from a random start
    block-stride       as many cells from a random start at a random stride without a factor in common with the array

A cell reads its field when its pulse begins and shows the new value when it ends, `pulse` later: 0 unless given. Where
a pulse is as long as a phase or longer, pulses overlap, and cells latch without the values of neighbours whose pulse
still lasts (`couplers/late.py`).

The tree costs C V**2 / 2 for each clock pin that it drives in a phase, with `wire_per_cell` of wire per pin.
`tree: gated` drives only the cells that latch, `tree: free` all cells in every phase.
(C V**2 / 2 per cell and cycle of one cell pitch of wire: closure of the cell energy of arXiv 2510.23972.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from chipsim.components.base import Action, Gating, half_cv2_j, powered
from chipsim.components.digital.base import ClockKind, Policy
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import to_fs


class Clock(ClockKind):
    """Parameters of the clock; `swing` defaults to the full supply."""

    phase: Annotated[float, Quantity("s", ge=1e-15, le=1)]
    pulse: Annotated[float, Quantity("s", ge=0, le=1)] = 0.0
    tree: Literal["gated", "free"] = "gated"
    wire_per_cell: Annotated[float, Quantity("m", gt=0, le=1)]
    capacitance_per_length: Annotated[float, Quantity("F/m", gt=0, le=1)]
    swing: Annotated[float, Quantity("V", gt=0, le=100)] | None = None
    updates: Literal[
        "colours", "sequential", "random-sequential", "tick-random", "partition", "block-random", "block-stride"
    ] = "colours"
    parts: Annotated[int, Whole(ge=2, le=10**6)] = 2
    gated: Gating = "run"

    name: ClassVar[str] = "clock"
    summary: ClassVar[str] = "clock phases that latch the cells, and their distribution tree"
    ideal: ClassVar[Mapping[str, Any]] = {"pulse": 0.0}

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

    def inert(self) -> dict[str, str]:
        """The number of parts, where the cells of a phase are not drawn."""
        return {} if self.policy().together else {"parts": f"updates: {self.updates} has no parts"}

    def policy(self) -> Policy:
        """Which cells latch in a phase."""
        policy = Policy(self.updates)
        return Policy(self.updates, self.parts) if policy.together else policy

    def phase_fs(self) -> int:
        """Phase length in femtoseconds."""
        return to_fs(self.phase)

    def pulse_fs(self) -> int:
        """`pulse` in femtoseconds."""
        return to_fs(self.pulse)

    def ticks(self, updates: int, latches: int) -> int:
        """The cells that latch, or all cells in every phase."""
        return updates if self.tree == "gated" else latches
