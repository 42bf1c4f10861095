"""readout: read-out of latched cells by one sense amplifier per cell, or by a few shared ADCs.

`sense` reads all cells at once; `adc` converts `channels` cells at a time, with the array paused meanwhile. Noise
sqrt(kT/C) on the sampled node flips a decision with probability Q(swing / (2 sqrt(kT/C))), so small swings on small
capacitors cause read errors. The read wire costs C V**2 / 2 per cell; a conversion FoM * 2**bits (Walden). `resistance`
is that of driver and wire, through which wire and sampling capacitor are charged; the lint checks `time` against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from chipsim.components.base import Action, Gating, Transfer, half_cv2_j, powered
from chipsim.components.converters.base import ReadoutKind
from chipsim.components.facts import Sampling, Settling
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Quantity, Whole
from chipsim.units import to_fs


class Readout(ReadoutKind):
    """Parameters of the read-out.

    `swing` defaults to the full supply, `wire_length` to the longer side of the array, or of the container of the
    cells.
    """

    mode: Literal["sense", "adc"]
    time: Annotated[float, Quantity("s", gt=0, le=1)]
    channels: Annotated[int, Whole(ge=1, le=10**7)] = 1
    bits: Annotated[int, Whole(ge=1, le=24)] = 1
    figure_of_merit: Annotated[float, Quantity("J", gt=0, le=1)] = 6e-15
    wire_length: Annotated[float, Quantity("m", gt=0, le=1)] | None = None
    capacitance_per_length: Annotated[float, Quantity("F/m", gt=0, le=1)]
    sampling_capacitance: Annotated[float, Quantity("F", gt=0, le=1)]
    swing: Annotated[float, Quantity("V", gt=0, le=100)] | None = None
    resistance: Annotated[float, Quantity("ohm", gt=0, le=1e15)] | None = None
    gated: Gating = "phase"

    name: ClassVar[str] = "readout"
    summary: ClassVar[str] = "sense amplifiers or ADCs that read the states of cells"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24}

    def drive_j(self, technology: Technology, magnitude: float) -> float:
        """Half C V**2 of a read wire."""
        return half_cv2_j(self._wire_f(), self.swing_v(technology))

    def convert_j(self, technology: Technology, magnitude: float) -> float:
        """The Walden figure of merit times 2**bits."""
        return self.figure_of_merit * 2**self.bits

    actions: ClassVar[tuple[Action, ...]] = (
        Action("drive", "readout", "cell", "one cell driving its read wire", energy=drive_j),
        Action("sense", "readout", "decision", "one decision of a sense amplifier"),
        Action("convert", "readout", "conversion", "one conversion of an ADC", energy=convert_j),
        powered("static", "standby power of the read-out"),
    )

    def swing_v(self, technology: Technology) -> float:
        """`swing`, or the full supply."""
        return technology.vdd if self.swing is None else self.swing

    def wire_m(self) -> float | None:
        """`wire_length`."""
        return self.wire_length

    def placed(self, side_m: float) -> Self:
        """The longer side is the default of `wire_length`."""
        return self if self.wire_length is not None else self.model_copy(update={"wire_length": side_m})

    def _wire_f(self) -> float:
        return (self.wire_length or 0.0) * self.capacitance_per_length

    def service_fs(self, transfer: Transfer, share: int) -> int:
        """One decision time for all cells, or one conversion time for each `channels` of them."""
        rounds = 1 if self.mode == "sense" else -(-share // self.channels)
        return rounds * to_fs(self.time)

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """One wire transition and one decision per cell."""
        return {"drive": transfer.words, "sense" if self.mode == "sense" else "convert": transfer.words}

    def throughput_parameters(self) -> tuple[str, ...]:
        """The number of ADCs."""
        return ("channels",) if self.mode == "adc" else ()

    @property
    def bits_per_cell(self) -> int:
        """Output bits per cell."""
        return 1 if self.mode == "sense" else self.bits

    @property
    def decides_at_once(self) -> bool:
        """True for sense amplifiers; ADCs are shared."""
        return self.mode == "sense"

    def error_probability(self, technology: Technology) -> float:
        """Probability that kT/C noise flips one decision: the tail of a Gaussian beyond half the swing."""
        noise_v = technology.sampled_noise_v(self.sampling_capacitance)
        return 0.5 * math.erfc(self.swing_v(technology) / 2 / noise_v / math.sqrt(2))

    def effective_bits(self, technology: Technology) -> float:
        """Bits of its ADCs."""
        return self.bits

    def sampling(self, technology: Technology) -> Sampling:
        """A share of the swing."""
        step_v = self.swing_v(technology) / 2**self.bits_per_cell
        return Sampling("sampling_capacitance", self.sampling_capacitance, step_v, self.bits_per_cell)

    def settling(self) -> Settling | None:
        """Read wire and sampling capacitor through `resistance`."""
        if self.resistance is None:
            return None
        capacitance = self._wire_f() + self.sampling_capacitance
        return Settling("time", self.time, self.resistance * capacitance, self.bits_per_cell)

    def inert(self) -> dict[str, str]:
        """Parameters used by the other mode or by the lint only."""
        out = {} if self.resistance is None else {"resistance": "used only by the lint of settling times"}
        if self.mode == "adc":
            return out
        reason = "used by ADCs only; mode is sense"
        return out | dict.fromkeys(("channels", "bits", "figure_of_merit"), reason)
