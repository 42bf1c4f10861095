"""Chips, workloads and price tables as dicts and objects do what the same files do."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from support_chips import chip_text, workload_text
from support_errors import refused

import chipsim
from chipsim import Chip, Workload
from chipsim.results.diff import diff
from chipsim.spec.document import parse_document

SHORT = {"schedule.sweeps": 10}


def as_dict(text: str) -> dict[str, Any]:
    value: dict[str, Any] = parse_document(text, "text").value
    return value


def ids(run: chipsim.Run) -> tuple[str, str]:
    return run.summary.core.request.activity_id, run.summary.priced.run_id


def test_a_dict_is_the_same_run_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "chip.yaml").write_text(chip_text())
    (tmp_path / "work.yaml").write_text(workload_text())
    of_files = chipsim.run(tmp_path / "chip.yaml", str(tmp_path / "work.yaml"), lanes=8)
    of_dicts = chipsim.run(as_dict(chip_text()), as_dict(workload_text()), lanes=8)
    of_objects = chipsim.run(Chip(as_dict(chip_text())), Workload(tmp_path / "work.yaml"), lanes=8)
    assert ids(of_files) == ids(of_dicts) == ids(of_objects)
    assert of_files.energy_j == of_dicts.energy_j


def test_what_a_chip_a_workload_and_the_run_set_is_one_thing() -> None:
    changes = {"cells.gain": 2, "schedule.sweeps": 10, "prices.rng.on.power": "5 nW"}
    whole = chipsim.run("tiny", "spin-glass", set=changes, lanes=8)
    chip = Chip("tiny", set={"cells.gain": 2, "prices.rng.on.power": "5 nW"})
    parts = chipsim.run(chip, Workload("spin-glass", set=SHORT), lanes=8)
    assert ids(whole) == ids(parts)
    assert whole.summary["set"] == parts.summary["set"] == changes
    assert whole.summary["command"].split("--set")[0] == parts.summary["command"].split("--set")[0]
    over = chipsim.run(Chip(chip, set={"cells.gain": 7}), "spin-glass", set={**SHORT, "cells.gain": 2}, lanes=8)
    assert ids(over) == ids(whole)


def test_a_dict_extends_presets_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slow.yaml").write_text("components:\n  cells: { kind: pbit, relaxation_time: 200 ns }\n")
    chip = Chip({"extends": "tiny", "include": ["slow.yaml"], "name": "mine", "fabric": {"size": [6, 6]}})
    held = chip.to_dict()
    assert held["fabric"] == {"pattern": "square", "size": [6, 6], "borders": "open"}
    assert held["components"]["cells"]["relaxation_time"] == "200 ns"
    assert "extends" not in held
    with refused("spec.bad-include"):
        Chip({"extends": "../outside.yaml", "name": "mine"})


def test_files_that_a_dict_names_lie_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.txt").write_text("4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n")
    work = as_dict(workload_text(problem="rudy: graph.txt"))
    problem = chipsim.plan("any-graph", work).workload.fixed_problem()
    assert problem is not None
    assert sorted(map(tuple, problem.edges.tolist())) == [(0, 1), (0, 3), (1, 2), (2, 3)]


def test_values_of_numpy_are_numbers() -> None:
    plain = chipsim.plan(
        "torus-2d", "spin-glass", {"fabric.size": [6, 6], "schedule.beta": 0.25, "schedule.sweeps": 10}
    )
    numpy = chipsim.plan(
        "torus-2d",
        "spin-glass",
        {"fabric.size": np.array([6, 6]), "schedule.beta": np.float64(0.25), "schedule.sweeps": np.int64(10)},
    )
    assert numpy.ids(0) == plain.ids(0)
    assert numpy.overrides == plain.overrides


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "spec.bad-number"),
        (object(), "spec.wrong-type"),
        ({1: 2}, "spec.wrong-type"),
        ({"a": 1j}, "spec.wrong-type"),
    ],
)
def test_what_cannot_stand_in_a_file_is_refused(value: Any, code: str) -> None:
    with refused(code, "--set schedule.beta"):
        chipsim.plan("tiny", "spin-glass", {"schedule.beta": value})
    with refused(code, "chip dict: description"):
        Chip({**as_dict(chip_text()), "description": value})


def test_a_dict_that_contains_itself_is_refused() -> None:
    held: dict[str, Any] = as_dict(chip_text())
    held["components"]["host"] = held
    with refused("spec.too-large"):
        Chip(held)


def test_mistakes_are_found_when_the_object_is_made() -> None:
    with refused("spec.unknown-preset", "dtca-70"):
        Chip("dcta-70")
    with refused("spec.missing-key", "chip dict: technology.temp"):
        Chip({**as_dict(chip_text()), "technology": {"node": "none", "vdd": "1 V", "temp": "1 K"}})
    with refused("spec.unknown-path", "schedule.sweeps"):
        Chip("tiny", set=SHORT)
    with refused("spec.unknown-path", "cells.gain"):
        Workload("spin-glass", set={"cells.gain": 2})
    with refused("spec.no-unit", "cells.relaxation_time"):
        chipsim.plan(Chip("tiny", set={"cells.relaxation_time": 100}), "spin-glass")


def test_texts_of_dicts_are_kept_and_read_as_the_same() -> None:
    chip, work = as_dict(chip_text()), as_dict(workload_text())
    chip["description"] = '1e-9 is a word: \u00e9 "quoted"'
    run = chipsim.run(chip, work, lanes=8)
    assert [parse_document(text, name).value for name, text in run.sources.items()] == [chip, work]
    assert run.summary["command"].startswith("chipsim run round.yaml short.yaml ")


def test_a_price_table_may_be_a_dict(tmp_path: Path) -> None:
    table = {
        "chipsim": 1,
        "name": "mine",
        "extends": "dtca-main",
        "prices": {"rng.on": {"power": "5 nW", "grade": "assumed", "seen": "none", "source": "this test"}},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(table))
    of_file = chipsim.run("tiny", "spin-glass", set=SHORT, lanes=8, prices=tmp_path / "mine.yaml")
    of_dict = chipsim.run("tiny", "spin-glass", set=SHORT, lanes=8, prices=table)
    again = chipsim.reprice(chipsim.run("tiny", "spin-glass", set=SHORT, lanes=8), table)
    assert of_file.energy_j == of_dict.energy_j == again.energy_j
    found = of_dict.prices.find("rng", "rng", "on")
    assert found is not None
    assert found.value == 5e-9
    assert "--prices mine.yaml" in of_dict.summary["command"]
    assert diff(of_dict, again).causes_j() == {"counts": 0, "time": 0, "prices": 0}


def test_a_chip_travels_between_processes() -> None:
    chip = Chip(as_dict(chip_text()), set={"cells.gain": 2})
    assert pickle.loads(pickle.dumps(chip)).to_dict() == chip.to_dict()
    assert repr(chip) == "Chip({'name': 'round', ...}, set={'cells.gain': 2})"


def test_a_copy_is_handed_out() -> None:
    chip = Chip("tiny")
    chip.to_dict()["components"].clear()
    assert chip.to_dict()["components"]
    assert chipsim.plan(chip, "spin-glass").ids(0) == chipsim.plan("tiny", "spin-glass").ids(0)
