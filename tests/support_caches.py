"""Files of the cache as chipsim writes them."""

from __future__ import annotations

import hashlib


def checked(text: str) -> bytes:
    """A text after its checksum: only what it says may be wrong with it."""
    return hashlib.sha256(text.encode()).digest() + text.encode()
