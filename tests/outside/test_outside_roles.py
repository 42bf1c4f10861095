"""Kinds from another package in the roles of host, unit for multiply-adds and thermostat; see `lab_bench`.

The preset ou-256 has built-in kinds in these roles. With kinds that take the same times under other names everything
that does not cost energy must be the same.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from support_outside import HERE, Run

BENCH = str(HERE / "bench.yaml")
WORK = ("inverse", "--set", "schedule.samples=200", "--lanes", "2", "--seed", "1")


@pytest.fixture(scope="module")
def runs(python: Run, site: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summaries of the preset and of the bench."""
    found = []
    for chip in ("ou-256", BENCH):
        done = python(site, "-m", "chipsim.cli", "run", chip, *WORK, "--json")
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    return found[0], found[1]


def rows(summary: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(row["component"], row["action"]): row for row in summary["ledger"]}


def test_their_own_tests_pass(python: Run, site: Any) -> None:
    done = python(site, "-m", "pytest", "-p", "no:cacheprovider", cwd=HERE / "lab_bench")
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed in", done.stdout)
    assert passed is not None, done.stdout
    assert int(passed[1]) >= 55


def test_time_and_counts_are_those_of_the_built_in_kinds(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Routes begin and end at the workstation, and products are averaged on the tensor core."""
    preset, bench = runs
    assert bench["elapsed_s"] == preset["elapsed_s"]
    own = {("macs", "mac"): ("macs", "multiply")}
    counts = {own.get(key, key): row["count"] for key, row in rows(preset).items() if key[0] != "host"}
    homes = ("small_cache", "large_cache", "memory")
    counts["host", "on"] = rows(preset)["host", "on"]["count"]
    counts["host", "word"] = sum(row["count"] for key, row in rows(preset).items() if key[1] in homes)
    assert {key: row["count"] for key, row in rows(bench).items()} == counts
    assert rows(bench)["macs", "multiply"]["count"] == 200 * 8 * 9 // 2


def test_the_workstation_costs_its_equation_and_takes_no_area(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    preset, bench = runs
    word = rows(bench)["host", "word"]
    assert word["energy_j"] == pytest.approx(word["count"] * 1.25e-9)
    assert "host" not in bench["without_area"]
    assert "thermostat" in bench["without_area"]
    assert bench["area_m2"] == pytest.approx((preset["area_m2"] or 0) + 1e-6)


def test_a_workload_that_needs_multiply_adds_is_content(python: Run, site: Any) -> None:
    classifier = ("fashion-classifier", "--set", "training.optimizer=adam")
    done = python(site, "-m", "chipsim.cli", "check", BENCH, *classifier)
    assert done.returncode == 0, done.stderr


def error_of(python: Run, site: Any, chip: str, change: str) -> float:
    done = python(site, "-m", "chipsim.cli", "run", chip, *WORK, "--set", change, "--json")
    assert done.returncode == 0, done.stderr
    found = re.search(r'"error": ([0-9.e+-]+)', done.stdout)
    assert found is not None
    return float(found[1])


def test_the_die_drifts_as_the_cryostat_says(python: Run, site: Any) -> None:
    """Offsets and couplers drift with the die: the same seed gives another answer, that of as bad a thermostat."""
    steady, drifting = (error_of(python, site, BENCH, f"thermostat.stability={k} K") for k in (0.1, 30))
    assert drifting != steady
    assert drifting == error_of(python, site, "ou-256", "thermostat.tolerance=30 K")
