"""Results on disk: what is saved is what is loaded, and a loaded trace can be priced again."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support_ledger import check_ledger

from chipsim import load as public_load
from chipsim.engine.findings import same as equal_findings
from chipsim.engine.trace import Trace
from chipsim.errors import RunError
from chipsim.ledger.ledger import price_trace
from chipsim.prices.table import load_prices
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate

SETTINGS = {"schedule.sweeps": 30, "schedule.read_every": 10, "schedule.record_every": 5}


@pytest.fixture(scope="module")
def done() -> tuple[Plan, Run]:
    ready = plan("tiny", "clamped", SETTINGS)
    return ready, simulate(ready, lanes=70, seed=6)


def same(one: Any, other: Any) -> bool:
    """Equality of traces down to the last array and its type."""
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and np.array_equal(one, other))
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def test_round_trip(done: tuple[Plan, Run], tmp_path: Path) -> None:
    ready, run = done
    path = tmp_path / "run.h5"
    run.save(path)
    loaded = public_load(path)
    assert loaded.summary == run.summary
    assert loaded.sources == run.sources
    assert {Path(name).name for name in loaded.sources} == {"tiny.yaml", "clamped.yaml"}
    for part in fields(Trace):
        assert same(getattr(run.trace, part.name), getattr(loaded.trace, part.name)), part.name
    check_ledger(loaded, ready)
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]


def test_a_loaded_trace_is_priced_like_the_run_and_again(done: tuple[Plan, Run], tmp_path: Path) -> None:
    ready, run = done
    run.save(tmp_path / "run.h5")
    loaded = load(tmp_path / "run.h5")
    again = price_trace(loaded.trace, loaded.sheet, ready.prices)
    assert again.energy_j == run.energy_j
    assert again.ci95_j == run.summary["energy_ci95_j"]
    dearer = load_prices("dtca-physical", {"rng.on.power": "4 nW"})
    fresh = simulate(plan("tiny", "clamped", {**SETTINGS, "prices.rng.on.power": "4 nW"}), lanes=70, seed=6)
    assert price_trace(loaded.trace, loaded.sheet, dearer).energy_j == fresh.energy_j > run.energy_j


def test_a_run_without_records_reads_or_toggles(tmp_path: Path) -> None:
    settings = {
        "schedule.record_every": "never",
        "schedule.read_every": "never",
        "schedule.sweeps": 2,
        "schedule.beta": 0,
    }
    run = simulate(plan("tiny", "spin-glass", settings), lanes=1)
    run.save(tmp_path / "run.h5")
    loaded = load(tmp_path / "run.h5")
    assert loaded.trace.observations.records is None
    assert loaded.trace.observations.states.shape == (0, 16, 1)
    assert loaded.summary == run.summary


def test_counts_beyond_64_bits_survive(done: tuple[Plan, Run], tmp_path: Path) -> None:
    _, run = done
    trace = run.trace
    rows = tuple(replace(row, count=row.count * 2**70) for row in trace.activity.rows)
    huge = replace(
        trace,
        activity=replace(trace.activity, rows=rows),
        timing=replace(trace.timing, elapsed_fs=2**80),
    )
    replace(run, trace=huge).save(tmp_path / "run.h5")
    loaded = load(tmp_path / "run.h5").trace
    assert loaded.timing.elapsed_fs == 2**80
    assert [row.count for row in loaded.activity.rows] == [row.count for row in rows]


def test_findings_of_any_workload_survive(done: tuple[Plan, Run], tmp_path: Path) -> None:
    """Storage knows no workload: arrays keep shape and type, everything else is what JSON holds."""
    findings = {
        "count": 3, "rate": 0.1, "none": None, "name": "caf\u00e9", "parts": {"b": 1.5, "a": [1, {"deep": True}]},
        "codes": np.arange(6, dtype=np.uint16).reshape(2, 3), "scalar": np.array(2.5), "empty": np.zeros((0, 4)),
        "wide": np.array([1.0, np.nan, np.inf]), "flags": np.array([True, False]),
    }  # fmt: skip
    _, run = done
    trace = replace(run.trace, observations=replace(run.trace.observations, findings=findings))
    replace(run, trace=trace).save(tmp_path / "run.h5")
    loaded = load(tmp_path / "run.h5").trace.observations.findings
    assert equal_findings(loaded, findings)


def test_others_can_read_the_ledger_without_chipsim(done: tuple[Plan, Run], tmp_path: Path) -> None:
    _, run = done
    run.save(tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        assert file.attrs["schema"] == b"chipsim-run-6"
        assert file.attrs["run_id"].decode() == run.summary["run_id"]
        energies = file["ledger/energy_j"][:]
        assert file["ledger/energy_j"].attrs["unit"] == b"J"
        names = file["ledger/component"].asstr()[:]
        assert json.loads(file["summary"].asstr()[()])["energy_j"] == run.energy_j
    assert np.nansum(energies) == pytest.approx(run.energy_j, rel=1e-12, abs=0)
    # What is unpriced or included elsewhere is not a number, never zero.
    assert np.isnan(energies).sum() == sum(row["energy_j"] is None for row in run.summary["ledger"]) > 0
    assert list(names) == [row["component"] for row in run.summary["ledger"]]


def test_an_earlier_result_is_replaced_and_never_written_into(done: tuple[Plan, Run], tmp_path: Path) -> None:
    _, run = done
    path = tmp_path / "run.h5"
    path.write_bytes(b"earlier")
    with path.open("rb") as earlier:
        run.save(path)
        assert earlier.read() == b"earlier"
    assert load(path).summary == run.summary


def test_a_full_disk_leaves_what_was_there(
    done: tuple[Plan, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run = done
    path = tmp_path / "run.h5"
    run.save(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"cannot be written: No space left on device; an earlier file is unchanged"):
        run.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]
