"""Processes that start together on a machine that has never seen chipsim, as the jobs of a cluster do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support_cli import PROGRAM

import chipsim
from chipsim.spec.presets import find

TOGETHER = 8


def start_in(home: Path, *arguments: object) -> subprocess.Popen[str]:
    """The command of a user whose home is this folder."""
    home.mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_CACHE", "_CACHE_HOME"))}
    command = [*PROGRAM, *map(str, arguments)]
    environment |= {"HOME": str(home), "PYTHONPATH": str(Path(chipsim.__file__).parent.parent)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def assert_that_all_start(home: Path, *arguments: object) -> None:
    """Eight cold processes at once, and the command after them, succeed with the same answer."""
    started = [start_in(home, *arguments) for _ in range(TOGETHER)]
    finished = [(*process.communicate(timeout=300), process.returncode) for process in started]
    after = start_in(home, *arguments)
    finished.append((*after.communicate(timeout=300), after.returncode))
    assert [(errors, code) for _, errors, code in finished] == [("", 0)] * (TOGETHER + 1)
    assert len({output for output, _, _ in finished}) == 1


@pytest.fixture
def needs_pint(tmp_path: Path) -> Path:
    """A chip with a unit that only the units library knows."""
    text = find("chip", "tiny").read_text()
    assert text.count("temperature: 300 K") == 1
    chip = tmp_path / "chip.yaml"
    chip.write_text(text.replace("temperature: 300 K", "temperature: 26.85 degC"))
    return chip


def test_eight_at_once(tmp_path: Path, needs_pint: Path) -> None:
    home = tmp_path / "home"
    assert_that_all_start(home, "check", needs_pint)
    kept = home / ".cache" / "chipsim"
    assert [path for path in home.rglob("*") if path.is_file() and kept not in path.parents] == []


@pytest.mark.slow
def test_eight_at_once_fifty_times(tmp_path: Path) -> None:
    for repetition in range(50):
        assert_that_all_start(tmp_path / f"home{repetition}", "check", "dtca-70")
