"""mac_unit: a digital unit with `rate` multiply-adds per second, the digital baseline of a chip."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from chipsim.components.base import Action, powered
from chipsim.components.digital.base import DigitalKind, DigitalRole
from chipsim.spec.fields import Quantity
from chipsim.units import FEMTOSECONDS


class MacUnit(DigitalKind):
    """Parameters of the unit: multiply-adds per second."""

    rate: Annotated[float, Quantity("Hz", gt=0, le=1e18)]

    role: ClassVar[DigitalRole] = "multiply-adds"
    name: ClassVar[str] = "mac_unit"
    summary: ClassVar[str] = "digital multiply-add unit"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("mac", "digital", "multiply-add", "one multiplication and one addition"),
        powered("static", "standby power of the unit"),
    )

    def compute(self, words: int, working_set: int | None = None) -> tuple[int, dict[str, int]]:
        """One multiply-add per word."""
        return math.ceil(words * FEMTOSECONDS / self.rate), {"mac": words}
