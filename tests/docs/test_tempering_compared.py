"""The comparison of `tempering.md`: a glass tempered, sampled at the coldest beta, and annealed, at equal joules."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support_documents import ROOT

import chipsim

PAGE = (ROOT / "docs" / "howto" / "tempering.md").read_text()


@pytest.mark.system
def test_a_tempered_sample_takes_fewer_joules_than_a_plain_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"```\{file\} (\S+)\n(.*?)```", PAGE, re.DOTALL):
        Path(name).write_text(text)
    subprocess.run([sys.executable, "glass.py"], check=True)
    runs = {
        name: chipsim.run("torus-replicas", f"{name}.yaml", scope="chip", lanes=64)
        for name in ("tempered", "plain", "annealed")
    }
    joules = [run.energy_j for run in runs.values()]
    assert max(joules) < 1.03 * min(joules)
    cost = {name: runs[name].summary["joules_per_effective_sample"] for name in ("tempered", "plain")}
    error = {name: runs[name].summary["joules_per_effective_sample_ci95_j"] for name in cost}
    # Further apart than both 95 % intervals are wide together.
    assert cost["plain"] - cost["tempered"] > error["plain"] + error["tempered"]
    assert runs["annealed"].summary.core.answers.effective_samples is None
    # The page says that intervals of energy to solution overlap.
    ends = {name: [run.summary[f"energy_to_solution_j.{end}"] for end in ("low", "high")] for name, run in runs.items()}
    assert max(low for low, _ in ends.values()) < min(high for _, high in ends.values())
