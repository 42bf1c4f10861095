"""Samplers: laws through a whole chip, the bill by hand, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call
from support_errors import refused

import chipsim
from chipsim.engine.continuous.device import ContinuousDevice
from chipsim.results.diff import diff
from chipsim.results.explain import explain_all
from chipsim.results.reprice import reprice
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import drive, simulate
from chipsim.sweeps.driver import Sweep
from chipsim.sweeps.spec import read_sweep

PRESETS = {"pdit-16": "four-states", "pmog-16": "four-gaussians", "gaussian-16": "one-gaussian"}
FINE = {"inputs.bits": 16, "readout.bits": 14}
LOGITS = [-0.2, 1, 0.4, -1.2]


def ran(chip: str, changes: dict[str, Any] | None = None, lanes: int = 64, seed: int = 0) -> Run:
    return simulate(plan(chip, PRESETS[chip], changes or {}), lanes=lanes, seed=seed)


def figures(run: Run) -> dict[str, Any]:
    return dict(run.summary.workload.figures)


# --- laws -----------------------------------------------------------------------------------------------------------


def test_states_through_converters() -> None:
    """Codes of 16 bits hold the logits; codes of 8 bits hold another law, which a chi-square finds."""
    fine, coarse = figures(ran("pdit-16", FINE)), figures(ran("pdit-16"))
    assert fine["p_value"] > 1e-3
    assert fine["law_error"] < 2e-5
    assert coarse["p_value"] < 1e-4
    assert coarse["p_value_held"] > 1e-3
    # Half a step of 150 mV / 127 moves a logit by up to 0.0227, and a probability by at most a quarter of it.
    assert 0 < coarse["law_error"] < 0.0227 / 2
    softmax = np.exp(LOGITS) / np.exp(LOGITS).sum()
    assert fine["probabilities"]["wanted"] == pytest.approx(softmax.tolist(), rel=1e-9)


def test_a_logit_that_is_not_converted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: the chip drives three of four inputs."""
    given = ContinuousDevice.drive

    def without_one(device: ContinuousDevice, volts: Any, *others: Any) -> Any:
        wrong = volts.copy()
        wrong[3::4] = 0
        return given(device, wrong, *others)

    monkeypatch.setattr(ContinuousDevice, "drive", without_one)
    found = figures(ran("pdit-16", {**FINE, "schedule.samples": 50}))
    assert found["p_value_held"] < 1e-9


def test_readings_that_miss_a_level_are_found() -> None:
    """Noise of half a level: states are taken for others."""
    found = figures(ran("pdit-16", {"readout.noise": "50 mV", "readout.full_scale": "400 mV"}))
    assert found["p_value_held"] < 1e-9
    assert found["read_margin"] < 1


@pytest.mark.parametrize(("step", "variance"), [("100 ns", 1.4252), (None, 1.4191)])
def test_variance_of_the_mixture(step: str | None, variance: float) -> None:
    """In units of 50 mV, within 1 % and 4 standard errors, which are 0.1 %; the mean within 4 of its own."""
    changes = {**FINE, "readout.noise": "0 V", "schedule.samples": 2000}
    found = figures(ran("pmog-16", changes | ({"cells.step": step} if step else {}), seed=3))
    assert found["variance_wanted_v2"] / 0.05**2 == pytest.approx(variance, abs=5e-5)
    assert found["variance_v2"] / 0.05**2 == pytest.approx(variance, rel=0.01)
    assert abs(found["variance_z"]) < 4
    assert abs(found["mean_z"]) < 4
    assert found["variance_se_v2"] < 0.002 * found["variance_v2"]


def test_mean_and_covariance_of_gaussians() -> None:
    """16 cells at once: covariance sigma^2 I, each element to 5 of its standard errors; mean 30 mV to 5."""
    device = ContinuousDevice(plan("gaussian-16", "one-gaussian", FINE).program, 64, seed=5)
    device.lay_out(16)
    device.drive(np.full(16, 0.03))
    device.relax(1e-6)
    volts = device.observe(200, 2e-6).volts.reshape(-1, 16)
    many, variance = len(volts), 0.02**2
    assert volts.mean(axis=0) == pytest.approx(np.full(16, 0.03), abs=5 * 0.02 / np.sqrt(many) + 1e-5)
    found = np.cov(volts.T)
    error = variance * np.sqrt((1 + np.eye(16)) / many)
    assert np.all(np.abs(found - variance * np.eye(16)) < 5 * error)
    for seed in (1, 2):
        run = figures(ran("gaussian-16", {"readout.bits": 12}, seed=seed))
        assert abs(run["mean_z"]) < 4
        assert abs(run["variance_z"]) < 4
        assert run["variance_wanted_v2"] == pytest.approx(0.02**2)


def test_thermal_noise_is_that_of_the_capacitor() -> None:
    found = figures(ran("gaussian-16", {"noise.law": "thermal", "means": ["0 V"]}))
    assert found["variance_wanted_v2"] == pytest.approx(1.380649e-23 * 300 / 100e-15, rel=1e-9)


def test_effective_samples_are_exact() -> None:
    """64 lanes, 16 cells, 1,000 readings 2 tau0 apart: N tanh(1)."""
    run = ran("pdit-16")
    assert figures(run)["tau_readings"] == pytest.approx(1 / np.tanh(1), rel=1e-12)
    assert run.summary["effective_samples"] == pytest.approx(64 * 16 * 1000 * np.tanh(1), rel=1e-12)
    joules = run.summary["joules_per_effective_sample"]
    assert joules == pytest.approx(run.summary["energy_j"] / (16 * 1000 * np.tanh(1)), rel=1e-12)
    # The slower of two times counts: a dwell of 3.33 us, 10 us apart.
    slow = figures(ran("pmog-16", {"schedule.samples": 10}))
    assert slow["tau_readings"] == pytest.approx(1 / np.tanh(10 / (2 * 3.333333)), rel=1e-9)


def test_what_has_not_settled_is_withheld() -> None:
    run = ran("pdit-16", {"schedule.settle": "100 ns", "schedule.samples": 10})
    assert run.summary["effective_samples"] is None
    assert "raise schedule.settle to 460 ns" in run.summary["sampling"]


def test_states_that_are_too_rare_have_no_p() -> None:
    found = figures(ran("pdit-16", {"logits": [-4, 4, 0, 0], "inputs.full_scale": "0.3 V", "schedule.samples": 3}))
    assert found["p_value"] is None
    assert found["chi_square"] > 0


# --- laws from elsewhere --------------------------------------------------------------------------------------------


def test_weights_are_logits_up_to_a_number() -> None:
    base = plan("pdit-16", "four-states").workload.document.source
    text = Path(base).read_text().replace(f"logits: [{', '.join(map(str, LOGITS))}]", "weights: [1, 2, 3, 4]")
    assert "weights" in text
    text = text.replace("samples: 1000", "samples: 10")
    run = chipsim.run("pdit-16", chipsim_file(text), lanes=2)
    assert figures(run)["probabilities"]["wanted"] == pytest.approx([0.1, 0.2, 0.3, 0.4], rel=1e-9)


def chipsim_file(text: str) -> str:
    path = Path("law.yaml")
    path.write_text(text)
    return str(path)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


OWN = """
chipsim: 1
workload: samplers
name: own
file: rows.csv
schedule: { settle: 1 us, samples: 200, spacing: 300 ns }
"""


def test_a_file_has_a_law_for_each_cell() -> None:
    Path("rows.csv").write_text("3,0,0,0\n0,0,0,3\n0,0,0,0\n")
    run = chipsim.run("pdit-16", chipsim_file(OWN), lanes=64, set=FINE)
    found = figures(run)
    assert (found["cells"], found["degrees_of_freedom"]) == (3, 9)
    assert found["p_value"] > 1e-3
    Path("rows.csv").write_text("3,0,0,0\n0,0,0,3\n3,0,0,0\n")
    other = chipsim.run("pdit-16", chipsim_file(OWN), lanes=64, set=FINE)
    assert other.summary["activity_id"] != run.summary["activity_id"]


# --- the bill -------------------------------------------------------------------------------------------------------


def test_counts_and_energies_by_hand() -> None:
    """3 cells of 4 states, 1 us and 20 readings 300 ns apart, 8-bit inputs, 4-bit readings."""
    Path("rows.csv").write_text("3,0,0,0\n0,0,0,3\n0,0,0,0\n")
    text = OWN.replace("samples: 200", "samples: 20")
    run = chipsim.run("pdit-16", chipsim_file(text), lanes=1000)
    rows = {(row["component"], row["action"]): row for row in run.summary["ledger"]}
    ns = 1000 + 20 * 300
    assert rows["inputs", "convert"]["count"] == 3 * 4
    assert rows["inputs", "convert"]["energy_j"] == pytest.approx(12 * 50e-15 * 8)
    assert rows["readout", "convert"]["count"] == 3 * 20
    assert rows["link", "transfer"]["count"] == 12 * 8 + 60 * 4
    assert rows["cells", "bias"]["count"] == 3 * ns
    assert rows["cells", "bias"]["energy_j"] == pytest.approx(3 * ns * 1e-9 * 18e-9)
    # Poisson: 3 cells and 1,000 lanes for 70 relaxation times; to 4 standard errors.
    mean, error = 3 * ns / 100, np.sqrt(3 * ns / 100 / 1000)
    assert rows["cells", "redraw"]["count"] == pytest.approx(mean, abs=4 * error)
    assert rows["cells", "redraw"]["energy_j"] == pytest.approx(rows["cells", "redraw"]["count"] * 0.7e-15)
    assert run.summary["elapsed_s"] > ns * 1e-9
    assert run.summary["unpriced"] == ["host.on"]
    assert run.summary["area_m2"] == pytest.approx(16 * 144e-12)


def test_inputs_of_a_mixture() -> None:
    """A logit, a mean and a deviation for each of 4 states of 16 cells; injected noise is paid for."""
    run = ran("pmog-16", {"schedule.samples": 10}, lanes=4)
    rows = {(row["component"], row["action"]): row for row in run.summary["ledger"]}
    assert rows["inputs", "convert"]["count"] == 3 * 4 * 16
    ns = 20_000 + 10 * 10_000
    assert rows["cells", "integrate"]["count"] == 16 * ns
    assert rows["noise", "inject"]["energy_j"] == pytest.approx(16 * ns * 1e-9 * 1e-13 * 4e-4 * 2 * np.pi * 1e8)


def test_parts_of_a_run_are_the_run() -> None:
    ready = plan("pmog-16", "four-gaussians", {"schedule.samples": 10})
    whole, part = drive(ready, 128, 3), drive(ready, 64, 3, first_group=1)
    for name, values in whole.observations.answers.items():
        assert np.array_equal(values[64:], part.observations.answers[name]), name
    first = drive(ready, 64, 3)

    def redraws(trace: Any) -> int:
        return sum(row.count for row in trace.activity.rows if row.action == "redraw")

    assert redraws(whole) == redraws(first) + redraws(part)


def test_questions_to_a_run() -> None:
    """Explain, reprice and diff take it as any run, and a sweep over a key of the workload is a table."""
    short = {"schedule.samples": 20}
    run, other = ran("pdit-16", short, lanes=4), ran("pdit-16", {**short, "cells.relaxation_time": "50 ns"}, lanes=4)
    text = "\n".join(explain_all(run))
    assert all(name in text for name in ("cells.redraw", "cells.bias", "readout.convert"))
    dear = reprice(run, set={"prices.pdit.redraw.energy": "7 fJ"})
    redraws = next(row["count"] for row in run.summary["ledger"] if row["action"] == "redraw")
    assert dear.energy_j - run.energy_j == pytest.approx(redraws * 6.3e-15, rel=1e-6)
    assert any(row.action == "redraw" and row.counts_j > 0 for row in diff(run, other).rows)
    Path("s.yaml").write_text(
        "chipsim: 1\nname: s\nchip: pdit-16\nworkload: four-states\naxes: { schedule.spacing: [100 ns, 400 ns] }\n"
        "set: { schedule.samples: 20 }\nmetrics: [tau_readings, joules_per_effective_sample]\nlanes: 4\n"
    )
    table = Sweep(read_sweep("s.yaml"), Path("out")).run()
    taus = [row["tau_readings"] for row in table["rows"]]
    assert taus == pytest.approx([1 / np.tanh(0.5), 1 / np.tanh(2)], rel=1e-9)


# --- refused --------------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "one state": ("pdit-16", {"cells.states": 1}, "spec.out-of-range"),
    "three logits": ("pdit-16", {"logits": [0, 1, 2]}, "data.wrong-shape"),
    "no logits": ("pdit-16", {"logits": None}, "spec.missing-key"),
    "two laws": ("pdit-16", {"weights": [1, 2, 3, 4]}, "spec.one-of"),
    "negative weight": ("pdit-16", {"logits": None, "weights": [1, -2, 3, 4]}, "spec.out-of-range"),
    "no weight": ("pdit-16", {"logits": None, "weights": [0, 2, 3, 4]}, "spec.out-of-range"),
    "infinite": ("pdit-16", {"logits": [0, 1, 2, float("inf")]}, "spec.bad-number"),
    "not a number": ("pdit-16", {"logits": [0, 1, 2, float("nan")]}, "spec.bad-number"),
    "means of a pdit": ("pdit-16", {"means": ["1 V"] * 4}, "spec.no-effect"),
    "steep": ("pdit-16", {"logits": [0, 20, 0, 0]}, "chip.out-of-range"),
    "levels": ("pdit-16", {"cells.level": "200 mV"}, "chip.out-of-range"),
    "spacing": ("pmog-16", {"cells.step": "20 us", "schedule.settle": "20 us"}, "spec.rule"),
    "part of a step": ("pmog-16", {"cells.step": "3 us"}, "spec.rule"),
    "deviation": ("pmog-16", {"noise.sigma": "15 mV"}, "chip.out-of-range"),
    "two deviations": ("pmog-16", {"deviations": ["1 mV", "2 mV"]}, "data.wrong-shape"),
    "no deviations": ("pmog-16", {"deviations": None}, "spec.missing-key"),
    "deviation of 0": ("pmog-16", {"deviations": ["0 V", "9 mV", "9 mV", "9 mV"]}, "spec.out-of-range"),
    "logits of a Gaussian": ("gaussian-16", {"logits": [1]}, "spec.no-effect"),
    "two means": ("gaussian-16", {"means": ["1 mV", "2 mV"]}, "data.wrong-shape"),
    "no samples": ("pdit-16", {"schedule.samples": 0}, "spec.out-of-range"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    chip, keys, code = REFUSED[name]
    with refused(code):
        plan(chip, PRESETS[chip], keys)
    if name in ("infinite", "not a number"):
        return  # a command has no such number
    given = [part for key, value in keys.items() for part in ("--set", f"{key}={'null' if value is None else value}")]
    done = call("run", chip, PRESETS[chip], *given, "-o", "run.h5")
    assert done.exit_code == 2
    assert len(done.output.strip().splitlines()) == 1
    assert not Path("run.h5").exists()


def test_readings_too_close_for_the_converters() -> None:
    """16 cells, 4 converters of 100 MHz: 40 ns."""
    with refused("chip.out-of-range", "schedule.spacing"):
        ran("pdit-16", {"schedule.spacing": "30 ns"})


@pytest.mark.parametrize(("text", "code"), [("1,2\n3,x\n", "data.bad-number"), ("1,2,3\n", "data.wrong-shape"),
                                            ("1,2,3,nan\n", "data.bad-number"), ("", "data.empty")])  # fmt: skip
def test_files_are_refused(text: str, code: str) -> None:
    Path("rows.csv").write_text(text)
    with refused(code, "rows.csv" if code != "data.wrong-shape" else "law.yaml:5"):
        plan("pdit-16", chipsim_file(OWN))


def test_more_rows_than_cells_and_no_file() -> None:
    Path("rows.csv").write_text("1,2,3,4\n" * 17)
    with refused("chip.too-small"):
        plan("pdit-16", chipsim_file(OWN))
    Path("rows.csv").unlink()
    with refused("file.unreadable", "law.yaml:5"):
        plan("pdit-16", chipsim_file(OWN))


def test_other_chips_and_workloads_are_refused() -> None:
    with refused("chip.unsuitable"):
        plan("ou-256", "one-gaussian")
    for chip in ("quartic-layer", "quartic-crossbar", "tngd-10k"):
        with refused("chip.unsuitable"):
            plan(chip, "one-gaussian")
    with refused("chip.unsuitable", "lines: 0"):
        plan("gaussian-16", "one-gaussian", {"couplers.lines": 4})
    with refused("chip.unsuitable"):
        plan("pmog-16", "gaussian-sample", {"matrix.size": 6})
    with refused("chip.wrong-cells"):
        plan("tiny", "four-states")


def test_converters_that_clip_are_a_finding() -> None:
    for reach, rules in (("250 mV", []), ("170 mV", ["clipping"])):
        ready = plan("pmog-16", "four-gaussians", {"readout.full_scale": reach})
        assert [finding.rule for finding in ready.workload.lint(ready.netlist)] == rules
