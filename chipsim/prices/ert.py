"""Prices from an Accelergy 0.4 energy reference table: pJ per action, areas in um^2, by component name.

Stricter than Accelergy: every component and action must exist on the chip, and rows that depend on arguments are
rejected. Actions missing from the file are unpriced, and reported as such. `leak` is in pJ per cycle and instance, so
the file must give `global_cycle_seconds`. The table has neither bounds nor grades: its prices have grade `assumed`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from chipsim.errors import did_you_mean
from chipsim.spec.document import Document, KeyPath
from chipsim.spec.fields import Number
from chipsim.spec.model import SpecModel, fail, validate

PICOJOULE = "pJ"
_RANGE = re.compile(r"\[\d+\.\.\d+\]")


class ErtAction(SpecModel):
    """Energy of one action in pJ."""

    name: str
    arguments: dict[str, Any] = {}
    energy: Annotated[float, Number(ge=0)]


class ErtTable(SpecModel):
    """All actions of one component."""

    name: str
    actions: list[ErtAction] = Field(min_length=1)


class ArtTable(SpecModel):
    """Area of one instance in um^2."""

    name: str
    area: Annotated[float, Number(ge=0)]


class Ert(SpecModel):
    """An energy reference table."""

    version: Literal["0.4"]
    tables: list[ErtTable]


class Art(SpecModel):
    """An area reference table."""

    version: Literal["0.4"]
    tables: list[ArtTable]


class ErtFile(SpecModel):
    """A file with an ERT, an optional ART, and the cycle time of its leakage."""

    ERT: Ert
    ART: Art | None = None
    global_cycle_seconds: Annotated[float, Number(gt=0)] | None = None


def is_ert(document: Document) -> bool:
    """Whether a file is an Accelergy table."""
    return isinstance(document.value, dict) and "ERT" in document.value


def ert_rows(document: Document, actions: Mapping[str, Sequence[str]]) -> dict[str, tuple[KeyPath, dict[str, Any]]]:
    """component.action -> (place, fields of a price row), of a file.

    Args:
        document: the file.
        actions: component -> names of its actions, for all components of the chip.

    Raises:
        SpecError, SpecErrors: unknown components or actions, or rows with arguments.
    """
    file = validate(ErtFile, document)
    found: dict[str, tuple[KeyPath, dict[str, Any]]] = {}
    for index, table in enumerate(file.ERT.tables):
        path: KeyPath = ("ERT", "tables", index)
        component = _component(document, path, table.name, actions)
        for action, at, form in _forms(document, path, table, file.global_cycle_seconds):
            known = actions[component]
            if action not in known:
                raise fail(
                    document,
                    at,
                    f'{component} has no action "{action}"; {did_you_mean(action, known)}',
                    code="price.unknown-action",
                )
            if f"{component}.{action}" in found:
                raise fail(document, at, f"duplicate price of {component}.{action}", code="spec.duplicate")
            found[f"{component}.{action}"] = (at, form)
    for index, area in enumerate(file.ART.tables if file.ART else ()):
        path = ("ART", "tables", index)
        component = _component(document, path, area.name, actions)
        found[f"{component}.area"] = (path, {"area": f"{area.area!r} um^2"})
    return found


def _component(document: Document, path: KeyPath, name: str, actions: Mapping[str, Sequence[str]]) -> str:
    """`chip.core.link[0..7]` is component core.link: the first word is the chip."""
    component = _RANGE.sub("", name).partition(".")[2]
    if component not in actions:
        complaint = f'unknown component "{name}"; write chip.COMPONENT; {did_you_mean(component, actions)}'
        raise fail(document, (*path, "name"), complaint, code="price.unknown-action")
    return component


def _forms(
    document: Document, path: KeyPath, table: ErtTable, cycle_s: float | None
) -> Iterator[tuple[str, KeyPath, dict[str, Any]]]:
    for index, action in enumerate(table.actions):
        at: KeyPath = (*path, "actions", index)
        if action.arguments:
            complaint = (
                f"{action.name} depends on arguments {action.arguments}, which counts do not resolve; give one energy"
            )
            raise fail(document, at, complaint, code="price.bad-row")
        if action.name != "leak":
            yield action.name, at, {"energy": f"{action.energy!r} {PICOJOULE}"}
        elif cycle_s is None:
            raise fail(
                document,
                at,
                "leak is in pJ per cycle; give the cycle time, for example global_cycle_seconds: 1e-9",
                code="price.bad-row",
            )
        else:
            yield "on", at, {"power": f"{action.energy * 1e-12 / cycle_s!r} W"}
