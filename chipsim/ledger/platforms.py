"""Comparison of a ledger with reference platforms, with both sides in the same scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chipsim.ledger.ledger import Ledger
from chipsim.prices.platforms import PlatformRow
from chipsim.prices.row import GRADES, Grade
from chipsim.prices.scopes import Scope


@dataclass(frozen=True)
class ComparedPlatform(PlatformRow):
    """A platform with its ratio to the chip and the grade of the ratio, None if not defined.

    Attributes:
        chip_energy_j: of the chip, in the scope of the run.
        ratio: energy of the platform over that of the chip, if both are in the same scope.
        no_ratio: reason if there is none.
    """

    chip_energy_j: float
    ratio: float | None
    ratio_grade: Grade | None
    no_ratio: str = ""


def compare_with(rows: Sequence[PlatformRow], ledger: Ledger, scope: Scope) -> tuple[ComparedPlatform, ...]:
    """The platforms compared with a ledger in this scope."""
    return tuple(_against(row, ledger, scope) for row in rows)


def _against(row: PlatformRow, ledger: Ledger, scope: Scope) -> ComparedPlatform:
    chip = ledger.energy_j
    if row.energy_j is None or row.scope != scope or chip <= 0:
        elsewhere = row.energy_j is not None and row.scope != scope
        why = f"covers scope {row.scope}: compare with --scope {row.scope}" if elsewhere else row.note
        return ComparedPlatform(**vars(row), chip_energy_j=chip, ratio=None, ratio_grade=None, no_ratio=why)
    grade = weakest([row.grade, *(line.grade for line in ledger.rows if line.energy_j)])
    return ComparedPlatform(**vars(row), chip_energy_j=chip, ratio=row.energy_j / chip, ratio_grade=grade)


def weakest(grades: list[Any]) -> Grade:
    """The weakest of some grades."""
    return max(grades, key=GRADES.index)
