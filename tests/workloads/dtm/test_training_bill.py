"""The bill of a denoising training: step cost x steps + tests is the total."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support_cli import call
from support_dtm import small_files
from support_errors import refused
from support_pieces import check_reports, check_sum

import chipsim
from chipsim.catalogue.metrics import all_metrics
from chipsim.engine.timing import Phase
from chipsim.ledger.pieces import piece_costs
from chipsim.report.page import html_page
from chipsim.results.result import Run
from chipsim.runs.train import train
from chipsim.units import show_number
from chipsim.workloads.outcome import Step


def denoising(folder: Path, name: str = "w.h5", start: str | None = None, **changes: Any) -> Run:
    ready = chipsim.plan(*small_files(folder, **changes), set={} if start is None else {"training.start": start})
    return train(ready, folder / name, 1, 1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("bill")
    return folder, denoising(folder)


def test_steps_tests_and_load_are_the_total_of_a_denoising_training(trained: tuple[Path, Run]) -> None:
    run = trained[1]
    check_sum(run, ["step", "test"])
    assert {name: piece.count for name, piece in run.summary.priced.pieces.items()} == {"step": 2 * 2 * 3, "test": 4}


def test_twice_the_steps_take_as_much_each_and_tests_the_same(tmp_path: Path, trained: tuple[Path, Run]) -> None:
    """Times are exact; energies differ by toggles."""
    few, many = trained[1].summary.priced.pieces, denoising(tmp_path, steps=6).summary.priced.pieces
    assert many["step"].count == 2 * few["step"].count
    for name in few:
        assert many[name].time_s == pytest.approx(few[name].time_s, rel=1e-12)
        assert many[name].energy_j == pytest.approx(few[name].energy_j, rel=1e-2)


def test_phases_of_a_training_are_as_long_as_it_takes(trained: tuple[Path, Run]) -> None:
    run = trained[1]
    phases = run.summary.priced.phases
    assert math.fsum(p.end_s - p.start_s for p in phases) == pytest.approx(run.summary["elapsed_s"], rel=1e-12)
    length = {p.name: p.end_s - p.start_s for p in phases}
    # 12 steps of 64 chains, each 4 sweeps at random, 5 of warmup and 2 x 3 of 200 ns.
    assert length["step positive sample"] == pytest.approx(12 * 64 * 15 * 200e-9, rel=1e-12)


def test_an_earlier_training_is_a_piece_with_its_own_cost(tmp_path: Path) -> None:
    earlier = denoising(tmp_path, "earlier.h5").summary.priced
    run = denoising(tmp_path, "later.h5", str(tmp_path / "earlier.h5"), steps=2)
    check_sum(run, ["step", "test", "earlier training"])
    assert run.summary.priced.pieces["step"].count == 2 * 2 * 2
    assert run.summary.priced.pieces["earlier training"].energy_j == pytest.approx(earlier.energy_j, rel=1e-9)
    last = denoising(tmp_path, "last.h5", str(tmp_path / "later.h5"), steps=1).summary.priced
    assert last.pieces["earlier training"].energy_j == pytest.approx(run.energy_j, rel=1e-9)


def test_the_image_of_the_bill_is_that_of_a_run(trained: tuple[Path, Run]) -> None:
    folder, run = trained
    files = [str(folder / name) for name in ("chip.yaml", "work.yaml")]
    image = chipsim.run(*files, set={"generation.weights": str(folder / "w.h5")}, lanes=1)
    use = run.summary.priced.use
    assert use is not None
    assert use.energy_j == pytest.approx(image.energy_j, rel=1e-12)
    assert use.time_s == pytest.approx(image.summary["elapsed_s"], rel=1e-12)
    assert use.uses == pytest.approx(run.energy_j / image.energy_j, rel=1e-12)
    many = train(chipsim.plan(*files, set={"jobs_per_load": 100}), folder / "many.h5", 1, 1).summary.priced.use
    assert many is not None
    assert many.energy_j == pytest.approx(image.summary["energy_per_job_j"]["100"], rel=1e-12)


def test_use_and_pieces_are_stored_and_priced_again(trained: tuple[Path, Run]) -> None:
    folder, run = trained
    again = chipsim.load(folder / "w.h5")
    assert again.summary.priced == run.summary.priced
    dear = {"prices.link.transfer.energy": "4 pJ"}
    repriced = chipsim.reprice(again, set=dear).summary.priced
    assert repriced.use is not None
    assert repriced.use.energy_j > run.summary.priced.use.energy_j  # type: ignore[union-attr]
    assert repriced.pieces["step"].energy_j > run.summary.priced.pieces["step"].energy_j


def test_every_metric_of_a_training_is_described(trained: tuple[Path, Run]) -> None:
    found = trained[1].summary.metrics()
    assert {"is_training", "output", "use_gives", "use.name", "use.energy_j", "use.time_s", "use.uses"} <= found.keys()
    assert found["pieces.test.count"] == 4
    assert [name for name in found if not any(metric.matches(name) for metric in all_metrics())] == []


def test_a_training_says_its_cost_once(trained: tuple[Path, Run]) -> None:
    lines, summary = check_reports(trained[1]), trained[1].summary
    assert " on one chip" in lines["time"]
    assert "per step, as much energy as " in lines["step"]
    assert lines["step"].endswith(" images; 12 of them")
    assert lines["test"].endswith("; 4 of them")
    assert f"the training takes as much energy as {show_number(summary['use']['uses'])} of them" in lines["image"]


def test_the_command_of_a_training_trains(trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, run = trained
    words = shlex.split(run.summary.priced.command)
    assert words[:2] == ["chipsim", "train"]
    assert "--lanes" not in words
    assert words[words.index("-o") + 1] == "w.h5"
    assert shlex.join(words) in html_page(run).replace("&#39;", "'")
    monkeypatch.chdir(folder)
    before = (folder / "w.h5").read_bytes()
    assert call(*words[1:]).exit_code == 0
    assert (folder / "w.h5").read_bytes() == before  # the same training, which is complete


def test_pieces_share_static_energy_by_time() -> None:
    """By hand: two phases of 1 and 3 fs, with 10 J of static energy and 5 J in the first."""
    timing = SimpleNamespace(phases=(Phase("test a", 0, 1), Phase("b", 1, 4)), elapsed_fs=4)
    rows = [
        SimpleNamespace(energy_j=5.0, low_j=4.0, high_j=6.0),
        SimpleNamespace(energy_j=10.0, low_j=8.0, high_j=20.0),
    ]
    ledger = SimpleNamespace(rows=rows, phase_shares=np.array([[1.0, 0, 0], [0, 0, 1.0]]))
    pieces = (Step("step", 2), Step("test", 1, "test"))
    found = piece_costs(pieces, SimpleNamespace(timing=timing), ledger)  # type: ignore[arg-type]
    assert found["test"].energy_j == pytest.approx(5 + 10 / 4)
    assert found["test"].energy_price_range_j == pytest.approx((4 + 8 / 4, 6 + 20 / 4))
    assert found["step"].energy_j == pytest.approx(10 * 3 / 4 / 2)
    assert found["step"].time_s == pytest.approx(1.5e-15)


def test_a_training_is_billed_on_one_chip(
    tmp_path: Path, trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workload that forgets to put the chains of a batch one after another is told so, and nothing is written."""
    assert (trained[1].summary["lanes"], trained[1].summary["chips"]) == (1, 1)
    monkeypatch.setattr("chipsim.workloads.dtm.training.serial", lambda trace, once, digital: trace)
    monkeypatch.setattr("chipsim.workloads.dtm.training.join_in_time", lambda traces: next(iter(traces)))
    with refused("run.too-many-lanes", "has 64 lanes; chipsim.engine.serial puts them one after another"):
        denoising(tmp_path)
    assert not (tmp_path / "w.h5").exists()
