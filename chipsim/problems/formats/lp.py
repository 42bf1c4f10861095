"""LP files (CPLEX) of an objective of binary variables without constraints; read by dimod (`dimod.lp`).

`[ ... ] / 2` holds the quadratic part; the square of a binary variable is the variable. Constraints belong into the
objective as penalties, whose size only the user knows.
"""

from __future__ import annotations

import importlib
from dataclasses import replace

from chipsim.problems.formats.bqm import dimod
from chipsim.problems.models import of_bqm
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

_MINIMISE = ("min", "minimize", "minimum")
_MAXIMISE = ("max", "maximize", "maximum")


def read(file: ProblemFile) -> Problem:
    """Read an objective; one that is maximised is reported as the file has it.

    Raises:
        ProblemError: dimod refuses the file, or it has constraints, or variables that are not binary.
        ChipsimError: dimod is not installed.
    """
    package = dimod("LP files")
    row, word = _first_word(file)
    if word not in _MINIMISE + _MAXIMISE:
        # dimod reads a text without an objective as an empty model.
        file.fail(f"`{word:.40}` where Minimize or Maximize was expected", row, code="data.malformed")
    try:
        model = importlib.import_module("dimod.lp").loads(file.text)
    except (ValueError, RuntimeError) as error:
        file.fail(f"dimod cannot read it: {str(error).splitlines()[0]}", code="data.malformed")
    if model.constraints:
        many, name = len(model.constraints), next(iter(model.constraints))
        complaint = f"{many:,} constraints, such as `{name}`; add them to the objective as penalties, and remove them"
        file.fail(complaint, code="data.wrong-values")
    other = [variable for variable in model.variables if model.vartype(variable).name != "BINARY"]
    if other:
        kind = model.vartype(other[0]).name.lower()
        file.fail(f"variable {other[0]} is {kind}; list all under Binary", code="data.wrong-values")
    objective = model.objective
    terms = (dict(objective.linear), dict(objective.quadratic), objective.offset)
    if not terms[0]:
        file.fail("the objective has no variables", row, code="data.empty")
    problem = of_bqm(package.BinaryQuadraticModel(*terms, "BINARY"), file.path.stem, str(file.path))
    return replace(problem, objective="maximum") if word in _MAXIMISE else problem


def _first_word(file: ProblemFile) -> tuple[int, str]:
    """(row, word) of the first word that is no comment, in lower case."""
    lines = enumerate((line.partition("\\")[0].split() for line in file.text.splitlines()), start=1)
    found = next(((row, words[0].lower()) for row, words in lines if words), None)
    if found is None:
        file.fail("the file is empty", 1, code="data.empty")
    return found
