"""A component kind under test, and the failure of a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from chipsim.compiler.program import Program, compile_program
from chipsim.components.base import Kind
from chipsim.problems.problem import Problem
from chipsim.spec.document import Document
from chipsim.spec.model import validate
from chipsim.testing.exact import boltzmann
from chipsim.testing.trial import BIASES, COUPLINGS, trial_netlist, with_kind

StationaryLaw = Callable[[Problem, float], NDArray[np.float64]]


class Nonconformity(AssertionError):
    """A kind violates a rule."""


@dataclass(frozen=True)
class Subject:
    """A kind with parameters for the tests.

    Attributes:
        kind: the class.
        parameters: as in a chip file, without the key `kind`.
        stationary: the exact law of what an array with this kind samples, read after a whole sweep: (problem with at
            most a few cells, beta) -> probabilities in the order of `exact.enumerate_states`.
        settle_sweeps: sweeps of the trial chip (200 ns each) after which the start is forgotten.
        changes: of the trial chip, path -> value, for kinds that need other parts than its own.
        beside: further kinds that replace parts of the trial chip.
        couplings, biases: what the trial chip holds, by fabric edge and by site.
    """

    kind: type[Kind]
    parameters: Mapping[str, Any]
    stationary: StationaryLaw = boltzmann
    settle_sweeps: int = 50
    changes: Mapping[str, Any] = field(default_factory=dict)
    beside: tuple[Kind, ...] = ()
    couplings: NDArray[np.float64] = field(default_factory=COUPLINGS.copy)
    biases: NDArray[np.float64] = field(default_factory=BIASES.copy)

    def made(self) -> Any:
        """The kind with the given parameters."""
        return self.written(dict(self.parameters))

    def written(self, parameters: Mapping[str, Any]) -> Any:
        """The kind with these parameters instead, validated as a chip file is.

        Raises:
            SpecErrors: the parameters break a rule.
        """
        name = getattr(self.kind, "name", self.kind.__name__)
        return validate(self.kind, Document("trial", {"kind": name, **parameters}))

    def program(self) -> Program:
        """The trial chip with the kind in its place."""
        netlist = trial_netlist(self.made(), self.changes)
        for kind in self.beside:
            netlist = with_kind(netlist, kind)
        return compile_program(netlist)

    def fail(self, complaint: str) -> NoReturn:
        """Report a violated rule."""
        raise Nonconformity(f"{self.kind.__name__}: {complaint}")

    def require(self, condition: bool, complaint: str) -> None:
        """Fail unless the condition holds."""
        if not condition:
            self.fail(complaint)
