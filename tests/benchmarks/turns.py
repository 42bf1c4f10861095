"""Two measurements in turns, since other work on the machine slows both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TURNS = 7


def in_turns(first: Callable[[], float | None], second: Callable[[], float | None]) -> tuple[float, float | None]:
    """Best of several, taken in turns, so that a slow moment of the machine hits both."""
    pairs = [(first(), second()) for _ in range(TURNS)]
    seconds = [b for _, b in pairs if b is not None]
    return max(a for a, _ in pairs if a is not None), max(seconds) if seconds else None


def entry(value: float, unit: str, peer: str, peer_value: float | None, wanted: float) -> dict[str, Any]:
    """One benchmark's result."""
    ratio = None if peer_value is None else value / peer_value
    return {"value": value, "unit": unit, "peer": peer, "peer_value": peer_value, "ratio": ratio, "wanted": wanted}
