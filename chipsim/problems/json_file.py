"""JSON of problem files."""

from __future__ import annotations

import json
from typing import Any

from chipsim.problems.problem_file import ProblemFile


def json_of(file: ProblemFile) -> dict[str, Any]:
    """The block of keys that a file holds.

    Raises:
        ProblemError: it holds none; with the line.
    """
    try:
        held = json.loads(file.text)
    except json.JSONDecodeError as error:
        file.fail(f"not JSON: {error.msg}", error.lineno, code="data.malformed")
    except RecursionError:
        file.fail("not JSON of a problem: nested too deeply", code="data.malformed")
    if not isinstance(held, dict):
        file.fail("expected a block of keys", 1, code="data.malformed")
    return held
