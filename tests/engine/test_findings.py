"""What a workload found out is typed where it is known, and plain where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from support_errors import refused

from chipsim.engine.findings import Findings, same


@dataclass(frozen=True, eq=False)
class Search(Findings):
    """Of a workload from outside."""

    steps: int
    path: NDArray[np.float64]
    stopped: str | None = None


def test_what_goes_in_comes_out() -> None:
    found = Search(3, np.array([1.0, 2.0]))
    again = Search.of(found.plain())
    assert (again.steps, again.stopped) == (3, None)
    assert again.path is found.path


def test_what_json_changes_is_changed_before_anybody_reads_it() -> None:
    """Otherwise a stored trace would say something else than the one that was stored."""
    assert Search((1, 2), np.zeros(0)).plain()["steps"] == [1, 2]
    with pytest.raises(TypeError, match="not JSON serializable"):
        Search(np.int64(3), np.zeros(0)).plain()


@pytest.mark.parametrize("plain", [{}, {"steps": 3}, {"steps": 3, "path": np.zeros(2), "stopped": None, "more": 1}])
def test_those_of_another_workload_are_refused(plain: dict[str, object]) -> None:
    with refused("result.other-run", "path, steps, stopped"):
        Search.of(plain)


def test_equality_looks_at_names_types_and_values() -> None:
    one = {"steps": 3, "path": np.array([1.0, np.nan]), "none": None}
    assert same(one, {**one, "path": one["path"].copy()})
    paths = ({"path": np.array([1.0, 2.0])}, {"path": np.array([1, 2])})
    for change in ({"steps": 4}, {"steps": 3.0}, {"more": 1}, *paths):
        assert not same(one, {**one, **change})
