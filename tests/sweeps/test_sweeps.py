"""A sweep computes what single runs compute, once, and only what is missing."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from support_chips import workload_text
from support_cli import call
from support_copies import copy_of_chipsim, edited, named_by
from support_sweeps import SAMPLING, SWEEP, inline_workers, write_sweep

import chipsim
from chipsim.errors import RunError
from chipsim.report.sweep_findings import findings
from chipsim.runs.plan import plan
from chipsim.spec.presets import preset_root
from chipsim.sweeps import driver, tasks
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.points import points_of
from chipsim.sweeps.spec import read_sweep
from chipsim.sweeps.table import pareto_front

AXES = {
    "cells.relaxation_time": "{from: 50 ns, to: 200 ns, points: 3, spacing: log}",
    "prices.coupler.toggle.energy": "[1 fJ, 5 fJ]",
}


@pytest.fixture(autouse=True)
def simulations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lanes of every simulation, which all happen in this process."""
    seen: list[int] = []
    real = tasks.drive

    def counted(ready: Any, lanes: int, seed: int, **more: Any) -> Any:
        seen.append(lanes)
        return real(ready, lanes, seed, **more)

    monkeypatch.setattr(driver, "workers", inline_workers)
    monkeypatch.setattr(tasks, "drive", counted)
    return seen


def swept(path: Path, folder: Path) -> dict[str, Any]:
    said: list[str] = []
    table = Sweep(read_sweep(str(path)), folder, tell=said.append).run()
    return {**table, "said": said}


def test_points_are_single_runs_and_prices_share_them(tmp_path: Path, simulations: list[int]) -> None:
    path = write_sweep(tmp_path, AXES, "seed: 3")
    table = swept(path, tmp_path / "out")
    assert len(simulations) == 3  # six points, of which two each differ in prices alone
    assert [row["cells.relaxation_time"] for row in table["rows"]][::2] == ["50 ns", "100 ns", "200 ns"]
    for row in table["rows"]:
        overrides = {axis: row[axis] for axis in AXES}
        run = chipsim.run(str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml"), seed=3, set=overrides)
        for metric in table["metrics"]:
            assert row[metric] == run.summary[metric]
        assert row["joules_per_effective_sample_ci95"] == run.summary["joules_per_effective_sample_ci95_j"]
        assert (row["run_id"], row["activity_id"]) == (run.summary["run_id"], run.summary["activity_id"])


def test_repeating_computes_nothing_and_enlarging_only_the_new(tmp_path: Path, simulations: list[int]) -> None:
    swept(write_sweep(tmp_path, AXES), tmp_path / "out")
    simulations.clear()
    swept(write_sweep(tmp_path, AXES), tmp_path / "out")
    assert simulations == []
    more_prices = {**AXES, "prices.coupler.toggle.energy": "[1 fJ, 5 fJ, 9 fJ]"}
    enlarged = swept(write_sweep(tmp_path, more_prices), tmp_path / "out")
    assert simulations == []
    assert enlarged["rows"] == swept(write_sweep(tmp_path, more_prices), tmp_path / "afresh")["rows"]
    simulations.clear()
    more_times = {**AXES, "cells.relaxation_time": "[50 ns, 100 ns, 200 ns, 300 ns]"}
    assert len(swept(write_sweep(tmp_path, more_times), tmp_path / "out")["rows"]) == 8
    assert len(simulations) == 1


def test_lanes_are_added_until_the_metric_is_known(tmp_path: Path, simulations: list[int]) -> None:
    until = "until: {joules_per_effective_sample: 4 %, max_lanes: 1024}"
    table = swept(write_sweep(tmp_path, {"cells.relaxation_time": "[100 ns]"}, until), tmp_path / "out")
    row = table["rows"][0]
    assert row["stopped"] == "known"
    assert row["joules_per_effective_sample_ci95"] <= 0.04 * row["joules_per_effective_sample"]
    assert len(simulations) > 1
    assert sum(simulations) == row["lanes"] <= 1024
    at_once = chipsim.run(str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml"), lanes=row["lanes"])
    assert row["joules_per_effective_sample"] == at_once.summary["joules_per_effective_sample"]
    assert row["joules_per_effective_sample_ci95"] == at_once.summary["joules_per_effective_sample_ci95_j"]


def test_lanes_and_time_are_limits(tmp_path: Path) -> None:
    for limit, reason in (("max_lanes: 128", "max_lanes"), ("max_lanes: 100032, max_time: 1 us", "max_time")):
        until = f"until: {{joules_per_effective_sample: 0.01 %, {limit}}}"
        table = swept(write_sweep(tmp_path, {"cells.relaxation_time": "[100 ns]"}, until), tmp_path / "out")
        assert table["rows"][0]["stopped"] == reason


def test_a_metric_that_nobody_can_know_ends_the_point(tmp_path: Path) -> None:
    until = "until: {joules_per_effective_sample: 1 %, max_lanes: 640}"
    path = write_sweep(
        tmp_path, {"cells.relaxation_time": "[100 ns]"}, until, schedule="mode: sample, beta: 0.3, sweeps: 20"
    )
    row = swept(path, tmp_path / "out")["rows"][0]
    assert (row["lanes"], row["joules_per_effective_sample"]) == (64, None)
    assert row["stopped"].startswith("joules_per_effective_sample is not known: unresolved: ")


def test_common_random_numbers_make_differences_sharper(tmp_path: Path) -> None:
    """A swing changes no toggle, so energies differ lane by lane by an exact factor."""
    table = swept(write_sweep(tmp_path, {"couplers.swing": "[0.1 V, 0.11 V]"}), tmp_path / "out")
    metric = "joules_per_effective_sample"
    first, second = table["rows"]
    assert first[f"{metric}_minus_reference"] == 0
    change = second[metric] - first[metric]
    assert second[f"{metric}_minus_reference"] == change > 0
    # The two intervals overlap by far, yet which one costs more is certain.
    assert change < 0.05 * first[f"{metric}_ci95"]
    assert 0 < second[f"{metric}_minus_reference_ci95"] < 0.5 * change
    assert 0 < second["energy_j_minus_reference_ci95"] < second["energy_j_minus_reference"]


def test_a_damaged_point_is_done_again_and_said_so(tmp_path: Path) -> None:
    path, out = write_sweep(tmp_path, AXES), tmp_path / "out"
    before = swept(path, out)
    damaged = sorted((out / "points").iterdir())[2]
    damaged.write_bytes(damaged.read_bytes().replace(b'"done"', b'"dome"'))
    after = swept(path, out)
    assert after["said"] == [f"{damaged}: damaged; computing it again"]
    assert after["rows"] == before["rows"]
    for run in (out / "runs").iterdir():
        run.write_bytes(run.read_bytes()[:-100])
    damaged.unlink()
    again = swept(path, out)
    assert [text.endswith(".h5: damaged; computing it again") for text in again["said"]] == [True]
    assert again["rows"] == before["rows"]


def test_a_failed_point_is_recorded_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value is fine on its own, together they are not: that is found out at that point."""
    path = write_sweep(tmp_path, {"fabric.size": "[[4, 4], [4, 5]]", "cells.relaxation_time": "[50 ns, 100 ns]"})
    real = tasks.drive

    def unlucky(ready: Any, *arguments: Any, **named: Any) -> Any:
        if ready.overrides == {"fabric.size": [4, 5], "cells.relaxation_time": "100 ns"}:
            raise RunError("no such luck", code="result.none")
        return real(ready, *arguments, **named)

    monkeypatch.setattr(tasks, "drive", unlucky)
    rows = swept(path, tmp_path / "out")["rows"]
    assert [row["status"] for row in rows] == ["done", "done", "done", "failed"]
    assert rows[3]["failure"] == "no such luck"
    assert rows[3]["energy_j"] is None
    monkeypatch.setattr(tasks, "drive", real)
    assert [row["status"] for row in swept(path, tmp_path / "out")["rows"]] == ["done"] * 4


def test_random_points_are_seeded_and_inside(tmp_path: Path) -> None:
    axes = {
        "cells.relaxation_time": "{from: 50 ns, to: 0.4 us, spacing: log}",
        "couplers.weight_bits": "{from: 3, to: 8}",
    }
    tables = [
        swept(write_sweep(tmp_path, axes, f"points: {{random: 8, seed: {seed}}}"), tmp_path / "out")
        for seed in (1, 1, 2)
    ]
    assert tables[0]["rows"] == tables[1]["rows"]
    assert tables[0]["rows"] != tables[2]["rows"]
    times = [float(row["cells.relaxation_time"].removesuffix(" ns")) for row in tables[0]["rows"]]
    assert all(50 <= time <= 400 for time in times)
    assert len(set(times)) == 8
    assert {row["couplers.weight_bits"] for row in tables[0]["rows"]} <= {3, 4, 5, 6, 7, 8}


def test_csv_and_hdf5_hold_the_table(tmp_path: Path) -> None:
    table = swept(write_sweep(tmp_path, AXES), tmp_path / "out")
    with open(tmp_path / "out" / "sweep.csv") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["energy_j"]) for row in rows] == [row["energy_j"] for row in table["rows"]]
    assert rows[0]["cells.relaxation_time"] == "50 ns"
    with h5py.File(tmp_path / "out" / "sweep.h5") as file:
        assert file["columns"]["energy_j"][:].tolist() == [row["energy_j"] for row in table["rows"]]
        assert json.loads(file["table"].asstr()[()])["rows"] == table["rows"]


def test_the_page_has_curves_heat_map_and_front(tmp_path: Path) -> None:
    axes = {"fabric.pattern": "[square, kings]", "cells.relaxation_time": "[50 ns, 100 ns, 200 ns]"}
    swept(write_sweep(tmp_path, axes), tmp_path / "out")
    page = tmp_path / "page.html"
    assert call("report", tmp_path / "out", "--html", page).exit_code == 0
    text = page.read_text()
    # Pareto front, two metrics over two axes, and the heat map.
    assert text.count("<svg") == 1 + 4 + 1
    assert "kings" in text
    assert call("report", tmp_path / "out", "--figures", tmp_path / "drawn").exit_code == 0
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert len(drawn) == 2 * 6
    assert {"pareto.png", "heat-map.svg", "joules_per_effective_sample-by-fabric-pattern.png"} <= set(drawn)
    shown = call("report", tmp_path / "out").output
    assert "6 of 6 points" in shown
    assert shown.count("*") >= 2  # the front and the sentence about it


def test_what_limits_a_point_is_a_metric(tmp_path: Path, simulations: list[int]) -> None:
    """More lanes are merged, and what was simulated is priced again: both carry it."""
    metrics = "energy_j, limit.waits_for, limit.gain_s, limit.without_it_s, elapsed_s"
    axes = {"clock.phase": "[1 ns, 100 ns]", "prices.coupler.toggle.energy": "[1 fJ, 5 fJ]"}
    until = "until: {energy_j: 0.000001 %, max_lanes: 128}"
    rows = swept(write_sweep(tmp_path, axes, until, metrics), tmp_path / "out")["rows"]
    assert len(simulations) == 4
    assert [row["limit.waits_for"] for row in rows] == ["bias_dac", "bias_dac", "clock", "clock"]
    for row in rows:
        assert row["lanes"] == 128
        assert row["limit.gain_s"] + row["limit.without_it_s"] == pytest.approx(row["elapsed_s"], rel=1e-12)
    assert rows[2]["limit.gain_s"] == pytest.approx(200 * 200e-9, rel=1e-9)
    more = {**axes, "prices.coupler.toggle.energy": "[1 fJ, 5 fJ, 9 fJ]"}
    again = swept(write_sweep(tmp_path, more, until, metrics), tmp_path / "out")["rows"]
    assert len(simulations) == 4
    assert [row["limit.gain_s"] for row in again][::3] == [row["limit.gain_s"] for row in rows][::2]


def test_the_error_of_continuous_chips_is_a_metric_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(
        "chipsim: 1\nname: bits\nchip: ou-256\nworkload: linear-solve\nlanes: 2\n"
        "set: {matrix.size: 4, schedule.samples: 20, readout.full_scale: 20 V}\n"
        "axes: {readout.bits: [4, 12]}\nmetrics: [error, limit.waits_for]\n"
    )
    coarse, fine = swept(path, tmp_path / "out")["rows"]
    assert coarse["error"] > 3 * fine["error"] > 0
    assert coarse["limit.waits_for"] == fine["limit.waits_for"] == "cells"
    assert coarse["failure"] == ""


def test_pareto_front() -> None:
    rows = [{"a": a, "b": b} for a, b in ((1, 5), (2, 3), (3, 3), (4, 1), (2, 6), (None, 0))]
    assert pareto_front(rows, ["a", "b"], []) == [0, 1, 3]
    assert pareto_front(rows, ["a", "b"], ["b"]) == [0, 4]
    assert pareto_front(rows, ["a"], []) == [0]


def test_the_reference_can_be_chosen(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"couplers.swing": "[0.1 V, 0.2 V]"}, "reference: {couplers.swing: 0.2 V}")
    table = swept(path, tmp_path / "out")
    assert table["reference"] == 1
    assert table["rows"][0]["energy_j_minus_reference"] < 0 == table["rows"][1]["energy_j_minus_reference"]


def test_stop_rule_asks_for_whole_groups_and_never_too_many() -> None:
    from chipsim.sweeps.spec import StopRule
    from chipsim.sweeps.tasks import lanes_to_add

    def summary(lanes: int, width: float) -> dict[str, Any]:
        return {"lanes": lanes, "energy_j": 1.0, "energy_ci95_j": width, "sampling": "resolved"}

    rule = StopRule({"energy_j": 0.01}, 4096, None)
    assert lanes_to_add(rule, [summary(64, 0.01)], 0) == (0, "known")
    assert lanes_to_add(rule, [summary(64, 0.011)], 0) == (64, "")
    assert lanes_to_add(rule, [summary(128, 0.02)], 0) == (512 - 128, "")  # 4 times 128
    assert lanes_to_add(rule, [summary(64, 1.0)], 0) == (192, "")
    assert lanes_to_add(rule, [summary(2048, 1.0)], 0) == (2048, "")
    assert lanes_to_add(rule, [summary(4096, 1.0)], 0) == (0, "max_lanes")
    assert lanes_to_add(rule, [summary(64, 0.005), summary(64, 0.02)], 0) == (192, "")


def test_presets_are_valid() -> None:
    from chipsim.spec.presets import preset_names
    from chipsim.sweeps.points import check_points, points_of

    for name in preset_names("sweep"):
        spec = read_sweep(name)
        check_points(spec, points_of(spec))
        assert plan(spec.model.chip, spec.model.workload)
        together = {path for paths in spec.zipped for path in paths[1:]}
        many = [len(axis.values) for axis in spec.axes if axis.path not in together]
        assert np.prod(many) == len(points_of(spec))


def test_findings_are_the_numbers_of_the_table() -> None:
    axes = [
        {"path": "a", "numbers": {"1": 1.0, "2": 2.0}},
        {"path": "b", "numbers": {'"x"': None, '"y"': None}},
    ]
    costs = {(1, "x"): 1.0, (1, "y"): 1.0, (2, "x"): 3.0, (2, "y"): 12.0}
    rows = [
        {
            "point": i,
            "a": a,
            "b": b,
            "energy_j": cost,
            "elapsed_s": 4 - a,
            "quality.weight_error": a / 10,
            "status": "done",
            "problem": "",
        }
        for i, ((a, b), cost) in enumerate(costs.items())
    ]
    table = {
        "axes": axes,
        "metrics": ["energy_j", "elapsed_s", "quality.weight_error"],
        "maximise": [],
        "rows": rows,
        "front": [0, 2],
        "best": 0,
        "by_prices": None,
        "fit": [0, 1, 2, 3],
        "left_out": {},
        "constraints": [],
        "scope": "system",
    }
    said = findings(table)
    assert said[0] == "Over all 4 points, energy_j goes from 1.00 J (a=1, b=x) to 12.0 J (a=2, b=y)."
    assert said[1].endswith(
        "over the other axes: a 6 times (least at 1, most at 2); b 2 times (least at x, most at y)."
    )
    assert said[2].endswith("a 1.5 times (least at 2, most at 1); b none.")
    assert said[3] == "2 of 4 points are on the Pareto front of energy_j and elapsed_s; all of them have b=x."
    assert said[-1] == "The front does not weigh quality.weight_error, which on it is 0.1 to 0.2."


def keys_of(path: Path) -> list[tuple[str, str]]:
    return [(point.key, point.activity) for point in points_of(read_sweep(str(path)))]


def test_files_beside_the_workload_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    """Found as a run finds them, wherever the sweep is started."""
    workload, weights = tmp_path / "work.yaml", tmp_path / "weights" / "fashion-dtm-small.h5"
    workload.write_bytes((preset_root() / "workloads" / "fashion-dtm-small.yaml").read_bytes())
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    path = tmp_path / "sweep.yaml"
    axes = "  cells.relaxation_time: [50 ns, 100 ns]"
    path.write_text(SWEEP.format(chip="dtca-70", workload=workload, axes=axes, metrics="energy_j", more=""))
    before = keys_of(path)
    weights.write_bytes(b"Weights")
    assert {*before} & {*keys_of(path)} == set()
    weights.write_bytes(b"weights")
    assert keys_of(path) == before


def test_a_file_of_a_problem_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    graph = tmp_path / "pair.txt"
    graph.write_text("0 1 1\n")
    axes = {"schedule.beta": "[0.1, 0.2]"}
    path = write_sweep(tmp_path, axes, fabric_of_chip="from: problem")
    (tmp_path / "work.yaml").write_text(workload_text(f"edge_list: {graph}", schedule=SAMPLING))
    before = keys_of(path)
    graph.write_text("0 1 -1\n")
    assert {*before} & {*keys_of(path)} == set()


def test_an_edited_engine_computes_all_points_again(tmp_path: Path, simulations: list[int]) -> None:
    """And an edit of what shows results computes none."""
    package = copy_of_chipsim(tmp_path / "copy")
    path = write_sweep(tmp_path, AXES)
    with named_by(package):
        swept(path, tmp_path / "out")
        with edited(package / "report" / "terminal.py", "", "\nWIDTH = 1\n"):
            simulations.clear()
            swept(path, tmp_path / "out")
            assert simulations == []
        for file in ("engine/device.py", "ledger/ledger.py"):
            with edited(package / file, "", "\nLEAST = 1\n"):
                swept(path, tmp_path / "out")
                assert len(simulations) == 3
                simulations.clear()


def test_keys_of_many_points_take_no_time(tmp_path: Path) -> None:
    """A finished sweep of 200 points is recognised without elaborating a chip."""
    values = ", ".join(f"{n} ns" for n in range(50, 250))
    path = write_sweep(tmp_path, {"cells.relaxation_time": f"[{values}]"})
    keys_of(path)
    began = time.process_time()
    assert len(set(keys_of(path))) == 200
    assert time.process_time() - began < 2
