"""The Ising workload: problems placed on fabrics, schedules, what is read and what only the simulator sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support_chips import chip_text, fabric_of, workload_text, write_files
from support_errors import refused

from chipsim.engine.packing import lanes_of_words
from chipsim.mapping.place import place
from chipsim.problems.problem import Problem
from chipsim.results.result import Run
from chipsim.runs.plan import plan
from chipsim.runs.simulate import simulate
from chipsim.testing.exact import boltzmann
from chipsim.workloads.ising.native import native_problem
from chipsim.workloads.ising.schedule import BetaRamp
from chipsim.workloads.ising.spec import ProblemSpec


def run_texts(folder: Path, chip: str, workload: str, lanes: int = 64, seed: int = 0) -> Run:
    return simulate(plan(*write_files(folder, chip, workload)), lanes, seed)


def test_couplings_are_placed_on_their_couplers() -> None:
    fabric = fabric_of("pattern: square, size: [2, 3]")
    problem = Problem("p", np.array([[1, 4], [0, 1]], np.int32), np.array([3.0, -2.0]), np.zeros(6))
    placed = place(problem, fabric)
    by_edge = {tuple(edge): value for edge, value in zip(fabric.edges.tolist(), placed, strict=True)}
    assert by_edge == {(0, 1): -2.0, (1, 2): 0, (3, 4): 0, (4, 5): 0, (0, 3): 0, (1, 4): 3.0, (2, 5): 0}


def test_couplings_without_a_coupler_are_refused() -> None:
    fabric = fabric_of("pattern: square, size: [2, 3]")
    problem = Problem("p", np.array([[0, 1], [0, 5]], np.int32), np.ones(2), np.zeros(6))
    with refused("chip.no-coupler", "couples cells 0 and 5, but the chip does not (1 of 2 couplings have no coupler)"):
        place(problem, fabric)


def test_native_problems_are_seeded() -> None:
    fabric = fabric_of("pattern: G12, size: [40, 40]")

    def couplings(native: str, seed: int) -> np.ndarray:
        spec = ProblemSpec.model_validate({"native": native, "seed": seed, "bias": 0.5})
        problem = native_problem(spec, fabric)
        assert set(problem.biases) == {0.5}
        return problem.couplings

    signs, normal = couplings("plus-minus", 1), couplings("gaussian", 1)
    assert set(signs) == {-1.0, 1.0}
    assert abs(signs.mean()) < 4 / np.sqrt(len(signs))
    assert abs(normal.mean()) < 4 / np.sqrt(len(normal))
    assert abs(normal.std() - 1) < 4 / np.sqrt(2 * len(normal))
    assert set(couplings("ferromagnet", 1)) == {1.0}
    assert np.array_equal(signs, couplings("plus-minus", 1))
    assert not np.array_equal(signs, couplings("plus-minus", 2))


def test_ramps() -> None:
    linear = BetaRamp.model_validate({"start": 0.5, "end": 2, "steps": 4})
    assert linear.values().tolist() == [0.5, 1.0, 1.5, 2.0]
    geometric = BetaRamp.model_validate({"start": 0.5, "end": 4, "steps": 4, "spacing": "geometric"})
    assert geometric.values().tolist() == pytest.approx([0.5, 1, 2, 4])


def test_an_edge_list_is_solved_and_its_ground_state_read(tmp_path: Path) -> None:
    # A frustrated ring of five with biases; the ground state by enumeration.
    edges = tmp_path / "ring.txt"
    edges.write_text("0 1 1\n1 2 1\n2 3 1\n3 4 1\n4 0 -1\n0 0 0.5\n3 3 -0.25\n")
    chip = chip_text(fabric="from: problem")
    work = workload_text(
        f"edge_list: {edges}", "mode: anneal, sweeps: 400, beta: {start: 0.1, end: 4, steps: 20}, record_every: never"
    )
    summary = run_texts(tmp_path, chip, work).summary
    biases = np.array([0.5, 0, 0, -0.25, 0])
    pairs = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [0, 4]], np.int32)
    problem = Problem("ring", pairs, np.array([1.0, 1, 1, 1, -1]), biases)
    ground = min(
        problem.energy(np.array([2 * (k >> i & 1) - 1 for i in range(5)], np.int8)) for k in range(32)
    )  # fmt: skip
    assert summary["best_energy"] == pytest.approx(ground, abs=1e-6)


def test_a_target_counts_lanes_that_were_read_at_it(tmp_path: Path) -> None:
    edges = tmp_path / "pair.txt"
    edges.write_text("0 1 1\n")
    chip = chip_text(fabric="from: problem")
    work = workload_text(f"edge_list: {edges}", "mode: sample, sweeps: 50, beta: 0.5") + "target: { value: -1 }\n"
    lanes = 4_000
    summary = run_texts(tmp_path, chip, work, lanes=lanes).summary
    # beta as the converter holds it, 8 bits of 4; the pair is aligned with probability 1/(1 + exp(-2 beta)).
    beta = round(0.5 / 4 * 255) * 4 / 255
    problem = Problem("pair", np.array([[0, 1]], np.int32), np.ones(1), np.zeros(2))
    exact = boltzmann(problem, beta)[[0, 3]].sum()
    sigma = np.sqrt(exact * (1 - exact) / lanes)
    assert abs(summary["success_probability"]["value"] - exact) < 4 * sigma
    assert summary["target_energy"] == -1
    assert summary["quality"]["beta_error"] == pytest.approx(abs(beta - 0.5))


def test_reads_follow_the_schedule_and_only_they_count(tmp_path: Path) -> None:
    work = workload_text(schedule="mode: sample, sweeps: 100, beta: 0.3, read_every: 30, record_every: 1")
    run = run_texts(tmp_path, chip_text(), work)
    # After 30, 60, 90 and at the end.
    assert run.trace.observations.states.shape == (4, 16, 1)
    assert run.trace.activity.total("sense") == 4 * 16 * 64
    problem = plan(str(tmp_path / "chip.yaml"), str(tmp_path / "work.yaml")).workload.problem
    energies = problem.energy(lanes_of_words(run.trace.observations.states, 64))
    assert run.summary["best_energy"] == pytest.approx(energies.min())
    seen = run.trace.observations.records.energies
    assert seen.shape == (100, 64)
    assert seen[[29, 59, 89, 99]] == pytest.approx(energies, abs=1e-4)
    assert run.summary["true_best_energy_unbilled"] == pytest.approx(seen.min())
    assert run.summary["gap_to_true_best"] == pytest.approx(energies.min() - seen.min(), abs=1e-4)


def test_never_reading_claims_nothing(tmp_path: Path) -> None:
    work = workload_text(schedule="mode: sample, sweeps: 100, beta: 0.3, read_every: never")
    summary = run_texts(tmp_path, chip_text(), work).summary
    assert "best_energy" not in summary
    assert summary["delivered_samples"] is None
    assert summary["energy_by_group_j"]["readout"] == 0


def test_an_anneal_pays_for_every_change_of_beta(tmp_path: Path) -> None:
    schedule = "mode: anneal, sweeps: 60, beta: {start: 0.5, end: 2, steps: 6}, beta_by: "
    by = {
        name: run_texts(tmp_path, chip_text(), workload_text(schedule=schedule + name)).trace
        for name in ("global_bias", "rewrite")
    }
    assert [trace.activity.total("convert") // 64 for trace in by.values()] == [6, 0]
    bits = (2 * 24 + 16) * 8
    assert [trace.activity.total("write") // 64 for trace in by.values()] == [bits, 6 * bits]
    with refused("spec.rule", "beta_by"):
        run_texts(tmp_path, chip_text(), workload_text(schedule=schedule + "hard_wired"))


def test_an_ordered_start_is_ordered_and_paid_for(tmp_path: Path) -> None:
    schedule = "mode: sample, sweeps: 1, beta: 4, record_every: 1, start: "
    up, random = (
        run_texts(tmp_path, chip_text(), workload_text("native: ferromagnet", schedule + start))
        for start in ("up", "random")
    )
    assert (lanes_of_words(up.trace.observations.final_state, 64) == 1).all()
    assert not (lanes_of_words(random.trace.observations.final_state, 64) == 1).all()
    assert up.trace.activity.total("write") == 2 * random.trace.activity.total("write")
    assert up.trace.activity.total("update") == 2 * random.trace.activity.total("update")


def test_a_beta_beyond_the_converter_shows_in_the_quality(tmp_path: Path) -> None:
    summary = run_texts(tmp_path, chip_text(), workload_text(schedule="mode: sample, sweeps: 5, beta: 6")).summary
    assert summary["quality"]["beta_error"] == pytest.approx(2.0)
    exact = run_texts(tmp_path, chip_text(), workload_text(schedule="mode: sample, sweeps: 5, beta: 4")).summary
    assert exact["quality"]["beta_error"] == 0
