"""Cache of objects derived from documents, valid while the file is unchanged.

The same text of the same file gives the same `Document` object (`read_document`), so a lookup tests identity, and an
edited file is another document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from chipsim.spec.document import Document

# Number of cached documents, each a price table or a chip.
MAX_KEPT = 32

Made = TypeVar("Made")


class ByDocument(Generic[Made]):
    """Objects derived from the last documents; they must not be modified."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Document, Made]] = {}

    def get(self, document: Document, make: Callable[[], Made]) -> Made:
        """The cached result of `make` for this document; exceptions are not cached."""
        held = self._kept.get(id(document))
        if held is not None and held[0] is document:
            return held[1]
        made = make()
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[id(document)] = (document, made)
        return made

    def clear(self) -> None:
        """Empty the cache."""
        self._kept.clear()
