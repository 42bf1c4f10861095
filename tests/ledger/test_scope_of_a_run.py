"""`--scope` is carried by every total, metric and row of a run, and by what is made of several runs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from chipsim.cli.main import main
from chipsim.errors import RunError
from chipsim.prices.scopes import SCOPES
from chipsim.prices.table import PriceTable
from chipsim.results.diff import diff
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

SETTINGS: dict[str, Any] = {"schedule.sweeps": 1000, "target.value": 10}
BESIDE = ("host", "link", "macs")


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {scope: simulate(plan("tiny", "spin-glass", SETTINGS, scope=scope), lanes=64) for scope in SCOPES}


def kept(rows: Any, scope: str) -> list[tuple[str, str]]:
    on_chip = [row for row in rows if row["component"] not in BESIDE]
    chosen = {"fabric": [row for row in on_chip if row["group"] == "fabric"], "chip": on_chip, "system": rows}[scope]
    return [(row["component"], row["action"]) for row in chosen]


@pytest.mark.parametrize("scope", ["fabric", "chip", "system"])
def test_everything_counts_the_scope(runs: dict[str, Run], scope: str) -> None:
    system, summary = runs["system"].summary, runs[scope].summary
    wanted = kept(system["ledger"], scope)
    assert [(row["component"], row["action"]) for row in summary["ledger"]] == wanted
    energy = math.fsum(
        row["energy_j"] or 0.0 for row in system["ledger"] if (row["component"], row["action"]) in wanted
    )
    assert summary["scope"] == scope
    assert summary["energy_j"] == pytest.approx(energy, rel=1e-12)
    assert summary["outside_scope_j"] == pytest.approx(system["energy_j"] - energy, rel=1e-9, abs=1e-24)
    assert summary["total_energy_j"] == pytest.approx(64 * energy, rel=1e-12)
    phases = math.fsum(phase["energy_j"] for phase in summary["phases"]) + summary["always_on_energy_j"]
    assert phases == pytest.approx(energy, rel=1e-9)
    each = summary["joules_per_effective_sample"] * summary["effective_samples"]
    assert each == pytest.approx(64 * energy, rel=1e-9)
    assert summary["scopes"] == system["scopes"]
    assert summary["area_m2"] == system["area_m2"]


def test_scopes_hold_each_other(runs: dict[str, Run]) -> None:
    energies = [runs[scope].energy_j for scope in ("fabric", "chip", "system")]
    assert 0 < energies[0] < energies[1] < energies[2]
    ids = {run.summary["run_id"] for run in runs.values()}
    assert len(ids) == 3
    assert len({run.summary["activity_id"] for run in runs.values()}) == 1


def test_a_result_is_priced_again_in_another_scope(runs: dict[str, Run]) -> None:
    again = reprice(runs["system"], scope="chip")
    assert again.summary.priced == runs["chip"].summary.priced
    assert "--scope chip" in again.summary["command"]
    assert "--scope" not in runs["system"].summary["command"]


def test_runs_in_different_scopes_are_not_compared(runs: dict[str, Run]) -> None:
    with pytest.raises(RunError, match=r"one counts the chip, the other the system; .*reprice RUN\.h5 --scope chip"):
        diff(runs["chip"], runs["system"])


def test_the_command_line_has_it(tmp_path: Path) -> None:
    words = ["run", "tiny", "spin-glass", "--set", "schedule.sweeps=50", "--lanes", "2", "-o", str(tmp_path / "a.h5")]
    told = CliRunner().invoke(main, [*words, "--scope", "fabric", "-v"])
    assert told.exit_code == 0
    assert "scope fabric; the rest of the system takes" in " ".join(told.stdout.split())
    again = CliRunner().invoke(main, ["reprice", str(tmp_path / "a.h5"), "--scope", "system", "--json"])
    assert json.loads(again.stdout)["scope"] == "system"
    # Priced again without a word, it keeps its scope.
    kept_one = CliRunner().invoke(main, ["reprice", str(tmp_path / "a.h5"), "--json"])
    assert json.loads(kept_one.stdout)["scope"] == "fabric"


def test_digital_methods_are_priced_in_the_scope_of_the_run() -> None:
    settings = {"matrix.size": 8, "schedule.samples": 64, "fabric.complete": 8}
    costs, macs = {}, 0
    for scope in SCOPES:
        run = simulate(plan("ou-256", "linear-solve", settings, scope=scope), lanes=2)
        chip, cholesky, *_ = run.summary["methods"]
        assert chip["energy_j"] == run.energy_j
        assert chip["covers"] == f"scope {scope}"
        costs[scope], macs = cholesky["energy_j"], cholesky["macs"]
        covers = "multiply-adds and host words" if scope == "system" else "multiply-adds"
        assert cholesky["covers"] == covers
    assert costs["fabric"] == costs["chip"] == pytest.approx(macs * 2e-12, rel=1e-12)
    unpriced = reprice(run, PriceTable("bare", {"mac_unit.mac": run.prices.rows["mac_unit.mac"]}))
    method = unpriced.summary["methods"][1]
    assert method["energy_j"] == pytest.approx(macs * 2e-12, rel=1e-12)
    assert method["covers"] == "multiply-adds and host words; host.small_cache, host.instruction unpriced"
    # Matrix, right side and answer: 64 + 16 words of a small cache, two instructions each.
    assert costs["system"] == pytest.approx(macs * 2e-12 + 80 * (20e-12 + 140e-12), rel=1e-12)
