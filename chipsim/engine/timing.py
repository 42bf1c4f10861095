"""How long one repetition of a run took, and who was held when."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.engine.occupancy import Occupancy, without_picture


@dataclass(frozen=True)
class Phase:
    """A stretch of the run: consecutive operations of one name."""

    name: str
    start_fs: int
    end_fs: int


@dataclass(frozen=True)
class Limit:
    """One step down the list of what a run waits for, see `engine.limits`.

    Attributes:
        resources: who is waited for; several where only all of them together gain.
        operations: names of the operations that they work in.
        gain_s: how much earlier the run ends without them, when those of the steps before are left out already. 0 where
            something else takes as long, which is then the next step.
        elapsed_s: how long the run takes then.
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
        phases: in the order in which the workload asked; independent ones overlap.
        busy_fs: time that each component (one instance of it) was held.
        occupancy: who was held when.
        limits: what the run waits for, and what it would wait for without that, and so on.
    """

    elapsed_fs: int
    phases: tuple[Phase, ...]
    busy_fs: dict[str, int]
    occupancy: Occupancy
    limits: tuple[Limit, ...] = ()

    def __add__(self, later: Timing) -> Timing:
        """Both after each other. Phases of one name become one; who was held when and the limits are not kept."""
        elapsed = self.elapsed_fs + later.elapsed_fs
        busy = {**self.busy_fs, **later.busy_fs}
        return Timing(
            elapsed,
            tuple(Phase(name, 0, elapsed) for name in dict.fromkeys(p.name for p in (*self.phases, *later.phases))),
            {name: self.busy_fs.get(name, 0) + later.busy_fs.get(name, 0) for name in busy},
            without_picture(self.occupancy.digital_fs + later.occupancy.digital_fs),
        )
