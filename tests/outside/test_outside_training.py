"""A model of one's own from another package, trained by `chipsim train`: its figures stand in every report.

`contrastive_rbm` is installed for child processes (see conftest.py).
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from support_outside import HERE, Run

import chipsim

CLI = ("-m", "chipsim.cli")
CHIP = ("any-graph", "contrastive-rbm.yaml")
SHORT = ("--set", "training.epochs=2", "--set", "training.steps=20", "--set", "hidden=4")


@pytest.fixture(scope="module")
def folder(python: Run, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the images, trained weights and images drawn with them."""
    folder = tmp_path_factory.mktemp("rbm")
    for name in ("contrastive-rbm.yaml", "bars.py"):
        shutil.copy(HERE / name, folder)
    for command in (
        ("bars.py",),
        (*CLI, "train", *CHIP, *SHORT, "-o", "w.h5"),
        (*CLI, "run", *CHIP, *SHORT, "--set", "weights=w.h5", "--lanes", "512", "-o", "run.h5"),
        (*CLI, "run", *CHIP, *SHORT, "--set", "weights=w.h5", "--set", "sweeps=1", "--lanes", "512", "-o", "one.h5"),
    ):
        done = python(site, *command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_its_own_tests_pass(python: Run, site: Path) -> None:
    done = python(site, "-m", "pytest", "-p", "no:cacheprovider", cwd=HERE / "contrastive_rbm")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b10 passed in", done.stdout), done.stdout


def test_a_training_tells_its_progress_its_cost_and_the_next_command(python: Run, site: Path, folder: Path) -> None:
    done = python(site, *CLI, "train", *CHIP, *SHORT, "-o", "again.h5", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = re.findall(r"^(\d)/2  epoch \1: (-\d+\.\d+) nats per image$", done.stderr, re.M)
    history = chipsim.load(folder / "w.h5").summary.workload.figures["training"]
    assert told == [(str(entry["epoch"]), f"{entry['log_likelihood']:.3f}") for entry in history]
    assert "chipsim run any-graph contrastive-rbm.yaml" in done.stdout
    assert "--set weights=again.h5" in done.stdout
    run = chipsim.load(folder / "again.h5")
    assert run.summary["step"]["count"] == 40
    assert re.search(r"^fit +-\d+\.\d+ nats per image, after 2 epochs$", done.stdout, re.M), done.stdout


def test_its_figures_are_in_every_report(python: Run, folder: Path) -> None:
    """Made where the package is not installed."""
    share = chipsim.load(folder / "run.h5").summary["learnt_share"]
    outputs = ("--html", "run.html", "--json", "run.json")
    done = python(None, *CLI, "report", "run.h5", *outputs, cwd=folder)
    assert done.returncode == 0, done.stderr
    shown = python(None, *CLI, "report", "run.h5", cwd=folder).stdout
    assert re.search(rf"^learnt +{share:.1%} of 512 images were learnt; \d+\.\d% by the exact law$", shown, re.M), shown
    page = (folder / "run.html").read_text()
    assert f"{share:.1%}" in page
    assert "Images drawn" in page
    block = json.loads((folder / "run.json").read_text())["workload"]
    assert block["kind"] == "contrastive-rbm"
    assert block["figures"]["learnt_share"] == share
    curve = python(None, *CLI, "report", "w.h5", "--html", "w.html", cwd=folder)
    assert curve.returncode == 0, curve.stderr
    assert "log likelihood / nats" in (folder / "w.html").read_text()


def test_two_runs_are_compared_by_its_figures(python: Run, folder: Path) -> None:
    """After a single sweep from a random state the images are not yet those of the model."""
    runs = [chipsim.load(folder / name).summary["learnt_share"] for name in ("run.h5", "one.h5")]
    assert runs[0] != runs[1]
    done = python(None, *CLI, "report", "run.h5", "one.h5", "--json", "both.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    shown = python(None, *CLI, "report", "run.h5", "one.h5", cwd=folder).stdout
    for share in runs:
        assert f"{share:.1%}" in shown, shown


def test_it_is_swept_by_its_own_figure(python: Run, site: Path, folder: Path) -> None:
    (folder / "sweep.yaml").write_text(
        "chipsim: 1\nname: sweeps\nchip: any-graph\nworkload: contrastive-rbm.yaml\nlanes: 64\n"
        "set: { weights: w.h5, hidden: 4 }\naxes: { sweeps: [1, 20] }\nmetrics: [learnt_share, expected_share]\n"
    )
    done = python(site, *CLI, "sweep", "sweep.yaml", "-o", "out", "--jobs", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert python(site, *CLI, "report", "out", "--csv", "out.csv", cwd=folder).returncode == 0
    rows = list(csv.DictReader((folder / "out.csv").read_text().splitlines()))
    expected = chipsim.load(folder / "run.h5").summary["expected_share"]
    assert [float(row["expected_share"]) for row in rows] == pytest.approx([expected] * 2)
    assert all(0 <= float(row["learnt_share"]) <= 1 for row in rows)


def test_its_metrics_are_described(python: Run, site: Path) -> None:
    done = python(site, *CLI, "metrics", "learnt_share")
    assert "share of the drawn images that are among the training images" in " ".join(done.stdout.split()), done.stdout
