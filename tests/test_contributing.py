"""CONTRIBUTING.md names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def named_files() -> set[str]:
    """Paths in backquotes, from the root or from the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return {name for name in re.findall(r"`([\w./-]+/[\w.-]*)`", text) if not name.startswith("/")}


def test_files_that_are_named_exist() -> None:
    names = named_files()
    assert len(names) > 25
    missing = [name for name in sorted(names) if not any((ROOT / room / name).exists() for room in ("", "chipsim"))]
    assert missing == []
