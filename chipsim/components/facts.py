"""Types used by the lint: findings, voltages that must settle, sampled voltages."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A finding of the lint: rule, place, offending value and bound in SI, and message (`says`)."""

    rule: str
    where: str
    value: float
    bound: float
    says: str


@dataclass(frozen=True)
class Settling:
    """A voltage that must settle within a given time.

    Attributes:
        stated: name of the parameter that gives the time.
        time_s: that time.
        time_constant_s: R C of the node.
        bits: it must settle to half a step of this resolution.
    """

    stated: str
    time_s: float
    time_constant_s: float
    bits: int

    @property
    def needed_s(self) -> float:
        """R C ln(2**(bits + 1)): a full swing settles to half a step."""
        return self.time_constant_s * math.log(2) * (self.bits + 1)


@dataclass(frozen=True)
class Sampling:
    """A voltage that is sampled on a capacitor and resolved in steps.

    Attributes:
        stated: name of the parameter that gives the capacitance.
        capacitance_f: that capacitance.
        step_v: the smallest difference that must be resolved.
        bits: resolution to which this step belongs.
    """

    stated: str
    capacitance_f: float
    step_v: float
    bits: int
