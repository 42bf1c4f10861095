"""The scripts of the gallery that need optional packages run, and find what is exact."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

import chipsim
from chipsim.sweeps import tasks

GALLERY = Path(__file__).parent.parent / "docs" / "gallery"


def ran(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a script defines."""
    monkeypatch.chdir(folder)
    return runpy.run_path(str(GALLERY / name))


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_optuna_finds_a_point_and_repeats_no_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("optuna")
    found = ran("optuna_sweep.py", tmp_path, monkeypatch)
    best = found["result"].best
    assert best["joules_per_effective_sample"] == found["study"].best_value
    changes = {path: best[path] for path in found["result"].axes}
    run = chipsim.run(found["spec"]["chip"], "spin-glass", set={**found["spec"]["set"], **changes})
    assert run.summary["joules_per_effective_sample"] == found["study"].best_value
    monkeypatch.setattr(tasks, "drive", lambda *_, **__: 1 / 0)
    assert ran("optuna_sweep.py", tmp_path, monkeypatch)["result"].rows == found["result"].rows


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_salib_finds_the_shares_of_the_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Energy is linear in each price, so one drawn evenly between its bounds has a variance of (high - low)^2 / 12."""
    pytest.importorskip("SALib")
    found = ran("salib_sweep.py", tmp_path, monkeypatch)
    variances = {path: one.swing_j**2 for path, one in zip(found["axes"], found["widest"], strict=True)}
    whole = sum(variances.values())
    for path, share in found["total_effects"].items():
        assert share == pytest.approx(variances[path] / whole, abs=0.05)
    assert len(list((tmp_path / "salib-sweep" / "runs").iterdir())) == 1
