"""Questions to a stored run: explain, sensitivity, diff, export. All answers are checked against fresh pricing."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support_cli import call
from support_errors import code_of
from support_images import small_classifier

from chipsim.engine.timing import Phase
from chipsim.results.diff import diff, time_by_phase
from chipsim.results.explain import explain_all, explain_row, limit_step
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.results.sensitivity import sensitivities
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.spec.presets import preset_names

SHORT = {"schedule.sweeps": 20}
GSET = {"schedule.sweeps": 200, "problem.graph": "G11"}
LINEAR = {"matrix.size": 6, "schedule.samples": 30}
PRESETS: list[tuple[str, str, dict[str, Any]]] = [
    ("tiny", "clamped", SHORT),
    ("tiny", "spin-glass", SHORT),
    ("dtca-70", "spin-glass", SHORT),
    ("dtca-70-telegraph", "spin-glass", SHORT),
    ("dtca-70-counters", "spin-glass", SHORT),
    ("torus-2d", "gset", GSET),
    ("any-graph", "gset", GSET),
    ("torus-replicas", "temper", {"schedule.sweeps": 200}),
    ("torus-chips", "temper", {"schedule.sweeps": 200}),
    ("torus-3d", "spin-glass", {**SHORT, "fabric.size": [4, 4, 4]}),
    ("dsim-1", "spin-glass", {**SHORT, "fabric.size": [3, 3, 3], "schedule.beta_by": "hard_wired"}),
    ("kv260-32", "spin-glass", {**SHORT, "fabric.size": [6, 6], "schedule.beta_by": "hard_wired"}),
    (
        "pegasus-28nm",
        "spin-glass",
        {**SHORT, "fabric.size": [2, 5, 5], "fabric.colours": "auto", "schedule.beta_by": "hard_wired"},
    ),
    ("z1", "clamped", {**SHORT, "fabric.size": [16, 16]}),
    ("ou-256", "linear-solve", LINEAR),
    ("spu-8", "inverse", LINEAR),
    ("tngd-array", "low-rank", {"matrix.size": 24, "matrix.rank": 3, "fabric.uncoupled": 24, "couplers.rows": 4}),
    ("tngd-10k", "fashion-classifier", small_classifier()),
    ("langevin-1296", "shape-prototypes", {"fabric.complete": 96, "fabric.apart": 64, "couplers.range": "5 nS"}),
    ("langevin-small", "shape-prototypes", {}),
    ("pdit-16", "four-states", {}),
    ("pmog-16", "four-gaussians", {"schedule.samples": 40}),
    ("gaussian-16", "one-gaussian", {}),
    ("quartic-layer", "wide-layer", {}),
    ("quartic-crossbar", "wide-layer", {}),
]


@pytest.fixture(scope="module")
def presets(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    folder = tmp_path_factory.mktemp("presets")
    out = {}
    for chip, workload, settings in PRESETS:
        out[chip, workload] = folder / f"{chip}-{workload}.h5"
        ready = plan(chip, workload, settings)
        simulate(ready, lanes=ready.workload.max_lanes or 3).save(out[chip, workload])
    return out


@pytest.fixture(scope="module")
def tiny() -> Run:
    return simulate(plan("tiny", "clamped", SHORT), lanes=70)


NAMES = [(chip, workload) for chip, workload, _ in PRESETS]


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_every_row_of_every_preset_is_explained(presets: dict[tuple[str, str], Path], name: tuple[str, str]) -> None:
    assert {chip for chip, _, _ in PRESETS} == set(preset_names("chip"))
    run = load(presets[name])
    assert len(run.summary["ledger"]) > 15
    for line in run.summary["ledger"]:
        row = f"{line['component']}.{line['action']}"
        price = run.prices.find(line["component"], line["kind"], line["action"])
        text = "\n".join(explain_row(run, row))
        if price is None:
            assert f"price: none in {run.prices.name} for {line['kind']}.{line['action']}" in text
            continue
        # The place that is named is the place where the row stands.
        file, number, _ = price.place.rsplit(":", 2)
        written = Path(file).read_text().splitlines()[int(number) - 1]
        assert written.strip().startswith((f"{line['kind']}.{line['action']}:", f"{row}:"))
        assert all(word in text for word in (price.place, price.source, f"grade {price.grade}, seen {price.seen}"))
        if line["energy_j"] is not None:
            assert "energy = " in text


def test_explain_goes_down_the_list_of_limits(tiny: Run) -> None:
    said = list(explain_all(tiny))
    steps = tiny.summary.core.work.limit.steps
    assert len(steps) > 3
    assert [step.elapsed_s for step in steps] == sorted((step.elapsed_s for step in steps), reverse=True)
    begin = next(i for i, line in enumerate(said) if line.startswith("time "))
    assert said[begin + 1 :] == [f"  {limit_step(step)}" for step in steps]
    assert said[begin + 1].startswith("  bias_dac (bias): removing it saves 9.990 us (4.086 us remain)")
    assert said[-1].endswith("(0 s remain)")


def test_places_of_parameters_and_of_changed_prices(tmp_path: Path) -> None:
    settings = {**SHORT, "couplers.swing": "0.3 V", "prices.coupler.toggle.high": 30}
    simulate(plan("tiny", "spin-glass", settings)).save(tmp_path / "run.h5")
    text = call("explain", tmp_path / "run.h5", "couplers.toggle").stdout
    assert "couplers.swing = 0.3 V (--set)" in text
    assert "high 30 (factors of the equation); --set" in text
    assert "tiny.yaml:" in text
    done = call("explain", tmp_path / "run.h5", "couplers.togle")
    assert (code_of(done), 'did you mean "couplers.toggle"' in done.stderr) == ("result.no-such-row", True)


def test_sensitivity_is_what_repricing_says(tiny: Run) -> None:
    found = sensitivities(tiny)
    assert math.fsum(s.elasticity for s in found) == pytest.approx(1, rel=1e-12)
    assert [s.swing_j for s in found] == sorted((s.swing_j for s in found), reverse=True)
    for s in found:
        if s.row.form not in ("energy", "power") or s.row.value == 0:
            continue
        unit = s.row.unit
        twice = {f"prices.{s.price}.{s.row.form}": f"{2 * s.row.value!r} {unit}"}
        twice[f"prices.{s.price}.high"] = f"{2 * s.row.value!r} {unit}"
        dear = reprice(tiny, set=twice).energy_j
        assert dear / tiny.energy_j - 1 == pytest.approx(s.elasticity, rel=1e-6, abs=1e-14), s.price
        for end, total in ((s.row.low, s.low_j), (s.row.high, s.high_j)):
            if end is not None:
                moved = {f"prices.{s.price}.{key}": end for key in (s.row.form, "low", "high")}
                assert reprice(tiny, set=moved).energy_j == pytest.approx(total, rel=1e-12, abs=0)


CHANGES: list[dict[str, Any]] = [
    {"prices.rng.on.power": "4 nW"},
    {"schedule.sweeps": 33},
    {"couplers.swing": "0.2 V"},
    {"couplers.pitch": "7 um"},
    {"link.rate": "1 Gbit/s", "prices.link.transfer.energy": "3 pJ"},
    {"fabric.pattern": "kings", "schedule.read_every": "never"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: "+".join(c))
def test_a_difference_sums_exactly_and_turns_its_sign(tiny: Run, change: dict[str, Any]) -> None:
    other = simulate(plan("tiny", "clamped", {**SHORT, **change}), lanes=70)
    there, back = diff(tiny, other), diff(other, tiny)
    scale = max(tiny.energy_j, other.energy_j)
    change_j = other.energy_j - tiny.energy_j
    assert math.fsum(there.causes_j().values()) == pytest.approx(change_j, rel=0, abs=1e-12 * scale)
    for row in there.rows:
        mirror = next(r for r in back.rows if (r.component, r.action) == (row.component, row.action))
        assert (row.counts_j, row.time_j, row.prices_j) == (-mirror.counts_j, -mirror.time_j, -mirror.prices_j)
    elapsed = other.summary["elapsed_s"] - tiny.summary["elapsed_s"]
    longest = max(other.summary["elapsed_s"], tiny.summary["elapsed_s"])
    assert math.fsum(p.change_s for p in there.phases) == pytest.approx(elapsed, rel=0, abs=1e-12 * longest)


def test_causes_are_told_apart(tiny: Run) -> None:
    dear = reprice(tiny, set={"prices.rng.on.power": "4 nW"})
    found = diff(tiny, dear)
    by_prices = pytest.approx(dear.energy_j - tiny.energy_j, rel=1e-9)
    assert found.causes_j() == {"counts": 0, "time": 0, "prices": by_prices}
    assert all(phase.change_s == 0 for phase in found.phases)
    slow = diff(tiny, simulate(plan("tiny", "clamped", {**SHORT, "link.rate": "1 kbit/s"}), lanes=70))
    causes = slow.causes_j()
    assert (causes["counts"], causes["prices"]) == (0, 0)
    assert causes["time"] > 0
    assert diff(tiny, tiny).causes_j() == {"counts": 0, "time": 0, "prices": 0}


def test_overlapping_phases_share_their_time(tiny: Run) -> None:
    phases = (Phase("a", 0, 10), Phase("b", 5, 10), Phase("a", 20, 30))
    trace = replace(tiny.trace, timing=replace(tiny.trace.timing, phases=phases, elapsed_fs=30))
    assert {name: float(time) for name, time in time_by_phase(trace).items()} == {
        "a": 5 + 2.5 + 10,
        "b": 2.5,
        "idle": 10,
    }


def test_phases_of_a_difference_are_those_of_its_runs(tiny: Run) -> None:
    found = {p.phase: (p.time_a_s, p.time_b_s) for p in diff(tiny, tiny).phases}
    expected = {name: float(time) * 1e-15 for name, time in time_by_phase(tiny.trace).items()}
    assert found == {name: pytest.approx((seconds, seconds)) for name, seconds in expected.items()}


def test_diff_as_json_and_text(presets: dict[tuple[str, str], Path]) -> None:
    a, b = presets["tiny", "clamped"], presets["tiny", "spin-glass"]
    found = json.loads(call("diff", a, b, "--json").stdout)
    change = found["energy_b_j"] - found["energy_a_j"]
    assert sum(found["causes_j"].values()) == pytest.approx(change, rel=1e-9)
    text = call("diff", a, b).stdout
    ids, energy = text.splitlines()[:2]
    assert ids.startswith("ids differ in: problem.native gaussian -> plus-minus; ")
    assert energy.startswith("energy ")
    assert "powered time" in text
    assert "\n  clamp: " in text


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_exported_table_and_counts_give_our_total(
    presets: dict[tuple[str, str], Path], name: tuple[str, str], tmp_path: Path
) -> None:
    ert, counts = tmp_path / "ert.yaml", tmp_path / "counts.yaml"
    assert call("export", presets[name], "--ert", ert, "--counts", counts).exit_code == 0
    script = Path(__file__).with_name("support_accelergy.py")
    code = [line for line in script.read_text().splitlines() if line.strip()]
    assert len(code) <= 20
    assert not [line for line in code[1:] if "chipsim" in line]
    done = subprocess.run([sys.executable, "-I", script, ert, counts], check=True, capture_output=True, text=True)
    total = load(presets[name]).summary["total_energy_j"]
    assert float(done.stdout) == pytest.approx(total * 1e12, rel=1e-9, abs=0)


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_an_exported_table_is_read_again_to_the_same_figures(
    presets: dict[tuple[str, str], Path], name: tuple[str, str], tmp_path: Path
) -> None:
    files = ("--ert", tmp_path / "ert.yaml", "--counts", tmp_path / "counts.yaml")
    assert call("export", presets[name], *files).exit_code == 0
    back = call("reprice", presets[name], "--prices", tmp_path / "ert.yaml", "-o", tmp_path / "back.h5")
    assert back.exit_code == 0, back.output
    first, again = load(presets[name]).summary, load(tmp_path / "back.h5").summary
    for metric in ("energy_j", "total_energy_j", "area_m2"):
        assert again[metric] == pytest.approx(first[metric], rel=1e-12, abs=0)
    assert again["energy_by_group_j"] == pytest.approx(first["energy_by_group_j"], rel=1e-12, abs=0)
    assert again["unpriced"] == first["unpriced"]
