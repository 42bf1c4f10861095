"""What was made of a document, kept for as long as the file says the same.

The same text of the same file is the same `Document` object (`read_document`), so whether something is known is a
question of identity: nothing has to be compared, and an edited file is another document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from chipsim.spec.document import Document

# Documents of which something is kept at once, a price table or a chip each.
MAX_KEPT = 32

Made = TypeVar("Made")


class ByDocument(Generic[Made]):
    """What was made of the last documents. Nobody may change it."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Document, Made]] = {}

    def get(self, document: Document, make: Callable[[], Made]) -> Made:
        """What `make` makes of this document, made once; what cannot be made is tried each time."""
        held = self._kept.get(id(document))
        if held is not None and held[0] is document:
            return held[1]
        made = make()
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[id(document)] = (document, made)
        return made

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
