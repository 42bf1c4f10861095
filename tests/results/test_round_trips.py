"""What chipsim writes is read again to the same values: strict JSON, and CSV with all digits."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support_cli import call

import chipsim
from chipsim.results.summary import Summary

RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "latched": ("tiny", "spin-glass", {"schedule.sweeps": 200}),
    "an inverse": ("spu-8", "inverse", {"schedule.samples": 20}),
    "unsettled samples": ("ou-256", "gaussian-sample", {"schedule.spacing": "1 us", "schedule.settle": "0 us"}),
}


def strict(text: str) -> Any:
    """JSON without NaN and Infinity, which are none."""

    def refused(name: str) -> Any:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refused)


@pytest.mark.parametrize("name", RUNS)
def test_files_of_a_run(name: str, tmp_path: Path) -> None:
    chip, workload, settings = RUNS[name]
    run = chipsim.run(chip, workload, lanes=4, set=settings)
    run.save(tmp_path / "run.h5")
    call("report", tmp_path / "run.h5", "--json", tmp_path / "run.json", "--csv", tmp_path / "run.csv")
    written = strict((tmp_path / "run.json").read_text())
    assert Summary.from_json(written).to_json() == written == chipsim.load(tmp_path / "run.h5").summary.to_json()
    with (tmp_path / "run.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(written["ledger"])
    for row, line in zip(rows, written["ledger"], strict=True):
        assert row.keys() == line.keys()
        for key, value in line.items():
            read: Any = float(row[key]) if isinstance(value, float) else row[key]
            assert read == ("" if value is None else value if isinstance(value, float) else str(value)), key


def test_a_sweep_of_samples_that_have_no_interval(tmp_path: Path) -> None:
    """It ended in a traceback; a folder that holds points of something else says so and keeps them apart."""
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text("""\
chipsim: 1
name: trip
chip: ou-256
workload: gaussian-sample
set: {matrix.size: 4, schedule.samples: 20}
lanes: 4
axes:
  schedule.spacing: [1 us, 10 us]
metrics: [joules_per_effective_sample, error]
""")
    folder = tmp_path / "folder"
    told = call("sweep", sweep, "-o", folder, "--jobs", 1)
    assert (told.exit_code, "other specs" in told.output) == (0, False)
    with (folder / "sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    call("report", folder, "--json", tmp_path / "table.json")
    table = strict((tmp_path / "table.json").read_text())["rows"]
    for row, line in zip(rows, table, strict=True):
        assert float(row["joules_per_effective_sample"]) == line["joules_per_effective_sample"]
        assert row["joules_per_effective_sample_minus_reference_ci95"] == ""
    sweep.write_text(sweep.read_text().replace("samples: 20", "samples: 21"))
    again = call("sweep", sweep, "-o", folder, "--jobs", 1)
    assert "holds 2 other points" in again.output
    assert "2 points planned: 2 computed;" in again.output
