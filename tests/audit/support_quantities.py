"""Quantities of spec files in SI, constants, and what counts as equal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

BOLTZMANN = 1.380649e-23
FEMTOSECONDS = 10**15
TOLERANCE = 1e-9
# Sums of floats differ by some units in the last place of their largest term.
ROUNDING = 8 * 2.0**-52

PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "k": 3, "M": 6, "G": 9, "T": 12}
UNITS = ("ohm", "bit", "Hz", "A", "B", "F", "H", "J", "K", "S", "V", "W", "m", "s")
BYTES = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def si(text: Any) -> float:
    """The SI value of `100 ns`, `350 aF/um`, `36 um^2`, `50 ppm/K`, `32 KiB`; numbers as they are."""
    if isinstance(text, int | float):
        return float(text)
    number, unit = re.fullmatch(r"\s*([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(\S.*?)\s*", text).groups()  # type: ignore[union-attr]
    if unit in BYTES:
        return float(Decimal(number) * BYTES[unit])
    over, _, under = unit.partition("/")
    return float(Decimal(number).scaleb(_power(over) - (_power(under) if under else 0)))


def _power(unit: str) -> int:
    if unit == "ppm":
        return -6
    base, _, square = unit.replace("**", "^").partition("^")
    name = next(name for name in UNITS if base.endswith(name))
    prefix = base.removesuffix(name)
    return (PREFIXES[prefix] if prefix else 0) * (int(square) if square else 1)


def agree(stored: Any, audited: Any, scale: float = 0.0) -> bool:
    """Whether two figures are the same: numbers to 1e-9, or to the rounding of terms as large as `scale`."""
    if isinstance(stored, list | tuple) and isinstance(audited, list | tuple):
        return len(stored) == len(audited) and all(agree(a, b, scale) for a, b in zip(stored, audited, strict=True))
    if not _is_number(stored) or not _is_number(audited):
        return bool(stored == audited)
    return abs(stored - audited) <= max(TOLERANCE * max(abs(stored), abs(audited)), ROUNDING * scale)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Figure:
    """One figure: as the file has it, and as counts, spec and prices make it; `scale` is that of its terms."""

    name: str
    stored: Any
    audited: Any
    scale: float = 0.0

    @property
    def agrees(self) -> bool:
        """To 1e-9."""
        return agree(self.stored, self.audited, self.scale)
