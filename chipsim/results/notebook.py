"""How results show themselves in notebooks: as `chipsim.report.notebook` draws them.

Reports stand above results and import them, so they are loaded by name, and only when a notebook asks.
"""

from __future__ import annotations

import importlib
from typing import Any


def html(part: str, value: Any) -> str:
    """A result as HTML for a notebook.

    Args:
        part: function of `chipsim.report.notebook`.
        value: what it draws.
    """
    drawn: str = getattr(importlib.import_module("chipsim.report.notebook"), part)(value)
    return drawn
