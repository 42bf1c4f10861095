"""The interface of workloads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar

from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.compiler.netlist import Netlist
from chipsim.compiler.program import ContinuousProgram, Program
from chipsim.components.facts import Finding
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.engine.cpu_time import sweep_s
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.errors import ProblemError
from chipsim.problems.problem import Problem
from chipsim.spec.document import Document
from chipsim.spec.fields import Whole
from chipsim.spec.model import SpecModel, fail
from chipsim.statistics.deviation import Observables
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import Assessment, Section, facts_of
from chipsim.workloads.training import ProgramT, Training


class WorkloadModel(SpecModel):
    """Keys common to all workload files."""

    chipsim: Literal[1]
    workload: str
    name: str
    description: str = ""
    jobs_per_load: Annotated[int, Whole(ge=1, le=10**12)] = 1
    chips: Annotated[int, Whole(ge=1, le=10**9)] = 1


ModelT = TypeVar("ModelT", bound=WorkloadModel)
DeviceT = TypeVar("DeviceT", Device, ContinuousDevice)


class Workload(ABC, Generic[ModelT, DeviceT, ProgramT]):
    """A validated workload: derive from `LatchedWorkload` or `ContinuousWorkload`, by the cells that it drives."""

    model_type: ClassVar[type[WorkloadModel]]
    # One-line description, for listings.
    summary: ClassVar[str]
    needs: ClassVar[Literal["latched", "continuous"]]
    # Class of its training; None if it cannot be trained.
    training_type: ClassVar[type[Training[Any, Any]] | None] = None
    # Maximum repetitions of one run; None if unlimited.
    max_lanes: ClassVar[int | None] = None
    # Meaning of each figure of its outcome, for `chipsim metrics`; `*` in a name matches any key of a block.
    meanings: ClassVar[Mapping[str, str]] = {}

    def __init__(self, document: Document, model: ModelT) -> None:
        self.document = document
        self.model = model

    # Figure that says how good the answer is; "" if a run alone does not tell.
    merit: ClassVar[str] = ""

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, for progress."""
        return 0

    def extent(self) -> str:
        """Size of the run, as text."""
        return f"{self.total_sweeps:,} sweeps"

    def memory(self, lanes: int) -> dict[str, int]:
        """Estimated bytes that a run of these lanes takes for what it records and reads, by part."""
        return {}

    def searched(self) -> Mapping[str, NDArray[Any]]:
        """What `prepare` searched for, by name, which the same keys and files need not give again: part of the ids."""
        return {}

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Estimated CPU seconds of a run of these lanes; 0 if unknown. Called after `prepare`."""
        return 0.0

    def inert(self) -> dict[str, str]:
        """Keys without effect at the present settings, with the reason."""
        return {}

    def lacks(self) -> str:
        """Inputs of a run that the file does not name, as text; "" if complete."""
        return ""

    def untrained(self, fabric: Fabric) -> Self:
        """The workload without inputs that only runs use, which identifies a training."""
        return self

    def inputs(self) -> dict[str, Path]:
        """The files that a run reads, in addition to the workload file, by role; their content is part of its identity.

        Raises:
            ChipsimError: a file is missing.
        """
        return {}

    @abstractmethod
    def fixed_problem(self) -> Problem | None:
        """The problem, if it does not depend on the chip; the compiler may take size or graph from it."""

    def take(self, problem: Problem) -> None:
        """Use a problem that Python hands over.

        Raises:
            ProblemError: this workload takes none.
        """
        raise ProblemError(f"workload {self.model.workload} takes no problem=", code="run.argument")

    @abstractmethod
    def prepare(self, fabric: Fabric) -> None:
        """Compute everything that depends on the fabric, and check that it fits.

        Raises:
            ProblemError: it does not fit.
        """

    def check(self, netlist: Netlist) -> None:
        """Check that the chip supports the workload, first of all that it has the required type of cells.

        Raises:
            SpecError: the chip does not support it.
        """
        there = netlist.domain.sort
        if there != self.needs:
            cells = f"{netlist.chip.model.name} has {there} cells ({netlist.domain.cells.spec.kind})"
            complaint = f"{self.model.workload} requires {self.needs} cells; {cells}"
            raise fail(self.document, ("workload",), complaint, code="chip.wrong-cells")

    def lint(self, netlist: Netlist) -> Iterable[Finding]:
        """Findings about requests that the chip realises poorly; results are unaffected. Called after `prepare`."""
        return ()

    @abstractmethod
    def run(self, device: DeviceT) -> None:
        """Drive the device. All operations are billed; decisions must not use unbilled probes."""

    @abstractmethod
    def outcome(self, program: ProgramT, trace: Trace) -> Outcome:
        """Results from the trace alone, so that merged traces give the same as one run of all lanes."""

    def observables(self, trace: Trace) -> Observables | None:
        """What the sampled distribution is compared by; None where the workload samples none, or none was recorded."""
        return None

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """Sections of reports on an outcome; they must not depend on prices."""
        return (facts_of(outcome.figures),)

    @classmethod
    def assess(cls, figures: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Assessment | None:
        """Quality of a result compared with its training data, or None if not applicable.

        Args:
            figures: of the workload's block.
            arrays: of the result.

        Raises:
            ChipsimError: the data are missing, or do not fit the result.
        """
        return None


class LatchedWorkload(Workload[ModelT, Device, Program]):
    """A workload of latched cells: p-bits."""

    needs: ClassVar[Literal["latched", "continuous"]] = "latched"

    def cpu_s(self, fabric: Fabric, lanes: int) -> float:
        """Those of its sweeps."""
        return self.total_sweeps * sweep_s(fabric, lanes)


class ContinuousWorkload(Workload[ModelT, ContinuousDevice, ContinuousProgram]):
    """A workload of continuous cells: voltages of integrators and resonators."""

    needs: ClassVar[Literal["latched", "continuous"]] = "continuous"
    # Whether it requires cells with a potential; else it requires linear ones.
    needs_potential: ClassVar[bool] = False
    # Whether it also takes cells that switch between states.
    takes_states: ClassVar[bool] = False

    def check(self, netlist: Netlist) -> None:
        """Check also that the cells have a potential, or a linear law."""
        super().check(netlist)
        cells = netlist.continuous.cells
        switching = cells.kind.states_per_cell > 1 and not self.takes_states
        if cells.kind.has_potential != self.needs_potential or switching:
            wanted = "cells with a potential" if self.needs_potential else "linear cells"
            there = f"{netlist.chip.model.name} has cells of kind {cells.spec.kind}"
            complaint = f"{self.model.workload} requires {wanted}; {there}"
            raise fail(self.document, ("workload",), complaint, code="chip.unsuitable")


AnyWorkload: TypeAlias = Workload[Any, Any, Any]
