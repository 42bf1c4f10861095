"""The remaining time of a sweep is that of its points: compiling kernels before the first is not repeated."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chipsim.sweeps.driver import Status


def test_compiling_is_not_extrapolated(monkeypatch: pytest.MonkeyPatch) -> None:
    records: Any = [None] * 3
    status = Status(103, records)
    assert status.left_s is None
    # Compiled and finished two points in 100 s; 10 more took 20 s.
    status.began = (100.0, 5)
    records += [None] * 2
    assert status.left_s is None
    records += [None] * 10
    monkeypatch.setattr("chipsim.sweeps.driver.time", SimpleNamespace(monotonic=lambda: 120.0))
    assert status.left_s == pytest.approx(2.0 * (103 - 15))
