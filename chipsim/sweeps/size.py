"""Time, memory and disk that a sweep takes, estimated before any of its points is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chipsim.engine.cpu_time import command_s
from chipsim.errors import ChipsimError, RunError
from chipsim.memory import show_bytes
from chipsim.runs.plan import planned
from chipsim.runs.size import Size, size_of
from chipsim.spec.document import read_document
from chipsim.spec.presets import find, preset_names
from chipsim.sweeps.points import Point, points_of
from chipsim.sweeps.spec import SweepSpec, read_sweep
from chipsim.units import show

# Simulations that are planned; all others are taken to be like them.
MAX_PLANNED = 16
# CPU seconds of a simulation beside its sweeps: planned, concluded, stored; and of a point: priced and stored.
SIMULATION_S, POINT_S = 70e-3, 15e-3
# Of a point: bytes in the memory of the process that keeps the table, and on disk.
POINT_BYTES, POINT_DISK = 7000, 15_000
# Memory of that process without points.
BASE = 200 * 2**20


@dataclass(frozen=True)
class SweepSize:
    """Estimated size of a sweep.

    Attributes:
        points: of the sweep, with the replicates to begin with.
        simulations: different ones among them.
        largest: the run of a point that takes most memory, with the lanes to begin with.
        cpu_s: seconds of a core with AVX2, of all points, without the start.
        most_cpu_s: the same if each point takes the most lanes that the stop rule allows.
        memory: bytes of the process that keeps the table; each worker takes those of a run.
        disk: bytes of the folder.
    """

    points: int
    simulations: int
    largest: Size
    cpu_s: float
    most_cpu_s: float
    memory: int
    disk: int

    def __str__(self) -> str:
        first, last = (show(command_s(seconds), "s", 2) for seconds in (self.cpu_s, self.most_cpu_s))
        more = f" to {last}" if self.most_cpu_s > self.cpu_s else ""
        number = f"{self.points:,} points by {self.simulations:,} simulations"
        memory = f"{show_bytes(self.memory)} of memory, {show_bytes(self.largest.total)} for each process beside"
        return f"{number} take about {first}{more} of one core, {memory}, and {show_bytes(self.disk)} on disk"


def size_of_sweep(spec: SweepSpec) -> SweepSize:
    """The estimated size of a sweep.

    Raises:
        SpecError, ChipsimError: an axis leads nowhere.
        RunError: none of the simulations that were planned is possible.
    """
    points = points_of(spec)
    first = {point.activity: point for point in reversed(points)}
    chosen = list(first.values())[:: max(1, -(-len(first) // MAX_PLANNED))]
    starts, ends = [], []
    for point in chosen:
        try:
            start, end = _sizes(spec, point)
        except ChipsimError as error:  # such a point is skipped
            problem = error
            continue
        starts.append(start)
        ends.append(end)
    if not starts:
        raise RunError(
            f"none of {len(chosen):,} points that were planned is possible: {problem}", code="sweep.all-failed"
        )
    share, known = len(first) / len(chosen), len(points) * POINT_S
    times = [known + share * sum(size.cpu_s + SIMULATION_S for size in sizes) for sizes in (starts, ends)]
    return SweepSize(
        points=len(points),
        simulations=len(first),
        largest=max(starts, key=lambda size: size.total),
        cpu_s=times[0],
        most_cpu_s=times[1],
        memory=BASE + len(points) * POINT_BYTES,
        disk=len(points) * POINT_DISK + int(share * sum(size.disk for size in starts)),
    )


def _sizes(spec: SweepSpec, point: Point) -> tuple[Size, Size]:
    """Of a point, with the lanes to begin with and with the most."""
    ready = planned(spec.chip, spec.workload, point.overrides, spec.prices, spec.model.scope)
    lanes = ready.lanes(spec.model.lanes)
    start = size_of(ready, lanes)
    return start, start if spec.stop is None else size_of(ready, max(lanes, spec.stop.max_lanes))


def is_sweep(name: str) -> bool:
    """Whether a name is that of a preset sweep, or of a file with the axes of one."""
    if name in preset_names("chip"):
        return False
    try:
        value = read_document(find("sweep", name)).value
    except ChipsimError:
        return False
    return isinstance(value, dict) and "axes" in value


def describe_sweep(name: str, overrides: Mapping[str, Any]) -> list[str]:
    """A sweep: its axes and its size."""
    spec = read_sweep(name, set=overrides)
    axes = [f"axis {axis.path}: {len(axis.values):,} values" for axis in spec.axes]
    return [f"{spec.document.source}: ok ({spec.model.name})", *axes, f"its {size_of_sweep(spec)}"]
