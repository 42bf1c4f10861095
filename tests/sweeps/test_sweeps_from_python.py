"""Sweeps from Python: the same points as from files, tables for other libraries, and points that are asked for."""

from __future__ import annotations

import gc
import itertools
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_chips import chip_text, workload_text
from support_cli import call
from support_errors import refused
from support_sweeps import write_sweep

import chipsim
from chipsim.spec.document import parse_document
from chipsim.sweeps import tasks
from chipsim.sweeps.result import SweepResult

AXES = {"cells.relaxation_time": ["50 ns", "100 ns", "200 ns"], "cells.gain": [1, 2]}
SHORT = {"schedule.sweeps": 20}


def spec(**changes: Any) -> dict[str, Any]:
    """A small sweep as a dict, its chip and workload dicts as well."""
    return {
        "chipsim": 1,
        "name": "small",
        "chip": parse_document(chip_text(), "chip").value,
        "workload": parse_document(workload_text(), "work").value,
        "set": SHORT,
        "axes": AXES,
        "metrics": ["energy_j", "elapsed_s"],
        **changes,
    }


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    return chipsim.sweep(spec(), tmp_path_factory.mktemp("sweep") / "out", executor="inline")


def test_a_dict_is_the_same_sweep_as_its_file(tmp_path: Path, result: SweepResult) -> None:
    path = write_sweep(
        tmp_path,
        {"cells.relaxation_time": "[50 ns, 100 ns, 200 ns]", "cells.gain": "[1, 2]"},
        more="set: { schedule.sweeps: 20 }",
        metrics="energy_j, elapsed_s",
        schedule="mode: sample, beta: 0.5, sweeps: 20",
    )
    out = tmp_path / "out"
    assert call("sweep", path, "-o", out, "--executor", "inline").exit_code == 0
    of_file = chipsim.load_sweep(out)
    names = ["run_id", "energy_j", "elapsed_s", "cells.gain"]
    assert [[row[name] for name in names] for row in of_file] == [[row[name] for name in names] for row in result]
    keys = {path.name for path in (out / "points").iterdir()}
    assert keys == {path.name for path in (result.folder / "points").iterdir()}


def test_each_point_is_the_run_with_its_values(result: SweepResult) -> None:
    held = spec()
    for row in list(result)[::5]:
        changes = {path: row[path] for path in AXES}
        run = chipsim.run(held["chip"], held["workload"], set={**SHORT, **changes})
        assert (row["energy_j"], row["run_id"]) == (run.energy_j, run.summary["run_id"])


def test_objects_bring_what_they_set_and_set_goes_before_it(tmp_path: Path) -> None:
    chip = chipsim.Chip("tiny", set={"couplers.swing": "0.5 V", "readout.time": "20 ns"})
    work = chipsim.Workload("spin-glass", set={"schedule.sweeps": 30})
    wanted = spec(chip=chip, workload=work, set={"readout.time": "30 ns"}, axes={"cells.gain": [1]})
    row = next(iter(chipsim.sweep(wanted, tmp_path / "a", set={"schedule.beta": 0.5}, executor="inline")))
    changes = {"couplers.swing": "0.5 V", "readout.time": "30 ns", "schedule.sweeps": 30, "schedule.beta": 0.5}
    assert row["energy_j"] == chipsim.run("tiny", "spin-glass", set=changes).energy_j


def test_set_of_the_command_is_set_of_python(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"cells.gain": "[1, 2]"}, metrics="energy_j")
    arguments = ("--executor", "inline", "--set", "schedule.sweeps=10", "--set", "couplers.swing=0.5 V")
    assert call("sweep", path, "-o", tmp_path / "out", *arguments).exit_code == 0
    changes = {"schedule.sweeps": 10, "couplers.swing": "0.5 V"}
    again = chipsim.sweep(path, tmp_path / "again", set=changes, executor="inline")
    assert [row["run_id"] for row in again] == [row["run_id"] for row in chipsim.load_sweep(tmp_path / "out")]
    with refused("spec.duplicate", "cells.gain"):
        chipsim.sweep(path, tmp_path / "again", set={"cells.gain": 3})


def test_prices_may_be_a_dict(tmp_path: Path) -> None:
    row = {"power": "5 nW", "grade": "assumed", "seen": "none", "source": "this test"}
    table = {"chipsim": 1, "name": "mine", "extends": "dtca-physical", "prices": {"rng.on": row}}
    dear = {**table, "prices": {"rng.on": {**row, "power": "9 nW"}}}
    one, other = (
        chipsim.sweep(spec(axes={"cells.gain": [1]}, prices=each), tmp_path / "out", executor="inline").rows[0]
        for each in (table, dear)
    )
    held = spec()
    wanted = [
        chipsim.run(held["chip"], held["workload"], set={**SHORT, "cells.gain": 1}, prices=each).energy_j
        for each in (table, dear)
    ]
    assert [one["energy_j"], other["energy_j"]] == wanted
    assert wanted[0] < wanted[1]


def test_best_and_front_are_rows(result: SweepResult) -> None:
    assert result.best is not None
    assert result.best["energy_j"] == min(row["energy_j"] for row in result)
    assert result.front[0] == result.best
    assert result.reference == result.rows[0]
    assert len(result) == 6
    assert repr(result).startswith("<SweepResult small: 6 of 6 points, axes cells.relaxation_time, cells.gain, best ")


def test_units_are_those_of_metrics_and_of_axes(result: SweepResult) -> None:
    units = result.units
    assert units["cells.relaxation_time"] == "ns"
    assert {name for name, unit in units.items() if unit == "s"} == {"elapsed_s", "elapsed_s_minus_reference"}
    assert units["energy_j_minus_reference_ci95"] == units["energy_j_price_low"] == "J"
    assert not {"cells.gain", "status", "lanes", "point"} & units.keys()


def test_pandas_and_parquet_have_numbers_and_units(result: SweepResult, tmp_path: Path) -> None:
    pandas, parquet = pytest.importorskip("pandas"), pytest.importorskip("pyarrow.parquet")
    frame = result.to_pandas()
    assert frame["cells.relaxation_time"].tolist() == [50.0, 50.0, 100.0, 100.0, 200.0, 200.0]
    assert frame["energy_j"].tolist() == [row["energy_j"] for row in result]
    assert frame.attrs["units"] == result.units
    result.to_parquet(tmp_path / "sweep.parquet")
    schema = parquet.read_schema(tmp_path / "sweep.parquet")
    assert {f.name: f.metadata[b"unit"].decode() for f in schema if f.metadata} == result.units
    again = pandas.read_parquet(tmp_path / "sweep.parquet")
    assert again.columns.tolist() == frame.columns.tolist()
    assert again["elapsed_s"].tolist() == frame["elapsed_s"].tolist()


def test_xarray_has_the_axes_of_a_grid_as_dimensions(result: SweepResult) -> None:
    pytest.importorskip("xarray")
    data = result.to_xarray()
    assert data.energy_j.dims == ("cells.relaxation_time", "cells.gain")
    assert data["cells.relaxation_time"].values.tolist() == [50, 100, 200]
    assert data["cells.relaxation_time"].attrs["units"] == "ns"
    assert data.energy_j.attrs["units"] == "J"
    for row in result:
        place = {
            "cells.relaxation_time": float(row["cells.relaxation_time"].split()[0]),
            "cells.gain": row["cells.gain"],
        }
        assert float(data.energy_j.sel(place)) == row["energy_j"]
        assert int(data.point.sel(place)) == row["point"]


def test_rows_of_a_grid_may_come_in_any_order(result: SweepResult) -> None:
    pytest.importorskip("xarray")
    shuffled = [result.rows[i] for i in (4, 0, 5, 2, 1, 3)]
    data = SweepResult({**result.table, "rows": shuffled}, result.folder).to_xarray()
    assert dict(data.sizes) == {"cells.relaxation_time": 3, "cells.gain": 2}
    for time, gain in itertools.product((50, 100, 200), (1, 2)):
        row = next(r for r in shuffled if (r["cells.relaxation_time"], r["cells.gain"]) == (f"{time} ns", gain))
        assert float(data.energy_j.sel({"cells.relaxation_time": time, "cells.gain": gain})) == row["energy_j"]


def test_other_points_are_a_dimension_of_their_own(result: SweepResult) -> None:
    pytest.importorskip("xarray")
    part = SweepResult({**result.table, "rows": result.rows[:-1]}, result.folder).to_xarray()
    assert part.energy_j.dims == ("point",)
    assert part["cells.gain"].values.tolist() == [row["cells.gain"] for row in result.rows[:-1]]
    assert part.point.values.tolist() == [0, 1, 2, 3, 4]
    assert part["cells.relaxation_time"].attrs["units"] == "ns"


def test_a_sweep_of_words_and_of_failures(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("xarray")
    axes = {"rng.law": ["ideal", "redraw"], "fabric.size": [[4, 4], [5, 5]]}
    broken = spec(axes=axes, chip={**spec()["chip"], "fabric": {"pattern": "square", "size": [4, 4]}})
    result = chipsim.sweep(broken, tmp_path / "out", executor="inline")
    frame = result.to_pandas()
    assert frame["fabric.size"].tolist() == ["[4, 4]", "[5, 5]"] * 2
    assert result.to_xarray().energy_j.dims == ("rng.law", "fabric.size")


def test_a_sweep_without_any_point_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("too much")

    monkeypatch.setattr(tasks, "drive", broken)
    with refused("sweep.all-failed", "MemoryError: too much"):
        chipsim.sweep(spec(), tmp_path / "out", executor="inline")


def test_progress_counts_points(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    chipsim.sweep(spec(), tmp_path / "out", executor="inline", progress=lambda *numbers: seen.append(numbers))
    assert seen[0] == (0, 6)
    assert seen[-1] == (6, 6)


def test_a_folder_without_a_sweep_is_refused(tmp_path: Path) -> None:
    with refused("result.none"):
        chipsim.load_sweep(tmp_path)
    with refused("file.is-folder", "load_sweep"):
        chipsim.load(tmp_path)


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Worker processes do not import the script that started them."""
    (tmp_path / "script.py").write_text(
        textwrap.dedent(
            """
            import chipsim
            print("started")
            axes = {"cells.gain": [1, 2]}
            spec = {"chipsim": 1, "name": "s", "chip": "tiny", "workload": "spin-glass", "axes": axes}
            result = chipsim.sweep({**spec, "metrics": ["energy_j"]}, set={"schedule.sweeps": 10}, jobs=2)
            print(len(result), result.folder)
            """
        )
    )
    command = [sys.executable, "-W", "error", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("started\n2 runs/s\n", "")


# --- points that are asked for ------------------------------------------------------------------------------------

RANGES = {
    "cells.relaxation_time": {"from": "50 ns", "to": "200 ns", "spacing": "log"},
    "cells.gain": {"from": 1, "to": 3},
    "schedule.sweeps": {"from": 10, "to": 40},
    "rng.law": ["ideal", "redraw"],
}


def asked(folder: Path, **changes: Any) -> chipsim.Search:
    return chipsim.Search(spec(set={}, axes=RANGES, **changes), folder)


VALUES = {"cells.relaxation_time": 100, "cells.gain": 1.5, "schedule.sweeps": 20, "rng.law": "ideal"}


def test_a_point_that_is_asked_for_is_the_run_with_its_values(tmp_path: Path) -> None:
    search, held = asked(tmp_path / "out"), spec()
    found = search.evaluate(VALUES)
    run = chipsim.run(held["chip"], held["workload"], set={**VALUES, "cells.relaxation_time": "100 ns"})
    assert found == {"energy_j": run.energy_j, "elapsed_s": run.summary["elapsed_s"]}
    ends = {"cells.relaxation_time": (50, 200), "cells.gain": (1, 3), "schedule.sweeps": (10, 40)}
    assert search.bounds == ends


def test_a_point_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = asked(tmp_path / "out")
    first = search.evaluate(VALUES)

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("computed again")

    monkeypatch.setattr(tasks, "drive", never)
    assert search.evaluate({**VALUES, "cells.relaxation_time": "0.1 us"}) == first
    assert asked(tmp_path / "out").evaluate(VALUES) == first
    assert len(search.result()) == 1


def test_a_grid_finds_the_points_that_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = chipsim.Search(spec(axes={"cells.gain": {"from": 1.0, "to": 3.0}}), tmp_path / "out")
    values = [search.evaluate({"cells.gain": gain})["energy_j"] for gain in (1.0, 2.0, 3.0)]
    monkeypatch.setattr(tasks, "drive", lambda *_, **__: 1 / 0)
    grid = {"cells.gain": {"from": 1.0, "to": 3.0, "points": 3}}
    again = chipsim.sweep(spec(axes=grid), tmp_path / "out", executor="inline")
    assert [row["energy_j"] for row in again] == values


def test_many_points_in_processes_are_those_of_this_process(tmp_path: Path) -> None:
    points = [{**VALUES, "cells.gain": gain, "schedule.sweeps": 10} for gain in (1, 2, 3, 2)]
    here = asked(tmp_path / "here").evaluate_all(points, jobs=1)
    search = asked(tmp_path / "there")
    assert search.evaluate_all(points, jobs=2) == here
    assert here[1] == here[3]
    assert len({each["energy_j"] for each in here}) == 3
    result = search.result()
    assert [row["cells.gain"] for row in result] == [1.0, 2.0, 3.0]
    assert chipsim.load_sweep(tmp_path / "there").rows == result.rows


@pytest.mark.parametrize(
    ("changes", "code", "saying"),
    [
        ({"cells.relaxation_time": 300}, "spec.out-of-range", "between 50 ns and 200 ns"),
        ({"cells.relaxation_time": "1 ns"}, "spec.out-of-range", "'1 ns'"),
        ({"cells.relaxation_time": "1 V"}, "spec.wrong-unit", "cells.relaxation_time"),
        ({"schedule.sweeps": 10.5}, "spec.wrong-type", "schedule.sweeps"),
        ({"rng.law": "white"}, "spec.unknown-word", "redraw"),
        ({"cells.gian": 1}, "spec.unknown-path", "cells.gain"),
    ],
)
def test_values_that_an_axis_does_not_take(tmp_path: Path, changes: Any, code: str, saying: str) -> None:
    with refused(code, saying):
        asked(tmp_path / "out").evaluate({**VALUES, **changes})


def test_a_value_that_is_missing(tmp_path: Path) -> None:
    with refused("spec.missing-key", "cells.gain"):
        asked(tmp_path / "out").evaluate({path: value for path, value in VALUES.items() if path != "cells.gain"})


def test_a_point_that_fails_is_an_error_with_its_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = asked(tmp_path / "out")
    monkeypatch.setattr(tasks, "drive", lambda *_, **__: 1 / 0)
    with refused("sweep.failed", "ZeroDivisionError"):
        search.evaluate(VALUES)
    monkeypatch.undo()
    assert search.evaluate({**VALUES, "cells.gain": 2})["energy_j"] > 0


def test_keys_without_effect_are_refused(tmp_path: Path) -> None:
    with refused("spec.no-effect"):
        asked(tmp_path / "out", points={"random": 5})
    with refused("spec.no-effect"):
        asked(tmp_path / "out", zip=["cells.gain", "schedule.sweeps"])


def test_a_search_closes_its_folder(tmp_path: Path) -> None:
    search = asked(tmp_path / "out")
    claims = search._job.folder._claims
    os.fstat(claims)
    del search
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(claims)


def test_bare_numbers_are_in_the_unit_of_the_axis(tmp_path: Path) -> None:
    search = asked(tmp_path / "out")
    axis = search.axes["cells.relaxation_time"]
    assert [axis.taken(value) for value in (100, 100.0, np.float64(100), "0.1 us", "100 ns")] == ["100 ns"] * 5
    assert search.axes["schedule.sweeps"].taken(20.0) == 20
    assert isinstance(search.axes["schedule.sweeps"].taken(20.0), int)
