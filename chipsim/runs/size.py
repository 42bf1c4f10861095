"""Memory, disk and time that a run or a training takes, estimated before anything is allocated.

The factors were fitted to peak memory; `tests/benchmarks/sizes.py` compares estimates with runs, trainings and sweeps.
Times are those of `chipsim.engine.cpu_time`.
"""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.compiler.program import Program
from chipsim.engine.cpu_time import command_s, conclusion_s, groups_of, plan_s, slowdown, sweep_s
from chipsim.errors import RunError
from chipsim.memory import available_bytes, show_bytes
from chipsim.runs.plan import Plan
from chipsim.units import show
from chipsim.workloads.training import TrainingSize

# Python with its libraries and compiled kernels.
_BASE = 200 * 2**20
_PER_CELL, _PER_COUPLER = 200, 100
# State, generators and counters of a cell in a group of 64 lanes.
_PER_WORD = 100
# Parts of the memory of a workload that reach the result, compressed: of a record one copy, of reads their counts, and
# states as they are, since random bits do not compress.
_DISK_BASE, _DISK_PER_CELL = 200_000, 17
_DISK_SHARES = {"records": 0.068, "reads": 0.06, "states read": 1.0, "answers": 0.9, "samples": 0.85}


@dataclass(frozen=True)
class Size:
    """Estimated size of a run or a training.

    Attributes:
        memory: bytes by part; their sum is the peak.
        disk: bytes of the result.
        cpu_s: seconds of a core with AVX2 without the start; 0 if unknown.
    """

    memory: dict[str, int]
    disk: int
    cpu_s: float = 0.0

    @property
    def total(self) -> int:
        """Bytes of memory at the peak."""
        return sum(self.memory.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {show_bytes(size)}" for name, size in self.memory.items() if size)
        time = f", and {show(command_s(self.cpu_s), 's', 2)} of one core" if self.cpu_s else ""
        return f"about {show_bytes(self.total)} of memory ({parts}) and {show_bytes(self.disk)} on disk{time}"


def size_of(ready: Plan, lanes: int) -> Size:
    """The estimated size of a run of a plan with this number of lanes."""
    fabric, own = ready.netlist.fabric, ready.workload.memory(lanes)
    disk = _DISK_BASE + fabric.sites * (_DISK_PER_CELL + 8 * groups_of(lanes))
    disk += int(sum(_DISK_SHARES.get(name, 0.0) * size for name, size in own.items()))
    cpu_s = plan_s(fabric) + ready.workload.cpu_s(fabric, lanes) + conclusion_s(lanes)
    program = ready.program
    if isinstance(program, Program) and program.policy.order in ("free-running", "random-sequential"):
        longer = slowdown(fabric.sites, program.lateness is not None) - 1
        cpu_s += longer * ready.workload.total_sweeps * sweep_s(fabric, lanes)
    return Size(_memory(ready, lanes) | own, disk, cpu_s)


def size_of_training(ready: Plan, training: TrainingSize) -> Size:
    """The estimated size of a training of a plan."""
    fabric = ready.netlist.fabric
    memory = _memory(ready, training.lanes) | training.memory
    return Size(memory, _DISK_BASE + training.disk, plan_s(fabric) + training.cpu_s)


def _memory(ready: Plan, lanes: int) -> dict[str, int]:
    fabric, late = ready.netlist.fabric, None
    if isinstance(ready.program, Program):
        late = ready.program.lateness
    # Words of the past, and 64 numbers in single precision for each node.
    word = _PER_WORD + (8 * late.words + 256 * late.nodes if late else 0)
    return {
        "chipsim": _BASE,
        "chip": fabric.sites * _PER_CELL + len(fabric.edges) * _PER_COUPLER,
        "lanes": fabric.sites * groups_of(lanes) * word,
    }


def check_memory(size: Size, limit: int | None = None, what: str = "run") -> None:
    """Refuse a run that takes more memory than there is.

    Args:
        size: estimate.
        what: a word for what takes it.
        limit: bytes; None for what the machine has available.

    Raises:
        RunError: with the arithmetic.
    """
    there = available_bytes() if limit is None else limit
    if there is not None and size.total > there:
        source = "this machine has available" if limit is None else "--max-memory allows"
        raise RunError(
            f"the {what} takes {size}; {source} {show_bytes(there)}; use fewer lanes, cells, records or reads",
            code="run.too-large",
        )
