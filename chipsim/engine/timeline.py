"""Who is busy when: integer femtoseconds, resources that serve one operation at a time, in the order of asking.

An operation does some work: it holds resources, each from an offset after its start. It starts at the earliest tick at
which all of them are free and the operations that it comes after are done. Resources are not given to a later operation
before an earlier one that asked first, so the order in which a workload speaks is the order in which a resource works.

Work is kept as what each resource does, not as when it was held, so that a timeline can be played again without some
of them: see `limits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Hold(NamedTuple):
    """A resource held for `duration_fs`, from `offset_fs` after the operation's start."""

    resource: str
    offset_fs: int
    duration_fs: int


class Held(NamedTuple):
    """What some work holds, and how long it lasts at least."""

    holds: tuple[Hold, ...]
    length_fs: int


NOTHING: frozenset[str] = frozenset()


class Occupation(Protocol):
    """What an operation does to resources. Equal ones are one object to a timeline, so they must be hashable."""

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        """Who is held when, if the resources in `without` took no time and were always free."""

    def paced_by(self, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
        """The resources, without those, that decide how long it takes; several where they are equally slow."""


class Service(NamedTuple):
    """What one resource does to a stream of words.

    Attributes:
        resource: who.
        single_fs: its service of one word.
        rest_fs: its service of all words but one, at its own pace.
        latency_fs: from a word's arrival to its departure.
        along: what is held with it: the array that stands still, the buffer that is written.
        releases_early: whether those are free again after a single service; else they are held to the end.
    """

    resource: str
    single_fs: int
    rest_fs: int
    latency_fs: int
    along: tuple[str, ...] = ()
    releases_early: bool = False


@dataclass(frozen=True)
class Stream:
    """Words that pass through components one after the other.

    Each component is held from when the first word reaches it until it has served the last. Words follow each other
    at the pace of the slowest, so everywhere the last comes as long after the first as there: its service of all words
    but one. A single word holds each component for its own service only.
    """

    services: tuple[Service, ...]

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        """As `Occupation` has it."""
        lag, offset, holds = self._lag_fs(without), 0, []
        for service in self.services:
            gone = service.resource in without
            single = 0 if gone else service.single_fs
            if not gone:
                holds.append(Hold(service.resource, offset, lag + single))
            holds += [
                Hold(other, offset, single if service.releases_early else lag + single) for other in service.along
            ]
            offset += 0 if gone else service.latency_fs
        return Held(tuple(holds), offset + lag)

    def paced_by(self, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
        """As `Occupation` has it."""
        lag = self._lag_fs(without)
        return tuple(s.resource for s in self.services if lag and s.resource not in without and s.rest_fs == lag)

    def _lag_fs(self, without: frozenset[str]) -> int:
        return max((s.rest_fs for s in self.services if s.resource not in without), default=0)


@dataclass(frozen=True)
class Recovery:
    """What a resource needs after a stream: `interval_fs` from the beginning of one use to that of the next."""

    resource: str
    stream: Stream
    interval_fs: int

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        """As `Occupation` has it."""
        holds = [hold for hold in self.stream.held(without).holds if hold.resource == self.resource]
        waits = (Hold(self.resource, 0, max(0, self.interval_fs - hold.duration_fs)) for hold in holds)
        return Held(tuple(waits), 0)

    def paced_by(self, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
        """As `Occupation` has it."""
        return () if self.resource in without else (self.resource,)


@dataclass(frozen=True)
class Operation:
    """Something that happened on the timeline.

    Attributes:
        name: of what was done.
        start_fs, end_fs: when.
        holds: who was held, from offsets after the start.
        index: its place in the order of asking.
        after: indices of the operations that had to be done before.
    """

    name: str
    start_fs: int
    end_fs: int
    holds: tuple[Hold, ...]
    index: int
    after: tuple[int, ...]


@dataclass
class Timeline:
    """All operations so far, what each occupies, and when each resource becomes free."""

    operations: list[Operation] = field(default_factory=list)
    occupations: list[Occupation] = field(default_factory=list)
    free_at_fs: dict[str, int] = field(default_factory=dict)
    busy_fs: dict[str, int] = field(default_factory=dict)
    _known: dict[Occupation, tuple[Occupation, Held]] = field(default_factory=dict)

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

    def book(self, name: str, occupation: Occupation, after: Sequence[Operation] = ()) -> Operation:
        """Start an operation as early as possible; it ends with its last hold, and not before its length is over."""
        # Thousands of operations occupy the same: they share one object.
        occupation, (holds, length) = self._known.setdefault(occupation, (occupation, occupation.held()))
        start = self.earliest_fs(holds, max((op.end_fs for op in after), default=0))
        end = start + max([length, *(hold.offset_fs + hold.duration_fs for hold in holds)])
        for hold in holds:
            self.free_at_fs[hold.resource] = start + hold.offset_fs + hold.duration_fs
            self.busy_fs[hold.resource] = self.busy_fs.get(hold.resource, 0) + hold.duration_fs
        operation = Operation(name, start, end, holds, len(self.operations), tuple(op.index for op in after))
        self.operations.append(operation)
        self.occupations.append(occupation)
        return operation
