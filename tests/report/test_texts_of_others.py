"""Names are data: no markup, no formula of a table, no mathematics of a figure, no command to a terminal."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from support_cli import call

from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate

NAMES = ("[/]", "[bold]x", ":smile:", "$x^{$", "run [seed=1]")


@pytest.fixture(scope="module")
def done() -> Run:
    return simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 20}), lanes=2)


def named(run: Run, name: str) -> Run:
    """The run with a name in place of those of chip, workload and prices."""
    core, block = run.summary.core, run.summary.workload
    core = replace(core, request=replace(core.request, chip=name))
    ledger = tuple(replace(row, source=name, price=name) for row in run.summary.priced.ledger)
    priced = replace(run.summary.priced, prices=name, ledger=ledger)
    return replace(run, summary=replace(run.summary, core=core, priced=priced, workload=replace(block, name=name)))


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_names_as_they_are(name: str, done: Run, tmp_path: Path) -> None:
    files = [tmp_path / f"{letter}-{name.replace('/', '')}.h5" for letter in "ab"]
    for file in files:
        named(done, name).save(file)
    assert f"{name} on {name}" in call("report", files[0]).output
    compared = call("report", *files).output
    assert all(file.stem in compared for file in files)
    assert name in compared


@pytest.mark.parametrize("name", ["$x^{$", "$\\frac$"])
def test_a_figure_takes_no_name_for_mathematics(name: str, done: Run, tmp_path: Path) -> None:
    files = [tmp_path / f"{letter}{name}.h5" for letter in "ab"]
    for file in files:
        done.save(file)
    page = tmp_path / "page.html"
    assert call("report", *files, "--html", page).exit_code == 0
    assert f"a{name}" in page.read_text()


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+cmd|x", "-cmd|x", "-1+cmd|x"])
def test_a_table_holds_no_formula(name: str, done: Run, tmp_path: Path) -> None:
    named(done, name).save(tmp_path / "run.h5")
    call("report", tmp_path / "run.h5", "--csv", tmp_path / "run.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "run.csv").read_text())))
    assert {row["source"] for row in rows} == {f"'{name}"}
    assert all(float(row["low_j"]) >= 0 for row in rows)


def test_a_message_prints_no_control_characters(tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text("0 1 \x1b[2J\n")
    spec = tmp_path / "w.yaml"
    spec.write_text(
        "chipsim: 1\nworkload: ising\nname: x\nproblem: {edge_list: e.txt}\n"
        "schedule: {mode: sample, sweeps: 5, beta: 1}\n"
    )
    result = call("check", "any-graph", spec)
    assert result.exit_code == 2
    assert "\\x1b[2J" in result.stderr
    assert "\x1b" not in result.stderr


def test_a_message_is_not_endless(tmp_path: Path) -> None:
    result = call("check", "x" * 25_000)
    assert (result.exit_code, len(result.stderr) < 1100) == (2, True)


def test_figures_do_not_depend_on_the_plotting_configuration_of_the_user(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib as mpl

    from chipsim.report.page import html_page

    plain = html_page(done)
    with mpl.rc_context({"axes.facecolor": "red", "font.size": 40, "axes.prop_cycle": "cycler('color', ['red'])"}):
        assert html_page(done) == plain
        assert mpl.rcParams["font.size"] == 40
