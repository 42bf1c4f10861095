"""The headline figures, recomputed from the ledger rows, the trace and the price of each platform written out here."""

from __future__ import annotations

import json
import math
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console
from support_timelines import Fixed

import chipsim
from chipsim.cli.main import main
from chipsim.engine.occupancy import BINS, covered_fs, occupancy
from chipsim.engine.timeline import Hold, Timeline
from chipsim.problems.problem import Problem
from chipsim.report.headline import brief, headline
from chipsim.report.page import html_page
from chipsim.report.tables import summary_json
from chipsim.report.terminal import MAX_LINES, render_brief
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.units import show, to_seconds

SWEEPS, CELLS, COUPLERS = 250, 4_900, 26_088


@pytest.fixture(scope="module")
def dtca() -> Run:
    return simulate(plan("dtca-70", "spin-glass", {"schedule.sweeps": SWEEPS, "platforms.this-cpu.tdp": "65 W"}))


def test_headline_numbers_follow_from_the_rows_of_the_json(dtca: Run) -> None:
    summary = json.loads(summary_json(dtca.summary))
    rows = summary["ledger"]
    assert summary["energy_j"] == pytest.approx(math.fsum(r["energy_j"] or 0 for r in rows), rel=1e-12, abs=0)
    for jobs in (1, 100, 10_000):
        low = high = energy = 0.0
        for r in rows:
            if r["energy_j"]:
                kept = 1 - r["once_j"] / r["energy_j"] + r["once_j"] / r["energy_j"] / jobs
                low, energy, high = low + r["low_j"] * kept, energy + r["energy_j"] * kept, high + r["high_j"] * kept
        assert summary["energy_per_job_j"][str(jobs)] == pytest.approx(energy, rel=1e-9, abs=0)
        assert summary["energy_per_job_range_j"][str(jobs)] == pytest.approx([low, high], rel=1e-9, abs=0)
    auxiliary = math.fsum(r["energy_j"] or 0 for r in rows if r["kind"] in ("host", "controller", "link"))
    figures = summary["key_figures"]
    assert figures["auxiliary_digital"]["energy_share"] == pytest.approx(auxiliary / summary["energy_j"], rel=1e-12)
    assert figures["samples_per_answer"]["value"] == 1
    assert (figures["mapping_cost"]["cells_per_spin"], figures["mapping_cost"]["couplers_per_edge"]) == (1.0, 1.0)
    # Cells, noise and couplers are busy as long, but it is the clock that takes the time.
    limit = summary["limit"]
    assert (limit["waits_for"], limit["gain_s"]) == ("clock", pytest.approx(SWEEPS * 200e-9, rel=1e-12))
    assert limit["gain_s"] + limit["without_it_s"] == pytest.approx(summary["elapsed_s"], rel=1e-12)
    assert [step["resources"] for step in limit["steps"][:4]] == [
        ["clock"],
        ["host"],
        ["link"],
        ["controller", "weights"],
    ]
    assert limit["steps"][-1]["elapsed_s"] == 0


def test_a_kept_load_saves_the_time_in_which_nothing_else_happened(dtca: Run) -> None:
    phases = {phase["name"]: phase for phase in dtca.summary["phases"]}
    # Bias and load start together; the load is the longer one, and sampling waits for it.
    alone = phases["program"]["end_s"] - phases["bias"]["end_s"]
    saved = dtca.summary["time_per_job_s"]["1"] - dtca.summary["time_per_job_s"]["100"]
    assert saved == pytest.approx(alone * 0.99, rel=1e-9)


UPDATES = CELLS * SWEEPS
FLOPS = 2 * (2 * COUPLERS / CELLS) * UPDATES
# Joules, and the scope that the figure is in.
PLATFORMS = {
    "fpga": (UPDATES * 10.85e-12, "fabric"),
    "fpga-run-halt": (UPDATES * 9.13e-12, "fabric"),
    "fpga-board": (UPDATES * 72.1e-12 + CELLS * 581e-12, "system"),
    "asic-28nm": (UPDATES * 1.2e-12, "chip"),
    "asic-28nm-sustained": (UPDATES * 4.81e-12, "chip"),
    "z1": (UPDATES * 7.09e-15 + CELLS * 1.692e-12 + CELLS * 153.6e-12, "chip"),
    "gpu-a100-100": (FLOPS / 19.5e12 * 400, "system"),
    "gpu-a100-10": (FLOPS / 1.95e12 * 400, "system"),
    "gpu-a100-1": (FLOPS / 1.95e11 * 400, "system"),
}
BESIDE_THE_CHIP = ("host", "link")


def inside(rows: list[Any], scope: str) -> list[Any]:
    """Rows of a ledger of the whole system that a scope holds."""
    on_chip = [row for row in rows if row["component"] not in BESIDE_THE_CHIP]
    return {"fabric": [r for r in on_chip if r["group"] == "fabric"], "chip": on_chip, "system": rows}[scope]


@pytest.mark.parametrize("scope", ["fabric", "chip", "system"])
def test_platforms_stand_beside_the_same_scope(dtca: Run, scope: Any) -> None:
    summary = reprice(dtca, scope=scope).summary
    rows = {row["name"]: row for row in summary["platforms"]}
    cpu_j = 65 * dtca.trace.machine.wall_s / 64
    assert {n: (row["energy_j"], row["scope"]) for n, row in rows.items()} == {
        name: (pytest.approx(energy, rel=1e-9), where)
        for name, (energy, where) in [*PLATFORMS.items(), ("this-cpu", (cpu_j, "system"))]
    }
    order = ["measured", "simulated", "derived", "assumed"]
    same = [row for row in inside(dtca.summary["ledger"], scope) if row["energy_j"]]
    chip = math.fsum(row["energy_j"] for row in same)
    assert summary["energy_j"] == pytest.approx(chip, rel=1e-12)
    for row in rows.values():
        assert row["covers"]
        assert row["metered"]
        if row["scope"] != scope:
            assert (row["ratio"], row["ratio_grade"]) == (None, None)
            assert row["no_ratio"] == f"covers scope {row['scope']}: compare with --scope {row['scope']}"
            continue
        assert row["ratio"] == pytest.approx(row["energy_j"] / chip, rel=1e-9, abs=0)
        assert row["ratio_grade"] == max([row["grade"], *(r["grade"] for r in same)], key=order.index)


def test_energies_of_samples_and_solutions_have_their_range_by_prices() -> None:
    summary = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 1000, "target.value": 10})).summary
    told = dict(headline(summary))
    for line, metric, digits in (("samples", "joules_per_effective_sample", 4), ("solved", "energy_to_solution", 3)):
        low, high = summary[f"{metric}_price_range_j"]
        assert 0 < low < high
        assert f"({show(low, 'J', digits)} to {show(high, 'J', digits)} by prices)" in told[line]


def test_the_short_form_says_how_right_samples_are_whatever_stands_before_it() -> None:
    """A problem with chains and one of placed replicas have more facts than the short form has room for."""
    clique = Problem.from_arrays([[0, 0.6, 0.5, 0.7], [0, 0, -0.5, -0.3], [0, 0, 0, 0.4], [0, 0, 0, 0]])
    run = chipsim.run(
        "tiny", "spin-glass", problem=clique, set={"mapping.method": "embed", "schedule.sweeps": 300}, lanes=64
    )
    for lines in (headline(run.summary), brief(run.summary)):
        named = [name for name, _ in lines]
        assert named.index("law") > named.index("broken")
    assert "embedded law" not in named
    console = Console(width=100)
    assert len(console.render_lines(render_brief(run.summary, 100))) <= MAX_LINES


def test_what_is_not_known_has_no_number() -> None:
    run = simulate(plan("tiny", "spin-glass", {"schedule.sweeps": 10, "schedule.read_every": "never"}), lanes=2)
    figures = run.summary["key_figures"]
    for name in ("samples_per_answer", "single_sample_quality"):
        assert figures[name]["value"] is None
        assert figures[name]["meaning"].startswith("not defined: ")
    cpu = next(row for row in run.summary["platforms"] if row["name"] == "this-cpu")
    assert (cpu["energy_j"], cpu["ratio"], cpu["note"]) == (None, None, "not measured")
    assert "unresolved" in html_page(run)


def test_a_single_sample_of_max_cut_is_its_mean_cut_over_the_best_known() -> None:
    ready = plan("torus-2d", "gset", {"schedule.sweeps": 200, "schedule.beta.steps": 20})
    run = simulate(ready, lanes=64)
    problem = ready.workload.fixed_problem()
    bits = np.unpackbits(
        run.trace.observations.states[-1][:, 0].copy().view(np.uint8).reshape(-1, 8), axis=1, bitorder="little"
    )
    cuts = problem.value(problem.energy(2 * bits.T.astype(np.int8) - 1))
    assert run.summary["key_figures"]["single_sample_quality"]["value"] == pytest.approx(cuts.mean() / 564, rel=1e-9)


def test_the_command_runs_the_same_again(tmp_path: Path) -> None:
    settings = {"schedule.sweeps": 20, "fabric.size": [4, 4], "couplers.swing": "0.5 V", "description": "it's $HOME"}
    first = simulate(plan("tiny", "clamped", settings, prices="dtca-physical"), lanes=3, seed=5)
    words = shlex.split(first.summary["command"])
    done = CliRunner().invoke(main, [*words[1:], "--json", "-o", str(tmp_path / "again.h5")])
    assert done.exit_code == 0, done.output
    again = json.loads(done.stdout)
    for key in ("activity_id", "run_id", "updates", "toggles", "energy_j", "lanes", "seed", "command"):
        assert again[key] == first.summary[key], key


def test_occupancy_of_three_operations_by_hand() -> None:
    timeline = Timeline()
    load = timeline.book("program", Fixed((Hold("link", 0, 30), Hold("memory", 10, 30))))
    timeline.book("bias", Fixed((Hold("dac", 0, 5),)))
    timeline.book("sample", Fixed((Hold("cells", 0, 60),)), [load])
    found = occupancy(
        timeline.operations, 100, ["link", "memory", "dac", "cells", "idle"], ["link", "memory"], [load.index]
    )
    assert found.components == ("link", "memory", "dac", "cells")
    # A quarter of the run is 128 bins: the row sums are the busy times.
    assert (found.share.sum(axis=1) * 100 / BINS).tolist() == pytest.approx([30, 30, 5, 60], rel=1e-6)
    assert found.share[3, : BINS * 2 // 5].max() < 0.1
    assert (found.loading_fs, found.digital_fs) == (35, 40)
    assert covered_fs([(0, 4), (2, 6), (8, 9), (8, 9)]) == 7


def test_the_timeline_of_a_run_holds_its_busy_times(dtca: Run) -> None:
    held = dtca.trace.timing.occupancy
    elapsed = to_seconds(dtca.trace.timing.elapsed_fs)
    for name, share in zip(held.components, held.share, strict=True):
        assert share.mean() * elapsed == pytest.approx(to_seconds(dtca.trace.timing.busy_fs[name]), rel=1e-4)


def test_a_browser_opens_the_page(dtca: Run, tmp_path: Path) -> None:
    """Where a browser is; everything else about the page is tested without one."""
    page = tmp_path / "page.html"
    page.write_text(html_page(dtca))
    assert page.stat().st_size < 3_000_000
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    done = subprocess.run([browser, *options, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert dtca.summary["run_id"] in done.stdout
    assert done.stdout.count("<svg") == 7
