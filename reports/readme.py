"""Files of a report: what it is drawn from, and the README, what it says under titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
FIGURES = "figures.json"
# The first sentence of every report.
SIMULATED = "No chip was measured: runs are simulated, and energy is counts times prices."


@dataclass(frozen=True)
class Table:
    """Figures that would be a long list in a sentence, as text."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Finding = str | Table


def save(folder: Path, figures: Any) -> None:
    """Write all that a report is drawn from, a dataclass of plain values."""
    (folder / FIGURES).write_bytes(TypeAdapter(type(figures)).dump_json(figures) + b"\n")


def saved(folder: Path, kind: type[T]) -> T:
    """What `save` wrote."""
    return TypeAdapter(kind).validate_json((folder / FIGURES).read_bytes())


def in_sections(title: str, findings: Mapping[str, Sequence[Finding]]) -> str:
    """Markdown of sentences and tables by title of their section; an empty section is left out."""
    parts = [f"# {title}\n"]
    for name, found in findings.items():
        if found:
            parts.append(f"\n## {name}\n")
        before: Finding | None = None
        for each in found:
            if isinstance(each, Table):
                parts.append(f"\n{_markdown(each)}")
            else:
                parts.append(f"- {each}\n" if isinstance(before, str) else f"\n- {each}\n")
            before = each
    return "".join(parts)


def _markdown(table: Table) -> str:
    lines = [table.heads, ("---",) * len(table.heads), *table.rows]
    return f"**{table.title}**\n\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
