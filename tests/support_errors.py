"""Which error it was: its code, not its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import Result

from chipsim.cli.main import printable
from chipsim.errors import ChipsimError, RuleError


@contextmanager
def refused(code: str, saying: str = "") -> Iterator[pytest.ExceptionInfo[Any]]:
    """What happens inside is refused with this code; `saying` is for places and numbers, not for sentences."""
    with pytest.raises((ChipsimError, RuleError)) as caught:
        yield caught
    assert (caught.value.code, saying in str(caught.value)) == (code, True), str(caught.value)


def error_of(result: Result) -> ChipsimError:
    """The error behind a command that was refused, which says it and ends with its exit code."""
    assert result.exception is not None, result.output
    error = result.exception.__context__
    assert isinstance(error, ChipsimError), result.output
    assert result.exit_code == error.exit_code
    assert result.stderr.endswith(f"{printable(str(error))}\n")
    return error


def code_of(result: Result) -> str:
    """The code of the error behind a command that was refused."""
    return error_of(result).code
