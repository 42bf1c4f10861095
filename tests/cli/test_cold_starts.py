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


# On two cores eight that compile all their kernels take some minutes of both.
MAX_WAIT_S = 1800


def start_in(home: Path | None, *arguments: object, **more: str) -> subprocess.Popen[str]:
    """The command of a user whose home is this path, which need not be a folder; or of one without a home."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_CACHE", "_CACHE_HOME"))}
    environment.pop("HOME", None)
    command = [*PROGRAM, *map(str, arguments)]
    environment |= {"PYTHONPATH": str(Path(chipsim.__file__).parent.parent), **more}
    environment |= {"HOME": str(home)} if home else {}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def assert_that_all_start(home: Path, *arguments: object) -> None:
    """Eight cold processes at once, and the command after them, succeed with the same answer."""
    home.mkdir(exist_ok=True)
    started = [start_in(home, *arguments) for _ in range(TOGETHER)]
    finished = [(*process.communicate(timeout=MAX_WAIT_S), process.returncode) for process in started]
    after = start_in(home, *arguments)
    finished.append((*after.communicate(timeout=MAX_WAIT_S), after.returncode))
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


@pytest.mark.slow
@pytest.mark.parametrize("home", ["empty", "under a file", "/dev/null", "/proc", "none"])
def test_eight_check_and_run_at_once_whatever_the_home(home: str, tmp_path: Path) -> None:
    """The three in the middle are not writable, even for root; the next command finds the kernels they compiled."""
    (tmp_path / "file").write_text("")
    places = {"empty": tmp_path / "home", "under a file": tmp_path / "file" / "home", "none": None}
    where, temporary = places.get(home, Path(home)), {"TMPDIR": str(tmp_path)}
    for words in (("check", "dtca-70"), ("run", "tiny", "spin-glass", "--threads", "1", "-o")):
        outputs = [[tmp_path / f"{number}.h5"] if words[0] == "run" else [] for number in range(TOGETHER + 1)]
        started = [start_in(where, *words, *output, **temporary) for output in outputs[:-1]]
        finished = [(*process.communicate(timeout=MAX_WAIT_S), process.returncode) for process in started]
        assert [code for _, _, code in finished] == [0] * TOGETHER, finished
        assert all("compiling" in line for _, errors, _ in finished for line in errors.splitlines()), finished
        after = start_in(where, *words, *outputs[-1], **temporary)
        assert (after.communicate(timeout=MAX_WAIT_S)[1], after.returncode) == ("", 0)
