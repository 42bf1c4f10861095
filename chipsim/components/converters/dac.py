"""dac: the converter that sets a global bias of the array, for example its inverse temperature.

The code is rounded to `bits` over `full_scale`, which limits the resolution of temperature schedules. Energy of a
conversion by the capacitive-array form C_unit * bits * Vdd**2 (`E_DAC = 50 fF * b * V**2`, ZigZag, 28 nm). With
`output_resistance` and `load_capacitance` the lint checks that the output settles within `settle_time`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import model_validator

from chipsim.components.base import Action, Gating, Transfer, powered
from chipsim.components.converters.base import BiasKind
from chipsim.components.facts import Settling
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Number, Quantity, Whole
from chipsim.units import to_fs


class Dac(BiasKind):
    """Parameters of the bias converter; `full_scale` is the largest beta that it can set."""

    bits: Annotated[int, Whole(ge=1, le=24)]
    full_scale: Annotated[float, Number(gt=0, le=1e6)]
    settle_time: Annotated[float, Quantity("s", gt=0, le=1)]
    unit_capacitance: Annotated[float, Quantity("F", gt=0, le=1)] = 50e-15
    output_resistance: Annotated[float, Quantity("ohm", gt=0, le=1e15)] | None = None
    load_capacitance: Annotated[float, Quantity("F", gt=0, le=1)] | None = None
    gated: Gating = "never"

    name: ClassVar[str] = "dac"
    summary: ClassVar[str] = "converter that sets the global bias of the array"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24}

    def convert_j(self, technology: Technology, magnitude: float) -> float:
        """C_unit * bits * Vdd**2."""
        return self.unit_capacitance * self.bits * technology.vdd**2

    actions: ClassVar[tuple[Action, ...]] = (
        Action("convert", "program", "conversion", "one code converted into a bias", energy=convert_j),
        powered("static", "standby power of the bias converter"),
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Dac:
        if (self.output_resistance is None) != (self.load_capacitance is None):
            raise ValueError("give both output_resistance and load_capacitance, or neither")
        return self

    def realised(self, value: float) -> float:
        """The nearest value that the converter can set, at most `full_scale`."""
        steps = 2**self.bits - 1
        return min(round(value / self.full_scale * steps), steps) * self.full_scale / steps

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """Each code settles before the next."""
        return share * to_fs(self.settle_time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One conversion per code."""
        return {"convert": transfer.words}

    def effective_bits(self, technology: Technology) -> float:
        """Its bits."""
        return self.bits

    def settling(self) -> Settling | None:
        """The load through the output resistance."""
        if self.output_resistance is None or self.load_capacitance is None:
            return None
        return Settling("settle_time", self.settle_time, self.output_resistance * self.load_capacitance, self.bits)

    def inert(self) -> dict[str, str]:
        """Parameters used by the lint only."""
        given = () if self.output_resistance is None else ("output_resistance", "load_capacitance")
        return dict.fromkeys(given, "used only by the lint of settling times")
