"""The workload against a closed form, against itself in parts, and its training against a halving by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from field_scan.scan import FieldScan

import chipsim
from chipsim.engine.joining import merge_lanes
from chipsim.errors import ChipsimError
from chipsim.runs.simulate import drive
from chipsim.runs.train import train

SCAN = str(Path(__file__).parents[2] / "field-scan.yaml")
# What tiny holds: 31 steps of a weight up to 1, and 255 of a beta up to 4.
BETA = round(255 / 4) * 4 / 255


def held(field: float) -> float:
    """The field that weights of 6 bits make of one."""
    return round(field * 31) / 31


def test_uncoupled_cells_follow_the_law_of_a_spin_in_a_field() -> None:
    """tanh(beta h); 4096 lanes, 16 cells and 4 reads 20 sweeps apart are independent: 5 standard errors."""
    run = chipsim.run("tiny", SCAN, lanes=4096, seed=1)
    fields = np.linspace(-1, 1, 5)
    assert run.arrays["field"] == pytest.approx(fields)
    law = np.array([np.tanh(BETA * held(field)) for field in fields])
    errors = 5 * np.sqrt((1 - law**2) / (4096 * 16 * 4))
    assert (np.abs(run.arrays["mean_spin"] - law) < errors).all()
    assert not (np.abs(run.arrays["mean_spin"] - np.tanh(BETA * 1.02 * fields)) < errors).all()


def test_lanes_in_parts_give_what_all_of_them_give() -> None:
    ready = chipsim.plan("tiny", SCAN, {"coupling": 0.2})
    whole = ready.workload.outcome(ready.program, drive(ready, 128, seed=3))
    parts = merge_lanes([drive(ready, 64, seed=3), drive(ready, 64, seed=3, first_group=1)])
    joined = ready.workload.outcome(ready.program, parts)
    assert joined.figures == whole.figures
    assert all((joined.arrays[name] == whole.arrays[name]).all() for name in whole.arrays)


def test_what_is_searched_is_found_and_used(tmp_path: Path) -> None:
    """Mean spin 0.5 is at atanh(0.5) / beta = 0.551; steps of 0.5, 0.25, ... from 0."""
    path = tmp_path / "found.h5"
    run = train(chipsim.plan("tiny", SCAN, {"search.units": 5}), path, 0, 1)
    tried = [0.0, 0.5, 0.75, 0.625, 0.5625]
    assert run.arrays["field"][0] in (pytest.approx(0.53125), pytest.approx(0.59375))
    ready = chipsim.plan("tiny", SCAN, {"centre": str(path)})
    assert isinstance(ready.workload, FieldScan)
    assert ready.workload.fields.mean() == pytest.approx(run.arrays["field"][0])
    # A unit: 64 chains, a write once, 4 times 20 sweeps of 16 cells each.
    assert run.trace.activity.total("update") == len(tried) * 64 * 4 * 20 * 16
    assert run.trace.activity.total("program") == len(tried) * 16


def test_a_search_that_was_cut_off_goes_on_to_the_same_field(tmp_path: Path) -> None:
    ready = chipsim.plan("tiny", SCAN)
    whole = train(ready, tmp_path / "whole.h5", 0, 1)

    class CutError(Exception):
        pass

    def cut(progress: object) -> None:
        raise CutError

    with pytest.raises(CutError):
        train(ready, tmp_path / "cut.h5", 0, 1, cut)
    assert chipsim.load(tmp_path / "cut.h5").arrays["field"][0] == 0.5
    resumed = train(ready, tmp_path / "cut.h5", 0, 1)
    assert resumed.arrays["field"] == whole.arrays["field"]
    assert resumed.summary.workload == whole.summary.workload
    assert resumed.summary["ledger"] == whole.summary["ledger"]


def test_what_is_no_field_is_refused_with_a_place(tmp_path: Path) -> None:
    (tmp_path / "none.h5").write_text("nothing")
    with pytest.raises(ChipsimError, match=r"centre: .*none\.h5") as caught:
        chipsim.plan("tiny", SCAN, {"centre": str(tmp_path / "none.h5")})
    assert caught.value.code == "data.missing"


def test_the_content_of_the_centre_names_the_run(tmp_path: Path) -> None:
    path, names = tmp_path / "found.h5", []
    for units in (2, 3):
        path.unlink(missing_ok=True)
        train(chipsim.plan("tiny", SCAN, {"search.units": units}), path, 0, 1)
        names.append(chipsim.plan("tiny", SCAN, {"centre": str(path)}).ids(0)[0])
    assert names[0] != names[1]
