"""Files of a report: what it is drawn from, and the README, what it says under titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
FIGURES = "figures.json"
# The first sentence of every report.
SIMULATED = "No chip was measured: runs are simulated, and energy is counts times prices."


def save(folder: Path, figures: Any) -> None:
    """Write all that a report is drawn from, a dataclass of plain values."""
    (folder / FIGURES).write_bytes(TypeAdapter(type(figures)).dump_json(figures) + b"\n")


def saved(folder: Path, kind: type[T]) -> T:
    """What `save` wrote."""
    return TypeAdapter(kind).validate_json((folder / FIGURES).read_bytes())


def in_list(title: str, sentences: Sequence[str]) -> str:
    """Markdown of sentences without sections."""
    return f"# {title}\n\n" + "".join(f"- {sentence}\n" for sentence in sentences)


def in_sections(title: str, findings: Mapping[str, Sequence[str]]) -> str:
    """Markdown of sentences by title of their section; a section without sentences is left out."""
    parts = [f"# {title}\n"]
    for name, sentences in findings.items():
        if sentences:
            parts.append(f"\n## {name}\n\n" + "".join(f"- {sentence}\n" for sentence in sentences))
    return "".join(parts)
