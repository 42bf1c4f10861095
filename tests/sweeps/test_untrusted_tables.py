"""The folder of a sweep may come from a stranger: its table is checked before it is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import pytest
from support_cli import call
from support_mutants import mutated
from support_results import put_text

from chipsim.errors import RunError
from chipsim.sweeps.result import load_sweep
from chipsim.sweeps.sweep import sweep
from chipsim.sweeps.table import read_table

SPEC: dict[str, Any] = {
    "chipsim": 1, "name": "two", "chip": "tiny", "workload": "spin-glass", "set": {"schedule.sweeps": 10},
    "axes": {"cells.gain": [1, 2], "clock.phase": ["50 ns", "100 ns"]},
    "metrics": ["energy_j", "joules_per_effective_sample"],
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sweep")
    sweep(SPEC, made, executor="inline")
    return made


def changed(folder: Path, target: Path, **entries: Any) -> Path:
    target.mkdir()
    (target / "sweep.h5").write_bytes((folder / "sweep.h5").read_bytes())
    with h5py.File(target / "sweep.h5", "r+") as file:
        put_text(file, "table", json.dumps({**json.loads(file["table"].asstr()[()]), **entries}))
    return target


def test_a_text_in_the_place_of_a_metric_is_refused(folder: Path, tmp_path: Path) -> None:
    rows = [{**row, "energy_j": "/etc/passwd"} for row in read_table(folder)["rows"]]
    result = call("report", changed(folder, tmp_path / "other", rows=rows, best=None, front=[]))
    assert result.exit_code == 2
    assert "energy_j is no number" in result.stderr


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"front": [99]}, "row 99 of 4"),
        ({"best": -1}, "row -1 of 4"),
        ({"fit": []}, "is not one that can be compared"),
        ({"fit": [0, 1, 2, 3, 3]}, "the same row twice"),
        ({"metrics": []}, "metrics"),
        ({"metrics": ["x"]}, "no column x"),
        ({"rows": [{"point": 0}], "front": [], "fit": [], "best": None}, "no column"),
        ({"name": "\x1b[2J"}, "control characters"),
        ({"total": float("nan")}, "not finite"),
    ],
)
def test_what_does_not_fit_is_named(entries: dict[str, Any], told: str, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError) as caught:
        load_sweep(changed(folder, tmp_path / "other", **entries))
    assert caught.value.code == "result.damaged"
    assert told in str(caught.value)


@pytest.mark.parametrize("value", [3, "1", None, [1], {"a": 1}])
def test_values_of_rows_are_those_of_the_axes(value: Any, folder: Path, tmp_path: Path) -> None:
    rows = read_table(folder)["rows"]
    rows[3]["cells.gain"] = value
    with pytest.raises(RunError, match="not one of the axis") as caught:
        load_sweep(changed(folder, tmp_path / "other", rows=rows))
    assert caught.value.code == "result.damaged"


@pytest.mark.parametrize("value", [2**70, -(2**63), 10**200, 1e200])
def test_numbers_that_no_figure_holds_are_refused(value: float, folder: Path, tmp_path: Path) -> None:
    table = read_table(folder)
    table["axes"][0]["numbers"]["1"] = value
    with pytest.raises(RunError, match=r"cells.gain at 1 is -?\d"):
        load_sweep(changed(folder, tmp_path / "axis", axes=table["axes"]))
    table["rows"][0]["energy_j"] = value
    with pytest.raises(RunError, match=r"energy_j is -?\d"):
        load_sweep(changed(folder, tmp_path / "row", rows=table["rows"]))


def test_a_table_is_read_as_it_was_written(folder: Path) -> None:
    table = read_table(folder)
    assert [row["point"] for row in table["rows"]] == [0, 1, 2, 3]
    assert call("report", folder).exit_code == 0


@pytest.mark.parametrize(("first", "many"), [(0, 12), pytest.param(1000, 1000, marks=pytest.mark.slow)])
def test_mutants_are_drawn_or_refused(first: int, many: int, folder: Path, tmp_path: Path) -> None:
    for seed in range(first, first + many):
        change = mutated(folder / "sweep.h5", tmp_path / "sweep.h5", seed)
        outputs = ["--csv", tmp_path / "o.csv", "--json", tmp_path / "o.json"]
        outputs += ["--html", tmp_path / "o.html"] if seed % 6 == 0 else []
        for arguments in ([], outputs):
            result = call("report", tmp_path, *arguments)
            told = f"seed {seed}, {change}: {result.output[-500:]}"
            assert result.exit_code == 0 or (result.exit_code == 2 and result.stderr.count("\n") == 1), told
            assert "\x1b" not in result.output, told


@pytest.mark.slow
def test_a_table_of_100_000_points_is_read(folder: Path, tmp_path: Path) -> None:
    table = read_table(folder)
    rows = [{**table["rows"][i % 4], "point": i} for i in range(100_000)]
    entries = {"rows": rows, "fit": list(range(100_000)), "total": 100_000}
    assert len(read_table(changed(folder, tmp_path / "other", **entries))["rows"]) == 100_000
