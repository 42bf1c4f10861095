"""Reference platforms: energy of other hardware for the same updates, reads and writes.

A platform gives the scope of its figures, what they cover, and how they were measured. It is compared with a chip in
the same scope only. A ratio has the weaker grade of its two sides.
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
    """A processor described by peak rates and power only.

    `tensor_peak_per_s` is that of its matrix units on numbers of 16 bits, `int8_peak_per_s` on those of 8 bits.
    """

    peak_per_s: Annotated[float, Number(gt=0, le=1e21)]
    tensor_peak_per_s: Annotated[float, Number(gt=0, le=1e21)] | None = None
    int8_peak_per_s: Annotated[float, Number(gt=0, le=1e21)] | None = None
    power: Annotated[float, Quantity("W", gt=0, le=1e9)]
    utilisation: Annotated[float, Number(gt=0, le=1)]


class PlatformSpec(SpecModel):
    """One platform: energies per update, read and write; or the FLOP method; or a package power for the wall time."""

    title: str
    update: Annotated[float, Quantity("J", gt=0, le=1e6)] | None = None
    read: Annotated[float, Quantity("J", gt=0, le=1e6)] | None = None
    write: Annotated[float, Quantity("J", gt=0, le=1e6)] | None = None
    flops: FlopsSpec | None = None
    tdp: Literal["unknown"] | Annotated[float, Quantity("W", gt=0, le=1e9)] | None = None
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
    """Energy of a platform for the work of one repetition, with its source.

    Attributes:
        name, title: from the table of platforms.
        energy_j: None if neither measured nor assumed.
        scope: closest to that of its figures.
        covers: what they count.
        metered: how they were measured.
        grade, seen, source: of its figures.
        note: "", or the reason why there is no energy.
        wall_time: whether its energy is that of the wall time of the simulation.
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
    wall_time: bool


@dataclass(frozen=True)
class Work:
    """Work of one repetition.

    Attributes:
        updates, reads, writes: of single cells.
        macs_per_update: mean number of neighbours.
        wall_s: wall time of this machine per repetition.
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
        overrides: path below `platforms` -> value, as in `--set platforms.this-cpu.tdp=65 W`.

    Raises:
        SpecError, SpecErrors: a value breaks a rule.
    """
    document = read_document(find("platform table", "reference"))
    if not overrides:
        return _PLATFORMS.get(document, lambda: validate(PlatformsModel, document).platforms)
    inside = {f"platforms.{path}": value for path, value in (overrides or {}).items()}
    return validate(PlatformsModel, apply_overrides(document, inside, "platform table")).platforms


def platform_rows(platforms: dict[str, PlatformSpec], work: Work) -> tuple[PlatformRow, ...]:
    """One row per platform."""
    return tuple(_row(name, spec, platform_energy_j(spec, work)) for name, spec in platforms.items())


def platform_energy_j(spec: PlatformSpec, work: Work) -> float | None:
    """Energy of one repetition's work; None if neither measured nor assumed."""
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
    return PlatformRow(name, spec.title, energy_j, *how, note, spec.tdp is not None and energy_j is not None)
