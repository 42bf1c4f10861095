"""Banks of equal converters with uniform codes around 0."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from chipsim.components.base import RouteKind, Transfer
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import FEMTOSECONDS


class ConverterBank(RouteKind):
    """Parameters of the converters; `rate` is that of one channel. Their action is `convert`."""

    bits: Annotated[int, Whole(ge=2, le=24)]
    full_scale: Annotated[float, Quantity("V", gt=0, le=100)]
    rate: Annotated[float, Quantity("Hz", gt=0, le=1e12)]
    channels: Annotated[int, Whole(ge=1, le=10**7)]

    @property
    def step_v(self) -> float:
        """One code in volts."""
        return float(self.full_scale / (2 ** (self.bits - 1) - 1))

    def rounded(self, volts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Round to the nearest code, clipped to the full scale."""
        return np.clip(np.rint(volts / self.step_v) * self.step_v, -self.full_scale, self.full_scale)

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One period for each `channels` cells."""
        return math.ceil(-(-share // self.channels) * FEMTOSECONDS / self.rate)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One conversion per cell."""
        return {"convert": transfer.words}

    def throughput_parameters(self) -> tuple[str, ...]:
        """The number of converters."""
        return ("channels",)
