"""Reference platforms beside a ledger: energies of the groups that they cover, and ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chipsim.ledger.ledger import Ledger
from chipsim.prices.platforms import PlatformRow
from chipsim.prices.table import GRADES, Grade


@dataclass(frozen=True)
class ComparedPlatform(PlatformRow):
    """A platform with the chip's energy for the groups that it covers, their ratio and its grade, None without one."""

    chip_energy_j: float
    ratio: float | None
    ratio_grade: Grade | None


def compare_with(rows: Sequence[PlatformRow], ledger: Ledger) -> tuple[ComparedPlatform, ...]:
    """The rows of platforms beside a ledger."""
    return tuple(ComparedPlatform(**vars(row), **_against(row, ledger)) for row in rows)


def _against(row: PlatformRow, ledger: Ledger) -> dict[str, Any]:
    paid = [line for line in ledger.rows if line.group in row.covers and line.energy_j]
    chip = math.fsum(line.energy_j or 0.0 for line in paid)
    if row.energy_j is None or chip <= 0:
        return {"chip_energy_j": chip, "ratio": None, "ratio_grade": None}
    grade = weakest([row.grade, *(line.grade for line in paid)])
    return {"chip_energy_j": chip, "ratio": row.energy_j / chip, "ratio_grade": grade}


def weakest(grades: list[Any]) -> Grade:
    """The weakest of some grades."""
    return max(grades, key=GRADES.index)
