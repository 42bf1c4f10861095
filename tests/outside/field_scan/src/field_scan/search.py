"""The training of field-scan: one field is tried a unit, with half the step of the unit before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.serial import serial
from chipsim.workloads.training import Training, Unit
from field_scan.reading import readings, write_field

if TYPE_CHECKING:
    from field_scan.scan import FieldScan

CHAINS = 64


class FieldSearch(Training["FieldScan", Program]):
    """Looks for the field at which the mean spin has the value that is asked for."""

    unit_name: ClassVar[str] = "field"
    trained_key: ClassVar[str] = "centre"
    workload: FieldScan
    field: float

    @property
    def units(self) -> int:
        """Fields that are tried."""
        return self.workload.model.search.units

    def start(self) -> None:
        """At no field."""
        self.field = 0.0

    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """At the field that is next."""
        self.field = float(arrays["field"][0])

    def unit(self, number: int) -> Unit:
        """Try the field on a device of its own, and move it towards the target."""
        model = self.workload.model
        seed = int(np.random.SeedSequence((self.seed, number)).generate_state(1, np.uint64)[0] >> 1)
        device = Device(self.program, CHAINS, seed, self.threads)
        written = write_field(device, model.coupling, self.field, [device.set_beta(model.beta)])
        mean = float(np.mean([reading.spins.mean() for reading, _ in readings(device, model, written)]))
        digital = {part.name for part in self.program.netlist.components.values() if part.kind.is_auxiliary}
        tried, step = self.field, model.search.step / 2**number
        self.field += step if mean < model.search.target else -step
        entry = {"field": tried, "mean_spin": mean}
        return Unit(serial(device.finish(), [written], digital), entry, f"field {tried:.3f}: mean spin {mean:+.3f}")

    def arrays(self, complete: bool) -> dict[str, NDArray[Any]]:
        """The field."""
        return {"field": np.array([self.field])}
