"""The best spins by label: in Python, in the result, and as JSON, CSV and HDF5, with their objective recomputed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from support_cli import call
from support_errors import code_of

import chipsim

LABELS = ["a", "b, c", "\u00e9"]
Q = np.array([[1.0, 2, 0], [0, -2, -3.5], [0, 0, 1]])
WORK = """chipsim: 1
workload: ising
name: w
problem: { file: FILE }
schedule: { mode: anneal, sweeps: 400, beta: { start: 0.1, end: 3, steps: 50 }, read_every: end }
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("answers") / "run.h5"
    problem = chipsim.Problem.from_arrays(Q, convention="qubo", labels=LABELS, offset=10)
    run = chipsim.run("any-graph", problem=problem)
    assert run.best is not None
    run.save(path)
    return path


def test_the_result_holds_the_best_spins_and_the_value_of_their_objective(result: Path) -> None:
    run = chipsim.load(result)
    assert run.best is not None
    assert run.best.labels.tolist() == LABELS
    x = (run.best.spins + 1) // 2
    assert run.best.value == 10 + x @ Q @ x == 5.5
    assert run.best.to_dict() == {"a": -1, "b, c": 1, "\u00e9": 1}
    assert run.summary["best_energy"] == 5.5
    assert run.summary["offset"] == 10 + (1 - 2 + 1) / 2 + (2 - 3.5) / 4


def test_json_csv_and_hdf5_hold_the_same(result: Path, tmp_path: Path) -> None:
    for suffix in ("json", "csv", "h5"):
        assert call("report", result, "--answers", tmp_path / f"best.{suffix}").exit_code == 0
    held = json.loads((tmp_path / "best.json").read_text())
    assert held == {"objective": "energy", "value": 5.5, "best_spins": {"a": -1, "b, c": 1, "\u00e9": 1}}
    rows = list(csv.reader((tmp_path / "best.csv").read_text().splitlines()))
    assert rows == [["label", "spin", "bit"], ["a", "-1", "0"], ["b, c", "1", "1"], ["\u00e9", "1", "1"]]
    with h5py.File(tmp_path / "best.h5") as file:
        assert [label.decode() for label in file["labels"][:]] == LABELS
        assert file["spins"][:].tolist() == [-1, 1, 1]
        assert file.attrs["value"] == 5.5


def test_answers_are_refused_where_there_are_none(result: Path, tmp_path: Path) -> None:
    assert code_of(call("report", result, "--answers", tmp_path / "best.txt")) == "run.argument"
    unread = tmp_path / "unread.h5"
    chipsim.run("tiny", "spin-glass", set={"schedule.read_every": "never", "schedule.sweeps": 20}).save(unread)
    assert code_of(call("report", unread, "--answers", tmp_path / "best.json")) == "result.no-records"


@pytest.mark.parametrize(
    ("name", "text", "keys", "metric", "value", "objective"),
    [
        ("afm.coo", "# vartype=SPIN\n0 1 1\n0 2 1\n1 2 1\n", "", "best_energy", -1, "energy"),
        ("q.qubo", "p qubo 0 3 2 2\n0 0 1\n1 1 -2\n2 2 1\n0 1 2\n1 2 -3.5\n", "", "best_energy", -4.5, "energy"),
        ("d.sparse", "3 3\n1 1 -100\n1 2 -24\n2 3 7\n", "", "best_energy", -148, "energy"),
        ("d.txt", "3 3\n1 1 -100\n1 2 -24\n2 3 7\n", ", convention: qubo", "best_energy", -124, "energy"),
        ("f.txt", "3 3\n1 2 1.0\n2 3 1.0\n1 3 1.0\n", ", convention: ising", "best_energy", -3, "energy"),
        ("m.txt", "3 5\n1 1 5\n2 2 3\n3 3 1\n1 2 -6\n2 3 -1\n", ", format: mqlib", "best_value", 6, "value"),
        ("big.txt", "2 1\n1 2 16777217\n", "", "best_cut", 16777217, "cut"),
    ],
)
def test_cases_of_files(
    name: str, text: str, keys: str, metric: str, value: float, objective: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "w.yaml").write_text(WORK.replace("FILE", name + keys))
    run = chipsim.run("any-graph", str(tmp_path / "w.yaml"))
    assert run.summary[metric] == value
    assert run.best is not None
    assert (run.best.objective, run.best.value) == (objective, value)


def test_a_problem_of_python_needs_python(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(WORK.replace("file: FILE", "given: mine"))
    assert code_of(call("run", "any-graph", tmp_path / "w.yaml")) == "data.missing"
