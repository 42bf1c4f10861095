"""Duration of one repetition of a run, and occupancy of its components."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chipsim.engine.occupancy import Occupancy, without_picture


@dataclass(frozen=True)
class Phase:
    """A phase of the run: consecutive operations of the same name."""

    name: str
    start_fs: int
    end_fs: int

    @property
    def length_fs(self) -> int:
        """Time from its start to its end."""
        return self.end_fs - self.start_fs


@dataclass(frozen=True)
class Limit:
    """One bottleneck in the list of a run, see `engine.limits`.

    Attributes:
        resources: of the bottleneck; several if only removing all of them gains time.
        operations: names of the operations that use them.
        gain_s: time saved by removing them in addition to those of the earlier steps; 0 if another resource is equally
            slow, which is then the next step.
        elapsed_s: duration of the run after that.
    """

    resources: tuple[str, ...]
    operations: tuple[str, ...]
    gain_s: float
    elapsed_s: float


@dataclass(frozen=True, eq=False)
class Timing:
    """Simulated time of one repetition, the same in all lanes.

    Attributes:
        elapsed_fs: from the first operation to the end of the last.
        phases: in the order of the workload's calls; independent ones overlap.
        busy_fs: busy time of each component (of one instance).
        occupancy: of the components over time.
        limits: the bottlenecks in order.
    """

    elapsed_fs: int
    phases: tuple[Phase, ...]
    busy_fs: dict[str, int]
    occupancy: Occupancy
    limits: tuple[Limit, ...] = ()

    def __add__(self, later: Timing) -> Timing:
        """Concatenate both. Phases of the same name are merged into one as long as all of them, one phase after the
        other; occupancy and bottlenecks are not kept.
        """
        elapsed = self.elapsed_fs + later.elapsed_fs
        busy = {**self.busy_fs, **later.busy_fs}
        lengths: dict[str, int] = {}
        for phase in (*self.phases, *later.phases):
            lengths[phase.name] = lengths.get(phase.name, 0) + phase.length_fs
        return Timing(
            elapsed,
            in_turn(lengths.items(), elapsed),
            {name: self.busy_fs.get(name, 0) + later.busy_fs.get(name, 0) for name in busy},
            without_picture(self.occupancy.digital_fs + later.occupancy.digital_fs),
        )


def in_turn(lengths: Iterable[tuple[str, int]], elapsed_fs: int) -> tuple[Phase, ...]:
    """Phases of these names and lengths one after another, none beyond the end of the run."""
    phases, start = [], 0
    for name, length in lengths:
        first = max(0, min(start, elapsed_fs - length))
        phases.append(Phase(name, first, first + length))
        start += length
    return tuple(phases)
