"""Reference platforms: what others would have paid for the same updates, reads and writes.

A platform says which groups of the chip's ledger its figures cover, and stands beside the energy of those groups only.
A ratio is no better than the weaker of the two sides, so it carries the weaker grade.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, model_validator

from chipsim.components.base import GROUPS, Group
from chipsim.ledger.ledger import Ledger
from chipsim.ledger.prices import GRADES, Grade
from chipsim.spec.document import read_document
from chipsim.spec.model import SpecModel, number, quantity, validate
from chipsim.spec.overrides import apply_overrides
from chipsim.spec.presets import find


class FlopsSpec(SpecModel):
    """A processor that is known by its peak and its power only."""

    peak_per_s: number(gt=0, le=1e21)  # type: ignore[valid-type]
    power: quantity("W", gt=0)  # type: ignore[valid-type]
    utilisation: number(gt=0, le=1)  # type: ignore[valid-type]


class PlatformSpec(SpecModel):
    """One platform: energies per update, read and write; or the FLOP method; or a package power for the wall time."""

    title: str
    update: quantity("J", gt=0) | None = None  # type: ignore[valid-type]
    read: quantity("J", gt=0) | None = None  # type: ignore[valid-type]
    write: quantity("J", gt=0) | None = None  # type: ignore[valid-type]
    flops: FlopsSpec | None = None
    tdp: Literal["unknown"] | quantity("W", gt=0) | None = None  # type: ignore[valid-type]
    covers: list[Group] = Field(min_length=1)
    grade: Grade
    seen: Literal["primary", "quoted", "recalled", "none"]
    source: str = Field(min_length=3)

    @model_validator(mode="after")
    def _one_way(self) -> PlatformSpec:
        given = [name for name in ("update", "flops", "tdp") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of update, flops, tdp; got {', '.join(given) or 'none'}")
        if self.update is None and (self.read is not None or self.write is not None):
            raise ValueError("read and write go with update")
        return self


class PlatformsModel(SpecModel):
    """A file of platforms."""

    chipsim: Literal[1]
    name: str
    description: str = ""
    platforms: dict[str, PlatformSpec]


@dataclass(frozen=True)
class Work:
    """What one repetition did.

    Attributes:
        updates, reads, writes: of single cells.
        macs_per_update: neighbours that a field sums over, on average.
        wall_s: of this machine, for one repetition.
    """

    updates: float
    reads: float
    writes: float
    macs_per_update: float
    wall_s: float


def read_platforms(overrides: dict[str, Any] | None = None) -> dict[str, PlatformSpec]:
    """The reference platforms, by name.

    Args:
        overrides: path below `platforms` -> value, as `--set platforms.this-cpu.tdp=65 W` gives them.

    Raises:
        SpecError, SpecErrors: a value breaks a rule.
    """
    document = read_document(find("platform table", "reference"))
    inside = {f"platforms.{path}": value for path, value in (overrides or {}).items()}
    return validate(PlatformsModel, apply_overrides(document, inside, "platform table")).platforms


def compare(platforms: dict[str, PlatformSpec], work: Work, ledger: Ledger) -> list[dict[str, Any]]:
    """One row a platform: its energy for the work, the chip's for the same groups, and their ratio with its grade."""
    return [_row(name, spec, work, ledger) for name, spec in platforms.items()]


def platform_energy_j(spec: PlatformSpec, work: Work) -> float | None:
    """Energy of one repetition's work; None where nobody measured or assumed anything."""
    if spec.tdp is not None:
        return None if spec.tdp == "unknown" else spec.tdp * work.wall_s
    if spec.flops is not None:
        operations = 2 * work.macs_per_update * work.updates
        return operations / (spec.flops.peak_per_s * spec.flops.utilisation) * spec.flops.power
    parts = ((work.updates, spec.update), (work.reads, spec.read), (work.writes, spec.write))
    return math.fsum(count * (price or 0.0) for count, price in parts)


def _row(name: str, spec: PlatformSpec, work: Work, ledger: Ledger) -> dict[str, Any]:
    energy = platform_energy_j(spec, work)
    paid = [row for row in ledger.rows if row.group in spec.covers and row.energy_j]
    chip = math.fsum(row.energy_j or 0.0 for row in paid)
    known = energy is not None and chip > 0
    return {
        "name": name,
        "title": spec.title,
        "energy_j": energy,
        "chip_energy_j": chip,
        "covers": [group for group in GROUPS if group in spec.covers],
        "ratio": energy / chip if energy is not None and chip > 0 else None,
        "ratio_grade": weakest([spec.grade, *(row.grade for row in paid)]) if known else None,
        "grade": spec.grade,
        "seen": spec.seen,
        "source": spec.source,
        "note": "" if energy is not None else "not measured",
    }


def weakest(grades: list[Any]) -> Grade:
    """The weakest of some grades."""
    return max(grades, key=GRADES.index)
