"""Replicates: means over seeds with t-intervals, recomputed from the single runs; until; what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from scipy import stats
from support_chips import chip_text, workload_text
from support_cli import call
from support_errors import refused
from support_images import small_classifier
from support_sweeps import METRICS, write_sweep

import chipsim
from chipsim.report.sweep_figures import response_curves
from chipsim.report.sweep_page import sweep_page
from chipsim.spec.document import parse_document
from chipsim.statistics.intervals import replicates_ci95
from chipsim.sweeps.result import SweepResult
from chipsim.sweeps.spec import read_sweep

SHORT = {"schedule.sweeps": 20}
AXES = {"couplers.swing": ["100 mV", "200 mV"]}
BOTH = "joules_per_effective_sample"


def spec(**changes: Any) -> dict[str, Any]:
    """A small sweep with three replicates of each point."""
    return {
        "chipsim": 1,
        "name": "small",
        "chip": parse_document(chip_text(), "chip").value,
        "workload": parse_document(workload_text(), "work").value,
        "set": SHORT,
        "axes": AXES,
        "metrics": ["energy_j", "toggles"],
        "lanes": 64,
        "replicates": {"seed": 3},
        **changes,
    }


def t_interval(values: Any) -> tuple[float, float]:
    """Mean, and half width of the 95 % interval, by scipy."""
    mean, error = np.mean(values), stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, mean, error) if error else (mean, mean)
    return float(mean), float(high - low) / 2


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    return chipsim.sweep(spec(), tmp_path_factory.mktemp("replicates") / "out", executor="inline")


@pytest.fixture(scope="module")
def energies() -> dict[str, list[float]]:
    """Energy and toggles of each single run, without a sweep."""
    held = spec()
    runs = {
        swing: [
            chipsim.run(held["chip"], held["workload"], set={**SHORT, "couplers.swing": swing}, lanes=64, seed=seed)
            for seed in range(3)
        ]
        for swing in AXES["couplers.swing"]
    }
    return {f"{swing} {name}": [run.summary[name] for run in found] for swing, found in runs.items()
            for name in ("energy_j", "toggles")}  # fmt: skip


def test_means_and_intervals_are_those_of_the_single_runs(swept: SweepResult, energies: dict[str, list[float]]) -> None:
    assert [row["replicates"] for row in swept] == [3, 3]
    for row in swept:
        for name in ("energy_j", "toggles"):
            mean, width = t_interval(energies[f"{row['couplers.swing']} {name}"])
            assert width > 0
            assert row[name] == pytest.approx(mean, rel=1e-9)
            assert row[f"{name}_ci95"] == pytest.approx(width, rel=1e-9)


def test_differences_are_paired_by_seed(swept: SweepResult, energies: dict[str, list[float]]) -> None:
    weak, strong = (np.array(energies[f"{swing} energy_j"]) for swing in AXES["couplers.swing"])
    mean, width = t_interval(strong - weak)
    row = swept.rows[1]
    assert row["energy_j_minus_reference"] == pytest.approx(mean, rel=1e-9)
    assert row["energy_j_minus_reference_ci95"] == pytest.approx(width, rel=1e-6)
    unpaired = np.hypot(row["energy_j_ci95"], swept.rows[0]["energy_j_ci95"])
    assert row["energy_j_minus_reference_ci95"] < 0.9 * unpaired
    # Toggles do not depend on the swing: each pair of replicates has the same.
    assert (row["toggles_minus_reference"], row["toggles_minus_reference_ci95"]) == (0, 0)


def test_ties_with_the_best_are_paired_by_replicate(tmp_path: Path) -> None:
    """Other dies spread the energy of either point; between the points, each replicate differs far less."""
    close = {"couplers.swing": ["100 mV", "100.01 mV", "101 mV"]}
    chipsim.sweep(spec(axes=close, replicates={"seed": 4}), tmp_path / "out", executor="inline")
    found = chipsim.load_sweep(tmp_path / "out")
    best, near, far = found.rows
    assert abs(far["energy_j"] - best["energy_j"]) < np.hypot(best["energy_j_ci95"], far["energy_j_ci95"])
    tied = [
        row["point"]
        for row in (near, far)
        if abs(row["energy_j_minus_reference"]) <= row["energy_j_minus_reference_ci95"]
    ]
    assert found.table["best"] == found.table["reference"] == 0
    assert found.table["replicates"]["tied"] == tied
    assert 2 not in tied
    printed = call("report", tmp_path / "out").output
    assert ("not resolved from the best" in printed) == bool(tied)
    assert "unpaired" not in printed


def test_a_point_that_replicates_do_not_resolve_is_a_tie(tmp_path: Path) -> None:
    """A gain that is 0.1 % higher changes the number of toggles by less than its interval, twice the gain by more."""
    wanted = spec(axes={"cells.gain": [1, 1.001, 2]}, metrics=["toggles"], maximise=["toggles"], replicates={"seed": 4})
    chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    found = chipsim.load_sweep(tmp_path / "out")
    assert (found.table["best"], found.table["replicates"]["tied"]) == (0, [1])
    line = "not resolved from the best (95 %, paired by replicate): 1 other point\n"
    assert line in call("report", tmp_path / "out").output


def test_bounds_by_prices_are_means_too(swept: SweepResult) -> None:
    held = spec()
    runs = [chipsim.run(held["chip"], held["workload"], set=SHORT | {"couplers.swing": "100 mV"}, lanes=64, seed=seed)
            for seed in range(3)]  # fmt: skip
    low, high = np.mean([run.summary["energy_price_range_j"] for run in runs], axis=0)
    row = swept.rows[0]
    assert (row["energy_j_price_low"], row["energy_j_price_high"]) == pytest.approx((low, high), rel=1e-9)


def test_single_replicates_stay_in_the_store(swept: SweepResult, energies: dict[str, list[float]]) -> None:
    assert len(list((swept.folder / "points").glob("*.json"))) == len(swept.replicates) == 6
    for single in swept.replicates:
        assert single["energy_j"] == energies[f"{single['couplers.swing']} energy_j"][single["seed"]]
    with (swept.folder / "replicates.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["seed"], float(row["energy_j"])) for row in rows] == [
        (str(single["seed"]), single["energy_j"]) for single in swept.replicates
    ]
    assert chipsim.load_sweep(swept.folder).replicates == swept.replicates


def test_a_sweep_without_replicates_says_nothing_of_them(tmp_path: Path) -> None:
    wanted = spec(axes={"cells.gain": [1]})
    del wanted["replicates"]
    found = chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    assert found.replicates == []
    assert "replicates" not in found.table
    assert not (tmp_path / "out" / "replicates.csv").exists()
    assert "toggles_ci95" not in found.rows[0]


def test_crossed_seeds_add_their_squared_errors(tmp_path: Path) -> None:
    wanted = spec(replicates={"seed": 3, "problem.seed": 2}, set={**SHORT, "problem.seed": 7})
    row, *_ = found = chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    mine = [single for single in found.replicates if single["point"] == 0]
    assert [(single["seed"], single["problem.seed"]) for single in mine] == [
        (seed, 7 + problem) for seed in range(3) for problem in range(2)
    ]
    grid = np.array([single["toggles"] for single in mine]).reshape(3, 2)
    a, b = (grid.mean(axis=axis).var(ddof=1) / n for axis, n in ((1, 3), (0, 2)))
    degrees = (a + b) ** 2 / (a**2 / 2 + b**2)
    assert row["toggles"] == pytest.approx(grid.mean(), rel=1e-12)
    assert row["toggles_ci95"] == pytest.approx(stats.t.ppf(0.975, degrees) * np.sqrt(a + b), rel=1e-9)


def test_until_adds_replicates_until_the_mean_is_known(tmp_path: Path) -> None:
    goal = {"toggles": "1 %", "max_replicates": 64}
    wanted = spec(until=goal)
    found = chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    assert {row["stopped"] for row in found} == {"known"}
    assert all(3 < row["replicates"] < 64 for row in found)
    assert all(row["toggles_ci95"] <= 0.01 * row["toggles"] for row in found)
    few = chipsim.sweep(spec(until={**goal, "max_replicates": 4}), tmp_path / "out", executor="inline")
    assert {(row["stopped"], row["replicates"]) for row in few} == {("max_replicates", 4)}
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "points").iterdir()}
    again = chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    assert again.rows == found.rows
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "points").iterdir()} == before


def test_a_failed_replicate_leaves_no_mean_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chipsim.sweeps import tasks

    real = tasks.drive

    def broken(ready: Any, lanes: int, seed: int, **more: Any) -> Any:
        if seed == 2 and ready.netlist.domain.coupler.kind.swing == 0.2:
            raise MemoryError("too large")
        return real(ready, lanes, seed, **more)

    monkeypatch.setattr(tasks, "drive", broken)
    found = chipsim.sweep(spec(), tmp_path / "out", executor="inline")
    good, bad = found.rows
    assert (good["status"], bad["status"], bad["energy_j"]) == ("done", "failed", None)
    assert bad["failure"] == "1 of 3 replicates, at first seed=2: MemoryError: too large"
    assert [single["status"] for single in found.replicates] == ["done"] * 5 + ["failed"]


def test_a_search_returns_means(tmp_path: Path, swept: SweepResult) -> None:
    search = chipsim.Search(spec(), tmp_path / "out")
    assert search.evaluate({"couplers.swing": "200 mV"})["energy_j"] == swept.rows[1]["energy_j"]
    assert [row["replicates"] for row in search.result()] == [3]


def test_terminal_and_page_say_what_intervals_are_over(swept: SweepResult) -> None:
    printed = call("report", swept.folder).output
    assert "2 of 2 points, scope system, means over 3 replicates (seed)" in printed
    assert "best against reference" not in printed  # the reference is the best
    page = sweep_page(swept.table)
    assert "95 % intervals over replicates" in page
    assert "over lanes" not in page


def test_the_best_of_a_metric_without_price_is_compared_by_replicate(tmp_path: Path) -> None:
    wanted = spec(metrics=["toggles"], axes={"schedule.sweeps": [40, 20]}, set={})
    chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    printed = call("report", tmp_path / "out").output
    row = chipsim.load_sweep(tmp_path / "out").rows[1]
    assert row["toggles_minus_reference"] < -row["toggles_minus_reference_ci95"] < 0
    assert "best against reference: -" in printed
    assert "(95 %, paired by replicate)\n" in printed


def test_a_seed_as_an_axis_is_no_design(tmp_path: Path) -> None:
    wanted = spec(axes={"problem.seed": [1, 2]})
    del wanted["replicates"]
    chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    hint = "problem.seed is a seed, not a design: replicates: {problem.seed: N} takes means over its"
    assert hint in call("report", tmp_path / "out").output


MISTAKES = [
    ({"replicates": {"couplers.swing": 3}}, "spec.duplicate", "varies with the points too"),
    ({"replicates": {"cells.gain": 3}}, "spec.unknown-path", "is not a whole number of the chip or the workload"),
    ({"replicates": {"training.seed": 3}}, "spec.unknown-path", "is not a whole number of the chip or the workload"),
    ({"replicates": {"seed": 1}}, "spec.out-of-range", "replicates.seed"),
    ({"replicates": {"seed": 200, "problem.seed": 100}}, "spec.too-large", "20,000 replicates of each point"),
    ({"seed": 2**63 - 2}, "spec.out-of-range", f"3 replicates from seed {2**63 - 2} end at {2**63}"),
    ({"until": {"toggles": "1 %", "max_lanes": 128}}, "spec.no-effect", "write max_replicates"),
    ({"until": {"toggles": "1 %"}}, "spec.missing-key", "needs max_replicates"),
    ({"until": {"toggles": "1 %", "max_replicates": 2}}, "sweep.too-few-lanes", "below the 3 replicates to begin with"),
    ({"until": {"max_replicates": 20}}, "spec.missing-key", "needs a metric and its precision"),
    ({"until": {"toggles": "1 %", "max_lanes": 128}, "replicates": {}}, "sweep.unknown-metric", "or add replicates"),
]


@pytest.mark.parametrize(("changes", "code", "complaint"), MISTAKES)
def test_mistakes(changes: dict[str, Any], code: str, complaint: str) -> None:
    with refused(code, complaint):
        read_sweep(spec(**changes))


def test_a_last_replicate_that_cannot_run_is_refused_before_any_work(tmp_path: Path) -> None:
    """A key has a bound of its own, here 2**32: the first two replicates would be fine."""
    own = {"chip": "tiny", "workload": "spin-glass", "axes": {"cells.gain": [1, 2]}, "replicates": {"problem.seed": 3}}
    wanted = spec(**own, set={"schedule.sweeps": 20, "problem.seed": 2**32 - 1})
    with refused("spec.out-of-range", f"replicates: the last one: problem.seed: {2**32 + 1}"):
        chipsim.sweep(wanted, tmp_path / "out", executor="inline")
    assert not list((tmp_path / "out" / "points").iterdir())


def test_until_of_an_unknown_metric_names_the_closest(tmp_path: Path) -> None:
    wanted = spec(until={"togles": "1 %", "max_replicates": 8})
    with refused("sweep.unknown-metric", 'did you mean "toggles"'):
        chipsim.sweep(wanted, tmp_path / "out", executor="inline")


NATURAL = """chipsim: 1
name: time
chip: tngd-10k
workload: fashion-classifier
set:
{settings}
axes:
  solve.time: {{ from: 0.1 us, to: 50 us, points: 10, spacing: log }}
metrics: [accuracy, energy_j]
maximise: [accuracy]
replicates: {{ training.seed: 3 }}
until: {{ accuracy: 90 %, max_replicates: 4 }}
"""


def test_natural_gradients_over_three_seeds(tmp_path: Path) -> None:
    """Accuracy against analog time at 10 points, with t-intervals over three trainings of each."""
    settings = {**small_classifier(), "network.hidden": [3]}
    del settings["network.hidden[0]"]
    text = NATURAL.format(settings="  " + json.dumps(settings))
    assert len(text.splitlines()) <= 15
    (tmp_path / "sweep.yaml").write_text(text)
    assert call("sweep", tmp_path / "sweep.yaml", "-o", tmp_path / "out", "--executor", "inline").exit_code == 0
    found = chipsim.load_sweep(tmp_path / "out")
    assert [row["status"] for row in found] == ["done"] * 10
    assert len(found.replicates) >= 30
    for row in found:
        singles = [single["accuracy"] for single in found.replicates if single["point"] == row["point"]]
        mean, width = t_interval(singles)
        assert row["accuracy"] == pytest.approx(mean, rel=1e-9)
        assert row["accuracy_ci95"] == pytest.approx(width, rel=1e-9, abs=1e-12)
    assert max(row["accuracy_ci95"] for row in found) > 0
    figure = response_curves(found.table, "accuracy")["accuracy by solve.time"]
    (band,) = (each for each in figure.axes[0].collections if isinstance(each, PolyCollection))
    drawn = {round(y, 12) for _, y in band.get_paths()[0].vertices}  # type: ignore[misc]
    for row in found:
        assert {round(row["accuracy"] + sign * row["accuracy_ci95"], 12) for sign in (-1, 1)} <= drawn


def test_an_interval_of_crossed_seeds_covers_the_mean() -> None:
    """Dies and first weights crossed, 8 x 3, with effects of each and of both: 95 % of 4,000 intervals and no fewer."""
    random = np.random.default_rng(1)
    hits, hits_of_independent = 0, 0
    for _ in range(4000):
        grid = random.normal(size=(8, 1)) + random.normal(size=(1, 3)) + 0.5 * random.normal(size=(8, 3))
        hits += abs(grid.mean()) <= replicates_ci95(grid)
        hits_of_independent += abs(grid.mean()) <= replicates_ci95(grid.reshape(-1))
    assert 0.94 < hits / 4000 < 0.985
    assert hits_of_independent / 4000 < 0.75  # 24 replicates are not 24 independent ones


def test_a_file_with_replicates_and_the_store_of_singles_are_shared_with_a_larger_sweep(tmp_path: Path) -> None:
    axes = {"cells.gain": "[1, 2]"}
    small = write_sweep(tmp_path, axes, more="replicates: { seed: 2 }\nlanes: 64", metrics=METRICS)
    assert "4 replicates planned: 4 computed" in call("sweep", small, "-o", tmp_path / "out").output
    large = write_sweep(tmp_path, axes, more="replicates: { seed: 3 }\nlanes: 64", metrics=METRICS)
    assert "6 replicates planned: 2 computed, 4 cached" in call("sweep", large, "-o", tmp_path / "out").output
