"""Axes hold what their parameters take, move together or follow each other, and are drawn without repeats."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_sweeps import inline_workers, write_sweep

import chipsim
from chipsim.cli.main import main
from chipsim.errors import ChipsimError
from chipsim.spec.compose import read_spec
from chipsim.sweeps import driver
from chipsim.sweeps.combinations import combinations
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.points import check_points, points_of, reference_index
from chipsim.sweeps.spec import SweepSpec, read_sweep
from chipsim.workloads.parameters import Parameters


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


def spec_of(folder: Path, axes: dict[str, str], more: str = "", **files: Any) -> SweepSpec:
    return read_sweep(str(write_sweep(folder, axes, more, **files)))


def values_of(folder: Path, axes: dict[str, str], more: str = "") -> list[tuple[Any, ...]]:
    return list(combinations(spec_of(folder, axes, more)))


def refusal(folder: Path, axes: dict[str, str], more: str = "", **files: Any) -> ChipsimError:
    def planned() -> None:
        spec = spec_of(folder, axes, more, **files)
        check_points(spec, points_of(spec))

    with pytest.raises(ChipsimError) as caught:
        planned()
    return caught.value


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("cells.gain", False), ("schedule.beta", False), ("cells.relaxation_time", False), ("schedule.sweeps", True),
        ("couplers.weight_bits", True), ("fabric.size[0]", True), ("bias_dac.bits", True), ("problem.seed", True),
        ("jobs_per_load", True), ("prices.rng.on.power", False), ("no.such.thing", False), ("cells.nothing", False),
    ],
)  # fmt: skip
def test_the_type_of_a_parameter(path: str, whole: bool) -> None:
    parameters = Parameters(read_spec("chip", "tiny"), read_spec("workload", "spin-glass"))
    assert parameters.is_whole(path) is whole


def test_a_range_is_of_the_type_of_its_parameter(tmp_path: Path) -> None:
    """Case 53: whole-number ends do not make an axis one of whole numbers."""
    assert values_of(tmp_path, {"cells.gain": "{from: 1, to: 4, points: 3}"}) == [(1,), (2.5,), (4,)]
    assert values_of(tmp_path, {"schedule.sweeps": "{from: 10, to: 40, points: 4}"}) == [(10,), (20,), (30,), (40,)]
    drawn = [value for (value,) in values_of(tmp_path, {"schedule.beta": "{from: 0, to: 1}"}, "points: {random: 20}")]
    assert len({*drawn}) == 20
    assert all(0 < value < 1 for value in drawn)
    refused = refusal(tmp_path, {"schedule.sweeps": "{from: 10.5, to: 40, points: 4}"})
    assert "10.5 is not a whole number, which schedule.sweeps requires" in str(refused)
    refused = refusal(tmp_path, {"schedule.sweeps": "{from: 1, to: 4, points: 7}"})
    assert "7 distinct whole numbers do not fit into 1 to 4" in str(refused)


def test_ends_are_exact_and_as_written(tmp_path: Path) -> None:
    found = values_of(tmp_path, {"cells.relaxation_time": "{from: 50.0000001 ns, to: 99.9999999 ns, points: 3}"})
    assert found == [("50.0000001 ns",), ("75 ns",), ("99.9999999 ns",)]


def test_whole_numbers_have_equal_weight(tmp_path: Path) -> None:
    axis = spec_of(tmp_path, {"schedule.sweeps": "{from: 1, to: 4}"}, "points: {random: 3}").axes[0]
    counts = np.unique([axis.at((k + 0.5) / 400) for k in range(400)], return_counts=True)
    assert counts[0].tolist() == [1, 2, 3, 4]
    assert counts[1].tolist() == [100] * 4


def test_values_that_are_equal_in_si_are_one(tmp_path: Path) -> None:
    """Case 57."""
    axes = {"clock.phase": "[100 ns, 0.1 us, 100.0 ns, 1e-7 s, 200 ns]"}
    assert values_of(tmp_path, axes) == [("100 ns",), ("200 ns",)]
    spec = spec_of(tmp_path, axes, "reference: {clock.phase: 0.2 us}")
    assert reference_index(spec, points_of(spec)) == 1
    assert "is not a value of the axis" in str(refusal(tmp_path, axes, "reference: {clock.phase: 0.3 us}"))
    assert values_of(tmp_path, {"cells.gain": "[1, 1.0, 2]"}) == [(1,), (2,)]


def test_zipped_axes_move_together(tmp_path: Path) -> None:
    axes = {"fabric.size": "[[4, 4], [4, 6]]", "cells.gain": "[1, 2]", "readout.wire_length": "[24 um, 36 um]"}
    found = values_of(tmp_path, axes, "zip: [fabric.size, readout.wire_length]")
    assert found == [
        ([4, 4], 1, "24 um"), ([4, 4], 2, "24 um"), ([4, 6], 1, "36 um"), ([4, 6], 2, "36 um"),
    ]  # fmt: skip
    drawn = values_of(tmp_path, axes, "zip: [[fabric.size, readout.wire_length]]\npoints: {random: 50}")
    assert sorted(map(repr, drawn)) == sorted(map(repr, found))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("zip: [cells.gain, cells.offset]", "spec.unknown-path"),
        ("zip: [cells.gain, cells.gain]", "spec.duplicate"),
        ("zip: [cells.gain, schedule.beta]", "spec.rule"),
    ],
)
def test_axes_that_cannot_move_together(tmp_path: Path, more: str, code: str) -> None:
    assert refusal(tmp_path, {"cells.gain": "[1, 2]", "schedule.beta": "[0.1, 0.2, 0.3]"}, more).code == code


def test_a_value_follows_an_axis(tmp_path: Path) -> None:
    axes = {"cells.relaxation_time": "[50 ns, 100 ns]", "cells.gain": "[1, 2]"}
    spec = spec_of(
        tmp_path, axes, 'follow: {clock.phase: "2 x cells.relaxation_time", schedule.beta: "0.5*cells.gain"}'
    )
    set_to = [(p.overrides["clock.phase"], p.overrides["schedule.beta"]) for p in points_of(spec)]
    assert set_to == [("100 ns", 0.5), ("100 ns", 1.0), ("200 ns", 0.5), ("200 ns", 1.0)]
    table = Sweep(spec, tmp_path / "out").run()
    assert [row["clock.phase"] for row in table["rows"]] == ["100 ns", "100 ns", "200 ns", "200 ns"]
    energies = [row["energy_j"] for row in table["rows"]]
    work = (str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml"))
    by_hand = {"cells.relaxation_time": "100 ns", "cells.gain": 2, "clock.phase": "200 ns", "schedule.beta": 1.0}
    assert energies[3] == chipsim.run(*work, set=by_hand).energy_j


@pytest.mark.parametrize(
    ("follow", "code"),
    [
        ("{clock.phase: 2 x cells.nothing}", "spec.unknown-path"),
        ("{clock.phase: cells.relaxation_time + 1}", "spec.wrong-type"),
        ("{clock.phase: __import__('os')}", "spec.wrong-type"),
        ("{cells.relaxation_time: 2 x cells.relaxation_time}", "spec.duplicate"),
        ("{clock.phase: 3}", "spec.wrong-type"),
    ],
)
def test_what_does_not_follow(tmp_path: Path, follow: str, code: str) -> None:
    assert refusal(tmp_path, {"cells.relaxation_time": "[50 ns, 100 ns]"}, f"follow: {follow}").code == code


@pytest.mark.parametrize("method", ["independent", "latin-hypercube", "sobol"])
def test_points_are_drawn_without_repeats(tmp_path: Path, method: str) -> None:
    axes = {"cells.gain": "[1, 2, 3]", "schedule.beta": "[0.1, 0.2]"}
    found = values_of(tmp_path, axes, f"points: {{random: 100, method: {method}}}")
    assert sorted(found) == sorted(itertools.product([1, 2, 3], [0.1, 0.2]))
    ranges = {"cells.gain": "{from: 1, to: 2}", "schedule.beta": "{from: 0.1, to: 10, spacing: log}"}
    drawn = values_of(tmp_path, ranges, f"points: {{random: 16, method: {method}, seed: 3}}")
    assert len({*drawn}) == 16
    assert drawn == values_of(tmp_path, ranges, f"points: {{random: 16, method: {method}, seed: 3}}")
    if method != "independent":
        # One in each sixteenth of either axis.
        places = [sorted(int(16 * (gain - 1)) for gain, _ in drawn)]
        places.append(sorted(int(16 * np.log10(beta / 0.1) / 2) for _, beta in drawn))
        assert places == [list(range(16))] * 2


def test_a_value_is_refused_where_no_point_with_it_can_be(tmp_path: Path) -> None:
    """Case 55: the order of values does not decide."""
    schedule = "mode: anneal, beta: {start: 0.1, end: 1, steps: 10}, sweeps: 100"
    for sweeps in ("[50, 500]", "[500, 50]"):
        axes = {"schedule.beta.steps": "[10, 100]", "schedule.sweeps": sweeps}
        table = Sweep(spec_of(tmp_path, axes, schedule=schedule), tmp_path / f"out{sweeps[1]}").run()
        by_values = {(row["schedule.beta.steps"], row["schedule.sweeps"]): row for row in table["rows"]}
        assert {values for values, row in by_values.items() if row["status"] == "skipped"} == {(100, 50)}
        assert "100 steps of beta do not fit into 50 sweeps" in by_values[100, 50]["failure"]
    axes = {"schedule.beta.steps": "[10, 1000]", "schedule.sweeps": "[50, 500]"}
    refused = refusal(tmp_path, axes, schedule=schedule)
    assert "axes.schedule.beta.steps: 1000: " in str(refused)


def test_a_point_that_cannot_be_is_not_tried_again(tmp_path: Path) -> None:
    schedule = "mode: anneal, beta: {start: 0.1, end: 1, steps: 10}, sweeps: 100"
    axes = {"schedule.beta.steps": "[10, 100]", "schedule.sweeps": "[50, 500]"}
    spec, out = spec_of(tmp_path, axes, schedule=schedule), tmp_path / "out"
    first, second = (Sweep(spec, out) for _ in range(2))
    first.run()
    assert first.counts() == {"computed": 3, "skipped": 1}
    second.run()
    assert second.counts() == {"cached": 3, "skipped": 1}
    assert second.status.fresh == set()


def test_lanes_are_those_that_the_workload_takes(tmp_path: Path) -> None:
    text = "\n".join([
        "chipsim: 1", "name: one", "chip: tngd-10k", "workload: fashion-classifier",
        "axes: {training.rate: [0.1, 0.2]}", "metrics: [energy_j]",
    ])  # fmt: skip
    (tmp_path / "sweep.yaml").write_text(text)
    assert read_sweep(str(tmp_path / "sweep.yaml")).model.lanes is None
    many = refusal(tmp_path, {"cells.gain": "[1, 2]"}, "lanes: 2000000")
    assert "lanes" in str(many)


def test_a_path_that_names_nothing(tmp_path: Path) -> None:
    assert '"" is not a path of a value' in str(refusal(tmp_path, {'""': "[1, 2]"}))


def test_a_sweep_without_any_point_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from chipsim.sweeps import tasks

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(tasks, "drive", broken)
    path = write_sweep(tmp_path, {"cells.gain": "[1, 2]"})
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(path), "-o", str(tmp_path / "out")])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert "2 points planned: 2 failed" in told.out
    assert "all points of this sweep failed; see column failure of the table" in told.err
