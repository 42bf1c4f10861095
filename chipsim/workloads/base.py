"""What every workload says about itself, and what it hands back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from numpy.typing import NDArray

from chipsim.compiler.fabric import Fabric
from chipsim.problems.problem import Problem
from chipsim.spec.document import Document
from chipsim.spec.model import SpecModel, whole


class WorkloadModel(SpecModel):
    """Keys that every workload file has."""

    chipsim: Literal[1]
    workload: str
    name: str
    description: str = ""
    jobs_per_load: whole(ge=1, le=10**12) = 1  # type: ignore[valid-type]
    chips: whole(ge=1, le=10**9) = 1  # type: ignore[valid-type]


@dataclass(frozen=True)
class Outcome:
    """What a workload found out.

    Attributes:
        figures: entries for the summary, with their names.
        effective_samples: independent samples that all lanes together drew on the chip, or None when not defined.
        delivered_samples: the same for what reached the host.
        sampling: why `effective_samples` is what it is: "resolved", "unresolved", "not defined".
    """

    figures: dict[str, Any] = field(default_factory=dict)
    effective_samples: float | None = None
    delivered_samples: float | None = None
    sampling: str = "not defined"


class Workload(ABC):
    """A validated workload."""

    model_type: ClassVar[type[WorkloadModel]]
    needs: ClassVar[Literal["latched", "continuous"]] = "latched"

    def __init__(self, document: Document, model: Any) -> None:
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

    @abstractmethod
    def fixed_problem(self) -> Problem | None:
        """The problem, when it does not depend on the chip; the compiler may take size or graph from it."""

    def data(self) -> tuple[NDArray[Any], ...]:
        """Arrays that decide the run besides the keys, for example from files."""
        return ()

    @abstractmethod
    def prepare(self, fabric: Fabric) -> None:
        """Make what depends on the chip's fabric, and check that it fits.

        Raises:
            ProblemError: it does not fit.
        """

    @abstractmethod
    def run(self, device: Any) -> Outcome:
        """Drive the device."""
