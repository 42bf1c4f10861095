"""Estimates against runs, trainings and sweeps: the measured table, and small cases of it again."""

from __future__ import annotations

import json

import pytest
from benchmarks.sizes import CASES, REPORT, TABLE, measured, misfits

MEASURED = json.loads(REPORT.read_text())
AGAIN = (
    *("1,024 cells", "99,856 cells", "100 neighbours", "640 lanes", "640 lanes, 200 records", "50,000 lanes, 16 cells"),
    *("1,000 records", "10,000 reads, 16 cells", "100 points", "matrix of 8", "matrix of 256"),
)


@pytest.mark.parametrize("name", MEASURED)
def test_measured_sizes_are_within_their_factors(name: str) -> None:
    assert misfits(MEASURED[name]) == []


def test_the_table_is_that_of_the_measured_sizes() -> None:
    assert set(MEASURED) <= set(CASES)
    lines = TABLE.read_text().splitlines()[1:]
    assert [line.split("  ")[0].strip() for line in lines] == [name for name in CASES if name in MEASURED]


def test_a_case_off_by_more_than_the_factor_is_found() -> None:
    assert misfits({"estimate": [2.1, 100, 10], "measured": [1.0, 201, 31]}) == ["time", "memory", "disk"]
    assert misfits({"estimate": [1.0, 100, 10], "measured": [1.9, 199, 29]}) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", AGAIN)
def test_small_cases_again(name: str) -> None:
    assert misfits(measured(name)) == []
