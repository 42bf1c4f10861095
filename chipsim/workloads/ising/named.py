"""The problem that a workload file names: a G-set graph or a file."""

from __future__ import annotations

from chipsim.errors import ProblemError
from chipsim.problems.gset import gset_problem
from chipsim.problems.problem import Problem
from chipsim.problems.reading import read_problem
from chipsim.workloads.ising.spec import ProblemSpec


def named_problem(spec: ProblemSpec) -> Problem | None:
    """Read it; None if the problem is made for the chip's own graph.

    Raises:
        ProblemError: the file cannot be read, or the problem is an object of Python.
    """
    source = spec.source
    if source == "native":
        return None
    name = getattr(spec, source)
    if source == "given":
        raise ProblemError(
            f'problem "{name}" is an object of Python; run it with chipsim.run(..., problem=...)', code="data.missing"
        )
    if source == "graph":
        return gset_problem(name)
    format, convention = spec.format, spec.convention
    if source == "rudy":
        format = "rudy"
    elif source == "edge_list":
        format, convention = "edges", convention or "ising"
    return read_problem(name, format, convention, spec.first_index, spec.directed)
