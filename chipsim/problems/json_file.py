"""JSON of problem files."""

from __future__ import annotations

from typing import Any

from chipsim.files import SyntaxOfJsonError, plain_json
from chipsim.problems.problem_file import ProblemFile


def json_of(file: ProblemFile) -> dict[str, Any]:
    """The block of keys that a file holds.

    Raises:
        ProblemError: it holds none; with the line.
    """
    try:
        held = plain_json(file.text)
    except SyntaxOfJsonError as error:
        file.fail(f"not JSON: {error.said}", error.line, code="data.malformed")
    except ValueError as error:
        file.fail(str(error), code="data.malformed")
    if not isinstance(held, dict):
        file.fail("expected a block of keys", 1, code="data.malformed")
    return held
