"""Who is busy when: integer femtoseconds, resources that serve one operation at a time, in the order of asking.

An operation holds several resources, each from an offset after its start. It starts at the earliest tick at which all
of them are free and what it depends on is done. Resources are not given to a later operation before an earlier one
that asked first, so the order in which a workload speaks is the order in which a resource works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hold:
    """A resource held for `duration_fs`, from `offset_fs` after the operation's start."""

    resource: str
    offset_fs: int
    duration_fs: int


@dataclass(frozen=True)
class Operation:
    """Something that happened on the timeline."""

    name: str
    start_fs: int
    end_fs: int
    holds: tuple[Hold, ...]


@dataclass
class Timeline:
    """All operations so far, and when each resource becomes free."""

    operations: list[Operation] = field(default_factory=list)
    free_at_fs: dict[str, int] = field(default_factory=dict)
    busy_fs: dict[str, int] = field(default_factory=dict)

    @property
    def elapsed_fs(self) -> int:
        """End of the last operation."""
        return max((op.end_fs for op in self.operations), default=0)

    def is_legal(self, holds: Sequence[Hold], start_fs: int, ready_fs: int = 0) -> bool:
        """Whether an operation could start at this tick."""
        return start_fs >= ready_fs and all(
            start_fs + hold.offset_fs >= self.free_at_fs.get(hold.resource, 0) for hold in holds
        )

    def earliest_fs(self, holds: Sequence[Hold], ready_fs: int = 0) -> int:
        """The first tick at which an operation with these holds may start."""
        return max([ready_fs, *(self.free_at_fs.get(h.resource, 0) - h.offset_fs for h in holds)])

    def book(self, name: str, holds: Sequence[Hold], ready_fs: int = 0, length_fs: int = 0) -> Operation:
        """Start an operation as early as possible; it ends with its last hold, and not before `length_fs` is over."""
        start = self.earliest_fs(holds, ready_fs)
        end = start + max(length_fs, *(hold.offset_fs + hold.duration_fs for hold in holds))
        for hold in holds:
            self.free_at_fs[hold.resource] = start + hold.offset_fs + hold.duration_fs
            self.busy_fs[hold.resource] = self.busy_fs.get(hold.resource, 0) + hold.duration_fs
        operation = Operation(name, start, end, tuple(holds))
        self.operations.append(operation)
        return operation
