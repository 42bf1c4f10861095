"""Ledgers and records in pandas, polars, Arrow, Parquet and xarray: the same values, with units."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_errors import refused

import chipsim
from chipsim.ledger.ledger import LedgerRow
from chipsim.results import columns
from chipsim.results.run_ledger import UNITS, RunLedger
from chipsim.units import show

SETTINGS = {"schedule.sweeps": 60, "schedule.record_every": 10}


@pytest.fixture(scope="module")
def run() -> chipsim.Run:
    return chipsim.run("tiny", "spin-glass", set=SETTINGS, lanes=8, seed=3)


def test_rows_are_found_by_number_and_by_name(run: chipsim.Run) -> None:
    rows = run.summary.priced.ledger
    assert list(run.ledger) == list(rows)
    assert len(run.ledger) == len(rows)
    assert run.ledger[-1] == rows[-1]
    assert run.ledger["cells.update"].count == 60 * 16
    with refused("result.no-such-row", "cells.update"):
        _ = run.ledger["cells.updat"]


def test_every_column_in_joules_or_seconds_has_its_unit() -> None:
    names = {field.name for field in fields(LedgerRow)}
    named = {name: "J" for name in names if name.endswith("_j")} | {name: "s" for name in names if name.endswith("_s")}
    assert named == UNITS


def test_pandas_has_the_rows_and_the_units(run: chipsim.Run) -> None:
    pytest.importorskip("pandas")
    frame = run.ledger.to_pandas()
    assert frame.attrs["units"] == UNITS
    assert frame["energy_j"].sum() == pytest.approx(run.energy_j, rel=1e-12)
    assert frame["energy_j"].isna().sum() == sum(row.energy_j is None for row in run.ledger) > 0
    assert frame["component"].tolist() == [row.component for row in run.ledger]


def test_polars_has_the_rows(run: chipsim.Run) -> None:
    pytest.importorskip("polars")
    frame = run.ledger.to_polars()
    assert frame.rows() == [tuple(vars(row).values()) for row in run.ledger]


def test_arrow_and_parquet_have_the_rows_and_the_units(run: chipsim.Run, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = run.ledger.to_arrow()
    run.ledger.to_parquet(tmp_path / "ledger.parquet")
    for found in (table, parquet.read_table(tmp_path / "ledger.parquet")):
        assert found.column("energy_j").to_pylist() == [row.energy_j for row in run.ledger]
        units = {field.name: field.metadata[b"unit"].decode() for field in found.schema if field.metadata}
        assert units == UNITS
    with refused("file.not-writable"):
        run.ledger.to_parquet(tmp_path / "none" / "ledger.parquet")


def test_a_ledger_without_any_price_is_one_of_numbers(run: chipsim.Run) -> None:
    pytest.importorskip("pandas")
    unpriced = [row for row in run.ledger if row.energy_j is None]
    assert RunLedger(unpriced, "system").to_pandas()["energy_j"].dtype == float


def test_records_have_lanes_and_times(run: chipsim.Run) -> None:
    pytest.importorskip("xarray")
    held = run.trace.observations.records
    assert held is not None
    data = run.records.to_xarray()
    assert dict(data.sizes) == {"record": 6, "lane": 8, "direction": 32}
    assert data.sweep.values.tolist() == [10, 20, 30, 40, 50, 60]
    sweep_s = float(np.diff(data.time.values)[0]) / 10
    assert sweep_s == pytest.approx(2 * 100e-9)  # two colours, a clock phase of 100 ns each
    assert data.time.attrs["units"] == "s"
    assert data.energy.sel(lane=3).values.tolist() == held.energies[:, 3].tolist()
    # Projections are of the same spins: 16 of them, so that sums have the parity of 16.
    assert set(np.unique(data.magnetisation.values % 2)) == {0}
    assert data.projection.values.tolist() == held.projections[:, :, 1:].tolist()


def test_a_run_without_records_says_so(tmp_path: Path) -> None:
    silent = chipsim.run("tiny", "spin-glass", set={"schedule.sweeps": 5, "schedule.record_every": "never"}, lanes=2)
    with refused("result.no-records"):
        _ = silent.records


@pytest.mark.parametrize(
    ("package", "method"),
    [("pandas", "to_pandas"), ("polars", "to_polars"), ("pyarrow", "to_arrow"), ("pyarrow", "to_parquet")],
)
def test_a_missing_package_is_named(
    run: chipsim.Run, package: str, method: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = columns.importlib.import_module

    def absent(name: str) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(columns.importlib, "import_module", absent)
    with refused("run.no-package", "pip install 'chipsim[data]'"):
        getattr(run.ledger, method)(*([tmp_path / "x"] if method == "to_parquet" else []))


def test_optional_packages_are_loaded_when_they_are_asked_for() -> None:
    code = "import sys, chipsim.results.result\nprint(*{'pandas', 'polars', 'pyarrow', 'xarray'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == []


def test_a_line_says_what_they_are(run: chipsim.Run) -> None:
    assert repr(run.records) == "<RunRecords: 6 records of 8 lanes>"
    total = show(run.energy_j, "J")
    assert repr(run.ledger) == f"<RunLedger: {len(run.ledger)} rows, {total} per repetition, scope system>"
