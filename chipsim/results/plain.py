"""JSON of a result file: plain values whose texts, numbers and depth are checked."""

from __future__ import annotations

import json
import math
from typing import Any

from chipsim.spec.document import has_control

# The table of a sweep of 100,000 points has 72 MB with two metrics.
MAX_BYTES = 2**28
MAX_DEPTH = 100
# Floats take no larger ones.
MAX_INTEGER = 2**1000


def parsed(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: not JSON, longer than MAX_BYTES, nested deeper than MAX_DEPTH, or with a number that is not finite
            or a text that holds control characters.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(f"a JSON text of {len(text):,} letters")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("a JSON text that is nested too deep") from None
    check_plain(value)
    return value


def check_plain(value: Any, depth: int = 0) -> None:
    """Check a plain value, see `parsed`.

    Raises:
        ValueError: it violates a rule.
    """
    if depth > MAX_DEPTH:
        raise ValueError("a value that is nested too deep")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_text(key)
            check_plain(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_plain(inner, depth + 1)
    elif isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite")
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError("an integer that is too large")


def check_text(text: str) -> None:
    """Check that a text can be printed.

    Raises:
        ValueError: it holds a control character, which terminals obey, or half a character.
    """
    if not text.isascii() or not text.isprintable():
        text.encode()  # a UnicodeEncodeError is a ValueError
        if has_control(text):
            raise ValueError("a text with control characters")
