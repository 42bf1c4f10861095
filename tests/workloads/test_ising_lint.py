"""Lint of range and resolution: what is lost, clipped, stretched or rounded is told with numbers; nothing else is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_cli import call

from chipsim.components.converters.base import BiasKind
from chipsim.components.couplers.coupler import Coupler
from chipsim.components.facts import Finding
from chipsim.results.store import load
from chipsim.runs.plan import plan
from chipsim.workloads.ising.distortion import Held

WORK = """chipsim: 1
workload: ising
name: s
problem: {{ edge_list: e.txt, scale: {scale} }}
schedule: {{ {schedule} }}
"""
HARD = "mode: sample, beta: 1, sweeps: 20, beta_by: hard_wired"


def lint(folder: Path, edges: str, schedule: str = HARD, scale: Any = "none", **changes: Any) -> dict[str, Finding]:
    """Findings by rule."""
    (folder / "e.txt").write_text(edges)
    (folder / "w.yaml").write_text(WORK.format(scale=scale, schedule=schedule))
    ready = plan("any-graph", str(folder / "w.yaml"), changes)
    found = list(ready.workload.lint(ready.netlist))
    assert len({(f.rule, f.where) for f in found}) == len(found)
    return {f"{f.rule} {f.where}": f for f in found}


def test_weights_of_codes_at_a_beta_of_a_code_trip_nothing(tmp_path: Path) -> None:
    edges = "0 1 1\n1 2 -1\n2 2 0.5161290322580645\n"  # 16/31
    assert lint(tmp_path, edges) == {}
    assert lint(tmp_path, edges, f"mode: sample, beta: {32 / 255 * 4}, sweeps: 20") == {}


def test_weights_held_as_0_are_counted(tmp_path: Path) -> None:
    found = lint(tmp_path, "0 1 1\n1 2 0.01\n2 3 -0.015\n3 4 0.017\n0 0 0.01\n1 1 1\n2 2 0\n3 3 0.5\n")
    assert set(found) == {"lost-weights problem.couplings", "lost-weights problem.biases"}
    couplings = found["lost-weights problem.couplings"]
    assert (couplings.value, couplings.bound) == (2, 0)
    # 0.017 becomes a step of 1/31; relative to what was asked, root mean square.
    off = math.sqrt((0.01**2 + 0.015**2 + (1 / 31 - 0.017) ** 2) / (1 + 0.01**2 + 0.015**2 + 0.017**2))
    assert couplings.says == (
        "2 of 4 couplings (50.0%) are rounded to 0: below half a step of 0.03226; "
        f"rms error over all couplings {off:.1%}"
    )
    assert found["lost-weights problem.biases"].says.startswith("1 of 3 biases (33.3%) are rounded to 0")


def test_a_scale_that_helps_silences_it(tmp_path: Path) -> None:
    edges = "0 1 0.01\n1 2 -0.01\n"
    assert set(lint(tmp_path, edges)) == {"lost-weights problem.couplings"}
    assert lint(tmp_path, edges, scale="auto") == {}


def test_one_outlier_that_rounds_all_others_to_0(tmp_path: Path) -> None:
    chain = "".join(f"{i} {i + 1} {1000 if i == 0 else 1 + i / 10}\n" for i in range(10))
    found = lint(tmp_path, chain)
    outlier = found["outlier-weight problem.couplings"]
    assert (outlier.value, outlier.bound) == (1000, 1.9)
    assert outlier.says.startswith("1000 is 526.3 times the next largest of the couplings, 1.9: ")
    assert found["lost-weights problem.couplings"].value == 9
    stretched = found["stretched-weights couplers"]
    assert (stretched.value, stretched.bound) == (1000, 1)
    # A scale cannot part them; more bits can.
    assert "outlier-weight problem.couplings" in lint(tmp_path, chain, scale="auto")
    assert lint(tmp_path, chain, scale="auto", **{"couplers.weight_bits": 16}) == {}


def test_small_weights_beside_each_other_are_no_outlier(tmp_path: Path) -> None:
    assert set(lint(tmp_path, "0 1 0.01\n1 2 0.011\n")) == {"lost-weights problem.couplings"}
    assert set(lint(tmp_path, "0 1 1\n1 2 0.1\n2 3 0.01\n")) == {"lost-weights problem.couplings"}


def test_weights_beyond_the_range_stretch_it(tmp_path: Path) -> None:
    found = lint(tmp_path, "0 1 2\n1 2 -2\n0 0 3\n")
    assert set(found) == {"stretched-weights couplers"}
    assert found["stretched-weights couplers"].value == 3
    assert found["stretched-weights couplers"].says.startswith(
        "all 3 weights are stored on a ladder stretched to 3 times"
    )
    assert lint(tmp_path, "0 1 2\n1 2 -2\n0 0 3\n", scale="auto", **{"couplers.weight_bits": 12}) == {}


def test_couplers_that_clip_are_told_from_those_that_round(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No built-in kind clips, so one is made that does."""
    whole = Coupler.quantise

    def clip(self: Coupler, couplings: Any, biases: Any) -> Any:
        return whole(self, np.clip(couplings, -1, 1), np.clip(biases, -1, 1))

    monkeypatch.setattr(Coupler, "quantise", clip)
    found = lint(tmp_path, "0 1 2\n1 2 -3\n2 3 0.99\n0 0 1.5\n1 1 0.3\n")
    assert {name: f.value for name, f in found.items()} == {
        "clipped-weights problem.couplings": 2,
        "clipped-weights problem.biases": 1,
    }
    assert found["clipped-weights problem.couplings"].says.startswith(
        "2 of 3 couplings (66.7%) are clipped: the largest"
    )


@pytest.mark.parametrize(("bits", "values"), [(2, 40), (6, 1000), (16, 1000)])
def test_what_is_rounded_is_never_called_clipped(bits: int, values: int) -> None:
    random = np.random.default_rng(bits)
    kind = Coupler.model_validate(
        {"kind": "coupler", "weight_bits": bits, "pitch": "6 um", "capacitance_per_length": "350 aF/um"}
    )
    for spread in (0.2, 1, 30):
        asked = random.standard_normal(values) * spread
        held = kind.quantise(asked, asked)
        assert Held.of(asked, held.couplings, held.step).clipped == 0
        assert Held.of(asked, held.biases, held.bias_step).clipped == 0


def test_a_beta_beyond_the_converter_is_clipped(tmp_path: Path) -> None:
    found = lint(tmp_path, "0 1 1\n", "mode: sample, beta: 5, sweeps: 20")
    clipped = found.pop("beta-clipped bias_dac.full_scale")
    assert found == {}
    assert (clipped.value, clipped.bound) == (5, 4)
    assert clipped.says == "beta 5 is set as 4, 20.0% off: full scale of the converter"
    ramp = "mode: anneal, sweeps: 20, beta: { start: 0.5, end: 5, steps: 3 }"
    assert "beta-clipped bias_dac.full_scale" in lint(tmp_path, "0 1 1\n", ramp)


@pytest.mark.parametrize(("beta", "off"), [(0.001, 1.0), (0.04, 4 / 255 * 3 / 0.04 - 1), (0.25, 0.004)])
def test_a_beta_between_two_codes_is_rounded(beta: float, off: float, tmp_path: Path) -> None:
    """By more than 1 %: 0.25 is 0.4 % off."""
    found = lint(tmp_path, "0 1 1\n", f"mode: sample, beta: {beta}, sweeps: 20")
    if off < 0.01:
        assert found == {}
    else:
        assert set(found) == {"beta-rounded bias_dac.bits"}
        assert found["beta-rounded bias_dac.bits"].value == pytest.approx(off)


def test_an_anneal_finer_than_the_converter(tmp_path: Path) -> None:
    """From 0.2 to 3 there are 179 codes of 4/255."""
    ramp = "mode: anneal, sweeps: 400, beta: {{ start: 0.2, end: 3, steps: {} }}, beta_by: {}"
    found = lint(tmp_path, "0 1 1\n", ramp.format(200, "global_bias"))
    coarse = found["coarse-bias bias_dac.bits"]
    assert (coarse.value, coarse.bound) == (179, 200)
    assert coarse.says == "200 steps of beta map to 179 codes: 21 steps have no effect"
    for steps, by in ((100, "global_bias"), (200, "rewrite")):
        assert lint(tmp_path, "0 1 1\n", ramp.format(steps, by)) == {}
    kind = plan("any-graph", str(tmp_path / "w.yaml")).netlist.end("bias", BiasKind).kind
    assert len({kind.realised(beta) for beta in np.linspace(0.2, 3, 200)}) == 179


def test_check_terminal_file_and_figures_say_it(tmp_path: Path) -> None:
    lint(tmp_path, "0 1 1\n1 2 0.01\n2 3 0.26\n", "mode: sample, beta: 0.04, sweeps: 200")
    work = tmp_path / "w.yaml"
    said = (
        "lint lost-weights: problem.couplings: 1 of 3 couplings",
        "lint beta-rounded: bias_dac.bits: beta 0.04 is set",
    )
    checked = call("check", "any-graph", work).stdout
    done = call("run", "any-graph", work, "--lanes", 2, "-o", tmp_path / "run.h5", "-v").stdout
    assert all(line in checked and line in done for line in said)
    kept = load(tmp_path / "run.h5").summary
    assert {"lost-weights", "beta-rounded"} <= {f["rule"] for f in kept["lint"]}
    off = math.sqrt((0.01**2 + (8 / 31 - 0.26) ** 2) / (1 + 0.01**2 + 0.26**2))
    assert kept["relative_coupling_error"] == pytest.approx(off)
    assert kept["relative_bias_error"] == 0
