"""cryostat: keeps the die within `stability` (standard deviation) of its nominal temperature."""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, powered
from chipsim.components.digital.base import StaticKind
from chipsim.spec.fields import Quantity


class Cryostat(StaticKind):
    """Parameter of the cryostat."""

    stability: Annotated[float, Quantity("K", ge=0, le=100)]

    name: ClassVar[str] = "cryostat"
    summary: ClassVar[str] = "keeps the die cold"
    actions: ClassVar[tuple[Action, ...]] = (powered("static", "the cryostat being powered"),)

    def temperature_tolerance_k(self) -> float:
        """The stability."""
        return self.stability
