"""free_running: no clock; each cell latches at random times of its own, the events of a Poisson process.

A trigger beside each cell fires at the rate 1 / `mean_interval`, whatever its field, and the cell latches at once. Two
cells never latch at the same instant and a cell sees the newest state of its neighbours, so the array samples the
Boltzmann distribution (Gillespie, J. Phys. Chem. 81 (1977) 2340), unless wires have delay. A sweep is a mean interval.
A trigger costs C V**2, one pulse up and down. The trigger of a held cell is stopped.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, half_cv2_j, powered
from chipsim.components.digital.base import ClockKind, Policy
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity
from chipsim.units import to_fs


class FreeRunning(ClockKind):
    """Parameters of the triggers; `swing` defaults to the full supply."""

    mean_interval: Annotated[float, Quantity("s", ge=1e-15, le=1)]
    capacitance: Annotated[float, Quantity("F", gt=0, le=1)]
    swing: Annotated[float, Quantity("V", gt=0, le=100)] | None = None
    gated: Gating = "run"

    name: ClassVar[str] = "free_running"
    summary: ClassVar[str] = "cells without a clock that latch at random times of their own"

    def tick_j(self, technology: Technology, magnitude: float) -> float:
        """C V**2 of the node of a trigger."""
        swing = technology.vdd if self.swing is None else self.swing
        return 2 * half_cv2_j(self.capacitance, swing)

    actions: ClassVar[tuple[Action, ...]] = (
        Action("tick", "fabric", "trigger", "trigger of one cell fired", energy=tick_j),
        powered("static", "standby power of the triggers"),
    )

    def policy(self) -> Policy:
        """Each cell at times of its own."""
        return Policy("free-running")

    def phase_fs(self) -> int:
        """The mean interval in femtoseconds."""
        return to_fs(self.mean_interval)

    def ticks(self, updates: int, latches: int) -> int:
        """One for each update."""
        return updates
