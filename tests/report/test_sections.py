"""What a workload hands over is drawn without knowing it, and takes the place of nothing that the run says."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support_pages import Page

from chipsim.report.comparison import Comparison, figure_lines
from chipsim.report.figures import figures_of
from chipsim.report.headline import headline
from chipsim.report.page import html_page
from chipsim.report.sections import fact_text, show_value
from chipsim.report.terminal import print_summary
from chipsim.results.result import Run
from chipsim.results.summary import WorkloadBlock
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.workloads.sections import Column, Curve, Fact, Facts, Images, Section, Series, Table, facts_of

BAD = "<img src=x onerror=alert(1)>"
SECTIONS: tuple[Section, ...] = (
    Facts((Fact("depth", 12345, "turns", "of many"), Fact("chip", 0.25, "%"), Fact("cost", 2.5e-9, "s"))),
    Table("Parts", (Column(BAD), Column("size", "m"), Column("share", "%")), (("first", 2.0, 0.5), (BAD, None, 0.25))),
    Curve("energy", "turn", "height", (Series("rise", "rise"), Series("fall", "fall", x="turns", right=True)), "depth"),
    Curve("Lost", "turn", "height", (Series("gone", "gone"),)),
    Images("Sheet", "sheet", across=2),
    Images("Lines", "lines"),
    Images("Nothing", "gone"),
)
ARRAYS: dict[str, Any] = {
    "rise": np.arange(5.0),
    "fall": np.arange(3.0),
    "turns": np.array([1, 3, 5]),
    "sheet": np.zeros((3, 4, 4), np.uint8),
    "lines": np.zeros((2, 3, 4, 4), np.uint8),
}


@pytest.fixture(scope="module")
def run() -> Run:
    made = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), lanes=2)
    block = WorkloadBlock("mine", "unheard-of", {"lanes": 7}, SECTIONS)
    return replace(made, summary=replace(made.summary, workload=block), arrays=ARRAYS)


def test_facts_stand_in_the_headline(run: Run) -> None:
    lines = dict(headline(run.summary))
    assert (lines["depth"], lines["chip"], lines["cost"]) == ("12,345 turns of many", "25.0%", "2.500 ns")
    assert "tau_int" not in lines


def test_the_terminal_shows_facts_and_tables(run: Run) -> None:
    out = io.StringIO()
    print_summary(run.summary, Console(file=out, width=132, highlight=False), verbose=True)
    text = out.getvalue()
    assert "tiny on mine, prices" in text
    assert "depth      12,345 turns of many" in text
    assert [line.split() for line in text.splitlines() if line.startswith("first")] == [["first", "2", "50.0%"]]
    assert "size (m)" in text


def test_the_page_shows_all_of_it_and_no_markup_from_it(run: Run) -> None:
    text = html_page(run)
    page = Page(text)
    assert page.open == []
    assert BAD not in text
    assert "&lt;img src=x" in text
    for word in ("12,345 turns of many", "size (m)", "rise", "fall", "Sheet, 3 of 3", "Lines"):
        assert word in page.text, word
    assert text.count('class="pixels"') == 2
    assert "Lost" not in page.text
    assert "Nothing" not in page.text


def test_a_curve_takes_no_other_figures_place(run: Run) -> None:
    drawn = figures_of(run)
    assert {"energy", "workload energy"} < set(drawn)
    left, right = drawn["workload energy"].axes
    assert (left.get_ylabel(), right.get_ylabel(), left.get_xlabel()) == ("height", "depth", "turn")
    assert [line.get_xdata().tolist() for line in (*left.lines, *right.lines)] == [[1, 2, 3, 4, 5], [1, 3, 5]]


def test_a_fact_takes_no_other_figures_place_in_a_comparison(run: Run) -> None:
    other = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), lanes=2)
    found = {line.label: line.cells for line in figure_lines(Comparison({"mine": run, "other": other}))}
    assert found["chip"] == ("tiny", "tiny")
    assert found["chip (workload)"] == ("25.0%", "-")
    assert found["workload"] == ("mine", "spin-glass")
    assert found["depth"] == ("12,345 turns", "-")


def test_values_are_shown_with_their_units() -> None:
    shown = [show_value(*given) for given in ((0.5, "%"), (1.5e-6, "J"), (3, "sweeps"), (0.01234567,), (None,), ("a",))]
    assert shown == ["50.0%", "1.500 uJ", "3 sweeps", "0.01235", "-", "a"]
    assert show_value(0.01234567, "", 2) == "0.012"
    assert fact_text(Fact("x", None, note="not known")) == "not known"
    assert fact_text(Fact("x", 0.5, note="; more")) == "0.5; more"


def test_without_sections_of_its_own_a_workload_shows_its_single_figures() -> None:
    facts = facts_of({"a": 1, "b": [1], "c": {"d": 1}, "e": "word", "f": None}).facts
    assert [(fact.name, fact.value) for fact in facts] == [("a", 1), ("e", "word")]
