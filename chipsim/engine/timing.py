"""Duration of one repetition of a run, and occupancy of its components."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.engine.occupancy import Occupancy, without_picture


@dataclass(frozen=True)
class Phase:
    """A phase of the run: consecutive operations of the same name."""

    name: str
    start_fs: int
    end_fs: int


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
        """Concatenate both. Phases of the same name are merged; occupancy and bottlenecks are not kept."""
        elapsed = self.elapsed_fs + later.elapsed_fs
        busy = {**self.busy_fs, **later.busy_fs}
        return Timing(
            elapsed,
            tuple(Phase(name, 0, elapsed) for name in dict.fromkeys(p.name for p in (*self.phases, *later.phases))),
            {name: self.busy_fs.get(name, 0) + later.busy_fs.get(name, 0) for name in busy},
            without_picture(self.occupancy.digital_fs + later.occupancy.digital_fs),
        )
