"""Several runs side by side, and figures as files: what they say is what the runs say."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
from support_cli import call
from support_errors import code_of
from support_pages import Page

from chipsim.report.comparison import (
    Comparison,
    change_lines,
    figure_lines,
    ledger_lines,
    ledgers_csv,
    read_runs,
    spec_lines,
)
from chipsim.report.comparison_findings import findings
from chipsim.report.comparison_page import comparison_page
from chipsim.report.headline import dominant_price
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.units import show

SAMPLED = {"schedule.sweeps": 600, "schedule.beta": 0.2}
RUNS: dict[str, tuple[str, str, dict[str, Any], str | None]] = {
    "base": ("tiny", "spin-glass", SAMPLED, None),
    "wide": ("tiny", "spin-glass", {**SAMPLED, "couplers.swing": "0.3 V", "fabric.pattern": "kings"}, None),
    "dear": ("tiny", "spin-glass", {**SAMPLED, "prices.rng.on.power": "5 nW"}, None),
    "cut": ("torus-2d", "gset", {"problem.graph": "G11", "schedule.sweeps": 200}, "dtca-main"),
    "short": ("tiny", "spin-glass", {"schedule.sweeps": 4, "schedule.read_every": "never"}, None),
}


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {name: simulate(plan(*given[:3], prices=given[3]), lanes=32) for name, given in RUNS.items()}


@pytest.fixture
def files(runs: dict[str, Run], tmp_path: Path) -> dict[str, Path]:
    for name, run in runs.items():
        run.save(tmp_path / f"{name}.h5")
    return {name: tmp_path / f"{name}.h5" for name in runs}


def cells(lines: Any) -> dict[str, tuple[str, ...]]:
    return {line.label: line.cells for line in lines}


def test_figures_are_those_of_each_run(runs: dict[str, Run]) -> None:
    found = cells(figure_lines(Comparison(runs)))
    for index, run in enumerate(runs.values()):
        s = run.summary
        assert found["chip"][index] == s["chip"]
        assert found["energy per repetition"][index].startswith(show(run.energy_j, "J"))
        assert found["time per repetition"][index] == show(s["elapsed_s"], "s")
        assert found["bottleneck"][index].startswith(s["limit"]["waits_for"])
        if s["joules_per_effective_sample"] is not None:
            said = f"{show(s['joules_per_effective_sample'], 'J')} +- "
            assert found["joules per effective sample"][index].startswith(said)
    assert found["joules per effective sample"][3:] == ("-", "-")
    assert found["best cut"][:3] == ("-", "-", "-")
    assert float(found["best cut"][3]) == runs["cut"].summary["best_cut"]
    # A line that nobody has is no line.
    assert "best cut" not in cells(figure_lines(Comparison({name: runs[name] for name in ("base", "wide")})))


def test_only_what_differs_is_shown_of_the_specs(runs: dict[str, Run]) -> None:
    found = cells(spec_lines(Comparison({name: runs[name] for name in ("base", "wide", "dear")})))
    assert found == {
        "fabric.pattern": ("square", "kings", "square"),
        "fabric.couplers": ("24", "42", "24"),
        "couplers.swing": ("0.1034", "0.3", "0.1034"),
    }
    assert spec_lines(Comparison({"one": runs["base"], "two": runs["base"]})) == []


def test_changes_are_exact_and_each_to_its_cause(runs: dict[str, Run]) -> None:
    found = cells(change_lines(Comparison({name: runs[name] for name in ("base", "dear", "short")})))
    ranges, reversed_by = found.pop("at any prices in bounds"), found.pop("prices that could reverse it")
    widths = found.pop("+- (95 %, over lanes)")
    assert (ranges[0], reversed_by[0], widths[0]) == ("0 J", "none", "0 J")
    assert {values[0] for values in found.values()} == {"0 J"}
    dearer = show(runs["dear"].energy_j - runs["base"].energy_j, "J")
    assert [values[1] for values in found.values()] == ["0 J", "0 J", f"+{dearer}", f"+{dearer}"]
    assert found["in all"][2] == f"-{show(runs['base'].energy_j - runs['short'].energy_j, 'J')}"


def test_ledgers_stand_beside_each_other(runs: dict[str, Run]) -> None:
    lines = ledger_lines(Comparison(runs))
    found = cells(lines)
    assert next(iter(found)) == "host.instruction"
    assert found["total"] == tuple(show(run.energy_j, "J") for run in runs.values())
    assert found["readout.sense"][-1] == "-"  # the short one reads nothing
    assert found["cells.update"][0] == "included"
    assert found["host.on"][0] == "unpriced"
    rows = list(csv.DictReader(io.StringIO(ledgers_csv(Comparison(runs)))))
    for name, run in runs.items():
        mine = [float(row["energy_j"] or 0) for row in rows if row["run"] == name]
        assert math.fsum(mine) == pytest.approx(run.energy_j, rel=1e-12, abs=0)


@pytest.mark.parametrize("names", [("base", "wide", "dear"), ("cut", "short"), tuple(RUNS)], ids="-".join)
def test_the_page_stands_alone(runs: dict[str, Run], names: tuple[str, ...]) -> None:
    compared = Comparison({name: runs[name] for name in names})
    text = comparison_page(compared)
    page = Page(text)
    assert page.open == []
    assert all(link.startswith("#") for link in page.links), page.links
    assert len(page.ids) == len(set(page.ids))
    drawn = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawn) == (5 if names[0] == "base" else 4)  # the cost of a sample, where at least two know it
    assert all(ElementTree.fromstring(drawing).tag.endswith("svg") for drawing in drawn)
    for line in (*figure_lines(compared), *change_lines(compared), *ledger_lines(compared), *spec_lines(compared)):
        assert line.label in page.text
        assert all(cell in page.text for cell in line.cells)
    for name in names:
        assert runs[name].summary["command"] in page.text


def test_conclusions_name_the_runs_that_they_rest_on(runs: dict[str, Run]) -> None:
    chosen = {name: runs[name] for name in ("base", "dear", "short")}
    energy, *rest = findings(Comparison(chosen))
    ratio = runs["dear"].energy_j / runs["short"].energy_j
    assert energy.startswith(
        f"Of the 3 runs, short has the least energy per repetition, {show(runs['short'].energy_j, 'J')}, "
    )
    assert energy.endswith(f"and dear the most, {100 * (ratio - 1):.2g} % more.")
    assert "base uses less energy than dear, but the price of rng.on alone could reverse that." in rest
    sampled = next(sentence for sentence in rest if "effective sample" in sentence)
    assert sampled.startswith("Of the 2 of 3 runs that have one, base has the least energy per effective sample, ")
    price = dominant_price(runs["base"].summary)
    assert price is not None
    assert any(f"The price of {price.name} has the largest share of the price range in base (" in line for line in rest)
    same = findings(Comparison({"one": runs["base"], "two": runs["base"]}))
    assert same[0] == f"Of the 2 runs, all have the same energy per repetition, {show(runs['base'].energy_j, 'J')}."
    mixed = findings(Comparison({name: runs[name] for name in ("base", "cut")}))
    assert mixed[0] == "The runs have different workloads, so a lower energy or time is not a better chip."


def test_names_of_files_cannot_write_markup(runs: dict[str, Run]) -> None:
    bad = "<img src=x onerror=alert(1)>"
    text = comparison_page(Comparison({bad: runs["base"], "other": runs["wide"]}))
    assert bad not in text
    assert "&lt;img src=x" in text


def test_the_command_shows_and_writes_all_forms(files: dict[str, Path], tmp_path: Path) -> None:
    chosen = [files[name] for name in ("base", "wide", "dear")]
    shown = call("report", *chosen).stdout
    lines = shown.splitlines()
    assert lines[0].startswith("Of the 3 runs, base has the least energy per repetition, ")
    assert ["base", "wide", "dear"] in [line.split() for line in lines]
    assert "why the energy differs from base" in shown
    assert "fabric.pattern" in shown
    wanted = ("--html", tmp_path / "c.html", "--csv", tmp_path / "c.csv", "--json", tmp_path / "c.json")
    done = call("report", *chosen, *wanted, "--figures", tmp_path / "drawn")
    assert done.exit_code == 0, done.output
    assert len(json.loads((tmp_path / "c.json").read_text())) == 3
    assert (tmp_path / "c.csv").read_text().startswith("run,component,kind,action,")
    assert "<h1>3 runs side by side</h1>" in (tmp_path / "c.html").read_text()
    assert "energy.svg" in done.stdout


def test_every_figure_is_an_svg_and_a_png(files: dict[str, Path], tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        assert call("report", files["base"], "--figures", folder).exit_code == 0
    names = sorted(path.stem for path in one.glob("*.svg"))
    curve = "workload-Autocorrelation-of-the-slowest-observable"
    assert names == ["busy", "energy", "phases", "timeline", "toggles", "trace", curve]
    assert sorted(path.stem for path in one.glob("*.png")) == names
    for name in names:
        assert ElementTree.parse(one / f"{name}.svg").getroot().tag.endswith("svg")
        rows, columns, _ = matplotlib.image.imread(one / f"{name}.png").shape
        assert rows > 150
        assert columns > 1000
        assert (one / f"{name}.svg").read_bytes() == (other / f"{name}.svg").read_bytes()
    assert not list(one.glob(".*"))


def test_files_of_one_name_go_by_their_paths(files: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "base.h5"
    twin.write_bytes(files["wide"].read_bytes())
    assert list(read_runs([str(files["base"]), str(twin)]).runs) == [str(files["base"]), str(twin)]


def test_mistakes(files: dict[str, Path], tmp_path: Path) -> None:
    base = files["base"]
    (tmp_path / "file").write_text("")
    for arguments, code, told in (
        ((base, tmp_path / "." / "base.h5"), "result.not-comparable", "base.h5: "),
        ((base, tmp_path), "result.not-comparable", "is a folder"),
        ((base, tmp_path / "none.h5"), "file.missing", "none.h5: "),
        ((base, "--figures", tmp_path / "file"), "file.not-writable", "file: is a file; choose another folder"),
        ((base, "--figures", tmp_path / "no" / "folder"), "file.missing", "no does not exist; create it or choose"),
        ((base, "--html", tmp_path / "no" / "page.html"), "file.missing", "page.html: the folder "),
    ):
        done = call("report", *arguments)
        assert (code_of(done), told in done.stderr) == (code, True), done.stderr
    assert "Missing argument 'RUN.h5|DIR...'" in call("report").stderr
