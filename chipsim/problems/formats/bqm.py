"""Binary quadratic models of dimod: its JSON, and the files of `bqm.to_file()`; read by dimod itself."""

from __future__ import annotations

import io
from types import ModuleType

from chipsim.errors import ChipsimError
from chipsim.problems.json_file import json_of
from chipsim.problems.models import of_bqm
from chipsim.problems.problem import Problem
from chipsim.problems.problem_file import ProblemFile

MAGIC = b"DIMODBQM"


def read(file: ProblemFile) -> Problem:
    """Read a model; its variables are the labels, its offset is part of the energy.

    Raises:
        ProblemError: dimod refuses the file.
        ChipsimError: dimod is not installed.
    """
    model = dimod("files of dimod").BinaryQuadraticModel
    try:
        if file.content.startswith(MAGIC):
            bqm = model.from_file(io.BytesIO(file.content))
        else:
            bqm = model.from_serializable(json_of(file))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError) as error:
        file.fail(f"dimod cannot read it: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
                  code="data.malformed")  # fmt: skip
    return of_bqm(bqm, file.path.stem, str(file.path))


def dimod(what: str) -> ModuleType:
    """The package dimod, which `what` needs.

    Raises:
        ChipsimError: it is not installed.
    """
    try:
        import dimod as module
    except ImportError:
        raise ChipsimError(f"{what} need dimod: pip install 'chipsim[dimod]'", code="run.no-package") from None
    found: ModuleType = module
    return found
