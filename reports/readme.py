"""The README of a report: what it says, under titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def in_sections(title: str, findings: Mapping[str, Sequence[str]]) -> str:
    """Markdown of sentences by title of their section; a section without sentences is left out."""
    parts = [f"# {title}\n"]
    for name, sentences in findings.items():
        if sentences:
            parts.append(f"\n## {name}\n\n" + "".join(f"- {sentence}\n" for sentence in sentences))
    return "".join(parts)
