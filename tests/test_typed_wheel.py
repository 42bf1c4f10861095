"""The wheel has types: a user's script is checked by mypy --strict against it, and runs with it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SCRIPT = """
from pathlib import Path

import chipsim

chip = chipsim.Chip("tiny", set={"couplers.swing": "0.5 V"})
work = chipsim.Workload({"extends": "spin-glass", "name": "short", "schedule": {"sweeps": 20}})
run: chipsim.Run = chipsim.run(chip, work, set={"schedule.beta": 0.3}, lanes=8, seed=1, threads=1)
total: float = run.energy_j
known: list[float] = [row.energy_j for row in run.ledger if row.energy_j is not None]
count: float = run.ledger["cells.update"].count
times: list[float] = run.records.times_s.tolist()
run.save(Path("run.h5"))
dear: chipsim.Run = chipsim.reprice(chipsim.load("run.h5"), set={"prices.link.transfer.energy": "4 pJ"})
causes: dict[str, float] = chipsim.diff(run, dear).causes_j()
names: list[str] = list(chipsim.compare(run, dear=dear).runs)
words: tuple[str, ...] = chipsim.explain(run).lines
spec = {
    "chipsim": 1, "name": "gain", "chip": chip, "workload": work,
    "axes": {"cells.gain": [1, 2]}, "metrics": ["energy_j"],
}
result: chipsim.SweepResult = chipsim.sweep(spec, "gain", executor="inline")
again: chipsim.SweepResult = chipsim.load_sweep("gain")
search = chipsim.Search({**spec, "axes": {"cells.gain": {"from": 1.0, "to": 2.0}}}, "search")
found: dict[str, float] = search.evaluate({"cells.gain": 1.5})
sites: int = chipsim.plan("tiny", "spin-glass").netlist.fabric.sites
try:
    chipsim.Chip("tny")
except chipsim.ChipsimError as error:
    code: str = error.code
print(chipsim.__file__)
"""

MISTAKES = """
import chipsim

chipsim.run("tiny")
chipsim.run("tiny", "spin-glass", lanes="8")
chipsim.rum("tiny", "spin-glass")
total: str = chipsim.run("tiny", "spin-glass").energy_j
chipsim.run("tiny", "spin-glass", scope="world")
"""


def done(*command: object, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel installed, and with the packages of this one, but for its chipsim."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    built = done(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT, folder=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("chipsim-*.whl")
    assert done(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder).returncode == 0
    (installed,) = (folder / "venv").glob("lib/python*/site-packages")
    assert done(*pip, "install", "--no-deps", "--target", installed, wheel, folder=folder).returncode == 0
    others = [path for path in sys.path if path.endswith("site-packages")]
    (installed / "others.pth").write_text("\n".join(others) + "\n")
    return folder / "venv" / "bin" / "python"


def checked(python: Path, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(textwrap.dedent(text))
    options = ("--strict", "--no-error-summary", "--hide-error-codes", "--python-executable", python)
    return done(sys.executable, "-m", "mypy", *options, "script.py", folder=folder)


@pytest.mark.system
@pytest.mark.slow
def test_a_script_is_checked_strictly_and_runs(python: Path, tmp_path: Path) -> None:
    found = checked(python, SCRIPT, tmp_path)
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)
    ran = done(python, "script.py", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert Path(ran.stdout.strip()).is_relative_to(python.parent.parent)


@pytest.mark.system
@pytest.mark.slow
def test_mistakes_of_a_script_are_found(python: Path, tmp_path: Path) -> None:
    found = checked(python, MISTAKES, tmp_path).stdout.splitlines()
    lines = [int(line.split(":")[1]) for line in found if ": error: " in line]
    assert lines == [4, 5, 6, 7, 8], found
