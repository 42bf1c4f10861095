"""thermostat: keeps the die within `tolerance` (standard deviation) of its nominal temperature, at a static power.

Without one the deviation is `technology.temperature_deviation`. Offsets and couplers of continuous cells drift with the
deviation, which is constant during a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from chipsim.components.base import Action, powered
from chipsim.components.digital.base import StaticKind
from chipsim.spec.fields import Quantity


class Thermostat(StaticKind):
    """Parameter of the thermostat."""

    tolerance: Annotated[float, Quantity("K", ge=0, le=100)]

    name: ClassVar[str] = "thermostat"
    summary: ClassVar[str] = "keeps the die at its temperature"
    ideal: ClassVar[Mapping[str, Any]] = {"tolerance": 0.0}
    actions: ClassVar[tuple[Action, ...]] = (powered("static", "standby power of the thermostat"),)

    def temperature_tolerance_k(self) -> float:
        """The tolerance."""
        return self.tolerance
