"""price_only_block: an error-correcting codec between link and controller, known by what it costs a word.

It keeps pace with the link, so it adds no time, and it changes no data: it counts the words of `word_bits` that it
encodes or decodes, ceil(values * bits / word_bits) a transfer, and has one price row for them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from chipsim.components.base import Action, Gating, RouteKind, Transfer, powered
from chipsim.spec.fields import Whole


class PriceOnlyBlock(RouteKind):
    """Parameters of the codec."""

    word_bits: Annotated[int, Whole(ge=1, le=4096)] = 64
    gated: Gating = "never"

    name: ClassVar[str] = "price_only_block"
    summary: ClassVar[str] = "error-correcting codec, counted in words"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("word", "digital", "word", "one word encoded or decoded"),
        powered("static", "codec being powered"),
    )

    def counts(self, transfer: Transfer) -> dict[str, int]:
        """Values are packed into words."""
        return {"word": -(-transfer.words * transfer.bits // self.word_bits)}
