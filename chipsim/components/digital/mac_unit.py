"""mac_unit: a digital unit that multiplies and adds, `rate` times a second; what a chip is compared with."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from chipsim.components.base import Action, powered
from chipsim.components.digital.base import DigitalKind, DigitalRole
from chipsim.spec.fields import Quantity
from chipsim.units import FEMTOSECONDS


class MacUnit(DigitalKind):
    """Parameters of the unit: multiply-adds a second."""

    rate: Annotated[float, Quantity("Hz", gt=0, le=1e18)]

    role: ClassVar[DigitalRole] = "multiply-adds"
    name: ClassVar[str] = "mac_unit"
    summary: ClassVar[str] = "digital unit counted in multiply-adds"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("mac", "digital", "multiply-add", "one multiplication and one addition"),
        powered("static", "unit being powered"),
    )

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """One multiply-add a word."""
        return math.ceil(words * FEMTOSECONDS / self.rate), {"mac": words}
