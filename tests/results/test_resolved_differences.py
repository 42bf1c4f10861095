"""Comparisons name the run that uses less only where sampling resolves the difference."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from support_cli import call

import chipsim
from chipsim.results.result import Run


def run(seed: int, lanes: int = 16, **changes: str) -> Run:
    return chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 50, **changes}, lanes=lanes, seed=seed, threads=1)


def test_equal_designs_with_other_seeds_are_not_told_apart(tmp_path: Path) -> None:
    runs = {"a": run(0), "b": run(1)}
    found = chipsim.diff(runs["a"], runs["b"])
    widths = [each.summary["energy_ci95_j"] for each in runs.values()]
    assert found.ci95_j == pytest.approx(math.hypot(*widths))
    assert not found.is_resolved
    for name, each in runs.items():
        each.save(tmp_path / f"{name}.h5")
    files = [tmp_path / "a.h5", tmp_path / "b.h5"]
    said = call("diff", *files).stdout
    assert "not resolved by sampling" in said
    assert "reverse" not in said
    compared = call("report", *files).stdout
    assert "not resolved by sampling" in compared
    assert "uses less energy" not in compared


def test_lanes_of_equal_seed_are_paired() -> None:
    """A wider swing makes each toggle dearer by the same factor, so differences lie closer together than energies."""
    a, b = run(0), run(0, **{"couplers.swing": "0.11 V"})
    found = chipsim.diff(a, b)
    assert found.is_resolved
    assert found.ci95_j is not None
    assert found.ci95_j < 0.5 * math.hypot(a.summary["energy_ci95_j"], b.summary["energy_ci95_j"])
    assert a.summary["toggles"] == b.summary["toggles"]


def test_a_single_lane_leaves_it_open() -> None:
    found = chipsim.diff(run(0, 1), run(1, 1))
    assert found.ci95_j is None
    assert not found.is_resolved
