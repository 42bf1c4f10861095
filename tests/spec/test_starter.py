"""`chipsim new`: it runs as it is, becomes another chip by a few words, and never overwrites."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_cli import call

from chipsim.results.store import load

pytestmark = pytest.mark.system


def test_the_starter_runs_as_it_is(tmp_path: Path) -> None:
    made = call("new", tmp_path / "mine")
    assert made.exit_code == 0
    next_command = made.stdout.splitlines()[-1].removeprefix("next: chipsim ").split()
    assert call(*next_command, "--threads", 1, "-o", tmp_path / "run.h5").exit_code == 0
    assert load(tmp_path / "run.h5").energy_j > 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_it_becomes_a_triangular_lattice_with_a_four_bit_adc(tmp_path: Path) -> None:
    call("new", tmp_path / "mine")
    chip = tmp_path / "mine" / "chip.yaml"
    text = chip.read_text().replace("pattern: square", "pattern: triangular").replace("colours: auto", "colours: 3")
    chip.write_text(text.replace("mode: sense", "mode: adc\n    bits: 4\n    channels: 4"))
    result = call("check", chip, tmp_path / "mine" / "workload.yaml")
    assert result.exit_code == 0, result.stderr
    assert "3 colours" in result.stdout
    assert "degree 2 to 6" in result.stdout


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("keep")
    result = call("new", folder)
    assert (result.exit_code, result.stderr) == (
        2,
        f"{folder}: exists already; nothing was written, choose another folder\n",
    )
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert call("new", folder / "notes.txt").exit_code == 2
    missing = call("new", tmp_path / "no" / "mine")
    assert (missing.exit_code, missing.stderr) == (
        2,
        f"{tmp_path}/no/mine: cannot be created: No such file or directory\n",
    )
    (tmp_path / "empty").mkdir()
    assert call("new", tmp_path / "empty").exit_code == 0
