"""dac: the converter that sets one bias for the whole array, for example its inverse temperature.

The code is rounded to `bits` over `full_scale`, so a schedule of temperatures is as fine as the converter. Energy of a
conversion by the capacitive-array form C_unit * bits * Vdd**2 (`E_DAC = 50 fF * b * V**2`, ZigZag, 28 nm).
"""

from __future__ import annotations

from typing import ClassVar

from chipsim.components.base import Action, BiasKind, Gating, Transfer, powered
from chipsim.spec.chip import Technology
from chipsim.spec.model import number, quantity, whole
from chipsim.units import to_fs


class Dac(BiasKind):
    """Parameters of the bias converter; `full_scale` is the largest beta that it can set."""

    bits: whole(ge=1, le=24)  # type: ignore[valid-type]
    full_scale: number(gt=0, le=1e6)  # type: ignore[valid-type]
    settle_time: quantity("s", gt=0, le=1)  # type: ignore[valid-type]
    unit_capacitance: quantity("F", gt=0, le=1) = 50e-15  # type: ignore[valid-type]
    gated: Gating = "never"

    name: ClassVar[str] = "dac"
    summary: ClassVar[str] = "converter that sets a bias of the whole array"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("convert", "program", "conversion", "one code turned into a bias"),
        powered("static", "bias converter being powered"),
    )

    def realised(self, value: float) -> float:
        """The nearest value that the converter can set, at most `full_scale`."""
        steps = 2**self.bits - 1
        return min(round(value / self.full_scale * steps), steps) * self.full_scale / steps

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """Each code settles before the next."""
        return share * to_fs(self.settle_time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One conversion a code."""
        return {"convert": transfer.words}

    def modelled_energy_j(self, action: str, technology: Technology, magnitude: float) -> float:
        """C_unit * bits * Vdd**2."""
        if action != "convert":
            return super().modelled_energy_j(action, technology, magnitude)
        return float(self.unit_capacitance * self.bits * technology.vdd**2)
