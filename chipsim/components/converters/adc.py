"""adc: `channels` parallel converters that read continuous cells, each cell sampled and held.

A voltage with the converter's `noise` (rms, at its input) and kT/C of its sampling capacitor is clipped to
+-`full_scale` and rounded to one of 2**bits - 1 levels. Its signal-to-noise ratio for a full sine gives the effective
bits, SNDR = 6.02 ENOB + 1.76 dB. A conversion costs `figure_of_merit` * 2**ENOB (Walden), or
10**((SNDR - `schreier_db`) / 10) / 2 (Schreier), or the price of a price table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from chipsim.components.base import Action, Gating, powered
from chipsim.components.converters.bank import ConverterBank
from chipsim.components.converters.base import ContinuousReadKind
from chipsim.components.facts import Sampling
from chipsim.errors import RuleError
from chipsim.spec.chip import Technology
from chipsim.spec.fields import Number, Quantity


class Adc(ConverterBank, ContinuousReadKind):
    """Parameters of the converters, in addition to those of every bank."""

    noise: Annotated[float, Quantity("V", ge=0, le=1)] = 0.0
    sampling_capacitance: Annotated[float, Quantity("F", gt=0, le=1)]
    figure_of_merit: Annotated[float, Quantity("J", gt=0, le=1)] | None = None
    schreier_db: Annotated[float, Number(gt=0, le=300)] | None = None
    gated: Gating = "never"

    name: ClassVar[str] = "adc"
    summary: ClassVar[str] = "converters that read continuous cells"
    ideal: ClassVar[Mapping[str, Any]] = {"bits": 24, "noise": 0.0}

    def convert_j(self, technology: Technology, magnitude: float) -> float | None:
        """By the given figure of merit; None without one."""
        if self.figure_of_merit is not None:
            return self.figure_of_merit * 2 ** self.effective_bits(technology)
        if self.schreier_db is not None:
            return 10 ** ((self._sndr_db(technology) - self.schreier_db) / 10) / 2
        return None

    actions: ClassVar[tuple[Action, ...]] = (
        Action("convert", "readout", "conversion", "voltage of one cell converted into a code", energy=convert_j),
        powered("static", "standby power of the read-out converters"),
    )

    @model_validator(mode="after")
    def _one_figure(self) -> Adc:
        if self.figure_of_merit is not None and self.schreier_db is not None:
            both = (("figure_of_merit",), ("schreier_db",))
            raise RuleError("takes figure_of_merit or schreier_db, not both", code="spec.one-of", alternatives=both)
        return self

    @property
    def bits_per_cell(self) -> int:
        """Bits of one code."""
        return int(self.bits)

    def effective_bits(self, technology: Technology) -> float:
        """ENOB of a full sine against quantisation and noise."""
        return (self._sndr_db(technology) - 1.76) / 6.02

    def _sndr_db(self, technology: Technology) -> float:
        return 10 * math.log10((self.full_scale / self.error_v(technology)) ** 2 / 2)

    def noise_v(self, technology: Technology) -> float:
        """Noise of the converter and of its sampling capacitor."""
        return math.hypot(self.noise, technology.sampled_noise_v(self.sampling_capacitance))

    def sampling(self, technology: Technology) -> Sampling:
        """One code."""
        return Sampling("sampling_capacitance", self.sampling_capacitance, self.step_v, self.bits)

    def error_v(self, technology: Technology) -> float:
        """Quantisation and noise combined."""
        return math.hypot(self.step_v / math.sqrt(12), self.noise_v(technology))

    def codes(
        self, volts: NDArray[np.float64], numbers: NDArray[np.float64], technology: Technology
    ) -> NDArray[np.float64]:
        """Add noise, round and clip."""
        return self.rounded(volts + self.noise_v(technology) * numbers)

    def clips(self, codes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Codes at either end of the scale."""
        return np.abs(codes) > self.full_scale - self.step_v / 2
