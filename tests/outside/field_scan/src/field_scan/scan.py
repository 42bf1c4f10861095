"""field-scan: the mean spin of an array, all couplings equal, against a field that is stepped up.

At each field the host writes the weights, lets the array run, reads it a few times and counts the spins that are up.
Uncoupled cells follow tanh(beta h). `chipsim train` looks for the field at which the mean spin has a given value; a run
takes what it found as the centre of its fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.program import Program
from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.spec.fields import Number, Whole
from chipsim.spec.model import SpecModel, errors_located_at
from chipsim.workloads.base import LatchedWorkload, WorkloadModel
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import Column, Curve, Fact, Facts, Section, Series, Table
from chipsim.workloads.training import Training
from field_scan.reading import readings, write_field
from field_scan.search import FieldSearch


class FieldsSpec(SpecModel):
    """Which fields, in units of J: so many, over a width around the centre."""

    width: Annotated[float, Number(gt=0, le=10)]
    points: Annotated[int, Whole(ge=2, le=1000)]


class SearchSpec(SpecModel):
    """What `chipsim train` looks for: the field at which the mean spin is `target`, halving its steps."""

    target: Annotated[float, Number(gt=-1, lt=1)] = 0.5
    step: Annotated[float, Number(gt=0, le=10)] = 0.5
    units: Annotated[int, Whole(ge=1, le=100)] = 2


class FieldScanModel(WorkloadModel):
    """A file of workload `field-scan`."""

    workload: Literal["field-scan"]
    fields: FieldsSpec
    sweeps: Annotated[int, Whole(ge=1, le=10**6)]
    reads: Annotated[int, Whole(ge=1, le=1000)] = 4
    coupling: Annotated[float, Number(ge=-1, le=1)] = 0.0
    beta: Annotated[float, Number(gt=0, le=10)] = 1.0
    search: SearchSpec = SearchSpec()
    centre: str | None = None


class FieldScan(LatchedWorkload[FieldScanModel]):
    """Scans a field on a device."""

    model_type: ClassVar[type[WorkloadModel]] = FieldScanModel
    summary: ClassVar[str] = "mean spin of an array against a field"
    training_type: ClassVar[type[Training[Any, Any]] | None] = FieldSearch

    @cached_property
    def fields(self) -> NDArray[np.float64]:
        """The fields, in units of J, in the order of the run."""
        half = self.model.fields.width / 2
        return self.centre + np.linspace(-half, half, self.model.fields.points)

    @cached_property
    def centre(self) -> float:
        """What a training found, or 0."""
        if self.model.centre is None:
            return 0.0
        with errors_located_at(self.document, ("centre",)):
            try:
                with h5py.File(self.model.centre, "r") as file:
                    return float(file["arrays"]["field"][0])
            except (OSError, KeyError):
                complaint = f"{self.model.centre}: no field; make it with chipsim train"
                raise ProblemError(complaint, code="data.missing") from None

    @property
    def total_sweeps(self) -> int:
        """Sweeps at all fields."""
        return self.model.fields.points * self.model.reads * self.model.sweeps

    def inputs(self) -> dict[str, Path]:
        """The file with the centre."""
        return {} if self.model.centre is None else {"centre": Path(self.model.centre)}

    def fixed_problem(self) -> Problem | None:
        """None: it takes the graph of the chip."""
        return None

    def prepare(self, fabric: Fabric) -> None:
        """Nothing: every graph will do. But the centre must be there."""
        assert len(self.fields) > 1

    def untrained(self, fabric: Fabric) -> FieldScan:
        """Without the field that a training looks for."""
        return FieldScan(self.document, self.model.model_copy(update={"centre": None}))

    def run(self, device: Device) -> None:
        """Step the field up; nothing waits for anything but the operation before it."""
        done = device.set_beta(self.model.beta)
        for number, field in enumerate(self.fields):
            device.name_phases(f"field {number + 1}")
            done = write_field(device, self.model.coupling, float(field), [done])
            for _, counted in readings(device, self.model, done):
                done = counted

    def outcome(self, program: Program, trace: Trace) -> Outcome:
        """The mean spin of each lane at each field, from what the host read."""
        spins = lanes_of_words(trace.observations.states, trace.lanes)
        means = spins.mean(axis=2).reshape(len(self.fields), self.model.reads, trace.lanes).mean(axis=1)
        curve = means.mean(axis=1)
        slopes = np.diff(curve) / np.diff(self.fields)
        figures = {"fields": len(self.fields), "saturation": float(curve[-1]), "susceptibility": float(slopes.max())}
        return Outcome(figures, arrays={"field": self.fields, "mean_spin": curve, "mean_spin_by_lane": means})

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """The curve, and what it was made of; of a training the fields that were tried."""
        figures = outcome.figures
        if "training" in figures:
            tried = tuple((entry["field"], entry["mean_spin"]) for entry in figures["training"])
            return (Table("Fields that were tried", (Column("field"), Column("mean spin")), tried),)
        note = f"steepest of {figures['fields']} fields; at the last the mean spin is {figures['saturation']:.3g}"
        facts = Facts((Fact("slope", figures["susceptibility"], note=note, digits=3),))
        curve = Curve("Mean spin", "field / J", "mean spin", (Series("all lanes", "mean_spin", x="field"),))
        rows = tuple(zip(outcome.arrays["field"].tolist(), outcome.arrays["mean_spin"].tolist(), strict=True))
        return facts, curve, Table("Mean spin by field", (Column("field"), Column("mean spin")), rows)
