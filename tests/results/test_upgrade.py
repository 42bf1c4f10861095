"""Results of earlier versions: read with the same figures, or refused with what to do."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support_results import put_text

from chipsim.engine.activity import Row
from chipsim.engine.findings import same
from chipsim.engine.trace import MachineTime
from chipsim.errors import RunError
from chipsim.ledger.ledger import price_trace
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.workloads.covariance import CovarianceFindings
from chipsim.workloads.matrices import MatrixFindings
from chipsim.workloads.sections import Facts

DATA = Path(__file__).parent / "data"
# What chipsim 0.1.0 was asked for when it wrote these.
WRITTEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "tiny": ("tiny", "spin-glass", {"schedule.sweeps": 20}),
    "inverse": ("spu-8", "inverse", {"schedule.samples": 200}),
    "solve": ("ou-256", "linear-solve", {"matrix.size": 8, "schedule.samples": 64, "fabric.complete": 8}),
}
WEIGHTS = sorted((Path(__file__).parents[2] / "workloads" / "weights").glob("*.h5"))


def unpacked(name: str, folder: Path) -> Path:
    path = folder / f"{name}.h5"
    path.write_bytes(gzip.decompress((DATA / f"run-3-{name}.h5.gz").read_bytes()))
    return path


# Where a host finds its words.
HOMES = ("small_cache", "large_cache", "memory")


def counts(rows: Sequence[Row]) -> dict[tuple[str, str, int], int]:
    """Whatever belongs to the load: the power of what is always on did not, then. And hosts only counted words."""
    out: dict[tuple[str, str, int], int] = {}
    for row in rows:
        action = "word" if row.action in HOMES else row.action
        if action != "instruction":
            key = (row.component, action, row.phase)
            out[key] = out.get(key, 0) + row.count
    return out


def beside_the_host(run: Run) -> float:
    return math.fsum(row.energy_j or 0.0 for row in run.summary.priced.ledger if row.component != "host")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_result_of_run_3_is_read_with_the_counts_and_figures_of_a_run_of_today(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path)
    before = path.read_bytes()
    old, new = load(path), simulate(plan(*WRITTEN[name]), lanes=2)
    assert counts(old.trace.activity.rows) == counts(new.trace.activity.rows)
    assert old.trace.timing.phases == new.trace.timing.phases
    assert old.trace.timing.limits == new.trace.timing.limits
    assert np.array_equal(old.trace.observations.states, new.trace.observations.states)
    for key, answer in new.trace.observations.answers.items():
        # Sums of products differ in their last digits between processors.
        assert old.trace.observations.answers[key] == pytest.approx(answer, rel=1e-6, abs=1e-9)
    then, now = ({**run.trace.observations.findings} for run in (old, new))
    if "variances" in now:
        # What one die may show is new, and so is the noise of readings in a product of two.
        assert then.pop("variances") == {}
        assert now.pop("variances").keys() == {"die", "lane"}
        told, said = then.pop("predicted_parts"), now.pop("predicted_parts")
        assert told.pop("disturbance") <= said.pop("disturbance")
        # Rounding is that of this matrix; it was the expectation over matrices of such codes.
        assert 1 / 4 < told.pop("quantisation") / said.pop("quantisation") < 4
        assert told == pytest.approx(said, rel=0.15, abs=1e-5)
    numbers = [key for key, value in now.items() if isinstance(value, float)]
    assert [then.pop(key) for key in numbers] == pytest.approx([now.pop(key) for key in numbers], rel=1e-6)
    assert same(then, now)
    with h5py.File(path) as file:
        stored = json.loads(file["summary"].asstr()[()])
    assert old.energy_j == stored["energy_j"]
    assert beside_the_host(old) == pytest.approx(beside_the_host(new), rel=1e-12)
    assert price_trace(old.trace, old.sheet, old.prices).energy_j == stored["energy_j"]
    assert path.read_bytes() == before


# What workloads say today and did not say then.
NEW_FIGURES = {
    "mean_energy_ci95", "rhat", "stuck_cells", "lost_couplings", "lost_biases", "beta_realised", "relative_beta_error",
    "predicted_error_of_one_die", "relative_coupling_error", "relative_bias_error", "weight_scale", "right_sides",
    "distance", "fitted_beta", "fitted_beta_low", "fitted_beta_high", "total_variation", "total_variation_floor_low",
    "total_variation_floor_high", "total_variation_floor", "total_variation_samples",
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_workload_said_of_old_stands_in_its_block(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path)
    old, new = load(path).summary, simulate(plan(*WRITTEN[name]), lanes=2).summary
    with h5py.File(path) as file:
        stored = json.loads(file["summary"].asstr()[()])
    assert (old.workload.name, old.workload.kind) == (stored["workload"], new.workload.kind)
    assert old.workload.figures == {key: stored[key] for key in new.workload.figures if key not in NEW_FIGURES}
    if name == "tiny":
        # Results of earlier versions say nothing of the law.
        before, now = old.workload.sections[0], new.workload.sections[0]
        assert isinstance(before, Facts)
        assert isinstance(now, Facts)
        assert [fact for fact in before.facts if fact not in now.facts] == []
    else:
        assert [section.form for section in old.workload.sections] == ["facts", "table"]
        assert "rms over dies" in str(old.workload.sections[0])
        assert "for one die" not in str(old.workload.sections[0])
    assert set(old.to_json()) == set(new.to_json())


def test_a_result_of_run_4_has_the_figures_of_today_at_its_prices(tmp_path: Path) -> None:
    """Written by chipsim 0.1.0 with a host that counts words, for 8 lanes, ten repetitions to a load."""
    path = tmp_path / "run-4.h5"
    path.write_bytes(gzip.decompress((DATA / "run-4-tiny.h5.gz").read_bytes()))
    run = load(path)
    with h5py.File(path) as file:
        stored = json.loads(file["summary"].asstr()[()])
    same = ("energy_j", "energy_per_job_j", "energy_to_solution_j", "time_to_solution_s", "elapsed_s")
    assert run.summary["activity_id"] == stored["activity_id"]
    for name in same:
        assert run.summary[name] == pytest.approx(stored[name], rel=1e-12), name
    load_j = math.fsum(row["once_j"] for row in run.summary["ledger"])
    assert stored["total_energy_j"] == pytest.approx(8 * run.energy_j)
    assert run.summary["total_energy_j"] == pytest.approx(8 * run.energy_j - 7 * load_j)
    assert run.summary["scope"] == "system"
    fabric = reprice(run, scope="fabric")
    assert fabric.energy_j == pytest.approx(stored["energy_by_group_j"]["fabric"], rel=1e-12)
    with pytest.raises(
        RunError, match=r"host: was counted in words wherever they live, .*run it again: chipsim run tiny"
    ):
        reprice(run, "dtca-physical")


def test_findings_of_run_4_are_those_that_the_workloads_want(tmp_path: Path) -> None:
    path = tmp_path / "run-4.h5"
    path.write_bytes(gzip.decompress((DATA / "run-4-inverse.h5.gz").read_bytes()))
    inverse = CovarianceFindings.of(load(path).trace.observations.findings)
    assert (inverse.samples, inverse.variances, inverse.doubts) == (200, {}, "")


def test_findings_of_run_3_are_those_that_the_workloads_want(tmp_path: Path) -> None:
    solve = MatrixFindings.of(load(unpacked("solve", tmp_path)).trace.observations.findings)
    assert (solve.samples, solve.rescalings) == (64, 3)
    inverse = CovarianceFindings.of(load(unpacked("inverse", tmp_path)).trace.observations.findings)
    assert (inverse.samples, inverse.rescalings) == (200, 0)
    assert 0 < inverse.independent_samples < 200
    assert inverse.predicted_parts.keys() == {
        "mismatch", "quantisation", "noise", "settling", "disturbance", "temperature"
    }  # fmt: skip


def test_what_was_read_is_stored_in_the_shape_of_today(tmp_path: Path) -> None:
    old = load(unpacked("inverse", tmp_path))
    old.save(tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5") as file:
        assert file.attrs["schema"] == b"chipsim-run-6"
        assert "shared" not in file
    again = load(tmp_path / "new.h5")
    assert same(again.trace.observations.findings, old.trace.observations.findings)
    assert again.energy_j == old.energy_j


def test_a_result_of_run_5_keeps_its_summary_and_times() -> None:
    path = next(path for path in WEIGHTS if path.stem == "fashion-native")
    with h5py.File(path) as file:
        assert file.attrs["schema"] == "chipsim-run-5"
        stored = json.loads(file["summary"].asstr()[()])
        times = MachineTime(*(float(file["trace"].attrs[name]) for name in ("wall_s", "kernel_s")))
    run = load(path)
    found = run.summary.to_json()
    assert found.pop("machine") == ""
    assert [row.pop("wall_time") for row in found["platforms"]] == [False] * len(stored["platforms"])
    assert found["step"].pop("phases") == ""
    assert found.pop("is_training")
    facts = [fact for section in found["workload"]["sections"] for fact in section.get("facts", [])]
    assert {fact.pop("vital") for fact in facts} == {False}
    assert found == stored
    assert run.trace.machine == times


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.stem)
def test_the_weights_that_ship_are_results_with_their_bill(path: Path) -> None:
    run = load(path)
    assert price_trace(run.trace, run.sheet, run.prices).energy_j == run.energy_j > 0.01
    weights = [run.arrays[name] for name in ("couplings", "weights", "biases") if name in run.arrays]
    assert {array.dtype.type for array in weights} == {np.float32}
    assert run.summary.core.answers.is_training


def with_schema(path: Path, schema: str | None, **changes: str) -> Path:
    with h5py.File(path, "r+") as file:
        if schema is None:
            del file.attrs["schema"]
        else:
            file.attrs["schema"] = schema
        for name, value in changes.items():
            put_text(file, name, value)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(RunError) as caught:
        load(path)
    return str(caught.value)


def test_other_schemas_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = unpacked("tiny", tmp_path)
    told = f"{path}: written by chipsim 0.1.0 with schema "
    assert refusal(with_schema(path, "chipsim-run-2")) == (
        f"{told}'chipsim-run-2'; this version reads chipsim-run-3, chipsim-run-4, chipsim-run-5, chipsim-run-6; "
        "make it again: chipsim run tiny spin-glass --set schedule.sweeps=20 --lanes 2 --seed 0"
    )
    assert refusal(with_schema(path, "chipsim-run-11")).endswith("; use a newer chipsim")
    assert refusal(with_schema(path, "somebody-else-1")) == (
        f"{path}: not a chipsim result (its schema is 'somebody-else-1')"
    )
    assert refusal(with_schema(path, None)) == f"{path}: not a chipsim result (its schema is None)"


@pytest.mark.parametrize("summary", ["{}", "no JSON", json.dumps({"command": "evil \x1b[2J"})])
def test_a_command_that_is_none_is_not_repeated(summary: str, tmp_path: Path) -> None:
    path = with_schema(unpacked("tiny", tmp_path), "chipsim-run-1", summary=summary)
    assert refusal(path).endswith("; make it again: chipsim run CHIP WORKLOAD")


@pytest.mark.parametrize("missing", ["trace/row_count", "pricing", "samples", "arrays", "sources/names"])
@pytest.mark.parametrize("age", ["old", "new"])
def test_a_damaged_result_is_refused_in_words(age: str, missing: str, tmp_path: Path) -> None:
    path = unpacked("tiny", tmp_path)
    if age == "new":
        load(path).save(path)
    with h5py.File(path, "r+") as file:
        del file[missing]
    told = refusal(path)
    assert told.startswith(f"{path}: not a chipsim result, or damaged (")
    assert missing.rpartition("/")[2] in told


def test_what_is_no_hdf5_or_only_half_of_one_is_refused_in_words(tmp_path: Path) -> None:
    path = unpacked("tiny", tmp_path)
    path.write_bytes(path.read_bytes()[:5000])
    assert refusal(path) == f"{path}: not a chipsim result, or damaged; run it again"
    path.write_text("energy: 3")
    assert refusal(path) == f"{path}: not a chipsim result, or damaged; run it again"
    assert refusal(tmp_path / "none.h5") == f"{tmp_path / 'none.h5'}: no such file"
