"""Which error it was: its code, not its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chipsim.errors import ChipsimError, RuleError


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[Any]]:
    """What happens inside is refused with this code; the error can be examined afterwards."""
    with pytest.raises((ChipsimError, RuleError)) as caught:
        yield caught
    assert caught.value.code == code, f"{caught.value.code}: {caught.value}"
