"""Large sweeps: what a point costs beside its simulation, and how much a page shows of many points.

Limits are seconds of the processor, several times what is needed, and a small part of what it took before.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_sweeps import brute_force_front, inline_workers, write_sweep

import chipsim
from chipsim.prices import table as price_tables
from chipsim.report.sweep_bounds import FIELDS, MAX_ROWS, MAX_TILES, one_a_field
from chipsim.report.sweep_figures import figures_of
from chipsim.report.sweep_page import sweep_page
from chipsim.runs.plan import plan
from chipsim.sources.modules import short_hash
from chipsim.spec import document
from chipsim.spec.compose import read_spec
from chipsim.sweeps import driver
from chipsim.sweeps.driver import BLOCK, Sweep
from chipsim.sweeps.front import pareto_front
from chipsim.sweeps.keys import _Texts
from chipsim.sweeps.points import MAX_CHECKED, points_of
from chipsim.sweeps.spec import read_sweep

PRICE = "prices.coupler.toggle.energy"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "workers", inline_workers)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("metrics", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_the_front_is_that_of_brute_force(seed: int, metrics: list[str]) -> None:
    random = np.random.default_rng(seed)
    rare: list[Any] = [None, float("nan"), float("inf"), -float("inf")]
    rows = [
        {m: rare[int(random.integers(4))] if random.random() < 0.1 else int(random.integers(9)) / 2 for m in "abc"}
        for _ in range(120)
    ]
    for maximise in ([], ["a"], ["b"], ["a", "b"]):
        assert pareto_front(rows, metrics, maximise) == brute_force_front(rows, metrics, maximise)


def test_the_front_of_nothing_is_empty() -> None:
    assert pareto_front([], ["a", "b"], []) == []
    assert pareto_front([{"a": None, "b": 1.0}], ["a", "b"], []) == []


def test_the_front_of_many_rows_takes_no_time() -> None:
    random = np.random.default_rng(1)
    angles = random.random(100_000) * np.pi / 2
    # All of them are on it.
    rows = [{"a": float(a), "b": float(b)} for a, b in zip(np.cos(angles), np.sin(angles), strict=True)]
    began = time.process_time()
    assert len(pareto_front(rows, ["a", "b"], ["a", "b"])) == len(rows)
    assert time.process_time() - began < 2


def test_many_points_are_planned_in_no_time(tmp_path: Path) -> None:
    axes = {
        "cells.relaxation_time": "{from: 50 ns, to: 400 ns, points: 400}",
        PRICE: "{from: 1 fJ, to: 5 fJ, points: 10}",
    }
    spec = read_sweep(str(write_sweep(tmp_path, axes)))
    points_of(spec)
    began = time.process_time()
    points = points_of(spec)
    assert len({point.key for point in points}) == 4_000
    assert len({point.activity for point in points}) == 400
    # 100,000 in 60 s.
    assert time.process_time() - began < 4_000 * 60 / 100_000


def test_texts_put_together_are_those_of_the_whole() -> None:
    chip = read_spec("chip", "tiny").value
    texts = _Texts(chip)
    changed = {**chip, "name": 'é"\n', "fabric": {**chip["fabric"], "size": [4, {"b": None, "a": [1.5, True]}]}}
    for value in (chip, changed, {}, [], "x", None):
        assert texts.of(value) == json.dumps(value, sort_keys=True)
    assert short_hash(chip) != short_hash(changed)


def test_few_of_many_values_are_planned_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chipsim.sweeps import points

    planned: list[Any] = []

    def counting(*arguments: Any) -> Any:
        planned.append(arguments[2])
        return plan(*arguments)

    monkeypatch.setattr(points, "planned", counting)
    spec = read_sweep(str(write_sweep(tmp_path, {"readout.time": "{from: 1 ns, to: 400 ns, points: 1000}"})))
    points.check_points(spec, points.points_of(spec))
    assert len(planned) == MAX_CHECKED
    assert (planned[0]["readout.time"], planned[-1]["readout.time"]) == ("1 ns", "400 ns")


def test_what_is_only_priced_is_recorded_as_it_comes(tmp_path: Path) -> None:
    seen: list[int] = []
    number = 2 * BLOCK + 5
    path = write_sweep(tmp_path, {PRICE: f"{{from: 1 fJ, to: 5 fJ, points: {number}}}"}, metrics="energy_j")
    job = Sweep(read_sweep(str(path)), tmp_path / "out", progress=lambda job: seen.append(len(job.status.records)))
    rows = job.run()["rows"]
    # Whichever block comes first.
    assert len(set(seen)) == 4
    assert max(np.diff(seen)) <= BLOCK
    assert [row["status"] for row in rows] == ["done"] * number
    last = chipsim.run(str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml"), set={PRICE: "5 fJ"})
    assert rows[-1]["energy_j"] == last.energy_j
    assert rows[-1]["run_id"] == last.summary["run_id"]


def test_a_resumed_sweep_follows_the_best(tmp_path: Path) -> None:
    path = write_sweep(tmp_path, {"couplers.swing": "[0.2 V, 0.1 V, 0.3 V]"}, metrics="energy_j, elapsed_s")
    table = Sweep(read_sweep(str(path)), tmp_path / "out").run()
    again = Sweep(read_sweep(str(path)), tmp_path / "out")
    assert again.run() == table
    best = again.best()
    assert best is not None
    assert (best[0], best[1], best[2].index) == ("energy_j", table["rows"][1]["energy_j"], 1)
    assert again.counts() == {"cached": 3}


def test_a_status_in_a_text_is_no_status(tmp_path: Path) -> None:
    from chipsim.sweeps.store import SweepFolder

    folder = SweepFolder(tmp_path)
    record = {"status": "failed", "error": '"status": "done"', "stopped": '"status": "done'}
    folder.save_point("k", record)
    assert folder.state("k") == {"status": "failed", "figures": {}}
    figures = {"a": 1.5, "b": '}, "status": "x"', "status": "odd"}
    folder.save_point("l", {"status": "done", "figures": figures, "lane_energy_j": [1.0], "stopped": "known"})
    assert folder.state("l") == {"status": "done", "figures": figures}


def test_a_table_that_a_chip_names_often_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sweep(tmp_path, {"couplers.swing": "[0.1 V]"})
    chip = tmp_path / "chip.yaml"
    chip.write_text(chip.read_text() + f"compare_prices: [{', '.join(['dtca-main'] * 64)}]\n")
    read: list[str] = []
    real = price_tables.prices_of_chip

    def counting(spec: Any, name: str | None = None, *more: Any) -> Any:
        read.append(str(name))
        return real(spec, name, *more)

    monkeypatch.setattr("chipsim.runs.plan.prices_of_chip", counting)
    ready = plan(str(chip), str(tmp_path / "work.yaml"))
    assert read == ["None", "dtca-main"]
    assert len(ready.comparisons) == 64


def test_a_file_is_parsed_once_until_it_says_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = document.parse_document
    monkeypatch.setattr(document, "parse_document", lambda text, name: parsed.append(name) or real(text, name))
    base, top = tmp_path / "base.yaml", tmp_path / "top.yaml"
    base.write_text("a: 1\nb: {c: 2}\n")
    top.write_text("extends: base.yaml\nd: 3\n")
    first = read_spec("chip", str(top))
    assert read_spec("chip", str(top)) is first
    assert len(parsed) == 2
    base.write_text("a: 5\nb: {c: 2}\n")
    assert read_spec("chip", str(top)).value == {"a": 5, "b": {"c": 2}, "d": 3}
    assert len(parsed) == 3


def table_of(numbers: int, words: bool = False) -> dict[str, Any]:
    """A table of random points on two axes."""
    random = np.random.default_rng(3)
    rows = []
    for i in range(numbers):
        values = {"x": f"w{i}" if words else i + 0.5, "y": float(random.random())}
        figures = {m: float(random.random()) + 1 for m in ("energy_j", "elapsed_s")}
        more = {f"{m}{end}": None for m in figures for end in ("_minus_reference", "_ci95")}
        rows.append({"point": i, **values, **figures, **more, "lanes": 64, "status": "done", "stopped": "known"})
        rows[-1] |= {"problem": "p", "failure": ""}
    axes = [
        {
            "path": path, "unit": None, "spacing": "linear", "values": [],
            "numbers": {json.dumps(r[path]): None if words and path == "x" else r[path] for r in rows},
        }
        for path in ("x", "y")
    ]  # fmt: skip
    metrics = ["energy_j", "elapsed_s"]
    said = {"name": "n", "description": "", "chip": "c", "workload": "w", "scope": "system", "by_prices": None}
    front = pareto_front(rows, metrics, [])
    table = {"axes": axes, "metrics": metrics, "maximise": [], "rows": rows, "front": front, "best": front[0]}
    judged = {"fit": list(range(numbers)), "left_out": {}, "constraints": [], "follow": {}}
    return {**said, **table, **judged, "reference": 0, "total": numbers}


@pytest.mark.parametrize("words", [False, True])
def test_a_page_of_many_values_is_bounded(words: bool) -> None:
    table = table_of(20_000, words)
    began = time.process_time()
    text = sweep_page(table)
    assert time.process_time() - began < 20
    assert text.count("<tr") == MAX_ROWS + 1
    assert len(text) < 6_000_000
    assert f"The table has {MAX_ROWS:,} of 20,000 rows" in text
    assert "a tile is the mean over up to" in text
    for figure in figures_of(table).values():
        width, height = figure.get_size_inches()
        assert max(width, height) < 2 + MAX_TILES
        assert all(len(line.get_xdata()) <= FIELDS[0] * FIELDS[1] for axes in figure.axes for line in axes.lines)


def test_a_small_page_leaves_nothing_out() -> None:
    text = sweep_page(table_of(20))
    assert text.count("<tr") == 21
    assert not re.search("The table has|a tile is the mean|stands for all|are drawn|Curves over", text)


def test_a_page_without_a_front_says_so() -> None:
    table = table_of(4)
    for row in table["rows"]:
        row["elapsed_s"] = None
    table["front"] = []
    assert "so there is no Pareto front" in sweep_page(table)


def test_one_point_of_each_field_is_drawn() -> None:
    x = np.repeat([1.0, 10.0, 100.0], 5_000)
    assert len(one_a_field(x.tolist(), x.tolist(), (True, False))) == 3
    assert len(one_a_field([1.0, 1.0], [2.0, 2.0], (False, False))) == 2
