"""What kinds and workloads tell the lint: findings, voltages that must settle, voltages that are sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A line of the lint: which rule, where, the value that breaks it and its bound in SI, and what people are told."""

    rule: str
    where: str
    value: float
    bound: float
    says: str


@dataclass(frozen=True)
class Settling:
    """A voltage that must be right after a stated time.

    Attributes:
        stated: name of the parameter that states it.
        time_s: that time.
        time_constant_s: R C of what charges the node.
        bits: it must be right to half a step of so many.
    """

    stated: str
    time_s: float
    time_constant_s: float
    bits: int

    @property
    def needed_s(self) -> float:
        """R C ln(2**(bits + 1)): a full swing has come within half a step."""
        return self.time_constant_s * math.log(2) * (self.bits + 1)


@dataclass(frozen=True)
class Sampling:
    """A voltage that is sampled on a capacitor and told apart in steps.

    Attributes:
        stated: name of the parameter that states the capacitance.
        capacitance_f: that capacitance.
        step_v: the smallest difference that must be told apart.
        bits: resolution of which this is one step.
    """

    stated: str
    capacitance_f: float
    step_v: float
    bits: int
