"""Work for timelines made by hand."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.engine.timeline import NOTHING, Held, Hold


@dataclass(frozen=True)
class Fixed:
    """Holds that are as long as they are, whoever else is there."""

    holds: tuple[Hold, ...]
    length_fs: int = 0

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        return Held(tuple(hold for hold in self.holds if hold.resource not in without), self.length_fs)

    def paced_by(self, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
        return ()
