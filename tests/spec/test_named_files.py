"""Files that a spec names: beside the file that names them, for every key, whatever the working directory is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call
from support_errors import code_of, refused

import chipsim
from chipsim.runs.plan import plan
from chipsim.spec.chip import ChipModel
from chipsim.spec.named_files import file_keys
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.points import points_of
from chipsim.sweeps.spec import SweepModel, read_sweep
from chipsim.workloads.registry import BUILT_IN, find_workload

WORK = """
chipsim: 1
workload: ising
name: a
problem: { rudy: r.txt }
schedule: { mode: anneal, sweeps: 100, beta: { start: 0.1, end: 3, steps: 10 } }
"""
SWEEP = """
chipsim: 1
name: s
chip: any-graph
workload: w.yaml
axes: { problem.rudy: [r.txt, deep/r.txt] }
metrics: [best_cut]
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `set` with a workload and its graph, seen from a folder with another graph of the same name."""
    (tmp_path / "set" / "deep").mkdir(parents=True)
    (tmp_path / "r.txt").write_text("2 1\n1 2 1\n")
    (tmp_path / "set" / "r.txt").write_text("4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n")
    (tmp_path / "set" / "deep" / "r.txt").write_text("5 4\n1 2 1\n1 3 1\n1 4 1\n1 5 1\n")
    (tmp_path / "set" / "w.yaml").write_text(WORK)
    (tmp_path / "set" / "s.yaml").write_text(SWEEP)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "set"


def best_cut(*arguments: Any) -> float:
    done = call("run", "any-graph", *arguments, "--json", "-o", "run.h5")
    assert done.exit_code == 0, done.output
    return float(json.loads(done.stdout)["workload"]["figures"]["best_cut"])


@pytest.mark.system
def test_a_graph_lies_beside_its_workload_and_that_of_set_where_the_command_is_called(elsewhere: Path) -> None:
    assert best_cut("set/w.yaml") == 4
    assert best_cut("set/w.yaml", "--set", "problem.rudy=r.txt") == 1
    assert chipsim.run("any-graph", str(elsewhere / "w.yaml")).summary["best_cut"] == 4


def test_a_base_of_another_folder_keeps_its_own_files(elsewhere: Path) -> None:
    (elsewhere / "deep" / "w.yaml").write_text(WORK.replace("name: a", "name: b"))
    (elsewhere / "more.yaml").write_text("extends: deep/w.yaml\nchipsim: 1\nname: c\n")
    assert plan("any-graph", "set/more.yaml").workload.fixed_problem().cells == 5


@pytest.mark.system
def test_a_sweep_finds_beside_itself_what_it_names(elsewhere: Path, tmp_path: Path) -> None:
    sweep = read_sweep("set/s.yaml")
    assert [point.overrides["problem.rudy"] for point in points_of(sweep)] == ["set/r.txt", "set/deep/r.txt"]
    table = Sweep(sweep, tmp_path / "out").run()
    assert [row["best_cut"] for row in table["rows"]] == [4, 4]


def test_what_is_not_there_is_looked_for_beside_the_workload_alone(elsewhere: Path) -> None:
    (elsewhere / "r.txt").unlink()
    result = call("run", "any-graph", "set/w.yaml", "-o", "run.h5")
    assert code_of(result) == "file.unreadable"
    assert "set/w.yaml:5:18: problem.rudy: set/r.txt: " in result.stderr


def test_price_tables_lie_beside_the_chip(elsewhere: Path) -> None:
    (elsewhere / "c.yaml").write_text(
        "chipsim: 1\nextends: any-graph\nname: c\nprice_table: p.yaml\ncompare_prices: [p.yaml, dtca-physical]\n"
    )
    (elsewhere / "p.yaml").write_text("chipsim: 1\nextends: dtca-main\nname: mine\n")
    ready = plan("set/c.yaml", "set/w.yaml")
    assert [ready.prices.name, *(table.name for table in ready.comparisons)] == ["mine", "mine", "dtca-physical"]
    (elsewhere / "p.yaml").unlink()
    with refused("file.missing", "set/p.yaml"):
        plan("set/c.yaml", "set/w.yaml")


def test_a_matrix_lies_beside_its_workload(elsewhere: Path) -> None:
    np.savetxt(elsewhere / "m.txt", 2 * np.eye(3))
    (elsewhere / "m.yaml").write_text(
        "chipsim: 1\nworkload: inverse\nname: m\nmatrix: { file: m.txt }\n"
        "schedule: { settle: 100 us, samples: 5, spacing: 10 us }\n"
    )
    assert plan("ou-256", "set/m.yaml").workload.unknowns == 3


def test_where_a_file_lies_names_no_run_and_what_it_holds_does(elsewhere: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "w.yaml").write_text(WORK.replace("r.txt", "graph.txt"))
    (moved / "graph.txt").write_bytes((elsewhere / "r.txt").read_bytes())
    ids = [plan("any-graph", str(folder / "w.yaml")).ids(0) for folder in (elsewhere, moved)]
    assert ids[0] == ids[1]
    (moved / "graph.txt").write_text("4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 2\n")
    assert plan("any-graph", str(moved / "w.yaml")).ids(0)[0] != ids[0][0]


def test_keys_that_name_files() -> None:
    """A new one belongs here, and takes the mark `FileName`."""
    found = {
        f"{workload}.{'.'.join(map(str, path))}"
        for workload in BUILT_IN
        for path in file_keys(find_workload(workload).model_type)
    }
    matrices = {f"{name}.matrix.file" for name in ("linear-solve", "inverse", "gaussian-sample")}
    matrices |= {"linear-solve.right_side"}
    data = {f"natural-gradient.data.{part}" for part in ("images", "labels", "test_images", "test_labels")}
    dtm = {f"dtm.{key}" for key in ("images.source", "labels.source", "generation.weights", "training.start")}
    problems = {f"ising.problem.{key}" for key in ("file", "rudy", "edge_list")}
    nets = {key.replace("natural-gradient", "feed-forward") for key in data} | {"feed-forward.inference.weights"}
    problems |= {"ising.mapping.file", "ising.schedule.start.file"}
    heat = {"langevin-images.images.source", "langevin-images.generation.weights"}
    assert found == {*problems, *matrices, *data, *nets, *dtm, *heat, "samplers.file"}
    assert set(file_keys(ChipModel)) == {("price_table",), ("compare_prices", "*"), ("fabric", "colouring")}
    assert set(file_keys(SweepModel)) == {("chip",), ("workload",), ("prices",)}
