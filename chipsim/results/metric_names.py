"""What the name of a metric says: its unit; and which values of a metric are known."""

from __future__ import annotations

import math
from typing import Any

_UNITS = {"j": "J", "s": "s", "w": "W", "m2": "m^2"}
_UNITS_BY_START = {"joules": "J", "seconds": "s"}


def unit_of_metric(metric: str) -> str:
    """SI unit of a metric, as its name says it: `energy_j`, `seconds_per_effective_sample`."""
    name = metric.partition(".")[0]
    return _UNITS_BY_START.get(name.partition("_")[0]) or _UNITS.get(name.rpartition("_")[2], "")


def is_known(value: Any) -> bool:
    """Whether a metric is a number: infinities and what is no number are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
