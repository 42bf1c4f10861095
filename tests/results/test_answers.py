"""The best spins by label: in Python, in the result, and as JSON, CSV and HDF5, with their objective recomputed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from support_cli import call
from support_errors import code_of, refused

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


def test_all_reads_are_held_with_their_objective(result: Path) -> None:
    """Each value is that of its spins by an independent line of numpy; the best is one of them."""
    run = chipsim.load(result)
    reads = run.reads
    x = (reads.spins + 1) // 2
    assert reads.spins.shape == (1, 64, 3)
    assert np.array_equal(reads.values, 10 + np.einsum("rli,ij,rlj->rl", x, Q, x))
    assert run.best is not None
    assert reads.values.min() == run.best.value
    data = reads.to_xarray()
    assert data.spins.dims == ("read", "lane", "spin")
    assert data.spin.values.tolist() == LABELS
    assert np.array_equal(data.energy, reads.values)


def test_reads_as_a_set_of_samples_have_the_energies_of_dimod(result: Path) -> None:
    dimod = pytest.importorskip("dimod")
    pairs = {(LABELS[i], LABELS[j]): Q[i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (1, 2))}
    model = dimod.BinaryQuadraticModel.from_qubo(pairs, offset=10)
    found = chipsim.load(result).reads.to_sampleset()
    assert len(found) == 64
    assert np.allclose(model.change_vartype("SPIN", inplace=False).energies(found), found.record.energy, atol=1e-12)
    assert found.first.sample == {"a": -1, "b, c": 1, "\u00e9": 1}
    assert sorted(found.record.lane.tolist()) == list(range(64))


def test_reads_of_chains_are_those_that_the_host_decided(tmp_path: Path) -> None:
    """Of a maximised objective the set of samples holds its negative."""
    (tmp_path / "c.json").write_text('{"1": [0, 1, 5], "2": [4]}')
    (tmp_path / "cut.txt").write_text("2 1\n1 2 3\n")
    (tmp_path / "w.yaml").write_text(
        WORK.replace("{ file: FILE }", "{ rudy: cut.txt, scale: auto }").replace("end }", "100 }")
        + "mapping: { method: given, file: c.json }\n"
    )
    run = chipsim.run("tiny", str(tmp_path / "w.yaml"), lanes=100)
    run.save(tmp_path / "r.h5")
    reads = chipsim.load(tmp_path / "r.h5").reads
    assert reads.spins.shape == (4, 100, 2)
    assert reads.objective == "cut"
    assert np.array_equal(reads.values, 3.0 * (reads.spins[..., 0] != reads.spins[..., 1]))
    found = pytest.importorskip("dimod") and reads.to_sampleset()
    assert found.first.energy == -3


def test_without_energies_there_are_no_reads(tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text("0 1 1\n1 0 -1\n")
    (tmp_path / "w.yaml").write_text(WORK.replace("file: FILE", "edge_list: e.txt, directed: true"))
    with refused("result.no-records", "schedule.read_every"):
        _ = chipsim.run("any-graph", str(tmp_path / "w.yaml")).reads
