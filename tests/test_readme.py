"""Every command and figure of the README is run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support_cli import call

from chipsim.problems.images import FASHION_MNIST

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.strip().splitlines()]


# Trainings that are cut short, of images that not every machine has.
TRAINING, SHORT = "fashion-classifier", ["--set", "training.iterations=2"]
OF_IMAGES = [command for command in COMMANDS if {TRAINING, "trained.h5"} & set(shlex.split(command))]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def run(command, folder):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def call_all(commands, folder, monkeypatch):
    """In this process: the first command below is started as a reader starts it."""
    monkeypatch.chdir(folder)
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "chipsim"
        done = call(*arguments, *(SHORT if TRAINING in arguments else []))
        assert done.exit_code == 0, f"{command}: {done.stderr}"


def test_commands_run_one_after_another(folder, monkeypatch):
    call_all([command for command in COMMANDS if command not in OF_IMAGES], folder, monkeypatch)


@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="Fashion-MNIST is not installed")
def test_commands_of_a_training_run_one_after_another(folder, monkeypatch):
    assert OF_IMAGES
    call_all(OF_IMAGES, folder, monkeypatch)


def test_first_output_is_as_printed(folder):
    expected = re.search(r"```text\n(dtca-70.*?)```", README, re.S)[1].splitlines()
    done = run(shlex.split(COMMANDS[0]), folder)
    assert done.stdout.splitlines()[: len(expected)] == expected


def test_mistake_is_answered_as_printed(folder):
    expected = re.search(r"```text\n(x\.yaml.*?)\n```", README, re.S)[1]
    text = (ROOT / "chips" / "tiny.yaml").read_text()
    (folder / "x.yaml").write_text(text.replace("relaxation_time: 100 ns", "relaxation_time: 100"))
    done = run(["chipsim", "check", "x.yaml"], folder)
    assert done.returncode == 2
    assert done.stderr.strip() == expected


def test_python_example_runs(folder):
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    assert len(code.strip().splitlines()) < 10
    done = run([sys.executable, "-c", code], folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "run.h5").is_file()


def test_figures_of_the_introduction_come_from_the_run():
    import json

    summary = json.loads((ROOT / "reports" / "dtca-70-spin-glass.json").read_text())
    fabric, total = re.search(r"takes ([\d.]+) nJ of a run whose total is ([\d.]+) uJ", README).groups()
    assert float(fabric) == pytest.approx(summary["energy_by_group_j"]["fabric"] * 1e9, rel=0.01)
    assert float(total) == pytest.approx(summary["energy_j"] * 1e6, rel=0.01)


def test_the_reference_report_is_what_the_code_gives_now():
    import json

    import chipsim

    stored = json.loads((ROOT / "reports" / "dtca-70-spin-glass.json").read_text())
    now = chipsim.run("dtca-70", "spin-glass").summary
    assert now["toggles"] == stored["toggles"], "run make reports"
    assert now["energy_j"] == pytest.approx(stored["energy_j"], rel=1e-9), "run make reports"
