"""Reference platforms: what others would have paid for the same updates, reads and writes.

A platform says in which scope its figures are, what they cover, and how they were metered. It stands beside a chip in
the same scope only. A ratio is no better than the weaker of the two sides, so it carries the weaker grade.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from chipsim.errors import RuleError
from chipsim.prices.row import Grade
from chipsim.prices.scopes import Scope
from chipsim.spec.document import read_document
from chipsim.spec.fields import Number, Quantity
from chipsim.spec.memory import ByDocument
from chipsim.spec.model import SpecModel, validate
from chipsim.spec.overrides import apply_overrides
from chipsim.spec.presets import find


class FlopsSpec(SpecModel):
    """A processor that is known by its peak and its power only."""

    peak_per_s: Annotated[float, Number(gt=0, le=1e21)]
    power: Annotated[float, Quantity("W", gt=0)]
    utilisation: Annotated[float, Number(gt=0, le=1)]


class PlatformSpec(SpecModel):
    """One platform: energies per update, read and write; or the FLOP method; or a package power for the wall time."""

    title: str
    update: Annotated[float, Quantity("J", gt=0)] | None = None
    read: Annotated[float, Quantity("J", gt=0)] | None = None
    write: Annotated[float, Quantity("J", gt=0)] | None = None
    flops: FlopsSpec | None = None
    tdp: Literal["unknown"] | Annotated[float, Quantity("W", gt=0)] | None = None
    scope: Scope
    covers: str = Field(min_length=3)
    metered: str = Field(min_length=3)
    grade: Grade
    seen: Literal["primary", "quoted", "recalled", "none"]
    source: str = Field(min_length=3)

    @model_validator(mode="after")
    def _one_way(self) -> PlatformSpec:
        given = [name for name in ("update", "flops", "tdp") if getattr(self, name) is not None]
        if len(given) != 1:
            raise RuleError(
                f"needs exactly one of update, flops, tdp; got {', '.join(given) or 'none'}", code="spec.one-of"
            )
        if self.update is None and (self.read is not None or self.write is not None):
            raise ValueError("read and write require update")
        return self


class PlatformsModel(SpecModel):
    """A file of platforms."""

    chipsim: Literal[1]
    name: str
    description: str = ""
    platforms: dict[str, PlatformSpec]


@dataclass(frozen=True)
class PlatformRow:
    """What a platform would have paid for the work of one repetition, and where that comes from.

    Attributes:
        name, title: as the table of platforms has them.
        energy_j: None where nobody measured or assumed anything.
        scope: the one that its figures come nearest to.
        covers: what they count.
        metered: how they were found.
        grade, seen, source: of its figures.
        note: "", or why there is no energy.
    """

    name: str
    title: str
    energy_j: float | None
    scope: Scope
    covers: str
    metered: str
    grade: Grade
    seen: str
    source: str
    note: str


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


_PLATFORMS: ByDocument[dict[str, PlatformSpec]] = ByDocument()


def read_platforms(overrides: dict[str, Any] | None = None) -> dict[str, PlatformSpec]:
    """The reference platforms, by name.

    Args:
        overrides: path below `platforms` -> value, as `--set platforms.this-cpu.tdp=65 W` gives them.

    Raises:
        SpecError, SpecErrors: a value breaks a rule.
    """
    document = read_document(find("platform table", "reference"))
    if not overrides:
        return _PLATFORMS.get(document, lambda: validate(PlatformsModel, document).platforms)
    inside = {f"platforms.{path}": value for path, value in (overrides or {}).items()}
    return validate(PlatformsModel, apply_overrides(document, inside, "platform table")).platforms


def platform_rows(platforms: dict[str, PlatformSpec], work: Work) -> tuple[PlatformRow, ...]:
    """One row a platform."""
    return tuple(_row(name, spec, platform_energy_j(spec, work)) for name, spec in platforms.items())


def platform_energy_j(spec: PlatformSpec, work: Work) -> float | None:
    """Energy of one repetition's work; None where nobody measured or assumed anything."""
    if spec.tdp is not None:
        return None if spec.tdp == "unknown" else spec.tdp * work.wall_s
    if spec.flops is not None:
        operations = 2 * work.macs_per_update * work.updates
        return operations / (spec.flops.peak_per_s * spec.flops.utilisation) * spec.flops.power
    parts = ((work.updates, spec.update), (work.reads, spec.read), (work.writes, spec.write))
    return math.fsum(count * (price or 0.0) for count, price in parts)


def _row(name: str, spec: PlatformSpec, energy_j: float | None) -> PlatformRow:
    note = "" if energy_j is not None else "not measured"
    how = (spec.scope, spec.covers, spec.metered, spec.grade, spec.seen, spec.source)
    return PlatformRow(name, spec.title, energy_j, *how, note)
