"""What notebooks show of results: well-formed parts of a page, with the figures of the result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support_errors import refused
from support_pages import Page

import chipsim
from chipsim.report import notebook
from chipsim.units import show

SHORT = {"schedule.sweeps": 20}


@pytest.fixture(scope="module")
def run() -> chipsim.Run:
    return chipsim.run("tiny", "spin-glass", set=SHORT, lanes=8)


@pytest.fixture(scope="module")
def strong() -> chipsim.Run:
    return chipsim.run("tiny", "spin-glass", set={**SHORT, "couplers.swing": "0.5 V"}, lanes=8)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> chipsim.SweepResult:
    spec = {"chipsim": 1, "name": "s", "chip": "tiny", "workload": "spin-glass", "set": SHORT}
    axes = {"cells.gain": [1, 2], "clock.phase": ["100 ns", "200 ns"]}
    spec |= {"axes": axes, "metrics": ["energy_j", "elapsed_s"]}
    return chipsim.sweep(spec, tmp_path_factory.mktemp("s") / "out", executor="inline")


def parsed(value: Any) -> Page:
    """The HTML of a result: one element that stands for itself, without scripts and links."""
    text = value._repr_html_()
    page = Page(text)
    assert page.open == []
    assert text.startswith('<div class="chipsim">')
    assert not {"script", "html", "body", "link"} & page.tags
    assert [link for link in page.links if not link.startswith("#")] == []
    return page


def test_a_run_shows_its_headline_a_figure_and_its_ledger(run: chipsim.Run) -> None:
    page = parsed(run)
    assert {"svg", "table", "details"} <= page.tags
    assert show(run.energy_j, "J") in page.text
    for row in run.ledger:
        assert f"{row.component}.{row.action}" in page.text


def test_ids_of_two_runs_are_apart(run: chipsim.Run, strong: chipsim.Run) -> None:
    first, second = (set(parsed(each).ids) for each in (run, strong))
    assert first
    assert not first & second


def test_a_ledger_shows_its_rows_in_order_of_energy(run: chipsim.Run) -> None:
    page = parsed(run.ledger)
    ordered = sorted((row for row in run.ledger if row.energy_j), key=lambda row: -(row.energy_j or 0))
    places = [page.text.index(f"{row.component}.{row.action}") for row in ordered]
    assert places == sorted(places)
    assert len(ordered) > 5


def test_a_long_table_says_how_much_it_shows(run: chipsim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "MAX_ROWS", 3)
    text = run.ledger._repr_html_()
    assert f"3 of {len(run.ledger)} rows" in text
    assert text.count("<tr>") == 1 + 3


def test_a_difference_shows_its_rows(run: chipsim.Run, strong: chipsim.Run) -> None:
    page = parsed(chipsim.diff(run, strong))
    assert "couplers.toggle" in page.text
    assert show(strong.energy_j, "J") in page.text


def test_an_explanation_shows_what_the_command_prints(run: chipsim.Run) -> None:
    whole, row = chipsim.explain(run), chipsim.explain(run, "cells.update")
    for found in (whole, row):
        page = parsed(found)
        assert [line for line in repr(found).splitlines() if line.strip() not in page.text] == []
    assert row.row == run.ledger["cells.update"]
    assert [price.pays for price in row.prices] in ([], [("cells.update",)])
    assert whole.limits == run.summary.core.work.limit.steps
    with refused("result.no-such-row"):
        chipsim.explain(run, "cells.updat")


def test_a_comparison_shows_every_run(run: chipsim.Run, strong: chipsim.Run) -> None:
    compared = chipsim.compare(weak=run, strong=strong)
    page = parsed(compared)
    for name, each in compared.runs.items():
        assert name in page.text
        assert show(each.energy_j, "J") in page.text
    assert repr(compared) == (
        f"<RunComparison: weak {show(run.energy_j, 'J')}, strong {show(strong.energy_j, 'J')} per repetition>"
    )


def test_a_sweep_shows_its_points(sweep: chipsim.SweepResult) -> None:
    page = parsed(sweep)
    assert "svg" in page.tags
    for row in sweep:
        assert show(row["energy_j"], "J") in page.text


def test_names_are_escaped(sweep: chipsim.SweepResult) -> None:
    rows = [{**row, "clock.phase": "<b>200 ns"} for row in sweep.rows]
    text = chipsim.SweepResult({**sweep.table, "rows": rows}, sweep.folder)._repr_html_()
    assert "<b>" not in text
    assert "&lt;b&gt;200 ns" in text


def test_a_run_says_in_three_lines_what_it_is(run: chipsim.Run) -> None:
    lines = repr(run).splitlines()
    assert len(lines) <= 3
    assert all(len(line) <= 120 for line in lines)
    for told in ("tiny on spin-glass", "8 lanes", show(run.energy_j, "J"), run.summary["run_id"]):
        assert told in repr(run)


def test_a_difference_says_in_one_line_what_it_is(run: chipsim.Run, strong: chipsim.Run) -> None:
    found = chipsim.diff(run, strong)
    energies = f"energy {show(run.energy_j, 'J')} -> {show(strong.energy_j, 'J')}"
    assert re.fullmatch(rf"<Diff: {re.escape(energies)}, time .* per repetition>", repr(found))


def test_a_difference_is_a_table_that_sums_to_the_change(run: chipsim.Run, strong: chipsim.Run) -> None:
    pytest.importorskip("pandas")
    found = chipsim.diff(run, strong)
    frame = found.to_pandas()
    change = strong.energy_j - run.energy_j
    assert frame[["counts_j", "time_j", "prices_j"]].sum().sum() == pytest.approx(change, rel=1e-9)
    assert frame.attrs["units"] == {name: "J" for name in frame.columns if name not in ("component", "action")}


# --- names of a comparison ----------------------------------------------------------------------------------------


def test_runs_are_named_by_files_chips_or_as_asked(run: chipsim.Run, strong: chipsim.Run, tmp_path: Path) -> None:
    run.save(tmp_path / "first.h5")
    compared = chipsim.compare(tmp_path / "first.h5", run, strong, best=strong)
    assert list(compared.runs) == ["first", "tiny (1)", "tiny (2)", "best"]
    assert compared.first == "first"
    diffs = compared.diffs()
    assert list(diffs) == ["tiny (1)", "tiny (2)", "best"]
    assert diffs["tiny (1)"].causes_j() == {"counts": 0, "time": 0, "prices": 0}
    assert diffs["best"].energy_b_j == strong.energy_j


def test_what_cannot_stand_side_by_side_is_refused(run: chipsim.Run) -> None:
    with refused("result.not-comparable", "at least two"):
        chipsim.compare(run)
    with refused("result.not-comparable", "tiny"):
        chipsim.compare(run, tiny=run)
    with refused("result.not-comparable", "scope"):
        chipsim.compare(a=run, b=chipsim.reprice(run, scope="fabric"))
