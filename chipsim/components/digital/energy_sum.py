"""energy_sum: an adder beside the array that sums the energies of cells from their states and the stored weights.

E = -(sum_i b_i s_i + sum_edges J_ij s_i s_j): one term is a code, added or subtracted by the sign of a spin or of a
product of two. The array is paused meanwhile. Fetching codes and states is part of the price of a term. With a net from
the array and nets to a host, sums are sent there; without, the unit itself uses them.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, Purpose, powered
from chipsim.components.digital.base import DigitalKind, DigitalRole
from chipsim.spec.fields import Quantity
from chipsim.units import FEMTOSECONDS


class EnergySum(DigitalKind):
    """Parameters of the adder: terms per second."""

    rate: Annotated[float, Quantity("Hz", gt=0, le=1e18)]
    gated: Gating = "never"

    role: ClassVar[DigitalRole] = "energies"
    serves: ClassVar[Purpose | None] = "energy"
    name: ClassVar[str] = "energy_sum"
    summary: ClassVar[str] = "adder of the terms of an energy"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("term", "digital", "term", "one code fetched, and added by the sign of a spin or of a product of two"),
        powered("static", "standby power of the adder"),
    )

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """One term per word."""
        return math.ceil(words * FEMTOSECONDS / self.rate), {"term": words}
