"""`problem.scale`: the law stays the one that was asked for, and so do energies; codes, beta and the bill change."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_chips import chip_text
from support_cli import call
from support_errors import code_of

from chipsim.engine.device import Device
from chipsim.engine.packing import lanes_of_words
from chipsim.results.result import Run
from chipsim.results.store import load
from chipsim.runs.plan import Plan, plan
from chipsim.runs.simulate import simulate
from chipsim.testing.exact import boltzmann, enumerate_states

WORK = """chipsim: 1
workload: ising
name: s
problem:
  edge_list: e.txt
  scale: {scale}
schedule: {{ {schedule} }}
{more}
"""
CHAIN = "0 1 0.01\n1 2 -0.01\n2 3 0.01\n"
# A frustrated ring of five with biases, in units in which six bits of a range of 1 hold nothing.
LANES = 8192
RING = "0 1 0.004\n1 2 0.004\n2 3 0.004\n3 4 0.004\n0 4 -0.004\n0 0 0.002\n3 3 -0.001\n"


def ready(
    folder: Path,
    edges: str,
    scale: Any,
    schedule: str,
    more: str = "",
    chip: str = "any-graph",
    changes: dict[str, Any] | None = None,
) -> Plan:
    (folder / "e.txt").write_text(edges)
    (folder / "w.yaml").write_text(WORK.format(scale=scale, schedule=schedule, more=more))
    return plan(chip, str(folder / "w.yaml"), changes)


def sampled(folder: Path, edges: str, scale: Any, beta: float, by: str, lanes: int = 256, **changes: Any) -> Run:
    schedule = f"mode: sample, beta: {beta}, sweeps: 2000, beta_by: {by}, read_every: 20"
    return simulate(ready(folder, edges, scale, schedule, changes=changes), lanes, seed=1)


@pytest.mark.parametrize("scale", ["auto", 100, 60.5])
def test_weights_below_a_step_are_sampled_when_they_are_scaled(scale: Any, tmp_path: Path) -> None:
    """Case 23: <E> = -3 J tanh(beta J) = -0.02985; without a scale the chip holds 0 for all of them."""
    summary = sampled(tmp_path, CHAIN, scale, 300, "hard_wired").summary
    factor = 100 if scale == "auto" else scale
    held = round(0.01 * factor * 31) / 31 / factor
    assert (summary["lost_couplings"], summary["weight_scale"]) == (0, factor)
    # At beta J = 3 the chain turns over too rarely for 2,000 sweeps, as a whole; its energy is known long before.
    assert summary["sampling"].startswith("unresolved: lanes disagree")
    # The states are those of the weights as they are held (0.0103 for a factor of 60.5), their energy the problem's.
    exact = -3 * 0.01 * math.tanh(300 * held)
    assert summary["mean_energy"] == pytest.approx(exact, abs=2.5 * summary["mean_energy_ci95"])
    if held == pytest.approx(0.01):
        assert exact == pytest.approx(-0.02985, abs=1e-5)


def test_without_a_scale_nothing_is_scaled(tmp_path: Path) -> None:
    none = sampled(tmp_path, CHAIN, "none", 300, "hard_wired")
    one = sampled(tmp_path, CHAIN, 1, 300, "hard_wired")
    assert none.summary["weight_scale"] == one.summary["weight_scale"] == 1
    assert none.summary["lost_couplings"] == 3
    assert none.energy_j == one.energy_j
    assert none.trace.observations.final_state.tolist() == one.trace.observations.final_state.tolist()


@pytest.mark.parametrize("scale", ["auto", 200])
@pytest.mark.parametrize("by", ["hard_wired", "global_bias", "rewrite"])
def test_the_law_is_that_of_enumeration(scale: Any, by: str, tmp_path: Path) -> None:
    """A frustrated ring of five with biases: energies and states of all that was read, against all 32 states."""
    fine = {"couplers.weight_bits": 16, "bias_dac.bits": 16}
    schedule = f"mode: sample, beta: 250, sweeps: 420, beta_by: {by}, read_every: 20"
    planned = ready(tmp_path, RING, scale, schedule, changes=fine)
    run = simulate(planned, LANES, seed=3)
    problem, beta = planned.workload.problem, 250.0
    law, energies = boltzmann(problem, beta), problem.energy(enumerate_states(problem.cells))
    mean, spread = float(law @ energies), math.sqrt(float(law @ energies**2) - float(law @ energies) ** 2)
    # Reads 20 sweeps apart, after 20, of independent lanes: as good as independent.
    seen = problem.energy(lanes_of_words(run.trace.observations.states, run.trace.lanes)).ravel()
    assert run.summary["weight_scale"] == (250 if scale == "auto" else 200)
    assert seen.mean() == pytest.approx(mean, abs=5 * spread / math.sqrt(len(seen)))
    spins = lanes_of_words(run.trace.observations.states, run.trace.lanes).reshape(-1, problem.cells)
    exact = law @ enumerate_states(problem.cells)
    assert spins.mean(axis=0) == pytest.approx(exact, abs=5 / math.sqrt(len(spins)))


def test_a_wrong_division_of_beta_would_be_noticed(tmp_path: Path) -> None:
    """The statistics above tell a beta that is 2 % off."""
    problem = ready(tmp_path, RING, "auto", "mode: sample, beta: 250, sweeps: 20").workload.problem
    energies = problem.energy(enumerate_states(problem.cells))
    right, wrong = (float(boltzmann(problem, beta) @ energies) for beta in (250.0, 255.0))
    spread = math.sqrt(float(boltzmann(problem, 250.0) @ energies**2) - right**2)
    assert abs(right - wrong) > 5 * spread / math.sqrt(LANES * 21)


class Spy(Device):
    """Notes the betas and weights that it is asked for."""

    def __init__(self, planned: Plan) -> None:
        super().__init__(planned.program, lanes=1)
        self.betas: list[float] = []
        self.peaks: list[float] = []

    def write(self, couplings: Any, biases: Any, after: Any = (), shared: bool = False) -> Any:
        self.peaks.append(max(np.abs(couplings).max(initial=0), np.abs(biases).max(initial=0)))
        return super().write(couplings, biases, after, shared)

    def set_beta(self, beta: float, after: Any = ()) -> Any:
        self.betas.append(beta)
        return super().set_beta(beta, after)

    def hard_wire_beta(self, beta: float) -> None:
        self.betas.append(beta)
        super().hard_wire_beta(beta)


def spied(planned: Plan) -> Spy:
    spy = Spy(planned)
    planned.workload.run(spy)
    return spy


ANNEAL = "mode: anneal, sweeps: 40, beta: {{ start: {start}, end: {end}, steps: 4 }}, beta_by: {by}"


def test_an_anneal_divides_every_beta(tmp_path: Path) -> None:
    schedule = ANNEAL.format(start=50, end=200, by="global_bias")
    spy = spied(ready(tmp_path, CHAIN, "auto", schedule))
    assert spy.betas == pytest.approx([0.5, 1, 1.5, 2])
    assert spy.peaks == [1.0]


def test_an_anneal_that_rewrites_fits_at_its_coldest_step(tmp_path: Path) -> None:
    rising = spied(ready(tmp_path, CHAIN, "auto", ANNEAL.format(start=50, end=200, by="rewrite")))
    assert (rising.betas, rising.peaks) == ([2.0], pytest.approx([0.25, 0.5, 0.75, 1]))
    falling = spied(ready(tmp_path, CHAIN, "auto", ANNEAL.format(start=200, end=50, by="rewrite")))
    assert (falling.betas, falling.peaks) == ([2.0], pytest.approx([1, 0.75, 0.5, 0.25]))


def test_an_ordered_start_is_as_strong_as_without_a_scale(tmp_path: Path) -> None:
    spy = spied(ready(tmp_path, CHAIN, "auto", "mode: sample, beta: 300, sweeps: 20, start: up, beta_by: hard_wired"))
    assert spy.peaks[0] * spy.betas[0] == pytest.approx(40)


def test_auto_fits_biases_too_and_never_beyond_the_range(tmp_path: Path) -> None:
    edges = "0 1 0.1\n0 0 0.3\n"
    schedule = "mode: sample, beta: 1, sweeps: 20, beta_by: hard_wired"
    assert spied(ready(tmp_path, edges, "auto", schedule)).peaks == [1.0]
    random = np.random.default_rng(1)
    for value in random.uniform(0.001, 1000, 20):
        run = simulate(ready(tmp_path, f"0 1 {float(value)!r}\n", "auto", schedule), 1)
        assert run.summary["quality"]["full_scale_stretch"] == 1
    assert spied(ready(tmp_path, "0 1 1\n1 2 1\n", "auto", schedule, changes={"couplers.weight_range": 4})).peaks == [4]


def test_a_beta_below_the_converter_is_reached(tmp_path: Path) -> None:
    """Case 24: J = 1000 at beta 0.001; 8 bits up to 4 make 1.0039 of 1, and 0 of 0.001."""
    lost = sampled(tmp_path, "0 1 1000\n", "none", 0.001, "global_bias").summary
    assert lost["beta_realised"] == 0
    summary = sampled(tmp_path, "0 1 1000\n", "auto", 0.001, "global_bias").summary
    assert summary["weight_scale"] == 0.001
    assert summary["beta_realised"] == pytest.approx(0.001 * 64 / 255 * 4)
    exact = -1000 * math.tanh(64 / 255 * 4)
    assert summary["mean_energy"] == pytest.approx(exact, abs=2.5 * summary["mean_energy_ci95"])


def test_a_beta_that_the_scale_pushes_out_of_the_converter_is_said(tmp_path: Path) -> None:
    """0.05 divided by 100 is below half a code of 4/255."""
    summary = sampled(tmp_path, CHAIN, "auto", 0.05, "global_bias").summary
    assert summary["beta_realised"] == 0
    said = "withheld: the bias converter rounds beta 0.0005 (0.05 divided by the scale 100) to 0"
    assert summary["sampling"].startswith(said)


def test_energies_cuts_and_targets_stay_those_of_the_problem(tmp_path: Path) -> None:
    graph = "3 3\n1 2 1000\n2 3 1000\n1 3 1000\n"
    (tmp_path / "g.txt").write_text(graph)
    text = WORK.format(scale="auto", schedule=ANNEAL.format(start=0.0001, end=0.003, by="global_bias"), more="")
    (tmp_path / "w.yaml").write_text(text.replace("edge_list: e.txt", "rudy: g.txt") + "target: { value: 2000 }\n")
    summary = simulate(plan("any-graph", str(tmp_path / "w.yaml")), 64).summary
    assert (summary["best_cut"], summary["target_cut"], summary["best_energy"]) == (2000, 2000, -1000)
    assert summary["success_probability"]["value"] > 0.9


def test_directed_couplings_are_scaled(tmp_path: Path) -> None:
    schedule = "mode: sample, beta: 300, sweeps: 200, beta_by: hard_wired"
    (tmp_path / "e.txt").write_text("0 1 0.01\n")
    (tmp_path / "w.yaml").write_text(
        WORK.format(scale="auto", schedule=schedule, more="").replace("e.txt", "e.txt\n  directed: true")
    )
    summary = simulate(plan("any-graph", str(tmp_path / "w.yaml")), 64).summary
    assert (summary["lost_couplings"], summary["weight_scale"]) == (0, 100)


def test_the_host_is_paid_once_a_load(tmp_path: Path) -> None:
    """Three couplings as float32 are two words; auto goes through them twice. A read costs the same each time."""
    schedule = "mode: sample, beta: 300, sweeps: 20, beta_by: hard_wired, read_every: never"

    def words(scale: Any) -> tuple[float, float]:
        rows = simulate(ready(tmp_path, CHAIN, scale, schedule), 64).trace.activity.rows
        found = [row for row in rows if (row.component, row.action) == ("host", "small_cache")]
        once = sum(row.count for row in found if row.once) / 64
        return sum(row.count for row in found) / 64, once

    none, number, auto = (words(scale) for scale in ("none", 7, "auto"))
    assert [total - none[0] for total, _ in (number, auto)] == [2, 4]
    assert [once - none[1] for _, once in (number, auto)] == [2, 4]


def test_it_is_part_of_the_activity_id(tmp_path: Path) -> None:
    schedule = "mode: sample, beta: 1, sweeps: 20"
    ids = {scale: ready(tmp_path, CHAIN, scale, schedule).ids(0)[0] for scale in ("none", "auto", 2, 3)}
    assert len(set(ids.values())) == 4


def test_terminal_page_and_file_say_it(tmp_path: Path) -> None:
    ready(tmp_path, CHAIN, 12.5, "mode: sample, beta: 1, sweeps: 200")
    done = call("run", "any-graph", tmp_path / "w.yaml", "--lanes", 2, "-o", tmp_path / "run.h5", "-v")
    said = "weights scaled by 12.5, beta divided by it"
    assert f"scale      {said}" in done.stdout
    kept = load(tmp_path / "run.h5").summary
    assert kept["weight_scale"] == 12.5
    assert said in json.dumps(kept.to_json())
    call("report", tmp_path / "run.h5", "--html", tmp_path / "page.html")
    assert said in (tmp_path / "page.html").read_text()
    ready(tmp_path, CHAIN, "none", "mode: sample, beta: 1, sweeps: 200")
    done = call("run", "any-graph", tmp_path / "w.yaml", "--lanes", 2, "-o", tmp_path / "none.h5")
    assert "scaled by" not in done.stdout


BAD = {
    "0": ("spec.out-of-range", "0 is out of range; factors range from 1e-12"),
    "-1": ("spec.out-of-range", "-1 is out of range; factors range from 1e-12"),
    "1e13": ("spec.out-of-range", "out of range"),
    ".nan": ("spec.bad-number", ".nan is not a finite number"),
    ".inf": ("spec.bad-number", ".inf is not a finite number"),
    "maximum": ("spec.wrong-type", "expected none, auto or a factor such as 12.5, got 'maximum'"),
    "Auto": ("spec.wrong-type", 'did you mean "auto"?'),
    "true": ("spec.wrong-type", "got True"),
    "[2]": ("spec.wrong-type", "got [2]"),
}


@pytest.mark.parametrize("scale", BAD)
def test_what_is_no_scale_is_refused_with_its_place(scale: str, tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text(CHAIN)
    (tmp_path / "w.yaml").write_text(WORK.format(scale=scale, schedule="mode: sample, beta: 1, sweeps: 20", more=""))
    code, says = BAD[scale]
    result = call("check", "any-graph", tmp_path / "w.yaml")
    assert code_of(result) == code
    assert says in result.stderr
    assert result.stderr.startswith(f"{tmp_path}/w.yaml:6:10: ")
    assert len(result.stderr.splitlines()) == 1


def test_auto_beyond_all_range_is_refused(tmp_path: Path) -> None:
    ready(tmp_path, CHAIN, 1, "mode: sample, beta: 1, sweeps: 20")
    (tmp_path / "e.txt").write_text("0 1 1e-20\n")
    result = call("check", "any-graph", tmp_path / "w.yaml", "--set", "problem.scale=auto")
    assert code_of(result) == "data.bad-number"
    assert "auto gives a factor of 1e+20" in result.stderr


def test_latches_that_pull_are_refused(tmp_path: Path) -> None:
    chip = tmp_path / "chip.yaml"
    chip.write_text(chip_text(fabric="from: problem", coupling=2))
    ready(tmp_path, CHAIN, "auto", "mode: sample, beta: 1, sweeps: 20", "clamp: [[0, 1]]")
    result = call("check", chip, tmp_path / "w.yaml")
    assert code_of(result) == "chip.unsuitable"
    assert f"{tmp_path}/w.yaml:6:10: problem.scale: inputs have a fixed coupling of 2" in result.stderr


def test_a_problem_without_weights_is_left_alone(tmp_path: Path) -> None:
    summary = simulate(ready(tmp_path, "0 1 0\n", "auto", "mode: sample, beta: 1, sweeps: 20"), 1).summary
    assert summary["weight_scale"] == 1
