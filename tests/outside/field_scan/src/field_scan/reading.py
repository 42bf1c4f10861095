"""Setting a field and reading the array: what runs and trainings have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from chipsim.engine.device import Device, Reading
from chipsim.engine.timeline import Operation

if TYPE_CHECKING:
    from field_scan.scan import FieldScanModel

SPINS_PER_WORD = 64


def write_field(device: Device, coupling: float, field: float, after: Sequence[Operation]) -> Operation:
    """Write equal couplings and equal biases, both in units of J; one load serves a whole batch."""
    fabric = device.program.netlist.fabric
    return device.write(np.full(len(fabric.edges), coupling), np.full(fabric.sites, field), after, shared=True)


def readings(device: Device, model: FieldScanModel, written: Operation) -> Iterator[tuple[Reading, Operation]]:
    """Sample and read a few times, each after the other, with the host's count of the spins that are up."""
    counted = written
    for _ in range(model.reads):
        sampled, _ = device.sample(model.sweeps, after=[counted])
        reading = device.read(after=[sampled])
        counted = device.compute(-(-device.program.cells // SPINS_PER_WORD), after=[reading.done])
        yield reading, counted
