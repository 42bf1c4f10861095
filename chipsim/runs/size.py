"""Memory, disk and time that a run takes, estimated before anything is allocated.

The factors were fitted to the peak memory of runs on grids of 16 to 10^6 cells, with 64 to 10^5 lanes and up to 20,000
records and reads; `tests/runs/test_size.py` compares estimates with runs, within a factor of 2 (3 for time).
Times are CPU seconds of one core with AVX2, without start and compilation of kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.errors import RunError
from chipsim.memory import available_bytes, show_bytes
from chipsim.runs.plan import Plan
from chipsim.units import show

# Python with its libraries and compiled kernels.
_BASE = 200 * 2**20
_PER_CELL, _PER_COUPLER = 200, 100
# State, generators and counters of a cell in a group of 64 lanes.
_PER_WORD = 100
# Parts of the memory of a workload that reach the result, compressed: of a record one copy, of reads also their counts.
_DISK_BASE, _DISK_PER_CELL = 200_000, 17
_DISK_SHARES = {"records": 0.03, "reads": 0.23}
# Seconds: of a cell of 64 lanes in a sweep, and of each of its neighbours; of a record, and of each such cell in it; of
# a read, with its operations.
_CELL_S, _NEIGHBOUR_S = 85e-9, 5.5e-9
_RECORD_S, _RECORDED_CELL_S = 280e-6, 160e-9
_READ_S = 2e-3
# Of a lane: its statistics, and what is stored of it.
_LANE_S = 1e-4


@dataclass(frozen=True)
class Size:
    """Estimated size of a run.

    Attributes:
        memory: bytes by part; their sum is the peak.
        disk: bytes of the result.
        cpu_s: CPU seconds of the simulation; None for continuous cells, whose time depends on the matrix.
    """

    memory: dict[str, int]
    disk: int
    cpu_s: float | None = None

    @property
    def total(self) -> int:
        """Bytes of memory at the peak."""
        return sum(self.memory.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {show_bytes(size)}" for name, size in self.memory.items() if size)
        time = "" if self.cpu_s is None else f", and {show(self.cpu_s, 's', 2)} of one core"
        return f"about {show_bytes(self.total)} of memory ({parts}) and {show_bytes(self.disk)} on disk{time}"


def size_of(ready: Plan, lanes: int) -> Size:
    """The estimated size of a run of a plan with this number of lanes."""
    fabric, groups = ready.netlist.fabric, -(-lanes // 64)
    own = ready.workload.memory(lanes)
    memory = {
        "chipsim": _BASE,
        "chip": fabric.sites * _PER_CELL + len(fabric.edges) * _PER_COUPLER,
        "lanes": fabric.sites * groups * _PER_WORD,
        **own,
    }
    disk = _DISK_BASE + fabric.sites * (_DISK_PER_CELL + 8 * groups)
    disk += int(sum(_DISK_SHARES.get(name, 0.0) * size for name, size in own.items()))
    return Size(memory, disk, _cpu_s(ready, lanes))


def _cpu_s(ready: Plan, lanes: int) -> float | None:
    fabric, sweeps, groups = ready.netlist.fabric, ready.workload.total_sweeps, -(-lanes // 64)
    if ready.netlist.domain.sort != "latched":
        return None
    records, reads = ready.workload.observations()
    cells = fabric.sites * groups
    steps = sweeps * (cells * _CELL_S + 2 * len(fabric.edges) * groups * _NEIGHBOUR_S)
    return lanes * _LANE_S + steps + records * (_RECORD_S + cells * _RECORDED_CELL_S) + reads * _READ_S


def check_memory(size: Size, limit: int | None = None) -> None:
    """Refuse a run that takes more memory than there is.

    Args:
        size: estimate.
        limit: bytes; None for what the machine has available.

    Raises:
        RunError: with the arithmetic.
    """
    there = available_bytes() if limit is None else limit
    if there is not None and size.total > there:
        source = "this machine has available" if limit is None else "--max-memory allows"
        raise RunError(
            f"the run takes {size}; {source} {show_bytes(there)}; use fewer lanes, cells, records or reads",
            code="run.too-large",
        )
