"""What every workload says about itself, and what it hands back."""

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
from chipsim.engine.device import Device
from chipsim.engine.trace import Trace
from chipsim.problems.problem import Problem
from chipsim.spec.document import Document
from chipsim.spec.fields import Whole
from chipsim.spec.model import SpecModel, fail
from chipsim.workloads.outcome import Outcome
from chipsim.workloads.sections import Assessment, Section, facts_of
from chipsim.workloads.training import ProgramT, Training


class WorkloadModel(SpecModel):
    """Keys that every workload file has."""

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
    # What it does, for lists.
    summary: ClassVar[str]
    needs: ClassVar[Literal["latched", "continuous"]]
    # How it is trained; None where it cannot be.
    training_type: ClassVar[type[Training[Any, Any]] | None] = None
    # Repetitions of one run; None where there may be any number.
    max_lanes: ClassVar[int | None] = None
    # What each figure of its outcome means, for `chipsim metrics`; `*` in a name stands for any key of a block.
    meanings: ClassVar[Mapping[str, str]] = {}

    def __init__(self, document: Document, model: ModelT) -> None:
        self.document = document
        self.model = model

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, for progress."""
        return 0

    def extent(self) -> str:
        """How much there is to do, for people."""
        return f"{self.total_sweeps:,} sweeps"

    def inert(self) -> dict[str, str]:
        """Keys that change nothing with the present settings, and why."""
        return {}

    def lacks(self) -> str:
        """What a run still needs and the file does not name, for people; "" where that is nothing."""
        return ""

    def untrained(self, fabric: Fabric) -> Self:
        """What a training starts from and is named by: the workload without what only runs use."""
        return self

    def inputs(self) -> dict[str, Path]:
        """The files that a run reads, beside the workload file itself, by what they are: their content names the run.

        Raises:
            ChipsimError: one is not there.
        """
        return {}

    @abstractmethod
    def fixed_problem(self) -> Problem | None:
        """The problem, when it does not depend on the chip; the compiler may take size or graph from it."""

    @abstractmethod
    def prepare(self, fabric: Fabric) -> None:
        """Make what depends on the chip's fabric, and check that it fits.

        Raises:
            ProblemError: it does not fit.
        """

    def check(self, netlist: Netlist) -> None:
        """Check that the chip can do it at all: first of all, that it has the sort of cells that are driven.

        Raises:
            SpecError: it cannot.
        """
        there = netlist.domain.sort
        if there != self.needs:
            cells = f"{netlist.chip.model.name} has {there} cells ({netlist.domain.cells.spec.kind})"
            complaint = f"{self.model.workload} requires {self.needs} cells; {cells}"
            raise fail(self.document, ("workload",), complaint, code="chip.wrong-cells")

    def lint(self, netlist: Netlist) -> Iterable[Finding]:
        """What it asks of the chip that the chip can only do badly; changes no figure. Called once it is prepared."""
        return ()

    @abstractmethod
    def run(self, device: DeviceT) -> None:
        """Drive the device. It costs what is done with it; what costs nothing is no knowledge to act on."""

    @abstractmethod
    def outcome(self, program: ProgramT, trace: Trace) -> Outcome:
        """What came of it, from the trace alone, so that merged traces give what one run of all lanes gives."""

    @classmethod
    def report(cls, outcome: Outcome) -> Sequence[Section]:
        """What reports draw of an outcome; nothing in it may depend on prices."""
        return (facts_of(outcome.figures),)

    @classmethod
    def assess(cls, figures: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Assessment | None:
        """How good a result is beside the data that it was made from, or None where that is not compared.

        Args:
            figures: of the workload's block.
            arrays: of the result.

        Raises:
            ChipsimError: the data are missing, or the result does not fit them.
        """
        return None


class LatchedWorkload(Workload[ModelT, Device, Program]):
    """A workload of cells that latch: p-bits."""

    needs: ClassVar[Literal["latched", "continuous"]] = "latched"


class ContinuousWorkload(Workload[ModelT, ContinuousDevice, ContinuousProgram]):
    """A workload of cells that move all the time: voltages of integrators and resonators."""

    needs: ClassVar[Literal["latched", "continuous"]] = "continuous"


AnyWorkload: TypeAlias = Workload[Any, Any, Any]
