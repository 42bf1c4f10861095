"""The timeline: integer femtoseconds, resources that serve one operation at a time, in the order of booking.

An operation holds resources, each from an offset after its start. It starts at the earliest tick at which all of them
are free and its predecessors have ended. Resources are never given to an operation before one that was booked earlier,
so every resource works in the order of the workload's calls.

Operations are stored by the services of resources, not by busy intervals, so that a timeline can be replayed without
some resources: see `limits`.
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
    """Resources held by an operation, and its minimum duration."""

    holds: tuple[Hold, ...]
    length_fs: int


NOTHING: frozenset[str] = frozenset()


class Occupation(Protocol):
    """Use of resources by an operation. Hashable, since a timeline stores equal ones once."""

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        """Holds of resources if those in `without` are instantaneous."""

    def paced_by(self, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
        """The other resources that determine its duration; several if they are equally slow."""


class Service(NamedTuple):
    """Service of a stream of words by one resource.

    Attributes:
        resource: name.
        single_fs: its service of one word.
        rest_fs: its service of all words but one.
        latency_fs: from a word's arrival to its departure.
        along: resources held with it: the paused array, the buffer that is written.
        releases_early: whether those are released after a single service; else they are held to the end.
    """

    resource: str
    single_fs: int
    rest_fs: int
    latency_fs: int
    along: tuple[str, ...] = ()
    releases_early: bool = False


@dataclass(frozen=True)
class Stream:
    """Words that pass through components in sequence.

    Each component is held from the arrival of the first word until it has served the last. The slowest component limits
    the throughput, so at every component the last word arrives its `rest_fs` after the first. A single word holds each
    component for its own service only.
    """

    services: tuple[Service, ...]

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        """See `Occupation`."""
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
        """See `Occupation`."""
        lag = self._lag_fs(without)
        return tuple(s.resource for s in self.services if lag and s.resource not in without and s.rest_fs == lag)

    def _lag_fs(self, without: frozenset[str]) -> int:
        return max((s.rest_fs for s in self.services if s.resource not in without), default=0)


@dataclass(frozen=True)
class Recovery:
    """Recovery of a resource after a stream: `interval_fs` between the starts of two uses."""

    resource: str
    stream: Stream
    interval_fs: int

    def held(self, without: frozenset[str] = NOTHING) -> Held:
        """See `Occupation`."""
        holds = [hold for hold in self.stream.held(without).holds if hold.resource == self.resource]
        waits = (Hold(self.resource, 0, max(0, self.interval_fs - hold.duration_fs)) for hold in holds)
        return Held(tuple(waits), 0)

    def paced_by(self, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
        """See `Occupation`."""
        return () if self.resource in without else (self.resource,)


@dataclass(frozen=True)
class Operation:
    """An operation on the timeline.

    Attributes:
        name: of the operation.
        start_fs, end_fs: times.
        holds: resources with offsets after the start.
        index: in the order of booking.
        after: indices of its predecessors.
    """

    name: str
    start_fs: int
    end_fs: int
    holds: tuple[Hold, ...]
    index: int
    after: tuple[int, ...]


@dataclass
class Timeline:
    """All operations so far, their use of resources, and when each resource becomes free."""

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
        """Start an operation as early as possible; it ends with its last hold, but not before its minimum duration."""
        # Thousands of operations have equal occupations: they share one object.
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
