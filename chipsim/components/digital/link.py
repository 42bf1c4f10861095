"""link: a serial connection with a rate and a latency, on or off the package."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, RouteKind, Transfer, powered
from chipsim.spec.fields import Quantity
from chipsim.units import FEMTOSECONDS, to_fs


class Link(RouteKind):
    """Parameters of a link, per direction-independent lane of data."""

    rate: Annotated[float, Quantity("bit/s", gt=0, le=1e18)]
    latency: Annotated[float, Quantity("s", ge=0, le=1)]
    gated: Gating = "never"

    name: ClassVar[str] = "link"
    summary: ClassVar[str] = "serial link with rate and latency"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("transfer", "link", "bit", "one bit transferred"),
        powered("static", "standby power of the link"),
    )

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """Bits over rate, rounded up to a whole femtosecond."""
        return math.ceil(share * transfer.bits * FEMTOSECONDS / Fraction(self.rate))

    def latency_fs(self, transfer: Transfer) -> int:
        """Transmission of one value, plus time of flight and protocol."""
        return to_fs(self.latency) + self.service_fs(transfer, 1)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One count per bit."""
        return {"transfer": transfer.words * transfer.bits}
