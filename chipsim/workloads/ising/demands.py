"""What an Ising run demands: words of the host, valid clamps, a target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.device import Device
from chipsim.engine.timeline import Operation
from chipsim.errors import ProblemError
from chipsim.mapping.chains import Mapped
from chipsim.problems.problem import Problem
from chipsim.spec.document import Document
from chipsim.spec.model import fail
from chipsim.workloads.ising.outcome import DIRECTED
from chipsim.workloads.ising.replicas import Replicas
from chipsim.workloads.ising.schedule import ScheduleSpec
from chipsim.workloads.ising.spec import TargetSpec

# Measured bytes at the peak: of a recorded value of a lane, whose copies are joined; of the operations of a read.
RECORD_BYTES = 22
READ_BYTES = 14_000


def memory_of(schedule: ScheduleSpec, cells: int, lanes: int, beside: bool) -> dict[str, int]:
    """Bytes of records, whose pieces are joined at the end, and of reads with their operations and counts.

    With a native chip `beside` there are three sets of records: cells, spins, and those of that chip.
    """
    records = schedule.records * lanes * (schedule.projections + 3) * RECORD_BYTES
    reads = len(schedule.reads) + schedule.turns * len(schedule.swaps)
    words = reads * cells * -(-lanes // 64) * 8
    return {"records": records * (3 if beside else 1), "reads": reads * READ_BYTES, "states read": words}


def check_clamps(document: Document, clamp: Sequence[tuple[int, int]], problem: Problem) -> None:
    """Check that clamped cells are those of the problem, each named once.

    Raises:
        SpecError: with the place.
    """
    clamped: set[int] = set()
    for index, (site, _) in enumerate(clamp):
        if site in clamped:
            raise fail(
                document, ("clamp", index, 0), f"cell {site} is clamped twice; remove one entry", code="spec.duplicate"
            )
        clamped.add(site)
        if site >= problem.cells:
            complaint = f"unknown cell {site} in clamp; the last cell is {problem.cells - 1}"
            raise fail(document, ("clamp", index, 0), complaint, code="spec.out-of-range")


def clamped_cells(
    clamp: Sequence[tuple[int, int]], replicas: Replicas | None, mapped: Mapped | None
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Cells to be clamped, all those of a chain and in each replica, and their values."""
    spins, values = np.array(clamp).T
    if replicas is not None:
        copies = replicas.sites[:, spins]
        return copies.ravel(), np.tile(values, len(copies)).astype(np.int8)
    if mapped is None:
        return spins, values.astype(np.int8)
    first, cells = mapped.chains.first, mapped.chains.cells
    sites = [cells[first[spin] : first[spin + 1]] for spin in spins]
    return np.concatenate(sites), np.repeat(values, [len(part) for part in sites]).astype(np.int8)


def target_energy(problem: Problem, spec: TargetSpec | None) -> float | None:
    """The energy that counts as solved, or None.

    Raises:
        ProblemError: the problem has no energy, or no best-known value.
    """
    if spec is None:
        return None
    if problem.is_directed:
        raise ProblemError(f"a target requires an energy, which is {DIRECTED}; remove target", code="problem.directed")
    value = problem.best_known_cut if spec.value == "best-known" else spec.value
    if value is None:
        raise ProblemError(
            f'problem "{problem.name}" has no best-known value; set target.value to a number',
            code="problem.no-best-known",
        )
    return problem.energy_of(float(value * spec.fraction))


def book_scaling(device: Device, problem: Problem, passes: int) -> Sequence[Operation]:
    """Book passes of the host over a problem, to find its largest weight and to scale it."""
    if not passes:
        return ()
    words = host_words(problem.couplings) + host_words(problem.biases)
    return (device.compute(passes * words, shared=True),)


def words_of_an_energy(problem: Problem) -> int:
    """Machine words from which the host computes an energy: the packed problem, and 64 spins each."""
    return host_words(problem.couplings) + host_words(problem.biases) + -(-problem.cells // 64)


def host_words(values: NDArray[np.float64]) -> int:
    """Machine words of 8 bytes in which the host stores numbers: small integers in a byte, others as float32; zero
    words if all are 0.
    """
    if not values.any():
        return 0
    small = bool((values == np.rint(values)).all()) and float(np.abs(values).max()) <= 127
    return -(-len(values) * (1 if small else 4) // 8)
