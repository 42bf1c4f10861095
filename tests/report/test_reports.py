"""JSON, CSV, HTML and terminal say the same as the run, and the JSON has the keys that were promised."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text
from support_pages import Page

from chipsim.ledger.priced import PhaseCost
from chipsim.report.fitting import shortened
from chipsim.report.headline import dominant_price
from chipsim.report.page import html_page
from chipsim.report.phases import phase_groups
from chipsim.report.tables import ledger_csv, summary_json
from chipsim.report.terminal import print_summary
from chipsim.results.result import Run
from chipsim.results.sensitivity import sensitivities
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.units import show, show_amount, show_ratio
from chipsim.workloads.ising.reads import best_facts
from chipsim.workloads.sections import Facts

ENERGY_GROUPS = {"fabric", "program", "clamp", "readout", "link", "memory", "digital", "static"}
KEYS = {
    "activity_id": str,
    "run_id": str,
    "seed": int,
    "lanes": int,
    "elapsed_s": float,
    "wall_s": float,
    "updates": int,
    "toggles": int,
    "updates_per_ns": float,
    "energy_j": float,
    "energy_ci95_j": float,
    "energy_by_group_j": dict,
    "phases": list,
    "share_by_grade": dict,
    "ledger": list,
}
ROW_KEYS = {"component", "action", "count", "energy_j", "busy_s", "grade", "seen", "source"}


@pytest.fixture(scope="module")
def sampled() -> Run:
    settings = {"schedule.sweeps": 3000, "schedule.beta": 0.2, "schedule.read_every": 300}
    return simulate(plan("tiny", "spin-glass", settings), lanes=32, seed=9)


@pytest.fixture(scope="module")
def solved() -> Run:
    settings = {"schedule.sweeps": 2000, "schedule.beta.steps": 100, "schedule.record_every": 100}
    return simulate(plan("torus-2d", "gset", settings), lanes=64)


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def parsed(run: Run) -> dict[str, Any]:
    return json.loads(summary_json(run.summary), parse_constant=no_constant)


@pytest.mark.parametrize("which", ["sampled", "solved"])
def test_json_has_the_promised_keys(which: str, request: pytest.FixtureRequest) -> None:
    summary = parsed(request.getfixturevalue(which))
    for key, kind in KEYS.items():
        assert isinstance(summary[key], kind), key
    assert set(summary["energy_by_group_j"]) == ENERGY_GROUPS
    assert set(summary["share_by_grade"]) == {"measured", "simulated", "derived", "assumed"}
    for phase in summary["phases"]:
        assert set(phase) == {"name", "start_s", "end_s", "energy_j"}
        assert phase["start_s"] <= phase["end_s"] <= summary["elapsed_s"]
    for row in summary["ledger"]:
        assert set(row) >= ROW_KEYS
        assert row["energy_j"] is None or math.isfinite(row["energy_j"])
        assert row["grade"] in ("measured", "simulated", "derived", "assumed", "unpriced")
        assert row["seen"] in ("primary", "quoted", "recalled", "none", "-")
        assert row["source"] or row["grade"] == "unpriced"
    assert {"effective_samples", "joules_per_effective_sample"} <= set(summary)


def test_samples_and_their_price(sampled: Run) -> None:
    summary = parsed(sampled)
    assert 0 < summary["effective_samples"] <= 3000 * 32
    total = summary["energy_j"] * 32
    assert summary["joules_per_effective_sample"] == pytest.approx(
        total / summary["effective_samples"], rel=1e-12, abs=0
    )
    # Ten reads, of which eight come after the warm-up and are far apart.
    assert summary["delivered_samples"] == pytest.approx(8 * 32, rel=0.02, abs=0)
    assert summary["joules_per_delivered_sample"] == pytest.approx(
        total / summary["delivered_samples"], rel=1e-12, abs=0
    )


def test_a_max_cut_adds_its_cuts_and_costs_to_solution(solved: Run) -> None:
    summary = parsed(solved)
    assert summary["workload"]["kind"] == "ising"
    found = summary["workload"]["figures"]
    assert found["target_cut"] == pytest.approx(0.995 * 564)
    assert found["best_known_cut"] == 564
    assert 500 < found["best_cut"] <= found["true_best_cut_unbilled"] <= 564
    assert found["gap_to_true_best"] == pytest.approx(2 * (found["true_best_cut_unbilled"] - found["best_cut"]))
    p = summary["success_probability"]
    assert p["low"] <= p["value"] <= p["high"]
    repeats = math.log(0.01) / math.log(1 - p["value"])
    assert 0 < p["value"] < 0.99
    assert summary["time_to_solution_s"]["value"] == pytest.approx(repeats * summary["elapsed_s"], rel=1e-9, abs=0)
    assert summary["energy_to_solution_j"]["value"] == pytest.approx(repeats * summary["energy_j"], rel=1e-9, abs=0)


def test_csv_is_the_ledger(sampled: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(ledger_csv(sampled.summary))))
    ledger = sampled.summary["ledger"]
    assert len(rows) == len(ledger)
    for written, row in zip(rows, ledger, strict=True):
        assert set(written) == set(row)
        assert written["source"] == row["source"]
        assert float(written["count"]) == row["count"]
        assert written["energy_j"] == "" if row["energy_j"] is None else float(written["energy_j"]) == row["energy_j"]
    assert math.fsum(float(row["energy_j"] or 0) for row in rows) == pytest.approx(sampled.energy_j, rel=1e-12, abs=0)


@pytest.mark.parametrize("which", ["sampled", "solved"])
def test_the_page_stands_alone_and_says_what_the_run_says(which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which)
    text = html_page(run)
    page = Page(text)
    assert page.open == []
    # Nothing is fetched: the only links are those inside the drawings.
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links), page.links
    assert not re.search(r"@import|url\(\s*['\"]?(?!#|data:)", text)
    assert len(page.ids) == len(set(page.ids)) > 100
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert show(run.energy_j, "J") in page.text
    for jobs, energy in run.summary["energy_per_job_j"].items():
        assert show(energy, "J") in page.text
        assert show(run.summary["time_per_job_s"][jobs], "s") in page.text
    for figure in run.summary["key_figures"].values():
        assert figure["meaning"] in page.text
    for platform in run.summary["platforms"]:
        assert platform["source"] in page.text
        assert platform["ratio"] is None or show_ratio(platform["ratio"]) in page.text
    assert run.summary["command"] in page.text
    assert run.summary["run_id"] in page.text
    for row in run.summary["ledger"]:
        assert row["source"] in page.text
        assert row["component"] in page.text
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        assert ElementTree.fromstring(drawing).tag.endswith("svg")
    for name, source in run.sources.items():
        assert name in page.text
        assert source in page.text


def test_the_first_screen_has_tiles_bottleneck_and_scopes(sampled: Run) -> None:
    text = html_page(sampled)
    summary = sampled.summary
    found = re.findall(r'<div class="tile"><h2>(.*?)</h2><strong>(.*?)</strong>(.*?)</div>', text)
    assert [name for name, _, _ in found] == ["Energy", "Time", "Quality", "Largest uncertainty"]
    low, high = summary["energy_price_range_j"]
    energy, time, quality, uncertainty = found
    assert energy[1] == show(sampled.energy_j, "J")
    assert f"{show(low, 'J')} to {show(high, 'J')} by prices" in energy[2]
    assert f"+- {show(summary['energy_ci95_j'], 'J', 2)} over 32 lanes (95 %)" in energy[2]
    assert time[1] == show(summary["elapsed_s"], "s")
    assert quality[1] == f"{round(summary['effective_samples']):,}"
    main = dominant_price(summary)
    assert main is not None
    assert uncertainty[1] == f"price {main.name}"
    assert f"from {show(main.low_j, 'J')} to {show(main.high_j, 'J')}" in uncertainty[2]
    widest = sensitivities(sampled)[0]
    assert (main.name, main.low_j, main.high_j) == (
        widest.price,
        pytest.approx(widest.low_j),
        pytest.approx(widest.high_j),
    )
    first = summary["limit"]["steps"][0]
    sentence = re.search(r'<p class="lead">(.*?)</p>', text)
    assert sentence is not None
    assert sentence[1].startswith(f"Bottleneck: {first['resources'][0]} ({first['operations'][0]}); removing it saves ")
    assert show(first["gain_s"], "s") in sentence[1]
    assert show(first["elapsed_s"], "s") in sentence[1]
    assert text.index('class="tiles"') < text.index('class="lead"') < text.index('id="s-scopes"')
    assert text.index('id="s-scopes"') < text.index('id="s-energy"')
    for scope in summary["scopes"]:
        assert show(scope["energy_j"]["1"], "J") in text


def test_the_navigation_leads_to_every_section(sampled: Run) -> None:
    text = html_page(sampled)
    links = re.findall(r'<li><a href="#(s-\w+)">', text)
    assert links == re.findall(r'<section id="(s-\w+)">', text)
    assert len(links) >= 9
    assert "chipsim export RUN.h5 --perfetto trace.json" in text


def test_the_ledger_table_sorts_by_raw_values_and_folds_by_component(sampled: Run) -> None:
    text = html_page(sampled)
    table = text[text.index('id="s-ledger"') : text.index('id="s-notes"')]
    assert '<table class="sortable">' in table
    rows = sampled.summary["ledger"]
    energies = {float(value) for value in re.findall(r'data-v="([^"]+)">[^<]* [a-z]?J<', table)}
    assert {row["energy_j"] for row in rows if row["energy_j"] is not None} <= energies
    names = [row["component"] for row in rows]
    assert table.count('<tbody class="part">') == len({name for name in names if names.count(name) > 1})
    host = math.fsum(row["energy_j"] or 0.0 for row in rows if row["component"] == "host")
    assert (
        f'<th scope="row">host</th><td>3 actions</td><td class="n"></td><td></td><td class="n" data-v="{host}">'
        in table
    )


def test_bars_and_dots_show_their_values_on_hover(sampled: Run) -> None:
    text = html_page(sampled)
    titles = re.findall(r"<title>(.*?)</title>", text)[1:]
    energies = {}
    for row in sampled.summary["ledger"]:
        energies[row["component"]] = energies.get(row["component"], 0.0) + (row["energy_j"] or 0.0)
    for name, energy in energies.items():
        if energy:
            assert any(title.startswith(f"{name}: {show(energy, 'J')} (") for title in titles), name


def test_micro_is_written_alike_in_texts_and_figures(sampled: Run, solved: Run) -> None:
    for run in (sampled, solved):
        text = html_page(run)
        assert not re.search("[\u00b5\u03bc]", text)
        assert re.search(r"\bus\b", text)


def test_thousands_of_phases_are_grouped() -> None:
    phases = [PhaseCost(f"layer {i % 30} {word}", i, i + 0.5, 2.0) for i in range(300) for word in ("read", "sample")]
    found = phase_groups(phases)
    assert [(group.name, group.count) for group in found] == [("read", 300), ("sample", 300)]
    assert (found[0].start_s, found[0].end_s, found[0].busy_s, found[0].energy_j) == (0, 299.5, 150.0, 600.0)
    assert len(phase_groups(phases, 60)) == 60
    many = [PhaseCost(f"step{i}", i, i + 1, float(i)) for i in range(50)]
    named = [group.name for group in phase_groups(many)]
    assert set(named) == {*(f"step{i}" for i in range(37, 50)), "37 others"}
    assert math.fsum(group.energy_j for group in phase_groups(many)) == sum(range(50))


def test_names_in_specs_cannot_write_markup(tmp_path: Any) -> None:
    bad = "<img src=x onerror=alert(1)>"
    run = simulate(plan("tiny", "clamped", {"schedule.sweeps": 10, "name": bad}), lanes=2)
    text = html_page(run)
    assert bad not in text
    assert "&lt;img src=x" in text


def printed(run: Run, width: int, verbose: bool = False) -> str:
    out = io.StringIO()
    print_summary(run.summary, Console(file=out, width=width, highlight=False), verbose)
    return out.getvalue()


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("which", ["sampled", "solved"])
def test_numbers_are_whole_on_40_columns(which: str, verbose: bool, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which)
    text = printed(run, 40, verbose)
    assert max(map(len, text.splitlines())) <= 40
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    rows = sorted((row for row in run.summary["ledger"] if row["energy_j"]), key=lambda row: -row["energy_j"])
    shown = rows if verbose else rows[:3]
    for row in (*shown, {"energy_j": run.energy_j}):
        assert show(row["energy_j"], "J") in text
    for row in shown:
        assert show_amount(row["count"], row["unit"])[0] in text


def test_a_long_line_ends_before_a_number() -> None:
    begin = "energy of a repetition in this scope, with its load of all the weights:"
    assert shortened(Text(f"{begin} 17.25 nJ"), 80).plain == f"{begin} 17.25 nJ"
    assert shortened(Text(f"{begin} 1,117.25 nJ"), 80).plain == f"{begin} \N{HORIZONTAL ELLIPSIS}"
    assert shortened(Text(f"{begin} 1,117.25 nJ"), 79).plain == f"{begin} 1,117.25 nJ"


@pytest.mark.parametrize("width", [80, 132])
@pytest.mark.parametrize("which", ["sampled", "solved"])
def test_the_short_form_fits_on_a_screen(which: str, width: int, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which)
    lines = printed(run, width).splitlines()
    # `chipsim run` prints three more below, and a shell its prompt.
    assert len(lines) <= 20
    assert max(map(len, lines)) <= width
    assert lines[1].startswith(f"energy     {show(run.energy_j, 'J')} per repetition")
    rows = sorted((row for row in run.summary["ledger"] if row["energy_j"]), key=lambda row: -row["energy_j"])
    begin = next(i for i, line in enumerate(lines) if line.startswith("component "))
    end = next(i for i, line in enumerate(lines) if " more (-v) " in line)
    for row, line in zip(rows, lines[begin + 1 : end], strict=False):
        assert line.split()[0] == row["component"]
        assert f" {show(row['energy_j'], 'J')} " in line
    shown = end - begin - 1
    assert shown >= 3
    assert lines[end].split()[0] == str(len(rows) - shown)
    assert show(math.fsum(row["energy_j"] for row in rows[shown:]), "J") in lines[end]
    assert lines[end + 1].split()[:3] == ["total", *show(run.energy_j, "J").split()]


def test_the_price_that_dominates_is_the_one_with_the_widest_range(sampled: Run) -> None:
    swings: dict[str, float] = {}
    for row in sampled.summary["ledger"]:
        swings[row["price"]] = swings.get(row["price"], 0.0) + row["high_j"] - row["low_j"]
    name = max(swings, key=lambda price: swings[price])
    share = swings[name] / math.fsum(swings.values())
    assert f"; mostly {name} ({share:.1%} of the range)" in printed(sampled, 132)


def test_a_count_in_attojoules_is_an_energy() -> None:
    run = simulate(plan("ou-256", "linear-solve", {"schedule.samples": 20}), lanes=1)
    counted = [row for row in run.summary["ledger"] if row["unit"] == "aJ"]
    assert counted
    text = printed(run, 132, verbose=True)
    assert " aJ " not in "".join(line for line in text.splitlines() if " dissipate " in line)
    for row in counted:
        assert show(row["count"] * 1e-18, "J") in text


def test_cuts_have_all_their_digits(solved: Run) -> None:
    block = replace(solved.summary.workload, sections=(Facts(tuple(best_facts(CUTS))),))
    text = printed(replace(solved, summary=replace(solved.summary, workload=block)), 132)
    assert "13,359 read out, target 13,292.205, best known 13,384; best state visited 13,360 (never read out)" in text


CUTS = {"best_cut": 13359.0, "target_cut": 13292.205, "best_known_cut": 13384.0, "true_best_cut_unbilled": 13360.0}


def test_the_long_form_shows_every_row_and_adds_up(sampled: Run) -> None:
    text = printed(sampled, 132, verbose=True)
    assert max(map(len, text.splitlines())) <= 132
    assert show(sampled.energy_j, "J") in text
    for row in sampled.summary["ledger"]:
        assert re.search(rf"^{re.escape(row['component'])}\b.* {row['action']} ", text, re.MULTILINE), row["component"]
    assert "unpriced, not in the total: host.on, clock.on" in text
    assert "by prices dtca-appendix" in text
    assert "probability of a wrong read bit below 1e-12" in text


def test_a_run_of_one_lane_can_be_reported() -> None:
    run = simulate(plan("tiny", "clamped", {"schedule.sweeps": 10, "schedule.record_every": "never"}), lanes=1)
    assert parsed(run)["energy_ci95_j"] is None
    assert Page(html_page(run)).open == []
    print_summary(run.summary, Console(file=io.StringIO(), width=80))
